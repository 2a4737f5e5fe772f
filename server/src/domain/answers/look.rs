//! Looking at stretches whose moment has come, and telling whoever is to know. Every node does; the conversations' locks keep
//! each with one of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::TimeDelta;
use entity::{ConversationId, EventKind, OrganizationId, PatientId, StaffId, conversation};
use sea_orm::{ConnectionTrait as _, DbBackend, FromQueryResult as _, Value};

use super::{
    Stretch,
    contacts::contacts,
    stretch::Alarms,
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

/// Looks at the conversations whose moment has come; tells how many that were. One statement when there is none; besides
/// that eight for each organization among them.
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
    let ids = held.iter().map(|conversation| conversation.id).collect();
    let all = followers(change.tx(), organization, &settings, &ids).await?;
    let seen: Vec<_> = held
        .iter()
        .map(|conversation| {
            let listens = all.get(&conversation.id);
            let listens = listens.is_some_and(Followers::anybody_alerted);
            let mut stretch = Stretch::of(conversation);
            let alarms = stretch.look(change.now, listens);
            (conversation, stretch, alarms)
        })
        .collect();
    let stretches = seen
        .iter()
        .map(|(conversation, stretch, _)| (conversation.id, *stretch));
    store(&change, stretches).await?;
    let patients = seen.iter().filter(|(_, _, alarms)| alarms.any());
    let patients = patients.map(|(conversation, _, _)| conversation.patient_id);
    let patients: BTreeSet<PatientId> = patients.collect();
    if !patients.is_empty() {
        let contacts = contacts(change.tx(), organization, &settings, &patients).await?;
        tell(core, &mut change, &seen, &all, &contacts).await?;
    }
    let count = seen.len();
    change.commit().await?;
    Ok(count)
}

/// Takes the locks of the conversations, without those that another node has or that wait no more.
async fn hold(
    change: &Change,
    conversations: &BTreeSet<ConversationId>,
) -> Result<Vec<conversation::Model>, Fault> {
    let tx = change.tx();
    let mut select = Sql::new("select c.* from conversation c where c.organization_id = ");
    select
        .bind(change.organization())
        .push(" and c.look_at <= ")
        .bind(change.now)
        .push(" and c.id in ")
        .list(conversations.iter().copied())
        .push(" order by c.id");
    if tx.get_database_backend() == DbBackend::Postgres {
        select.push(" for update skip locked");
    }
    let rows = tx.query_all_raw(select.on(tx)).await?;
    let held = rows.iter();
    Ok(held
        .map(|row| conversation::Model::from_query_result(row, ""))
        .collect::<Result<_, _>>()?)
}

type Seen<'a> = (&'a conversation::Model, Stretch, Alarms);

/// Writes down how conversations stand whose locks are held. One statement.
pub(super) async fn store(
    change: &Change,
    stretches: impl Iterator<Item = (ConversationId, Stretch)>,
) -> Result<(), Fault> {
    let tx = change.tx();
    let mut update = Sql::new("update conversation set ");
    update
        .push(&Stretch::assignments(2))
        .push(" from (values ")
        .rows(stretches.map(|(id, stretch)| {
            let id: Value = id.into();
            std::iter::once(id).chain(stretch.columns())
        }))
        .push(") as v where conversation.id = v.column1 and conversation.organization_id = ")
        .bind(change.organization());
    tx.execute_raw(update.on(tx)).await?;
    Ok(())
}

/// Tells of what is overdue those whose conversation it is and the clinic's contacts, and of where nobody listens the contacts.
async fn tell(
    core: &Core,
    change: &mut Change,
    seen: &[Seen<'_>],
    all: &HashMap<ConversationId, Followers>,
    contacts: &BTreeMap<PatientId, Vec<StaffId>>,
) -> Result<(), Fault> {
    let mut calls = Vec::new();
    for (conversation, _, alarms) in seen {
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
            let told = all.get(&conversation.id).into_iter();
            let told = told.flat_map(|followers| followers.audience_of_urgent().0);
            staff.extend(told.map(|concerned| concerned.staff));
            record(EventKind::AnswerOverdue, &staff);
        }
        if alarms.any() {
            calls.push(Call {
                about: conversation.id.0,
                why: "attention",
                thread: Some((conversation.patient_id, conversation.id)),
                staff,
            });
        }
    }
    let when = (change.organization(), change.now);
    notify(core, change.tx(), when, &calls).await
}

impl Alarms {
    fn any(self) -> bool {
        self.overdue || self.unattended
    }
}
