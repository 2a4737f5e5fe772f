//! The files of a batch's letters: found and locked before anything is decided, then claimed and written down with the
//! messages that hold them.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{
    AttachmentId, ChartDocumentId, MessageId, OrganizationId, PersonId, attachment, message,
    message_attachment,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, FromQueryResult as _, Value};

use super::{Enclosures, SendError, batch::Batch, enclosure::Enclosure, post_office::Letter};
use crate::domain::{
    attachments, chart_documents,
    fault::Fault,
    policy::{CanEnclose, CanPost, EnclosureRefused},
    settings::AttachmentSettings,
    store::Sql,
};

/// The files of a batch's letters.
#[derive(Default)]
pub(super) struct Enclosed {
    found: HashMap<Enclosure, attachment::Model>,
    /// What messages hold, of those that letters may repeat.
    held: HashMap<MessageId, Vec<Enclosure>>,
    /// The uploads that letters of the batch have taken.
    taken: HashSet<AttachmentId>,
}

impl Enclosed {
    /// Finds the files of letters, each given with the message that already carries its key. Nothing for letters without
    /// files; otherwise at most three statements.
    pub(super) async fn find<'a>(
        tx: &DatabaseTransaction,
        organization: OrganizationId,
        letters: impl IntoIterator<Item = (&'a Letter, Option<&'a message::Model>)>,
    ) -> Result<Self, Fault> {
        let (mut uploads, mut documents, mut earlier) = (Vec::new(), Vec::new(), Vec::new());
        for (letter, stored) in letters {
            let files = letter.draft.files.as_slice();
            match stored {
                // Those with another number of files are told apart by that.
                Some(message) if !files.is_empty() && counts(message, files) => {
                    earlier.push(message.id);
                }
                Some(_) => {}
                None => files.iter().for_each(|file| match file {
                    Enclosure::Upload(id) => uploads.push(*id),
                    Enclosure::Document(id) => documents.push(*id),
                }),
            }
        }
        Ok(Self {
            found: found(tx, organization, &uploads, &documents).await?,
            held: held(tx, organization, &earlier).await?,
            taken: HashSet::new(),
        })
    }

    /// Whether a message has exactly the files of a letter, in the same order.
    pub(super) fn repeats(&self, message: &message::Model, letter: &Letter) -> bool {
        let files = letter.draft.files.as_slice();
        let held = self.held.get(&message.id);
        counts(message, files) && held.map_or(&[][..], Vec::as_slice) == files
    }

    /// Decides about the files of a new message: all of them may be sent, or the message is refused.
    pub(super) fn admit(
        &self,
        letter: &Letter,
        can_post: &CanPost,
        settings: &AttachmentSettings,
        now: DateTime<Utc>,
    ) -> Result<Vec<CanEnclose>, SendError> {
        let files = letter.draft.files.as_slice();
        self.decide((letter.author, files), can_post, settings, now)
    }

    fn decide(
        &self,
        (author, files): (PersonId, &[Enclosure]),
        can_post: &CanPost,
        settings: &AttachmentSettings,
        now: DateTime<Utc>,
    ) -> Result<Vec<CanEnclose>, SendError> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        can_post
            .check_files(author, files.len(), settings)
            .map_err(|why| SendError::Files { which: None, why })?;
        let (mut admitted, mut bytes) = (Vec::with_capacity(files.len()), 0);
        for &file in files {
            let refuse = |why| SendError::Files {
                which: Some(file),
                why,
            };
            let row = self.found.get(&file).filter(|row| self.is_free(file, row));
            let row = row.ok_or_else(|| refuse(EnclosureRefused::NotUsable))?;
            let can_enclose = can_post.enclose(author, (file, row), settings, now);
            admitted.push(can_enclose.map_err(refuse)?);
            bytes += row.length;
        }
        let max = settings.message_max_bytes;
        if bytes > i64::from(max) {
            let why = EnclosureRefused::TooLong { max };
            return Err(SendError::Files { which: None, why });
        }
        Ok(admitted)
    }

    /// An upload is used once, also by the letters of one batch; a document stays in the chart.
    fn is_free(&self, file: Enclosure, row: &attachment::Model) -> bool {
        match file {
            Enclosure::Upload(_) => !self.taken.contains(&row.id),
            Enclosure::Document(_) => true,
        }
    }

    /// Remembers what a message of the batch holds, for those that may repeat it and for those that want the same files.
    pub(super) fn hold(&mut self, message: MessageId, letter: &Letter) {
        let files = letter.draft.files.as_slice();
        self.taken
            .extend(files.iter().filter_map(|file| match file {
                Enclosure::Upload(id) => Some(*id),
                Enclosure::Document(_) => None,
            }));
        self.held.insert(message, files.to_vec());
    }
}

/// Decides about the files of a message that is stored later or by other means than the post office: all of them may be sent,
/// or it is refused. They are locked until the commit. Two statements at most, none without files.
///
/// # Errors
/// [`SendError::Files`].
pub(crate) async fn admit_files(
    tx: &DatabaseTransaction,
    (author, files): (PersonId, &Enclosures),
    can_post: &CanPost,
    settings: &AttachmentSettings,
    now: DateTime<Utc>,
) -> Result<Vec<CanEnclose>, SendError> {
    let (mut uploads, mut documents) = (Vec::new(), Vec::new());
    files.as_slice().iter().for_each(|file| match file {
        Enclosure::Upload(id) => uploads.push(*id),
        Enclosure::Document(id) => documents.push(*id),
    });
    let organization = can_post.conversation().organization_id;
    let enclosed = Enclosed {
        found: found(tx, organization, &uploads, &documents).await?,
        ..Enclosed::default()
    };
    enclosed.decide((author, files.as_slice()), can_post, settings, now)
}

/// Whether a message has as many files as are asked for.
fn counts(message: &message::Model, files: &[Enclosure]) -> bool {
    usize::try_from(message.attachment_count) == Ok(files.len())
}

async fn found(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    uploads: &[AttachmentId],
    documents: &[ChartDocumentId],
) -> Result<HashMap<Enclosure, attachment::Model>, Fault> {
    let uploads = attachments::lock(tx, organization, uploads).await?;
    let documents = chart_documents::lock(tx, organization, documents).await?;
    let uploads = uploads
        .into_iter()
        .map(|row| (Enclosure::Upload(row.id), row));
    let documents = documents
        .into_iter()
        .map(|(id, row)| (Enclosure::Document(id), row));
    Ok(uploads.chain(documents).collect())
}

async fn held(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    messages: &[MessageId],
) -> Result<HashMap<MessageId, Vec<Enclosure>>, Fault> {
    let mut held: HashMap<MessageId, Vec<Enclosure>> = HashMap::new();
    if messages.is_empty() {
        return Ok(held);
    }
    let mut select = Sql::new("select * from message_attachment where organization_id = ");
    select
        .bind(organization)
        .push(" and message_id in ")
        .list(messages.iter().copied())
        .push(" order by message_id, ordinal");
    for row in tx.query_all_raw(select.on(tx)).await? {
        let row = message_attachment::Model::from_query_result(&row, "")?;
        let (message, enclosure) = Enclosure::of_row(&row);
        held.entry(message).or_default().push(enclosure);
    }
    Ok(held)
}

impl Batch {
    /// Puts files with the message that was added last, if there are some; gives its id then.
    pub(super) fn enclose(&mut self, files: Vec<CanEnclose>) -> Option<MessageId> {
        let message = self.messages.last_mut().filter(|_| !files.is_empty())?;
        message.attachment_count = i32::try_from(files.len()).unwrap_or(i32::MAX);
        let id = message.id;
        self.files.insert(id, files);
        Some(id)
    }

    /// Takes the expiry of the uploads away, so that no sweep removes them and no other message takes them. One statement,
    /// none without uploads.
    pub(super) async fn claim_files(
        &self,
        tx: &DatabaseTransaction,
        organization: OrganizationId,
        now: DateTime<Utc>,
    ) -> Result<(), Fault> {
        let files = self.files.values().flatten();
        let uploads: Vec<_> = files.filter_map(CanEnclose::upload).collect();
        let claimed = attachments::claim(tx, organization, &uploads, now).await?;
        if claimed.len() < uploads.len() {
            return Err(Fault::Corrupt("uploads that were locked"));
        }
        Ok(())
    }

    /// Writes down which message holds which files. One statement, none without files.
    pub(super) async fn insert_files(&self, tx: &DatabaseTransaction) -> Result<(), Fault> {
        let mut rows = Vec::new();
        for message in &self.messages {
            let files = self.files.get(&message.id).into_iter().flatten();
            for (ordinal, file) in (0_i32..).zip(files) {
                let row: [Value; 6] = [
                    message.organization_id.into(),
                    message.id.into(),
                    ordinal.into(),
                    file.attachment().into(),
                    message.conversation_id.into(),
                    file.document().into(),
                ];
                rows.push(row);
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
        let mut insert = Sql::new(
            "insert into message_attachment (organization_id, message_id, ordinal, attachment_id, conversation_id, document_id) values ",
        );
        insert.rows(rows);
        tx.execute_raw(insert.on(tx)).await?;
        Ok(())
    }
}
