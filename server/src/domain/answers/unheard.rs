//! Messages with priority that would alert nobody whose conversation it is (NEW-8).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{ConversationId, EventKind, OrganizationId, PatientId};
use sea_orm::DatabaseTransaction;

use super::{
    contacts::contacts,
    tell::{Call, notify},
};
use crate::domain::{
    core::Core,
    event_log::{Audience, Concerned, NewEvent},
    fault::Fault,
    settings::Settings,
};

/// Calls the clinic's contacts for messages with priority that alert nobody else, whatever was told of their conversations before;
/// gives the events of it. Two statements, none where there are no such messages.
pub(in crate::domain) async fn call_for_unheard(
    core: &Core,
    tx: &DatabaseTransaction,
    when: (OrganizationId, DateTime<Utc>),
    settings: &Settings,
    unheard: &BTreeMap<ConversationId, PatientId>,
) -> Result<Vec<NewEvent>, Fault> {
    if unheard.is_empty() {
        return Ok(Vec::new());
    }
    let patients: BTreeSet<PatientId> = unheard.values().copied().collect();
    let contacts = contacts(tx, when.0, settings, &patients).await?;
    let (mut calls, mut events) = (Vec::new(), Vec::new());
    for (conversation, patient) in unheard {
        let staff = contacts.get(patient).into_iter().flatten().copied();
        let call = Call {
            about: conversation.0,
            why: "urgent attention",
            thread: Some((*patient, *conversation)),
            staff: staff.collect(),
            gathered: TimeDelta::zero(),
        };
        let audience = call.staff.iter().map(|staff| Concerned {
            staff: *staff,
            alerted: true,
        });
        events.push(NewEvent {
            audience: Audience(audience.collect()),
            ..NewEvent::new(EventKind::UrgentUnheard)
                .within(*conversation)
                .of(*patient)
        });
        calls.push(call);
    }
    notify(core, tx, when, &calls).await?;
    Ok(events)
}
