//! What a patient can expect who writes now (NEW-4).

use chrono::{DateTime, Utc};
use entity::ConversationKind;

use crate::domain::{
    fault::Fault,
    opening_hours::{due, next_open},
    settings::Settings,
};

/// What a patient can expect who writes at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectedAnswer {
    /// Until when they are answered.
    pub by: DateTime<Utc>,
    /// When the clinic is open next: that moment, where it is open.
    pub open_at: DateTime<Utc>,
}

/// What a patient can expect who writes at a moment in a conversation of a kind; none where the clinic says nothing of it.
///
/// # Errors
/// [`Fault::Corrupt`] when the zone is none.
pub fn expected(
    settings: &Settings,
    zone: &str,
    kind: ConversationKind,
    at: DateTime<Utc>,
) -> Result<Option<ExpectedAnswer>, Fault> {
    let Some(minutes) = settings.answers.minutes(kind) else {
        return Ok(None);
    };
    let hours = settings.opening_hours.as_ref();
    Ok(Some(ExpectedAnswer {
        by: due(at, minutes, hours, zone)?,
        open_at: next_open(at, hours, zone)?,
    }))
}
