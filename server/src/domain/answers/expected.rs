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

/// What a patient can expect who writes at a moment in a conversation of a kind; none where the clinic says nothing of it,
/// or is not open for so long within a year.
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
    let (by, open_at) = (due(at, minutes, hours, zone)?, next_open(at, hours, zone)?);
    let expected = by.zip(open_at);
    Ok(expected.map(|(by, open_at)| ExpectedAnswer { by, open_at }))
}
