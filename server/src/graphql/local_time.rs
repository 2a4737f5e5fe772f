//! Times of day as clients write them, without a time zone.

use async_graphql::{Description, InputValueError, InputValueResult, Scalar, ScalarType, Value};

use crate::domain::local_time::LocalTime;

/// A date and a time of day without a time zone, as `YYYY-MM-DDThh:mm` or `YYYY-MM-DDThh:mm:ss`: what the clocks show where
/// somebody is.
#[derive(Clone, Debug, PartialEq, Eq, Description)]
pub struct LocalDateTime(String);

impl LocalDateTime {
    /// What is stored of a time that was read before.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The time.
    pub fn time(&self) -> Option<LocalTime> {
        LocalTime::read(&self.0)
    }
}

#[Scalar(use_type_description)]
impl ScalarType for LocalDateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let time = if let Value::String(text) = &value {
            LocalTime::read(text)
        } else {
            None
        };
        time.map(|time| Self(time.to_string())).ok_or_else(|| {
            InputValueError::custom(
                "A local time is written as YYYY-MM-DDThh:mm, without a time zone.",
            )
        })
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}
