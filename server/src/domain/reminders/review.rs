//! The review before sending: who gets a reminder in which language and by which channel, and who does not and why (ANN-6).

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::{Channel, MessageTemplateId, PatientId, SkipReason, patient};
use sea_orm::ConnectionTrait;

use super::{MAX_DAYS_AHEAD, ReminderError, Selection, audience, daily};
use crate::domain::{
    core::Core,
    fault::Fault,
    local_time::{LocalTime, day_in_zone},
    policy::{AsClinician, Denied, reminder_channel},
    settings::Settings,
    templates::{self, PreparedTemplate},
};

/// A reminder that somebody wants to send.
#[derive(Clone, Debug)]
pub struct Order {
    /// What.
    pub template: MessageTemplateId,
    /// To whom.
    pub selection: Selection,
    /// For which local time of each patient; none sends at once.
    pub local_time: Option<LocalTime>,
    /// What cannot leave until then does not leave any more.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A patient who gets it.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The patient.
    pub patient: Arc<patient::Model>,
    /// BCP 47 tag of the language.
    pub language: String,
    /// Of that language's text.
    pub version: i32,
    /// How the patient is notified.
    pub channel: Channel,
    /// When the message is to leave.
    pub due_at: DateTime<Utc>,
}

/// A patient who does not.
#[derive(Clone, Debug)]
pub struct Skipped {
    /// The patient.
    pub patient: Arc<patient::Model>,
    /// Why.
    pub reason: SkipReason,
}

/// Who gets it, and who does not.
#[derive(Clone, Debug, Default)]
pub struct Review {
    /// Those who get it.
    pub ready: Vec<Ready>,
    /// Those who do not.
    pub skipped: Vec<Skipped>,
}

impl Review {
    /// The reason for which nobody gets it, where it is the same for all.
    pub(super) fn only_reason(&self) -> Option<SkipReason> {
        let first = self.skipped.first()?.reason;
        let alike = self.skipped.iter().all(|skipped| skipped.reason == first);
        alike.then_some(first)
    }
}

/// What would happen if it were sent now. Nothing is stored. Three statements, four with a daily limit, for any number of
/// patients.
///
/// # Errors
/// See [`ReminderError`].
pub async fn preview(
    core: &Core,
    clinician: &AsClinician,
    order: &Order,
) -> Result<Review, ReminderError> {
    let now = core.clock.now();
    let settings = clinician.viewer().settings();
    check_times(settings, order, now)?;
    let reader = core.store.reader();
    let (organization, sender) = (clinician.organization(), clinician.staff());
    let prepared = templates::prepare(reader, organization, order.template, sender)
        .await?
        .ok_or(Denied::NotFound)?;
    let patients = audience::find(reader, clinician, &order.selection).await?;
    let had = today(reader, clinician, settings, &patients).await?;
    let mut review = Review::default();
    for patient in patients {
        match decide(settings, &prepared, order, &patient, &had, now)? {
            Ok(ready) => review.ready.push(ready),
            Err(reason) => review.skipped.push(Skipped { patient, reason }),
        }
    }
    Ok(review)
}

fn check_times(
    settings: &Settings,
    order: &Order,
    now: DateTime<Utc>,
) -> Result<(), ReminderError> {
    if let Some(time) = order.local_time {
        if !settings.scheduling {
            return Err(ReminderError::SchedulingOff);
        }
        let latest = now + TimeDelta::days(MAX_DAYS_AHEAD);
        if time.earliest().is_none_or(|earliest| earliest > latest) {
            return Err(ReminderError::TooFarAhead);
        }
    }
    if order.expires_at.is_some_and(|expires| expires <= now) {
        return Err(ReminderError::ExpiresTooEarly);
    }
    Ok(())
}

async fn today(
    connection: &impl ConnectionTrait,
    clinician: &AsClinician,
    settings: &Settings,
    patients: &[Arc<patient::Model>],
) -> Result<HashMap<PatientId, (NaiveDate, i32)>, Fault> {
    if settings.reminders_per_patient_and_day.is_none() {
        return Ok(HashMap::new());
    }
    let ids: Vec<_> = patients.iter().map(|patient| patient.id).collect();
    daily::newest(connection, clinician.organization(), &ids).await
}

fn decide(
    settings: &Settings,
    prepared: &PreparedTemplate,
    order: &Order,
    patient: &Arc<patient::Model>,
    had: &HashMap<PatientId, (NaiveDate, i32)>,
    now: DateTime<Utc>,
) -> Result<Result<Ready, SkipReason>, Fault> {
    let channel = match reminder_channel(settings, patient) {
        Ok(channel) => channel,
        Err(refused) => return Ok(Err(refused.into())),
    };
    let (language, version) = match prepared.check(patient) {
        Ok(chosen) => chosen,
        Err(unsendable) => return Ok(Err(unsendable.into())),
    };
    let due_at = match order.local_time {
        None => now,
        Some(time) => match time.in_zone(&patient.time_zone)? {
            None => return Ok(Err(SkipReason::TimeDoesNotExist)),
            Some(at) if at <= now => return Ok(Err(SkipReason::TimePassed)),
            Some(at) => at,
        },
    };
    if order.expires_at.is_some_and(|expires| expires <= due_at) {
        return Ok(Err(SkipReason::Expired));
    }
    let day = day_in_zone(due_at, &patient.time_zone)?;
    if daily::is_full(settings, had.get(&patient.id).copied(), day) {
        return Ok(Err(SkipReason::LimitReached));
    }
    Ok(Ok(Ready {
        patient: Arc::clone(patient),
        language: language.to_owned(),
        version,
        channel,
        due_at,
    }))
}
