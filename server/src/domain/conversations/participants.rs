//! The staff members who take part in a conversation: those to whom it is addressed (SEC-2).

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::{
    ConversationId, ConversationKind, EventKind, OrganizationId, PersonId, StaffId, conversation,
    participant,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Value,
};

use super::{Followers, followers};
use crate::domain::{
    answers::{Scope, look_again},
    cases,
    core::Core,
    event_log::{Change, Concerned, NewEvent},
    fault::Fault,
    people::staff,
    policy::{self, AsClinician, ConversationInView, Denied, read_conversation},
    store::{Sql, sql},
    viewer::Viewer,
};

/// The most staff members who take part in a conversation.
pub const MAX_PARTICIPANTS: usize = 51;

/// Why participants were not changed.
#[derive(Debug, thiserror::Error)]
pub enum ParticipantsError {
    /// One of the staff members is no active clinician, or restricted from the patient.
    #[error("only active clinicians who may see the patient can take part")]
    NotClinician,
    /// Conversations of this kind are not addressed to single staff members.
    #[error("conversations of this kind are not addressed to single staff members")]
    NotAddressed,
    /// More than [`MAX_PARTICIPANTS`].
    #[error("at most {MAX_PARTICIPANTS} staff members take part in a conversation")]
    TooMany,
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

impl From<Fault> for ParticipantsError {
    fn from(fault: Fault) -> Self {
        Self::Denied(fault.into())
    }
}

impl From<sea_orm::DbErr> for ParticipantsError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Denied(error.into())
    }
}

/// Who takes part in several conversations, in the order in which they came. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn participants(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    conversations: &[ConversationId],
) -> Result<HashMap<ConversationId, Vec<participant::Model>>, Fault> {
    let rows = participant::Entity::find()
        .filter(participant::Column::OrganizationId.eq(organization))
        .filter(participant::Column::ConversationId.is_in(conversations.iter().copied()))
        .order_by_asc(participant::Column::AddedAt)
        .order_by_asc(participant::Column::StaffId)
        .all(connection)
        .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        found.entry(row.conversation_id).or_default().push(row);
    }
    Ok(found)
}

/// Adds staff members to a conversation; those who take part already stay. Ten statements.
///
/// # Errors
/// See [`ParticipantsError`].
pub async fn add_participants(
    core: &Core,
    clinician: &AsClinician,
    id: ConversationId,
    staff: &BTreeSet<StaffId>,
) -> Result<ConversationInView, ParticipantsError> {
    let mut change = Change::begin(core, clinician.organization()).await?;
    let in_view = addressed(&change, clinician, id).await?;
    let addressees = policy::addressees(
        change.tx(),
        in_view.organization(),
        in_view.patient(),
        staff,
    )
    .await?
    .ok_or(ParticipantsError::NotClinician)?;
    // The row's lock keeps two at once from going over the bound together.
    conversation::Entity::find_by_id((in_view.organization(), id))
        .lock_exclusive()
        .one(change.tx())
        .await?;
    let conversation = in_view.conversation();
    let now = change.now;
    let added = insert(
        change.tx(),
        conversation,
        clinician.staff(),
        now,
        addressees.ids(),
    )
    .await?;
    let all = participants(change.tx(), in_view.organization(), &[id]).await?;
    if all.get(&id).is_some_and(|all| all.len() > MAX_PARTICIPANTS) {
        return Err(ParticipantsError::TooMany);
    }
    record(&mut change, clinician, &in_view, &added).await?;
    change.commit().await?;
    Ok(in_view)
}

/// Takes a staff member out of a conversation; nothing changes when they are not in it. Of a case, they work on it no more either.
/// Eleven statements at most.
///
/// # Errors
/// See [`ParticipantsError`]; [`Denied::NotFound`] also for a staff member who does not exist.
pub async fn remove_participant(
    core: &Core,
    clinician: &AsClinician,
    id: ConversationId,
    staff: StaffId,
) -> Result<ConversationInView, ParticipantsError> {
    let mut change = Change::begin(core, clinician.organization()).await?;
    let in_view = addressed(&change, clinician, id).await?;
    let removed = change
        .tx()
        .execute_raw(sql(
            change.tx(),
            "delete from participant where organization_id = $1 and conversation_id = $2 and staff_id = $3",
            [in_view.organization().into(), id.into(), staff.into()],
        ))
        .await?
        .rows_affected();
    if in_view.conversation().case_status.is_some() {
        let (settings, case) = (clinician.viewer().settings(), (id, in_view.patient()));
        cases::unassign(&mut change, settings, case, clinician.staff(), staff).await?;
    }
    if removed > 0 {
        record(&mut change, clinician, &in_view, &[staff]).await?;
    } else if staff::by_ids(change.tx(), in_view.organization(), [staff])
        .await?
        .is_empty()
    {
        return Err(Denied::NotFound.into());
    }
    change.commit().await?;
    Ok(in_view)
}

async fn addressed(
    change: &Change,
    clinician: &AsClinician,
    id: ConversationId,
) -> Result<ConversationInView, ParticipantsError> {
    let viewer = Viewer::Staff(clinician.viewer().clone());
    let in_view = read_conversation(change.tx(), &viewer, id).await?;
    match in_view.conversation().kind {
        ConversationKind::SecureMessage | ConversationKind::Case => Ok(in_view),
        ConversationKind::CareTeamChat | ConversationKind::Announcement => {
            Err(ParticipantsError::NotAddressed)
        }
    }
}

/// Stores participants and tells who of them is new. One statement.
pub(super) async fn insert(
    tx: &DatabaseTransaction,
    conversation: &conversation::Model,
    by: StaffId,
    now: DateTime<Utc>,
    staff: impl Iterator<Item = StaffId>,
) -> Result<Vec<StaffId>, Fault> {
    let mut insert = Sql::new(
        "insert into participant (organization_id, conversation_id, staff_id, added_by, added_at) values ",
    );
    let rows: Vec<[Value; 5]> = staff
        .map(|staff| {
            [
                conversation.organization_id.into(),
                conversation.id.into(),
                staff.into(),
                by.into(),
                now.into(),
            ]
        })
        .collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    insert.rows(rows).push(
        " on conflict (organization_id, conversation_id, staff_id) do nothing returning staff_id",
    );
    let rows = tx.query_all_raw(insert.on(tx)).await?;
    rows.iter()
        .map(|row| Ok(row.try_get_by_index(0)?))
        .collect()
}

/// Lets staff members take part who have begun to work in conversations, one of each at most; those who do already stay, and
/// where [`MAX_PARTICIPANTS`] do, nobody more does. One statement.
pub(in crate::domain) async fn take_part(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    now: DateTime<Utc>,
    working: &[(ConversationId, StaffId)],
) -> Result<(), Fault> {
    let mut insert = Sql::new(
        "insert into participant (organization_id, conversation_id, staff_id, added_by, added_at) select ",
    );
    let here = insert.placeholder(organization);
    insert
        .push(&here)
        .push(", v.column1, v.column2, v.column2, ")
        .bind(now)
        .push(" from (values ")
        .rows(working.iter().map(|(conversation, staff)| -> [Value; 2] {
            [(*conversation).into(), (*staff).into()]
        }))
        .push(") as v where (select count(*) from participant t where t.organization_id = ")
        .push(&here)
        .push(" and t.conversation_id = v.column1) < ")
        .bind(MAX_PARTICIPANTS as i64)
        .push(" on conflict (organization_id, conversation_id, staff_id) do nothing");
    tx.execute_raw(insert.on(tx)).await?;
    Ok(())
}

/// Records that these staff members came or went. It concerns all whom the conversation concerns now, and whoever left.
async fn record(
    change: &mut Change,
    clinician: &AsClinician,
    in_view: &ConversationInView,
    about: &[StaffId],
) -> Result<(), Fault> {
    if about.is_empty() {
        return Ok(());
    }
    look_again(change, Scope::Conversation(in_view.id())).await?;
    let followers = of_one(change.tx(), clinician, in_view).await?;
    for staff in about {
        let mut audience = followers.audience(false);
        if !audience.includes(*staff) {
            audience.0.push(Concerned {
                staff: *staff,
                alerted: false,
            });
        }
        change.record(NewEvent {
            audience,
            ..NewEvent::new(EventKind::ParticipantsChanged)
                .by(PersonId::Staff(clinician.staff()))
                .about(PersonId::Staff(*staff))
                .within(in_view.id())
                .of(in_view.patient())
        });
    }
    Ok(())
}

/// The followers of one conversation. One statement.
pub(super) async fn of_one(
    tx: &DatabaseTransaction,
    clinician: &AsClinician,
    in_view: &ConversationInView,
) -> Result<Followers, Fault> {
    let settings = clinician.viewer().settings();
    let conversations = BTreeSet::from([in_view.id()]);
    let mut found = followers(tx, in_view.organization(), settings, &conversations).await?;
    Ok(found.remove(&in_view.id()).unwrap_or_default())
}
