//! When a message is to leave.

use chrono::{DateTime, TimeDelta, Utc};
use entity::patient;

use super::ScheduleError;
use crate::domain::{
    local_time::LocalTime, people::values::time_zone, policy::AsClinician,
    reminders::MAX_DAYS_AHEAD,
};

/// When a message is to leave.
#[derive(Clone, Debug)]
pub struct When {
    /// The time that the clocks show.
    pub local_time: LocalTime,
    /// In this time zone; the patient's when left out.
    pub time_zone: Option<String>,
    /// What cannot leave until then does not leave any more.
    pub expires_at: Option<DateTime<Utc>>,
}

impl When {
    /// Whether the organization sends anything at a later time.
    ///
    /// # Errors
    /// [`ScheduleError::SchedulingOff`].
    pub(super) fn check_offered(clinician: &AsClinician) -> Result<(), ScheduleError> {
        if clinician.viewer().settings().scheduling {
            Ok(())
        } else {
            Err(ScheduleError::SchedulingOff)
        }
    }

    /// The time zone that counts, and the moment.
    ///
    /// # Errors
    /// What keeps a message from leaving then.
    pub(super) fn resolve(
        &self,
        patient: &patient::Model,
        now: DateTime<Utc>,
    ) -> Result<(String, DateTime<Utc>), ScheduleError> {
        let zone = match &self.time_zone {
            Some(zone) => time_zone(zone).map_err(|_| ScheduleError::NotATimeZone)?,
            None => patient.time_zone.clone(),
        };
        let due_at = self
            .local_time
            .in_zone(&zone)?
            .ok_or(ScheduleError::TimeDoesNotExist)?;
        if due_at <= now {
            Err(ScheduleError::TimePassed)
        } else if due_at > now + TimeDelta::days(MAX_DAYS_AHEAD) {
            Err(ScheduleError::TooFarAhead)
        } else if self.expires_at.is_some_and(|expires| expires <= due_at) {
            Err(ScheduleError::ExpiresTooEarly)
        } else {
            Ok((zone, due_at))
        }
    }

    /// Adds when it is to leave to the bytes that tell one request from another.
    pub(super) fn write(&self, asked: &mut Vec<u8>) {
        asked.extend_from_slice(self.local_time.to_string().as_bytes());
        asked.push(0);
        asked.extend_from_slice(self.time_zone.as_deref().unwrap_or_default().as_bytes());
        asked.push(0);
        let expires = self.expires_at.map(|at| at.timestamp_micros());
        asked.extend(expires.into_iter().flat_map(i64::to_be_bytes));
    }
}
