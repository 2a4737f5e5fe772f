//! Files as the API shows them.

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{FileForm, attachment};

use super::{context::ContextExt as _, error::ApiResult};
use crate::domain::{attachments, policy::FileInView};

/// How far a file has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::AttachmentStatus")]
pub enum AttachmentStatus {
    /// Its bytes are arriving.
    Uploading,
    /// It is here and waits for its inspection.
    Pending,
    /// The malware scanner found nothing.
    Clean,
    /// It was inspected, and no malware scanner has seen all of it; `unscannedBecause` says why.
    Unscanned,
    /// The malware scanner found something; its bytes are removed.
    Infected,
    /// It is not what its sender announced: another checksum, or no text where its beginning was. Its bytes are removed.
    Refused,
}

/// Why no malware scanner has seen all of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::UnscannedBecause")]
pub enum UnscannedBecause {
    /// The server has none.
    NoScanner,
    /// The scanner could not read all of it: it is longer than the scanner takes, unpacks to more than it reads, or is
    /// encrypted.
    NotWhole,
}

/// A small picture made of a file.
#[derive(Clone, Debug, SimpleObject)]
pub struct Thumbnail {
    /// The width in pixels, at most 320.
    width: i32,
    /// The height in pixels, at most 320.
    height: i32,
    /// Where it can be downloaded as JPEG, for five minutes and by this session; null when the file may not be
    /// downloaded.
    url: Option<String>,
}

/// A file of a message or of a patient's chart.
#[derive(Clone, Description)]
pub struct Attachment(pub FileInView);

impl Attachment {
    fn row(&self) -> &attachment::Model {
        self.0.attachment()
    }

    async fn link(&self, ctx: &Context<'_>, form: FileForm) -> ApiResult<Option<String>> {
        let viewer = &*ctx.viewer().await?;
        let token = attachments::link(ctx.core(), viewer, &self.0, form);
        Ok(token.map(|token| format!("/files/{}", token.reveal())))
    }
}

#[Object(use_type_description)]
impl Attachment {
    /// The id.
    async fn id(&self) -> ID {
        ID(self.row().id.to_public())
    }

    /// What it is called, without anything that a file system or a reader could stumble over.
    async fn file_name(&self) -> &str {
        self.row().file_name.reveal()
    }

    /// What its bytes show it to be, such as `application/pdf`.
    async fn media_type(&self) -> &str {
        self.row()
            .media_type
            .as_deref()
            .unwrap_or("application/octet-stream")
    }

    /// How many bytes it has.
    async fn byte_length(&self) -> i64 {
        self.row().length
    }

    /// How far it has come.
    async fn status(&self) -> AttachmentStatus {
        self.row().status.into()
    }

    /// Why no malware scanner has seen all of it; null unless it is `UNSCANNED`. Whether such files can be used is a setting
    /// of the clinic (`AttachmentSettings.unscanned`).
    async fn unscanned_because(&self) -> Option<UnscannedBecause> {
        self.row().unscanned_because.map(Into::into)
    }

    /// Its SHA-256 in hexadecimal digits; null before it was inspected.
    async fn sha256(&self) -> Option<String> {
        let hash = self.row().sha256.as_deref()?;
        Some(hash.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// When it was announced.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row().created_at
    }

    /// Where it can be downloaded, for five minutes and by this session, as a path on this server; null when it may not
    /// be downloaded, for example because it was not inspected yet. Every download is asked about again and recorded.
    async fn download_url(&self, ctx: &Context<'_>) -> ApiResult<Option<String>> {
        self.link(ctx, FileForm::Original).await
    }

    /// The small picture made of it; null when there is none, because it is no picture or cannot be read.
    async fn thumbnail(&self, ctx: &Context<'_>) -> ApiResult<Option<Thumbnail>> {
        let row = self.row();
        let Some((width, height)) = row.thumbnail_width.zip(row.thumbnail_height) else {
            return Ok(None);
        };
        Ok(Some(Thumbnail {
            width,
            height,
            url: self.link(ctx, FileForm::Thumbnail).await?,
        }))
    }
}
