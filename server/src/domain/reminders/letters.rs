//! What each patient gets as everything stands when it leaves, put into their announcements.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use entity::{PatientId, PersonId, SkipReason, reminder};
use sea_orm::DatabaseTransaction;

use super::{
    daily,
    settle::{Left, Settled},
};
use crate::domain::{
    conversations::announcements,
    core::Core,
    fault::Fault,
    local_time::day_in_zone,
    messages::{Bundle, Draft},
    policy::{CanRemind, PostRefused},
    settings::Settings,
    templates::{self, Filled, PreparedTemplate},
};

/// What a patient gets, with the right to send it and the day on which it counts, or why they get nothing.
pub(super) type Fill = Result<(CanRemind, Filled, NaiveDate), SkipReason>;

/// The template of a reminder as it is approved now. What cannot be read here fails for all patients alike. Two statements.
pub(super) async fn prepare(
    tx: &DatabaseTransaction,
    reminder: &reminder::Model,
) -> Result<PreparedTemplate, Fault> {
    let (organization, sender) = (reminder.organization_id, reminder.created_by);
    templates::prepare(tx, organization, reminder.template_id, sender)
        .await?
        .ok_or(Fault::Corrupt("template of a reminder"))
}

/// What each patient gets as everything stands now, or why they get nothing. At most one statement.
pub(super) async fn fill(
    tx: &DatabaseTransaction,
    (reminder, prepared): (&reminder::Model, &PreparedTemplate),
    settings: &Settings,
    waiting: &[PatientId],
    decisions: &mut BTreeMap<PatientId, Result<CanRemind, PostRefused>>,
    now: DateTime<Utc>,
) -> Result<Vec<(PatientId, Fill)>, Fault> {
    let had = match settings.reminders_per_patient_and_day {
        // Another node may have other reminders to the same patients in hand: it waits for the commit.
        Some(_) => daily::lock(tx, reminder.organization_id, waiting, now.date_naive()).await?,
        None => HashMap::new(),
    };
    let expired = reminder.expires_at.is_some_and(|expires| expires <= now);
    let mut fills = Vec::with_capacity(waiting.len());
    for id in waiting {
        let decision = match decisions.remove(id) {
            _ if expired => Err(SkipReason::Expired),
            Some(Ok(can_remind)) => Ok(can_remind),
            Some(Err(refused)) => Err(refused.into()),
            None => Err(SkipReason::SenderNotAllowed),
        };
        let fill = match decision {
            Err(reason) => Err(reason),
            Ok(can_remind) => {
                let patient = can_remind.patient();
                let day = day_in_zone(now, &patient.time_zone)?;
                if daily::is_full(settings, had.get(id).copied(), day) {
                    Err(SkipReason::LimitReached)
                } else {
                    let filled = prepared.fill(patient).map_err(SkipReason::from);
                    filled.map(|filled| (can_remind, filled, day))
                }
            }
        };
        fills.push((*id, fill));
    }
    Ok(fills)
}

/// Puts what leaves into the bundle, each into its patient's announcements.
pub(super) async fn gather(
    core: &Core,
    tx: &DatabaseTransaction,
    reminder: &reminder::Model,
    now: DateTime<Utc>,
    fills: Vec<(PatientId, Fill)>,
    bundle: &mut Bundle,
) -> Result<Vec<Settled>, Fault> {
    let organization = reminder.organization_id;
    let reached: Vec<_> = fills
        .iter()
        .filter(|(_, fill)| fill.is_ok())
        .map(|(patient, _)| *patient)
        .collect();
    let mut conversations = announcements(core, tx, organization, now, &reached).await?;
    let key = format!("reminder {}", reminder.id.0.simple());
    let mut settled = Vec::with_capacity(fills.len());
    for (patient, fill) in fills {
        let outcome = match fill {
            Err(reason) => Err(reason),
            Ok((can_remind, filled, day)) => {
                let conversation = conversations
                    .remove(&patient)
                    .ok_or(Fault::Corrupt("announcements"))?;
                let (language, version) = (filled.language.clone(), filled.version);
                let template = reminder.template_id;
                let draft = Draft::from_template(conversation.id, template, filled, key.clone());
                let author = PersonId::Staff(reminder.created_by);
                let channel = can_remind.channel();
                let can_post = can_remind.within(conversation)?;
                let message = bundle
                    .add(core, now, (author, draft), &can_post)
                    .ok_or(Fault::Corrupt("bundle"))?;
                Ok(Left {
                    message,
                    language,
                    version,
                    channel,
                    day,
                })
            }
        };
        settled.push(Settled { patient, outcome });
    }
    Ok(settled)
}
