//! Uploading small files with the operation that wants them.

use async_graphql::{
    Context, Description, ID, InputObject, InputValueError, InputValueResult, Object, Scalar,
    ScalarType, SimpleObject, Value,
};
use entity::{AttachmentId, PatientId};

use super::{
    attachment::Attachment,
    context::ContextExt as _,
    error::{ApiError, ApiResult, UserError, UserErrorCode},
    id::read_id,
    refusal::{Refusal, settle},
};
use crate::domain::{
    attachments::{
        self, AnnounceError, FilesFault, Holder, IncomingFile, IncomingFiles, ReceiveError,
        UploadError,
    },
    fault::Fault,
    policy,
    viewer::Viewer,
};

/// What stands for a file in the variables, put there by the server when it reads a multipart request.
const MARK: &str = "upload:";

/// A file that comes with the request, by the GraphQL multipart request specification: null in the variables, and a part
/// of the body. Such requests carry the header `GraphQL-Require-Preflight`. Files that are large or may break off are
/// better sent by the tus protocol, to `/uploads`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Description)]
pub struct Upload(usize);

#[Scalar(use_type_description)]
impl ScalarType for Upload {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = if let Value::String(text) = &value {
            text
        } else {
            ""
        };
        let number = text
            .strip_prefix(MARK)
            .and_then(|number| number.parse().ok());
        number.map(Self).ok_or_else(|| {
            InputValueError::custom("A file comes as a part of a multipart request.")
        })
    }

    fn to_value(&self) -> Value {
        Value::String(format!("{MARK}{}", self.0))
    }
}

impl Upload {
    /// The file, which can be asked for once.
    async fn open(self, ctx: &Context<'_>) -> ApiResult<IncomingFile> {
        let missing = || ApiError::BadInput {
            argument: "file",
            message: "The file did not come with the request.".to_owned(),
        };
        let files = ctx.data_opt::<IncomingFiles>().ok_or_else(missing)?;
        files.take(self.0).await.ok_or_else(missing)
    }
}

/// A file to upload.
#[derive(InputObject)]
pub struct UploadAttachmentInput {
    /// The patient whom it is about. Patients may leave it out: they upload about themselves.
    patient_id: Option<ID>,
    /// The file.
    file: Upload,
}

/// The file as it was stored, or why it was not.
#[derive(SimpleObject)]
pub struct UploadAttachmentPayload {
    /// The file; null when it was not stored. It is removed after an hour unless a message or a chart holds it by then.
    attachment: Option<Attachment>,
    /// What must be mended.
    errors: Vec<UserError>,
}

impl From<UploadError> for Refusal {
    fn from(error: UploadError) -> Self {
        let (code, message) = match error {
            UploadError::Announce(AnnounceError::Empty)
            | UploadError::Receive(ReceiveError::Empty) => {
                (UserErrorCode::FileEmpty, "The file is empty.")
            }
            UploadError::Announce(AnnounceError::TooLong { .. })
            | UploadError::Receive(ReceiveError::TooLong) => {
                (UserErrorCode::FileTooLong, "The file is too long.")
            }
            UploadError::Announce(AnnounceError::TooMany) => (
                UserErrorCode::TooManyFiles,
                "Too many files wait to be used; use some of them.",
            ),
            UploadError::Receive(ReceiveError::Type) => (
                UserErrorCode::FileTypeNotAllowed,
                "Files of this type are not taken.",
            ),
            UploadError::Receive(ReceiveError::Files(FilesFault::Full)) => {
                (UserErrorCode::StoreFull, "There is no room for the file.")
            }
            UploadError::Receive(ReceiveError::BrokenOff) => (
                UserErrorCode::Invalid,
                "The file broke off or is too long for this way.",
            ),
            UploadError::Receive(ReceiveError::Files(fault)) => {
                return Self::Final(Fault::Files(fault).into());
            }
            UploadError::Announce(AnnounceError::Fault(fault))
            | UploadError::Receive(ReceiveError::Fault(fault)) => return Self::Final(fault.into()),
            UploadError::Receive(
                ReceiveError::Ended
                | ReceiveError::Offset(_)
                | ReceiveError::Busy
                | ReceiveError::Checksum,
            ) => return Self::Final(ApiError::NotFound),
        };
        Self::Mendable(vec![UserError::at("file", code, message)])
    }
}

/// Queries of uploads.
#[derive(Default)]
pub struct UploadQuery;

#[Object]
impl UploadQuery {
    /// A file of the caller's own that nothing holds yet, for looking how far it has come. The id is the last part of the
    /// address that the tus protocol gave.
    async fn uploaded_attachment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file.")] id: ID,
    ) -> ApiResult<Attachment> {
        let viewer = &*ctx.viewer().await?;
        let id = read_id(AttachmentId::from_public, &id)?;
        own(ctx, viewer, id).await
    }
}

async fn own(ctx: &Context<'_>, viewer: &Viewer, id: AttachmentId) -> ApiResult<Attachment> {
    let core = ctx.core();
    let now = core.clock.now();
    let file = policy::open_file(core.store.reader(), viewer, id, Holder::Upload(id), now).await?;
    Ok(Attachment(file))
}

/// Uploading.
#[derive(Default)]
pub struct UploadMutation;

#[Object]
impl UploadMutation {
    /// Uploads a small file, to be held by a message or a chart afterwards. For clinicians within reach of the patient,
    /// and for patients where the clinic takes files from them. While too many files arrive at once, of the
    /// caller, of their clinic or altogether, it is refused with `RATE_LIMITED`.
    async fn upload_attachment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file.")] input: UploadAttachmentInput,
    ) -> ApiResult<UploadAttachmentPayload> {
        let viewer = &*ctx.viewer().await?;
        let core = ctx.core();
        let patient = match (&input.patient_id, viewer) {
            (Some(id), _) => read_id(PatientId::from_public, id)?,
            (None, Viewer::Patient(patient)) => patient.id(),
            (None, Viewer::Staff(_)) => {
                return Ok(UploadAttachmentPayload {
                    attachment: None,
                    errors: vec![UserError::at(
                        "patientId",
                        UserErrorCode::Blank,
                        "Name the patient whom the file is about.",
                    )],
                });
            }
        };
        let reader = core.store.reader();
        let can = policy::may_upload(reader, viewer, patient, core.files.rules()).await?;
        let place = core.files.intake().place(viewer);
        let place = place.ok_or(ApiError::RateLimited)?;
        let file = input.file.open(ctx).await?;
        let (stored, errors) = settle(attachments::store(core, can, place, file, None).await)?;
        let attachment = match stored {
            Some(row) => Some(own(ctx, viewer, row.id).await?),
            None => None,
        };
        Ok(UploadAttachmentPayload { attachment, errors })
    }
}
