//! Days of the calendar as clients see them.

use async_graphql::{Description, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::NaiveDate;

/// A day of the calendar without a time zone, as `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, Description)]
pub struct Date(pub NaiveDate);

const FORM: &str = "%Y-%m-%d";

#[Scalar(use_type_description)]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = if let Value::String(text) = &value {
            text
        } else {
            ""
        };
        // What reads as a date in another spelling, such as with a sign, is not one of this form.
        let date = NaiveDate::parse_from_str(text, FORM)
            .ok()
            .filter(|date| date.format(FORM).to_string() == *text);
        // The text itself is not repeated: it may be a date of birth.
        date.map(Self)
            .ok_or_else(|| InputValueError::custom("A date is written as YYYY-MM-DD."))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.format(FORM).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_one_spelling() {
        let day = Date(NaiveDate::from_ymd_opt(1970, 2, 3).unwrap());
        assert_eq!(day.to_value(), Value::String("1970-02-03".to_owned()));
        assert!(Date::parse(day.to_value()).is_ok_and(|read| read == day));
        for text in [
            "",
            "1970-2-3",
            "1970-02-30",
            "03/02/1970",
            "1970-02-03T00:00:00Z",
            "+970-02-03",
        ] {
            assert!(
                Date::parse(Value::String(text.to_owned())).is_err(),
                "{text}"
            );
        }
    }
}
