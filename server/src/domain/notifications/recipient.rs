//! Whom a notification reaches, how, and whether it is still needed: read fresh, never from the outbox.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::{
    Channel, ConversationId, OrganizationId, PatientId, PersonKind, StaffId, notification, patient,
    read_cursor, staff_member,
};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, Value};

use crate::domain::{
    conversations::{Followers, followers},
    fault::Fault,
    organizations,
    settings::Settings,
    store::Sql,
};

/// How a patient is notified (NOT-2): of the organization's ways their own choice where that can reach them, else the
/// first that can. None when nothing is on file for any of them. A patient who opted out of text messages must not be given
/// `Sms` here.
#[must_use]
pub fn patient_channel(settings: &Settings, patient: &patient::Model) -> Option<Channel> {
    let on_file = |channel: &Channel| match channel {
        Channel::Email => patient.email.is_some(),
        Channel::Sms => patient.phone.is_some(),
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

/// The staff whom the conversation of a notification concerns. Two statements.
pub(super) async fn followers_of(
    connection: &impl ConnectionTrait,
    thread: Thread,
) -> Result<Followers, Fault> {
    let clinic = organizations::of(connection, thread.organization).await?;
    let settings = Settings::from_stored(clinic.settings)?;
    let conversations = BTreeSet::from([thread.conversation]);
    let mut found = followers(connection, thread.organization, &settings, &conversations).await?;
    Ok(found.remove(&thread.conversation).unwrap_or_default())
}

/// The records of staff members. One statement.
pub(super) async fn staff_members(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    staff: &[StaffId],
) -> Result<Vec<staff_member::Model>, Fault> {
    Ok(staff_member::Entity::find()
        .filter(staff_member::Column::OrganizationId.eq(organization))
        .filter(staff_member::Column::Id.is_in(staff.iter().copied()))
        .all(connection)
        .await?)
}

/// How far staff members have read a conversation. One statement.
pub(super) async fn staff_cursors(
    connection: &impl ConnectionTrait,
    thread: Thread,
    staff: &[StaffId],
) -> Result<HashMap<StaffId, read_cursor::Model>, Fault> {
    let rows = read_cursor::Entity::find()
        .filter(read_cursor::Column::OrganizationId.eq(thread.organization))
        .filter(read_cursor::Column::ConversationId.eq(thread.conversation))
        .filter(read_cursor::Column::PersonKind.eq(PersonKind::Staff))
        .filter(read_cursor::Column::PersonId.is_in(staff.iter().map(|id| id.0)))
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|cursor| (StaffId(cursor.person_id), cursor))
        .collect())
}

/// For each staff member who has not seen all that the patient wrote: when the oldest message that they have not seen was
/// stored. One statement, by the index on authors.
pub(super) async fn oldest_unseen(
    connection: &impl ConnectionTrait,
    thread: Thread,
    staff: &[StaffId],
    cursors: &HashMap<StaffId, read_cursor::Model>,
) -> Result<HashMap<StaffId, DateTime<Utc>>, Fault> {
    if staff.is_empty() {
        return Ok(HashMap::new());
    }
    let mut select = Sql::new("select v.column1 as staff, m.created_at from (values ");
    select.rows(staff.iter().map(|id| -> [Value; 2] {
        let seen = cursors.get(id).map_or(0, |cursor| cursor.seq);
        [(*id).into(), seen.into()]
    }));
    let organization = select.placeholder(thread.organization);
    let conversation = select.placeholder(thread.conversation);
    let patient = select.placeholder(thread.patient.0);
    select.push(&format!(
        ") as v join message m on m.organization_id = {organization} and m.conversation_id = {conversation} and m.seq = \
         (select min(x.seq) from message x where x.organization_id = {organization} and x.conversation_id = {conversation} \
         and x.author_id = {patient} and x.seq > v.column2)"
    ));
    let rows = connection.query_all_raw(select.on(connection)).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("", "staff")?, row.try_get("", "created_at")?)))
        .collect()
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
