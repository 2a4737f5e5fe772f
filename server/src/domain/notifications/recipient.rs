//! Whom a notification reaches, how, and whether it is still needed: read fresh, never from the outbox.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{
    Channel, ConversationId, OrganizationId, PatientId, StaffId, notification, patient,
    staff_member,
};
use sea_orm::{ConnectionTrait, Value};

use crate::domain::{fault::Fault, settings::Settings, store::Sql};

/// The most rows of values of one statement; the databases limit its values.
pub(super) const ROWS: usize = 1000;

/// How a patient is notified (NOT-2): of the organization's ways their own choice where that can reach them, else the
/// first that can. None when nothing is on file for any of them. Whoever has opted out of texts gets none.
#[must_use]
pub fn patient_channel(
    settings: &Settings,
    patient: &patient::Model,
    opted_out: bool,
) -> Option<Channel> {
    let on_file = |channel: &Channel| match channel {
        Channel::Email => patient.email.is_some(),
        Channel::Sms => patient.phone.is_some() && !opted_out,
        Channel::Portal => false,
    };
    let mut ways = settings.patient_channels.iter().copied().filter(on_file);
    let first = ways.clone().next();
    ways.find(|channel| Some(*channel) == patient.notify_channel)
        .or(first)
}

/// How a staff member is notified (NOT-1): by text message only with a number on file.
pub(super) fn staff_channel(staff: &staff_member::Model) -> Channel {
    match staff.notify_channel {
        Channel::Sms if staff.phone.is_some() => Channel::Sms,
        Channel::Sms | Channel::Email | Channel::Portal => Channel::Email,
    }
}

/// A staff member as a reader of a conversation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader {
    pub(super) thread: Thread,
    pub(super) staff: StaffId,
}

/// What a staff member has not seen of what the patient wrote.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unseen {
    /// When the oldest message that they have not seen was stored.
    pub(super) since: DateTime<Utc>,
    /// Whether they were reminded since they read last.
    pub(super) reminded: bool,
}

/// Who of these readers of one organization has not seen all that the patient wrote. One statement for each thousand, by
/// the index on authors.
pub(super) async fn unseen(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    readers: &[Reader],
) -> Result<HashMap<(ConversationId, StaffId), Unseen>, Fault> {
    let mut found = HashMap::new();
    for readers in readers.chunks(ROWS) {
        let mut select = Sql::new(
            "select v.column1 as conversation, v.column2 as staff, rc.seq, rc.reminded_seq, \
             (select x.created_at from message x where x.organization_id = ",
        );
        let organization = select.placeholder(organization);
        select.push(&organization).push(
            " and x.conversation_id = v.column1 and x.author_id = v.column3 and x.seq > coalesce(rc.seq, 0) order by x.seq limit 1) \
             as created_at from (values ",
        );
        select.rows(readers.iter().map(|reader| -> [Value; 3] {
            let thread = reader.thread;
            [
                thread.conversation.into(),
                reader.staff.into(),
                thread.patient.0.into(),
            ]
        }));
        select.push(&format!(
            ") as v left join read_cursor rc on rc.organization_id = {organization} and rc.conversation_id = v.column1 \
             and rc.person_kind = 'STAFF' and rc.person_id = v.column2"
        ));
        for row in connection.query_all_raw(select.on(connection)).await? {
            let seen: Option<i64> = row.try_get("", "seq")?;
            let reminded: Option<i64> = row.try_get("", "reminded_seq")?;
            let Some(since) = row.try_get("", "created_at")? else {
                continue;
            };
            found.insert(
                (row.try_get("", "conversation")?, row.try_get("", "staff")?),
                Unseen {
                    since,
                    reminded: reminded > seen,
                },
            );
        }
    }
    Ok(found)
}

/// The conversation that a notification is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thread {
    pub(super) organization: OrganizationId,
    pub(super) conversation: ConversationId,
    pub(super) patient: PatientId,
}

impl Thread {
    /// What the row of a message's notification names.
    pub(super) fn of(row: &notification::Model) -> Result<Self, Fault> {
        Ok(Self {
            organization: row.organization_id,
            conversation: row
                .conversation_id
                .ok_or(Fault::Corrupt("notification conversation"))?,
            patient: row
                .patient_id
                .ok_or(Fault::Corrupt("notification patient"))?,
        })
    }
}
