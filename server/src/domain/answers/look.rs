//! Looking at stretches whose moment has come, and telling whoever is to know. Every node does; the conversations' locks keep
//! each with one of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::TimeDelta;
use entity::{
    ConversationId, ConversationKind, ConversationStatus, EventKind, OrganizationId, PatientId,
    StaffId, conversation,
};
use sea_orm::ConnectionTrait as _;

use super::{
    Stretch,
    contacts::contacts,
    held::{Held, hold, write},
    stretch::{Alarms, Around},
    tell::{Call, notify},
};
use crate::domain::{
    conversations::{Followers, followers},
    core::Core,
    event_log::{Audience, Change, Concerned, NewEvent},
    fault::Fault,
    organizations,
    settings::Settings,
    store::Sql,
};

/// How many conversations are looked at together.
const LOOKED_AT: i64 = 64;
/// How long conversations rest after a failure, so that others have their turn.
const REST: TimeDelta = TimeDelta::seconds(60);
/// How long conversations that nobody listens to are gathered into one notification, while nobody waits in them.
const GATHERED: TimeDelta = TimeDelta::seconds(60);

/// Looks at the conversations whose moment has come; tells how many that were. One statement when there is none; besides
/// that at most nine for each organization among them, with up to 64 conversations.
///
/// # Errors
/// The first failure of the database. What was looked at stays so; the conversations of the organization that failed rest.
pub async fn look(core: &Core) -> Result<usize, Fault> {
    let (mut looked, mut failure) = (0, None);
    for (organization, conversations) in due(core).await? {
        match look_at(core, organization, &conversations).await {
            Ok(count) => looked += count,
            Err(fault) => {
                rest(core, organization, &conversations).await?;
                failure.get_or_insert(fault);
            }
        }
    }
    failure.map_or(Ok(looked), Err)
}

type Due = BTreeMap<OrganizationId, BTreeSet<ConversationId>>;

async fn due(core: &Core) -> Result<Due, Fault> {
    let reader = core.store.reader();
    let mut select = Sql::new("select organization_id, id from conversation where look_at <= ");
    select
        .bind(core.clock.now())
        .push(" order by look_at limit ")
        .bind(LOOKED_AT);
    let mut due = Due::new();
    for row in reader.query_all_raw(select.on(reader)).await? {
        let organization = row.try_get_by_index(0)?;
        due.entry(organization)
            .or_default()
            .insert(row.try_get_by_index(1)?);
    }
    Ok(due)
}

async fn rest(
    core: &Core,
    organization: OrganizationId,
    conversations: &BTreeSet<ConversationId>,
) -> Result<(), Fault> {
    let writer = core.store.writer();
    let now = core.clock.now();
    let mut update = Sql::new("update conversation set look_at = ");
    update
        .bind(now + REST)
        .push(" where organization_id = ")
        .bind(organization)
        .push(" and look_at <= ")
        .bind(now)
        .push(" and id in ")
        .list(conversations.iter().copied());
    writer.execute_raw(update.on(writer)).await?;
    Ok(())
}

async fn look_at(
    core: &Core,
    organization: OrganizationId,
    conversations: &BTreeSet<ConversationId>,
) -> Result<usize, Fault> {
    let mut change = Change::begin(core, organization).await?;
    let held = hold(&change, conversations).await?;
    if held.is_empty() {
        return Ok(0);
    }
    let clinic = organizations::of(change.tx(), organization).await?;
    let settings = Settings::from_stored(clinic.settings)?;
    let ids = held.iter().map(|held| held.conversation.id).collect();
    let all = followers(change.tx(), organization, &settings, &ids).await?;
    let seen: Vec<_> = held
        .iter()
        .map(|held| {
            let conversation = &held.conversation;
            let listens = all.get(&conversation.id);
            let around = Around {
                listens: listens.is_some_and(Followers::anybody_alerted),
                is_open: may_write(&settings, conversation),
                first_answer_due: held.first_answer_due,
            };
            let mut stretch = Stretch::of(conversation);
            let alarms = stretch.look(change.now, around);
            (held, stretch, alarms)
        })
        .collect();
    store(&change, &seen).await?;
    let patients = seen.iter().filter(|(_, _, alarms)| alarms.any());
    let patients = patients.map(|(held, _, _)| held.conversation.patient_id);
    let patients: BTreeSet<PatientId> = patients.collect();
    if !patients.is_empty() {
        let contacts = contacts(change.tx(), organization, &settings, &patients).await?;
        tell(core, &mut change, &seen, &all, &contacts).await?;
    }
    let count = seen.len();
    change.commit().await?;
    Ok(count)
}

/// Whether the patient may write at any time.
fn may_write(settings: &Settings, conversation: &conversation::Model) -> bool {
    let answered = match conversation.kind {
        ConversationKind::CareTeamChat
        | ConversationKind::SecureMessage
        | ConversationKind::Case => true,
        ConversationKind::Announcement => false,
    };
    answered
        && conversation.status == ConversationStatus::Open
        && settings.rules(conversation.kind).offered
}

type Seen<'a> = (&'a Held, Stretch, Alarms);

/// Two statements, the second where cases are overdue.
async fn store(change: &Change, seen: &[Seen<'_>]) -> Result<(), Fault> {
    let tx = change.tx();
    let stretches = seen.iter();
    write(
        change,
        stretches.map(|(held, stretch, _)| (held.conversation.id, *stretch)),
    )
    .await?;
    let told = seen.iter().filter(|(held, _, alarms)| {
        alarms.overdue && held.conversation.kind == ConversationKind::Case
    });
    let told: Vec<_> = told.map(|(held, _, _)| held.conversation.id).collect();
    if told.is_empty() {
        return Ok(());
    }
    let mut update = Sql::new("update contact_request set overdue_told_at = ");
    update
        .bind(change.now)
        .push(" where organization_id = ")
        .bind(change.organization())
        .push(" and conversation_id in ")
        .list(told);
    tx.execute_raw(update.on(tx)).await?;
    Ok(())
}

/// Tells of what is overdue those whose conversation it is and the clinic's contacts, and of where nobody listens the contacts.
/// Where nobody waits yet, the notifications are gathered: whoever was the last for many is gone from all of them at once.
async fn tell(
    core: &Core,
    change: &mut Change,
    seen: &[Seen<'_>],
    all: &HashMap<ConversationId, Followers>,
    contacts: &BTreeMap<PatientId, Vec<StaffId>>,
) -> Result<(), Fault> {
    let mut calls = Vec::new();
    for (held, _, alarms) in seen {
        let conversation = &held.conversation;
        let contacts = contacts.get(&conversation.patient_id);
        let contacts = contacts.into_iter().flatten().copied();
        let mut staff: BTreeSet<StaffId> = contacts.collect();
        let mut record = |kind, staff: &BTreeSet<StaffId>| {
            let audience = staff.iter().map(|staff| Concerned {
                staff: *staff,
                alerted: true,
            });
            change.record(NewEvent {
                audience: Audience(audience.collect()),
                ..NewEvent::new(kind)
                    .within(conversation.id)
                    .of(conversation.patient_id)
            });
        };
        if alarms.unattended {
            record(EventKind::ConversationUnattended, &staff);
        }
        if alarms.overdue {
            staff.extend(whose(held, all));
            record(EventKind::AnswerOverdue, &staff);
        }
        if alarms.overdue || (alarms.waits && alarms.unattended) {
            calls.push(Call {
                about: conversation.id.0,
                why: "attention",
                thread: Some((conversation.patient_id, conversation.id)),
                staff,
                gathered: TimeDelta::zero(),
            });
        } else if alarms.unattended {
            calls.push(Call {
                about: change.organization().0,
                why: "nobody listens",
                thread: None,
                staff,
                gathered: GATHERED,
            });
        }
    }
    let when = (change.organization(), change.now);
    notify(core, change.tx(), when, &calls).await
}

/// Whose an overdue answer is: of whoever works on the case, if they still can, and otherwise of all whose conversation it is.
fn whose(held: &Held, all: &HashMap<ConversationId, Followers>) -> Vec<StaffId> {
    let followers = all.get(&held.conversation.id).into_iter();
    let told = followers.flat_map(|followers| followers.audience_of_urgent().0);
    let told: Vec<_> = told.map(|concerned| concerned.staff).collect();
    match held.assignee.filter(|assignee| told.contains(assignee)) {
        Some(assignee) => vec![assignee],
        None => told,
    }
}

impl Alarms {
    fn any(self) -> bool {
        self.overdue || self.unattended
    }
}
