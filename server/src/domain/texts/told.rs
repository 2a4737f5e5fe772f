//! Telling somebody that a message did not arrive as a text: whoever wrote it counts on it, and has it hardly open any more.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::{
    ConversationId, EventKind, MessageId, NotificationId, NotificationPurpose, NotificationStatus,
    OrganizationId, PatientId, PersonKind, StaffId, TextState, text,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, Value};

use super::state::Standing;
use crate::domain::{
    answers::contacts,
    conversations::followers,
    core::Core,
    event_log::{Audience, Change, Concerned, NewEvent},
    fault::Fault,
    organizations,
    panel::standing,
    policy::hidden_by_restriction,
    settings::{AccessPolicy, Settings},
    store::Sql,
};

/// A message whose text has failed for good.
#[derive(Clone, Copy)]
struct Undelivered {
    message: MessageId,
    conversation: ConversationId,
    patient: PatientId,
}

/// Records where texts of messages stand now. What has failed for good alerts whoever counts on it.
pub(super) async fn record(
    core: &Core,
    change: &mut Change,
    moved: &[(&text::Model, Standing)],
) -> Result<(), Fault> {
    let moved: Vec<_> = moved
        .iter()
        .filter(|(row, standing)| standing.state != row.state)
        .filter_map(|(row, standing)| Some((row, standing, row.conversation_id?, row.message_id?)))
        .collect();
    let undelivered: Vec<_> = moved
        .iter()
        .filter(|(_, standing, ..)| standing.state == TextState::Failed)
        .filter_map(|(row, _, conversation, message)| {
            Some(Undelivered {
                message: *message,
                conversation: *conversation,
                patient: row.patient_id?,
            })
        })
        .collect();
    let mut audiences = tell(core, change, &undelivered).await?;
    for (row, _, conversation, message) in moved {
        let audience = audiences.remove(&message).unwrap_or_default();
        change.record(moved_event(row, (conversation, message), audience));
    }
    Ok(())
}

fn moved_event(
    row: &text::Model,
    (conversation, message): (ConversationId, MessageId),
    audience: Audience,
) -> NewEvent {
    NewEvent {
        message: Some(message),
        // Only whoever is alerted is told whom it concerns; an open view knows it.
        patient: row.patient_id.filter(|_| !audience.0.is_empty()),
        audience,
        ..NewEvent::new(EventKind::TextMoved).within(conversation)
    }
}

/// Stores the notifications of messages that did not arrive, and gives for each whom its event alerts. Nothing for none; five
/// statements at most otherwise.
async fn tell(
    core: &Core,
    change: &Change,
    undelivered: &[Undelivered],
) -> Result<HashMap<MessageId, Audience>, Fault> {
    if undelivered.is_empty() {
        return Ok(HashMap::new());
    }
    let counting = counting_on(change.tx(), change.organization(), undelivered).await?;
    notify(core, change, undelivered, &counting).await?;
    let audience = |staff: BTreeSet<StaffId>| {
        let concerned = staff.into_iter().map(|staff| Concerned {
            staff,
            alerted: true,
        });
        Audience(concerned.collect())
    };
    let audiences = counting.into_iter();
    Ok(audiences
        .map(|(message, staff)| (message, audience(staff)))
        .collect())
}

/// Who counts on each message: its author; where they are gone or do not reach the patient any more, those whom the patient's
/// answers alert; and where there is none of these either, those whom the clinic has named for what nobody looks after.
async fn counting_on(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    undelivered: &[Undelivered],
) -> Result<BTreeMap<MessageId, BTreeSet<StaffId>>, Fault> {
    let clinic = organizations::of(tx, organization).await?;
    let settings = Settings::from_stored(clinic.settings)?;
    let mut counting = authors(tx, organization, settings.access, undelivered).await?;
    let without = |counting: &BTreeMap<MessageId, _>| {
        let mut rest = undelivered.to_vec();
        rest.retain(|one| !counting.contains_key(&one.message));
        rest
    };
    let rest = without(&counting);
    let conversations = rest.iter().map(|one| one.conversation).collect();
    let followers = followers(tx, organization, &settings, &conversations).await?;
    for one in rest {
        let theirs = followers.get(&one.conversation).into_iter();
        let theirs = theirs.flat_map(|followers| &followers.0);
        let alerted = theirs.filter(|follower| follower.alerted && follower.in_reach);
        let alerted: BTreeSet<_> = alerted.map(|follower| follower.staff).collect();
        if !alerted.is_empty() {
            counting.insert(one.message, alerted);
        }
    }
    let rest = without(&counting);
    if !rest.is_empty() {
        let patients = rest.iter().map(|one| one.patient).collect();
        let contacts = contacts(tx, organization, &settings, &patients).await?;
        for one in rest {
            let named = contacts.get(&one.patient).into_iter().flatten();
            counting.insert(one.message, named.copied().collect());
        }
    }
    Ok(counting)
}

/// The authors who still reach the patients of their messages. One statement.
async fn authors(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    access: AccessPolicy,
    undelivered: &[Undelivered],
) -> Result<BTreeMap<MessageId, BTreeSet<StaffId>>, Fault> {
    let mut select = Sql::new(
        "select m.id as message_id, s.id as staff_id, s.roles, s.status = 'ACTIVE' as active, s.notify_new_message, s.notify_unread, \
         (exists (select 1 from panel_member pm where pm.organization_id = c.organization_id and pm.patient_id = c.patient_id \
         and pm.staff_id = s.id) or exists (select 1 from participant pt where pt.organization_id = c.organization_id \
         and pt.conversation_id = c.id and pt.staff_id = s.id)) as near, ",
    );
    select
        .push(&hidden_by_restriction("p", "s.id"))
        .push(
            " as hidden from message m join conversation c on c.organization_id = m.organization_id and c.id = m.conversation_id \
             join patient p on p.organization_id = m.organization_id and p.id = c.patient_id \
             join staff_member s on s.organization_id = m.organization_id and s.id = m.author_id \
             where m.author_kind = 'STAFF' and m.organization_id = ",
        )
        .bind(organization)
        .push(" and m.id in ")
        .list(undelivered.iter().map(|one| one.message));
    let mut authors: BTreeMap<MessageId, BTreeSet<StaffId>> = BTreeMap::new();
    for row in tx.query_all_raw(select.on(tx)).await? {
        let is_near: bool = row.try_get("", "near")?;
        if standing(&row)?.in_reach() && (access != AccessPolicy::Team || is_near) {
            let author = authors.entry(row.try_get("", "message_id")?).or_default();
            author.insert(row.try_get("", "staff_id")?);
        }
    }
    Ok(authors)
}

/// One notification for each. At most one statement.
async fn notify(
    core: &Core,
    change: &Change,
    undelivered: &[Undelivered],
    counting: &BTreeMap<MessageId, BTreeSet<StaffId>>,
) -> Result<(), Fault> {
    let mut rows: Vec<[Value; 13]> = Vec::new();
    for one in undelivered {
        for staff in counting.get(&one.message).into_iter().flatten() {
            let (message, who) = (one.message.0.simple(), staff.0.simple());
            rows.push([
                change.organization().into(),
                NotificationId(core.entropy.uuid(change.now)).into(),
                NotificationPurpose::TextNotDelivered.into(),
                PersonKind::Staff.into(),
                staff.0.into(),
                one.patient.into(),
                one.conversation.into(),
                one.message.0.into(),
                format!("text {message} {who}").into(),
                NotificationStatus::Pending.into(),
                change.now.into(),
                0.into(),
                change.now.into(),
            ]);
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let mut insert = Sql::new(
        "insert into notification (organization_id, id, purpose, recipient_kind, recipient_id, patient_id, conversation_id, \
         subject_id, coalesce_key, status, due_at, attempts, created_at) values ",
    );
    insert
        .rows(rows)
        .push(" on conflict (organization_id, coalesce_key) do nothing");
    change.tx().execute_raw(insert.on(change.tx())).await?;
    Ok(())
}
