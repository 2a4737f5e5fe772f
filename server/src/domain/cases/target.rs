//! Until when the clinic wants to have answered a case first (CASE-6).

use chrono::{DateTime, TimeDelta, Utc};
use entity::CasePriority;

use crate::domain::settings::Settings;

/// When the first answer to a case is due; none where the clinic has no target for cases of this priority.
pub(super) fn due(
    settings: &Settings,
    opened_at: DateTime<Utc>,
    priority: CasePriority,
) -> Option<DateTime<Utc>> {
    let minutes = settings.first_answer_minutes.of(priority)?;
    Some(opened_at + TimeDelta::minutes(minutes.into()))
}
