//! Who downloaded files, for those who administer the clinic.

use async_graphql::{Context, Description, Enum, ID, Object, connection::Connection};
use chrono::{DateTime, Utc};
use entity::{AttachmentId, PatientId};

use super::{
    context::ContextExt as _,
    error::ApiResult,
    id::{public_id, read_id},
    page::{List, Opaque, PageArguments, connection},
};
use crate::domain::{
    attachments::{self, DownloadsOf, RecordedDownload},
    policy,
};

/// In which form a file was downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::FileForm")]
pub enum FileForm {
    /// The file itself, or a part of it.
    Original,
    /// The small picture made of it.
    Thumbnail,
}

/// One download of a file: that somebody who was asked who they are was given it. It is on record before the first byte
/// leaves, whether or not all of them arrived, and stays when the file is gone, for as long as the operator keeps such
/// records: six years by default.
#[derive(Description)]
pub struct FileDownload(RecordedDownload);

#[Object(use_type_description)]
impl FileDownload {
    /// The id.
    async fn id(&self) -> ID {
        ID(self.0.id.to_public())
    }

    /// Of which file.
    async fn attachment_id(&self) -> ID {
        ID(self.0.attachment.to_public())
    }

    /// What the file is called; null when it is gone, and when its patient does not exist for the viewer.
    async fn file_name(&self) -> Option<&str> {
        Some(self.0.file_name.as_ref()?.reveal())
    }

    /// Whom the file is about, also when it is gone; null when the patient does not exist for the viewer.
    async fn patient_id(&self) -> Option<ID> {
        Some(ID(self.0.patient?.to_public()))
    }

    /// In which form.
    async fn form(&self) -> FileForm {
        self.0.form.into()
    }

    /// The id of the staff member or patient who downloaded it.
    async fn person_id(&self) -> ID {
        ID(public_id(self.0.person))
    }

    /// Their name; null for a patient who does not exist for the viewer.
    async fn person_name(&self) -> Option<&str> {
        Some(self.0.name.as_ref()?.reveal())
    }

    /// From which network address.
    async fn source(&self) -> &str {
        &self.0.source
    }

    /// When.
    async fn downloaded_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// Queries about downloads.
#[derive(Default)]
pub struct FileDownloadQuery;

#[Object]
impl FileDownloadQuery {
    /// Who downloaded files of the clinic, the newest download first. For administrators.
    async fn file_downloads(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only downloads of this file.")] attachment_id: Option<ID>,
        #[graphql(desc = "Only downloads of files about this patient.")] patient_id: Option<ID>,
        #[graphql(desc = "How many from the beginning, at most 100. 25 by default.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, FileDownload>> {
        let viewer = ctx.viewer().await?;
        let administrator = policy::administrator(&viewer)?;
        let mut of = DownloadsOf::default();
        if let Some(id) = attachment_id {
            of.attachment = Some(read_id(AttachmentId::from_public, &id)?);
        }
        if let Some(id) = patient_id {
            let id = read_id(PatientId::from_public, &id)?;
            let reader = ctx.core().store.reader();
            of.patient = Some(policy::open_patient(reader, &viewer, id).await?);
        }
        let list = List {
            name: "file downloads",
            owner: administrator.organization().0,
        };
        let slice = PageArguments::new(first, after, last, before).slice(list)?;
        let page = attachments::downloads(ctx.core(), &administrator, &of, &slice).await?;
        Ok(connection(
            list,
            page,
            |download| download.id.0,
            FileDownload,
        ))
    }
}
