//! The review before sending: who gets a reminder in which language and by which channel, and who does not and why (ANN-6).

use std::collections::{HashMap, HashSet};

use aws_lc_rs::digest::{Context, SHA256};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::{
    Channel, MessageTemplateId, OrganizationId, PatientId, SkipReason, TextPurpose, patient,
};
use sea_orm::ConnectionTrait;

use super::{MAX_DAYS_AHEAD, ReminderError, Selection, Warning, audience::Audience, daily};
use crate::domain::{
    core::Core,
    fault::Fault,
    local_time::{LocalTime, day_in_zone},
    policy::{AsClinician, Denied, reminder_channel},
    settings::Settings,
    templates::{self, PreparedTemplate},
    texting::leaving::{Leaving, kept_back},
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
    pub patient: PatientId,
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
#[derive(Clone, Copy, Debug)]
pub struct Skipped {
    /// The patient.
    pub patient: PatientId,
    /// Why.
    pub reason: SkipReason,
}

/// What a review has found, in short: who gets which text by which channel, and who gets none and why. When each message is
/// to leave is not part of it, because for at once that is never the same twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReviewDigest(pub [u8; 32]);

/// Who gets it, and who does not.
#[derive(Clone, Debug, Default)]
pub struct Review {
    /// Those who get it.
    pub ready: Vec<Ready>,
    /// Those who do not.
    pub skipped: Vec<Skipped>,
    /// What keeps some of them from hearing of it.
    pub warnings: Vec<Warning>,
    /// Who gets it and who does not, in short.
    pub digest: ReviewDigest,
}

impl Review {
    /// The reason for which nobody gets it, where it is the same for all.
    pub(super) fn only_reason(&self) -> Option<SkipReason> {
        let first = self.skipped.first()?.reason;
        let alike = self.skipped.iter().all(|skipped| skipped.reason == first);
        alike.then_some(first)
    }
}

/// What would happen if it were sent now. Nothing is stored. Two statements, and for each 512 patients two, or three with a
/// daily limit.
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
    let mut audience = Audience::new(clinician, &order.selection)?;
    let (mut review, mut seen) = (Review::default(), Context::new(&SHA256));
    while let Some(page) = audience.next(reader).await? {
        let had = today(reader, clinician, settings, &page).await?;
        let opted_out = opted_out(reader, organization, &page, now).await?;
        for patient in &page {
            let channel = reminder_channel(settings, patient, opted_out.contains(&patient.id));
            let ready = match channel {
                Ok(channel) => decide(settings, &prepared, order, patient, channel, &had, now)?,
                Err(refused) => Err(refused.into()),
            };
            match ready {
                Ok(ready) => {
                    ready.write(&mut seen);
                    review.ready.push(ready);
                }
                Err(reason) => {
                    let patient = patient.id;
                    let skipped = Skipped { patient, reason };
                    skipped.write(&mut seen);
                    review.skipped.push(skipped);
                }
            }
        }
    }
    let seen = seen.finish();
    review.digest.0.copy_from_slice(seen.as_ref());
    let channels = review.ready.iter().map(|ready| ready.channel);
    review.warnings = Warning::of(reader, clinician.organization(), channels, core.outlets).await?;
    Ok(review)
}

impl Ready {
    /// Adds what is seen of it at a review. The texts are as long as they say, so that none can pass for another.
    fn write(&self, seen: &mut Context) {
        seen.update(b"+");
        seen.update(self.patient.0.as_bytes());
        seen.update(&self.version.to_be_bytes());
        for text in [self.language.as_str(), self.channel.word()] {
            seen.update(&text.len().to_be_bytes());
            seen.update(text.as_bytes());
        }
    }
}

impl Skipped {
    /// Adds what is seen of it at a review.
    fn write(&self, seen: &mut Context) {
        let reason = self.reason.word();
        seen.update(b"-");
        seen.update(self.patient.0.as_bytes());
        seen.update(&reason.len().to_be_bytes());
        seen.update(reason.as_bytes());
    }
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
    patients: &[patient::Model],
) -> Result<HashMap<PatientId, (NaiveDate, i32)>, Fault> {
    if settings.reminders_per_patient_and_day.is_none() {
        return Ok(HashMap::new());
    }
    let ids: Vec<_> = patients.iter().map(|patient| patient.id).collect();
    daily::newest(connection, clinician.organization(), &ids).await
}

/// Those of the patients who get no texts. One statement, none where nobody has a number.
async fn opted_out(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    patients: &[patient::Model],
    now: DateTime<Utc>,
) -> Result<HashSet<PatientId>, Fault> {
    let links = patients.iter().filter_map(|patient| {
        Some(Leaving {
            to: patient.phone.as_ref()?,
            patient: Some(patient.id),
            purpose: TextPurpose::Notification,
            conversation: None,
        })
    });
    let links: Vec<_> = links.collect();
    let kept_back = kept_back(connection, organization, now, &links).await?;
    let patients = links.iter().zip(kept_back);
    Ok(patients
        .filter_map(|(link, kept_back)| kept_back.and(link.patient))
        .collect())
}

fn decide(
    settings: &Settings,
    prepared: &PreparedTemplate,
    order: &Order,
    patient: &patient::Model,
    channel: Channel,
    had: &HashMap<PatientId, (NaiveDate, i32)>,
    now: DateTime<Utc>,
) -> Result<Result<Ready, SkipReason>, Fault> {
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
        patient: patient.id,
        language: language.to_owned(),
        version,
        channel,
        due_at,
    }))
}
