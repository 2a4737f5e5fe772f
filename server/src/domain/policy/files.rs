//! Who may download a file: whoever may see the message or the document that holds it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{
    AttachmentId, ChartDocumentId, ConversationId, MessageId, MessageKind, OrganizationId,
    attachment, chart_document,
};
use sea_orm::{ConnectionTrait, FromQueryResult as _};

use super::{AsClinician, Denied, clinician, open_patient, own_upload, read_conversation};
use crate::domain::{
    attachments::Holder,
    fault::Fault,
    store::{Sql, sql},
    viewer::Viewer,
};

/// A file that the viewer may see, because of what holds it.
#[derive(Clone, Debug)]
pub struct FileInView {
    attachment: attachment::Model,
    holder: Holder,
}

impl FileInView {
    /// The file.
    #[must_use]
    pub fn attachment(&self) -> &attachment::Model {
        &self.attachment
    }

    /// What holds it.
    #[must_use]
    pub fn holder(&self) -> Holder {
        self.holder
    }
}

/// Opens a file through what holds it; what nothing holds yet, its sender. Two statements, or one.
///
/// # Errors
/// [`Denied::NotFound`] when what holds it does not exist for this viewer or does not hold it, and whatever keeps the
/// viewer from the conversation.
pub async fn open_file(
    connection: &impl ConnectionTrait,
    viewer: &Viewer,
    id: AttachmentId,
    holder: Holder,
    now: DateTime<Utc>,
) -> Result<FileInView, Denied> {
    let attachment = match holder {
        Holder::Message(message) => of_message(connection, viewer, id, message).await?,
        Holder::Document(document) => {
            let document = open_document(connection, viewer, document).await?;
            if document.attachment.id != id {
                return Err(Denied::NotFound);
            }
            document.attachment
        }
        Holder::Upload(upload) => {
            let own = own_upload(connection, viewer, upload, now).await?;
            let attachment = own.into_attachment();
            if attachment.id != id || attachment.expires_at.is_none() {
                return Err(Denied::NotFound);
            }
            attachment
        }
    };
    Ok(FileInView { attachment, holder })
}

/// The most messages whose files one statement reads.
const TOGETHER: usize = 500;

/// The files of messages, in their order, for those who were already found to be allowed to see the messages. One
/// statement for each [`TOGETHER`] messages.
///
/// # Errors
/// Any failure of the database.
pub async fn files_of_messages(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    messages: &[MessageId],
) -> Result<HashMap<MessageId, Vec<FileInView>>, Fault> {
    let mut files: HashMap<MessageId, Vec<FileInView>> = HashMap::new();
    for some in messages.chunks(TOGETHER) {
        let mut select = Sql::new(
            "select a.*, x.message_id from message_attachment x \
             join attachment a on a.organization_id = x.organization_id and a.id = x.attachment_id where x.organization_id = ",
        );
        select
            .bind(organization)
            .push(" and x.message_id in ")
            .list(some.iter().copied())
            .push(" order by x.message_id, x.ordinal");
        for row in connection.query_all_raw(select.on(connection)).await? {
            let message: MessageId = row.try_get("", "message_id")?;
            files.entry(message).or_default().push(FileInView {
                attachment: attachment::Model::from_query_result(&row, "")?,
                holder: Holder::Message(message),
            });
        }
    }
    Ok(files)
}

async fn of_message(
    connection: &impl ConnectionTrait,
    viewer: &Viewer,
    id: AttachmentId,
    message: MessageId,
) -> Result<attachment::Model, Denied> {
    let row = connection
        .query_one_raw(sql(
            connection,
            "select a.*, x.conversation_id, m.kind as message_kind from message_attachment x \
             join attachment a on a.organization_id = x.organization_id and a.id = x.attachment_id \
             join message m on m.organization_id = x.organization_id and m.id = x.message_id \
             where x.organization_id = $1 and x.message_id = $2 and x.attachment_id = $3",
            [viewer.organization().into(), message.into(), id.into()],
        ))
        .await?
        .ok_or(Denied::NotFound)?;
    let conversation: ConversationId = row.try_get("", "conversation_id")?;
    let open = read_conversation(connection, viewer, conversation).await?;
    let kind: MessageKind = row.try_get("", "message_kind")?;
    if kind == MessageKind::Note && !open.shows_notes() {
        return Err(Denied::NotFound);
    }
    Ok(attachment::Model::from_query_result(&row, "")?)
}

/// A document of a chart that the viewer may open.
#[derive(Clone, Debug)]
pub struct DocumentInView {
    document: chart_document::Model,
    attachment: attachment::Model,
}

impl DocumentInView {
    /// The document.
    #[must_use]
    pub fn document(&self) -> &chart_document::Model {
        &self.document
    }

    /// Its file.
    #[must_use]
    pub fn file(&self) -> FileInView {
        FileInView {
            attachment: self.attachment.clone(),
            holder: Holder::Document(self.document.id),
        }
    }
}

/// Opens a document of a chart, for clinicians within reach of the patient. Two statements.
///
/// # Errors
/// [`Denied::NotFound`] when it does not exist for this viewer; [`Denied::Role`] for everybody but clinicians.
pub async fn open_document(
    connection: &impl ConnectionTrait,
    viewer: &Viewer,
    id: ChartDocumentId,
) -> Result<DocumentInView, Denied> {
    let clinician = clinician(viewer)?;
    let row = connection
        .query_one_raw(sql(
            connection,
            &format!(
                "select {} from chart_document d join attachment a on a.organization_id = d.organization_id and a.id = d.attachment_id \
                 where d.organization_id = $1 and d.id = $2",
                document_columns()
            ),
            [viewer.organization().into(), id.into()],
        ))
        .await?
        .ok_or(Denied::NotFound)?;
    let document = document_in_chart(&clinician, &row)?;
    open_patient(connection, viewer, document.document.patient_id).await?;
    Ok(document)
}

/// The columns of a document `d` and its file `a`, for [`document_in_chart`].
pub(in crate::domain) fn document_columns() -> String {
    const DOCUMENT: [&str; 9] = [
        "organization_id",
        "id",
        "patient_id",
        "attachment_id",
        "kind",
        "dated",
        "title",
        "created_by",
        "created_at",
    ];
    let document = DOCUMENT.map(|column| format!("d.{column} as d_{column}"));
    format!("a.*, {}", document.join(", "))
}

/// A document of a chart that is known to be within a clinician's reach.
pub(in crate::domain) fn document_in_chart(
    _clinician: &AsClinician,
    row: &sea_orm::QueryResult,
) -> Result<DocumentInView, Denied> {
    Ok(DocumentInView {
        document: chart_document::Model::from_query_result(row, "d_")?,
        attachment: attachment::Model::from_query_result(row, "")?,
    })
}
