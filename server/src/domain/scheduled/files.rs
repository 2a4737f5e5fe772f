//! The files of messages that wait. An upload that waits with a message is in use, as one that was sent; when the message does
//! not leave, it is given back to its sender: for as long as any upload waits when a person has cancelled the message, and for as
//! long as the words are kept when the server has stopped it, which its author may learn of much later.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{OrganizationId, ScheduledMessageId, attachment, scheduled_file, scheduled_message};
use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult as _, Value};

use super::WORDS_KEPT;
use crate::domain::{
    attachments::{self, UNUSED},
    fault::Fault,
    messages::{Enclosure, Enclosures},
    policy::CanEnclose,
    store::{Sql, sql},
};

/// A file of a message that waits.
#[derive(Clone, Debug)]
pub struct ScheduledFile {
    /// The file.
    pub attachment: attachment::Model,
}

/// Puts files with a message, and takes the expiry of the uploads away. Two statements at most, none without files.
pub(super) async fn keep(
    tx: &DatabaseTransaction,
    message: &scheduled_message::Model,
    files: &[CanEnclose],
) -> Result<(), Fault> {
    if files.is_empty() {
        return Ok(());
    }
    let organization = message.organization_id;
    let uploads: Vec<_> = files.iter().filter_map(CanEnclose::upload).collect();
    let claimed = attachments::claim(tx, organization, &uploads, message.created_at).await?;
    if claimed.len() < uploads.len() {
        return Err(Fault::Corrupt("uploads that were locked"));
    }
    let mut insert = Sql::new(
        "insert into scheduled_file (organization_id, scheduled_message_id, ordinal, attachment_id, document_id) values ",
    );
    insert.rows((0_i32..).zip(files).map(|(ordinal, file)| -> [Value; 5] {
        [
            organization.into(),
            message.id.into(),
            ordinal.into(),
            file.attachment().into(),
            file.document().into(),
        ]
    }));
    tx.execute_raw(insert.on(tx)).await?;
    Ok(())
}

/// The files of a message that waits, in their order. One statement.
pub(super) async fn of(
    tx: &DatabaseTransaction,
    message: &scheduled_message::Model,
) -> Result<Enclosures, Fault> {
    let rows = tx
        .query_all_raw(sql(
            tx,
            "select * from scheduled_file where organization_id = $1 and scheduled_message_id = $2 order by ordinal",
            [message.organization_id.into(), message.id.into()],
        ))
        .await?;
    let mut files = Vec::with_capacity(rows.len());
    for row in &rows {
        let row = scheduled_file::Model::from_query_result(row, "")?;
        files.push(match row.document_id {
            Some(document) => Enclosure::Document(document),
            None => Enclosure::Upload(row.attachment_id),
        });
    }
    Enclosures::new(files).map_err(|_| Fault::Corrupt("files of a scheduled message"))
}

/// Who has decided that a message does not leave.
#[derive(Clone, Copy)]
pub(super) enum Stopper {
    /// Somebody has cancelled it, and knows of it.
    Person,
    /// The server.
    Server,
}

/// Gives the files of a message back that nothing else holds. Its author has uploads for as long as the one who has stopped it
/// makes it necessary; what was taken out of the chart meanwhile goes after as long as any upload waits. One statement.
pub(super) async fn give_back(
    tx: &DatabaseTransaction,
    (organization, message): (OrganizationId, ScheduledMessageId),
    stopper: Stopper,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let kept = match stopper {
        Stopper::Person => UNUSED,
        Stopper::Server => WORDS_KEPT,
    };
    tx.execute_raw(sql(
        tx,
        "update attachment set expires_at = case when exists (select 1 from scheduled_file u where u.organization_id = $1 \
         and u.scheduled_message_id = $2 and u.attachment_id = attachment.id and u.document_id is null) then $4 else $3 end where organization_id = $1 and id in (select f.attachment_id from scheduled_file f \
         where f.organization_id = $1 and f.scheduled_message_id = $2) and disposal is null \
         and not exists (select 1 from message_attachment x where x.organization_id = $1 and x.attachment_id = attachment.id) \
         and not exists (select 1 from chart_document d where d.organization_id = $1 and d.attachment_id = attachment.id) \
         and not exists (select 1 from scheduled_file o join scheduled_message m on m.organization_id = o.organization_id \
         and m.id = o.scheduled_message_id where o.organization_id = $1 and o.attachment_id = attachment.id \
         and o.scheduled_message_id <> $2 and m.status in ('WAITING', 'HELD'))",
        [
            organization.into(),
            message.into(),
            (now + UNUSED).into(),
            (now + kept).into(),
        ],
    ))
    .await?;
    Ok(())
}

/// The files of several messages, in their order, for those who were found to be allowed to see the messages. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn files_of(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    messages: &[ScheduledMessageId],
) -> Result<HashMap<ScheduledMessageId, Vec<ScheduledFile>>, Fault> {
    let mut select = Sql::new(
        "select a.*, f.scheduled_message_id from scheduled_file f \
         join attachment a on a.organization_id = f.organization_id and a.id = f.attachment_id where f.organization_id = ",
    );
    select
        .bind(organization)
        .push(" and f.scheduled_message_id in ")
        .list(messages.iter().copied())
        .push(" order by f.scheduled_message_id, f.ordinal");
    let mut files: HashMap<_, Vec<_>> = HashMap::new();
    for row in connection.query_all_raw(select.on(connection)).await? {
        let message: ScheduledMessageId = row.try_get("", "scheduled_message_id")?;
        files.entry(message).or_default().push(ScheduledFile {
            attachment: attachment::Model::from_query_result(&row, "")?,
        });
    }
    Ok(files)
}
