//! Storing what addressing found out.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use entity::{
    Channel, ConversationId, NotificationId, NotificationPurpose, NotificationStatus,
    OrganizationId, PersonKind, StaffId,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, Value};

use super::{
    enqueue::reminder_key,
    outbox::Claimed,
    recipient::{ROWS, Thread},
    settle::{Outcome, Settled, write_down},
};
use crate::domain::{core::Core, fault::Fault, store::Sql};

/// What addressing makes of a notification.
pub(super) struct Course {
    /// How it ends.
    pub(super) outcome: Outcome,
    /// Who gets one of their own.
    pub(super) told: Vec<Told>,
    /// When to look again at what stays unread.
    pub(super) next_reminder: Option<DateTime<Utc>>,
}

impl Course {
    pub(super) const fn ended(outcome: Outcome) -> Self {
        Self {
            outcome,
            told: Vec::new(),
            next_reminder: None,
        }
    }
}

/// A staff member who is told, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) staff: StaffId,
    pub(super) channel: Channel,
}

/// Settles notifications and stores what comes of them, in one transaction; gives for each what it was for and where it
/// stands. Four statements, and one more for each thousand who are told.
pub(super) async fn store(
    core: &Core,
    now: DateTime<Utc>,
    courses: &[(Claimed, Course)],
) -> Result<Vec<(NotificationPurpose, Settled)>, Fault> {
    if courses.is_empty() {
        return Ok(Vec::new());
    }
    let tx = core.store.begin().await?;
    let ended: Vec<_> = courses
        .iter()
        .map(|(claimed, course)| (claimed, &course.outcome))
        .collect();
    let settled = write_down(core, &tx, now, &ended).await?;
    // Of what another worker has by now nothing comes.
    let ours: Vec<_> = courses
        .iter()
        .zip(&settled)
        .filter(|(_, settled)| **settled == Settled::Addressed)
        .map(|(course, _)| course)
        .collect();
    let reminded = mark_reminded(&tx, &ours).await?;
    store_next_reminders(core, &tx, now, &ours).await?;
    store_addressed(core, &tx, now, &ours, &reminded).await?;
    tx.commit().await?;
    Ok(courses
        .iter()
        .zip(settled)
        .map(|((claimed, _), settled)| (claimed.row.purpose, settled))
        .collect())
}

type Reminded = HashSet<(ConversationId, StaffId)>;

/// Remembers that staff members were reminded of all that is there now; gives those who had not been since they read last,
/// so that two workers never remind twice. One statement for each thousand.
async fn mark_reminded(
    tx: &DatabaseTransaction,
    courses: &[&(Claimed, Course)],
) -> Result<Reminded, Fault> {
    let mut readers: BTreeSet<(OrganizationId, ConversationId, StaffId)> = BTreeSet::new();
    for (claimed, course) in courses {
        if claimed.row.purpose == NotificationPurpose::UnreadReminder && !course.told.is_empty() {
            let thread = Thread::of(&claimed.row)?;
            let (organization, conversation) = (thread.organization, thread.conversation);
            let told = course.told.iter();
            readers.extend(told.map(|told| (organization, conversation, told.staff)));
        }
    }
    let readers: Vec<_> = readers.into_iter().collect();
    let mut reminded = Reminded::new();
    for readers in readers.chunks(ROWS) {
        let mut upsert = Sql::new(
            "insert into read_cursor (organization_id, conversation_id, person_kind, person_id, seq, visible_seq, own_total, own_seen, \
             reminded_seq) select c.organization_id, c.id, 'STAFF', v.column3, 0, 0, 0, 0, c.seq from conversation c, (values ",
        );
        upsert.rows(
            readers
                .iter()
                .map(|(organization, conversation, staff)| -> [Value; 3] {
                    [
                        (*organization).into(),
                        (*conversation).into(),
                        (*staff).into(),
                    ]
                }),
        );
        // Who sends takes the rows of cursors in this order as well, so that neither waits for the other in a circle.
        upsert.push(
            ") as v where c.organization_id = v.column1 and c.id = v.column2 order by c.organization_id, c.id, v.column3 \
             on conflict (organization_id, conversation_id, person_kind, person_id) do update set reminded_seq = excluded.reminded_seq \
             where read_cursor.reminded_seq <= read_cursor.seq and read_cursor.seq < excluded.reminded_seq \
             returning conversation_id, person_id",
        );
        for row in tx.query_all_raw(upsert.on(tx)).await? {
            reminded.insert((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
        }
    }
    Ok(reminded)
}

/// At most one statement.
async fn store_next_reminders(
    core: &Core,
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    courses: &[&(Claimed, Course)],
) -> Result<(), Fault> {
    let mut next: BTreeMap<(OrganizationId, ConversationId), [Value; 11]> = BTreeMap::new();
    let mut due: Vec<_> = courses
        .iter()
        .filter_map(|(claimed, course)| Some((course.next_reminder?, &claimed.row)))
        .collect();
    // One statement must not meet the same key twice: the earliest stays.
    due.sort_by_key(|(due_at, _)| std::cmp::Reverse(*due_at));
    for (due_at, row) in due {
        let thread = Thread::of(row)?;
        next.insert(
            (thread.organization, thread.conversation),
            [
                thread.organization.into(),
                NotificationId(core.entropy.uuid(now)).into(),
                row.purpose.into(),
                thread.patient.into(),
                thread.conversation.into(),
                row.seq.into(),
                reminder_key(thread.conversation).into(),
                NotificationStatus::Pending.into(),
                due_at.into(),
                0.into(),
                now.into(),
            ],
        );
    }
    if next.is_empty() {
        return Ok(());
    }
    let mut upsert = Sql::new(
        "insert into notification (organization_id, id, purpose, patient_id, conversation_id, seq, coalesce_key, status, due_at, \
         attempts, created_at) values ",
    );
    upsert.rows(next.into_values()).push(
        " on conflict (organization_id, coalesce_key) do update set due_at = excluded.due_at \
         where notification.due_at > excluded.due_at",
    );
    tx.execute_raw(upsert.on(tx)).await?;
    Ok(())
}

/// One notification for each staff member, by their channel. While one waits, another of the same kind for the same
/// conversation adds none. One statement for each thousand.
async fn store_addressed(
    core: &Core,
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    courses: &[&(Claimed, Course)],
    reminded: &Reminded,
) -> Result<(), Fault> {
    // In the order of the keys, so that two workers who tell the same people do not wait for each other in a circle.
    let mut rows: BTreeMap<(OrganizationId, String), [Value; 14]> = BTreeMap::new();
    for (claimed, course) in courses.iter().filter(|(_, course)| !course.told.is_empty()) {
        let row = &claimed.row;
        let thread = Thread::of(row)?;
        for told in &course.told {
            if row.purpose == NotificationPurpose::UnreadReminder
                && !reminded.contains(&(thread.conversation, told.staff))
            {
                continue;
            }
            let key = format!(
                "{} {} {}",
                row.purpose.word(),
                thread.conversation.0.simple(),
                told.staff.0.simple()
            );
            let values = [
                thread.organization.into(),
                NotificationId(core.entropy.uuid(now)).into(),
                row.purpose.into(),
                PersonKind::Staff.into(),
                told.staff.0.into(),
                told.channel.into(),
                thread.patient.into(),
                thread.conversation.into(),
                row.seq.into(),
                key.clone().into(),
                NotificationStatus::Pending.into(),
                now.into(),
                0.into(),
                now.into(),
            ];
            rows.insert((thread.organization, key), values);
        }
    }
    let mut rows = rows.into_values().peekable();
    while rows.peek().is_some() {
        let mut insert = Sql::new(
            "insert into notification (organization_id, id, purpose, recipient_kind, recipient_id, channel, patient_id, conversation_id, \
             seq, coalesce_key, status, due_at, attempts, created_at) values ",
        );
        insert
            .rows(rows.by_ref().take(ROWS))
            .push(" on conflict (organization_id, coalesce_key) do nothing");
        tx.execute_raw(insert.on(tx)).await?;
    }
    Ok(())
}
