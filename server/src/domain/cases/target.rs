//! Until when the clinic wants to have answered a case first (CASE-6).

use chrono::{DateTime, Utc};
use entity::CasePriority;

use crate::domain::{fault::Fault, opening_hours, settings::Settings};

/// When the first answer to a case is due, by the time that the clinic is open; none where it has no target for cases of this
/// priority, or is not open for so long within a year.
pub(super) fn due(
    settings: &Settings,
    zone: &str,
    opened_at: DateTime<Utc>,
    priority: CasePriority,
) -> Result<Option<DateTime<Utc>>, Fault> {
    let Some(minutes) = settings.first_answer_minutes.of(priority) else {
        return Ok(None);
    };
    let hours = settings.opening_hours.as_ref();
    opening_hours::due(opened_at, minutes, hours, zone)
}
