//! Ids and positions as clients see them.

use std::collections::BTreeSet;

use async_graphql::{
    Description, ID, InputValueError, InputValueResult, Scalar, ScalarType, Value,
};
use entity::{OrganizationId, PersonId};

use super::error::{ApiError, ApiResult};
use crate::domain::event_log::Position;

/// A place in the organization's log, opaque to clients. Give the one that you saw last as `after` of a subscription to
/// get everything since. Positions come from subscriptions, from payloads, and from the `position` field of what you
/// fetched.
#[derive(Clone, Debug, PartialEq, Eq, Description)]
pub struct LogPosition(String);

#[Scalar(name = "Position", use_type_description)]
impl ScalarType for LogPosition {
    fn parse(value: Value) -> InputValueResult<Self> {
        if let Value::String(text) = value
            && text.len() <= 64
        {
            return Ok(Self(text));
        }
        Err(InputValueError::custom(
            "A position is a string that the server gave.",
        ))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

impl LogPosition {
    /// The client's form of a position.
    #[must_use]
    pub fn new(position: Position, organization: OrganizationId) -> Self {
        Self(position.to_public(organization))
    }

    /// Reads the client's form.
    ///
    /// # Errors
    /// [`ApiError::BadInput`] when it is garbled or of another organization.
    pub fn read(&self, organization: OrganizationId) -> ApiResult<Position> {
        self.read_as("after", organization)
    }

    /// Reads the client's form of another argument.
    ///
    /// # Errors
    /// [`ApiError::BadInput`] when it is garbled or of another organization.
    pub fn read_as(
        &self,
        argument: &'static str,
        organization: OrganizationId,
    ) -> ApiResult<Position> {
        Position::from_public(&self.0, organization).ok_or_else(|| ApiError::BadInput {
            argument,
            message: "The position is not one of this clinic's log; give one that the server gave, or none.".to_owned(),
        })
    }
}

/// The public id of a staff member or patient.
pub fn public_id(person: PersonId) -> String {
    match person {
        PersonId::Staff(id) => id.to_public(),
        PersonId::Patient(id) => id.to_public(),
    }
}

/// Reads a public id of one kind; `NOT_FOUND` when it is none, the same as for an id that was never issued.
///
/// # Errors
/// [`ApiError::NotFound`].
pub fn read_id<T>(read: impl Fn(&str) -> Option<T>, id: &ID) -> ApiResult<T> {
    read(id.as_str()).ok_or(ApiError::NotFound)
}

/// Reads a list of public ids of one kind; the same id twice counts once.
///
/// # Errors
/// [`ApiError::NotFound`].
pub fn read_ids<T: Ord>(read: impl Fn(&str) -> Option<T>, ids: &[ID]) -> ApiResult<BTreeSet<T>> {
    ids.iter().map(|id| read_id(&read, id)).collect()
}
