//! Documents of a patient's chart as the API shows them.

use async_graphql::{
    Context, Description, Enum, ID, InputObject, Object, SimpleObject, connection::Connection,
};
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use entity::{AttachmentId, ChartDocumentId, PatientId};
use uuid::Uuid;

use super::{
    attachment::Attachment,
    context::ContextExt as _,
    date::Date,
    error::{ApiError, ApiResult, UserError},
    id::read_id,
    loaders::{StaffKey, load},
    page::{Key, List, Opaque, PageArguments, connection},
    refusal::settle,
    staff_member::StaffMember,
};
use crate::domain::{
    attachments,
    chart_documents::{self, DocumentCursor, DocumentFilter, NewDocument},
    policy::{self, DocumentInView},
};

/// What a document of a chart is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::DocumentKind")]
pub enum DocumentKind {
    /// A letter to or about the patient.
    Letter,
    /// A result of a laboratory.
    LabResult,
    /// A picture, such as of a wound or from radiology.
    Image,
    /// A referral.
    Referral,
    /// A prescription.
    Prescription,
    /// A form.
    Form,
    /// A summary of a visit or stay.
    VisitSummary,
    /// Anything else.
    Other,
}

/// A document of a patient's chart.
#[derive(Clone, Description)]
pub struct ChartDocument(DocumentInView);

#[Object(use_type_description)]
impl ChartDocument {
    /// The id.
    pub(super) async fn id(&self) -> ID {
        ID(self.0.document().id.to_public())
    }

    /// The patient in whose chart it is.
    async fn patient_id(&self) -> ID {
        ID(self.0.document().patient_id.to_public())
    }

    /// What it is.
    async fn kind(&self) -> DocumentKind {
        self.0.document().kind.into()
    }

    /// The day that it is about.
    async fn date(&self) -> Date {
        Date(self.0.document().dated)
    }

    /// What it is called.
    async fn title(&self) -> &str {
        self.0.document().title.reveal()
    }

    /// Its file.
    async fn attachment(&self) -> Attachment {
        Attachment(self.0.file())
    }

    /// Who put it into the chart; null when that is not known any more.
    async fn created_by(&self, ctx: &Context<'_>) -> ApiResult<Option<StaffMember>> {
        let document = self.0.document();
        let key = StaffKey(document.organization_id, document.created_by);
        Ok(load(ctx, key).await?.map(StaffMember))
    }

    /// When it was put into the chart.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.document().created_at
    }
}

impl Key for DocumentCursor {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.dated.num_days_from_ce().to_be_bytes().to_vec();
        bytes.extend_from_slice(self.id.0.as_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (days, id) = bytes.split_at_checked(4)?;
        let days = i32::from_be_bytes(days.try_into().ok()?);
        Some(Self {
            dated: NaiveDate::from_num_days_from_ce_opt(days)?,
            id: ChartDocumentId(Uuid::from_slice(id).ok()?),
        })
    }
}

/// A document to put into a chart.
#[derive(InputObject)]
pub struct CreateChartDocumentInput {
    /// The patient.
    patient_id: ID,
    /// A file about that patient which the caller has uploaded.
    attachment_id: ID,
    /// What it is.
    kind: DocumentKind,
    /// The day that it is about.
    date: Date,
    /// What it is called; 1 to 200 characters.
    title: String,
}

/// The document, or what must be mended before it can be put into the chart.
#[derive(SimpleObject)]
pub struct CreateChartDocumentPayload {
    /// The document as it is in the chart; null when it is not.
    document: Option<ChartDocument>,
    /// What must be mended.
    errors: Vec<UserError>,
}

/// A document to take out of its chart.
#[derive(InputObject)]
pub struct RemoveChartDocumentInput {
    /// The document.
    document_id: ID,
}

/// What was removed.
#[derive(SimpleObject)]
pub struct RemoveChartDocumentPayload {
    /// The id of the document that is not in the chart any more.
    document_id: ID,
}

/// Queries of charts.
#[derive(Default)]
pub struct ChartDocumentQuery;

#[Object]
impl ChartDocumentQuery {
    /// The documents of a patient's chart, the newest day first. For clinicians within reach of the patient.
    async fn chart_documents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The patient.")] patient_id: ID,
        #[graphql(desc = "Only documents of this kind; all kinds when left out.")] kind: Option<
            DocumentKind,
        >,
        #[graphql(desc = "Only documents of this day or later.")] from: Option<Date>,
        #[graphql(desc = "Only documents of this day or earlier.")] to: Option<Date>,
        #[graphql(
            desc = "How many from the beginning, at most 100. 25 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, ChartDocument>> {
        let viewer = &*ctx.viewer().await?;
        let clinician = policy::clinician(viewer)?;
        let reader = ctx.core().store.reader();
        let id = read_id(PatientId::from_public, &patient_id)?;
        let patient = policy::open_patient(reader, viewer, id).await?;
        let list = List {
            name: "chartDocuments",
            owner: patient.id().0,
        };
        let slice = PageArguments::new(first, after, last, before).slice(list)?;
        let filter = DocumentFilter {
            kind: kind.map(Into::into),
            from: from.map(|day| day.0),
            to: to.map(|day| day.0),
        };
        let page = chart_documents::page(reader, &clinician, &patient, &filter, &slice).await?;
        let cursor = |document: &DocumentInView| DocumentCursor {
            dated: document.document().dated,
            id: document.document().id,
        };
        Ok(connection(list, page, cursor, ChartDocument))
    }
}

/// Changes of charts.
#[derive(Default)]
pub struct ChartDocumentMutation;

#[Object]
impl ChartDocumentMutation {
    /// Puts an uploaded file into a patient's chart. For clinicians within reach of the patient.
    async fn create_chart_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The document.")] input: CreateChartDocumentInput,
    ) -> ApiResult<CreateChartDocumentPayload> {
        let viewer = &*ctx.viewer().await?;
        let clinician = policy::clinician(viewer)?;
        let core = ctx.core();
        let patient = read_id(PatientId::from_public, &input.patient_id)?;
        let patient = policy::open_patient(core.store.reader(), viewer, patient).await?;
        let upload = read_id(AttachmentId::from_public, &input.attachment_id)?;
        let upload = attachments::upload(core, viewer, upload).await?;
        let new = NewDocument {
            kind: input.kind.into(),
            dated: input.date.0,
            title: input.title,
        };
        let stored = chart_documents::create(core, &clinician, &patient, &upload, new).await;
        let (document, errors) = settle(stored)?;
        Ok(CreateChartDocumentPayload {
            document: document.map(ChartDocument),
            errors,
        })
    }

    /// Takes a document out of its chart. Messages that hold its file keep it. For clinicians within reach of the patient.
    async fn remove_chart_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The document.")] input: RemoveChartDocumentInput,
    ) -> ApiResult<RemoveChartDocumentPayload> {
        let viewer = &*ctx.viewer().await?;
        let clinician = policy::clinician(viewer)?;
        let core = ctx.core();
        let id = read_id(ChartDocumentId::from_public, &input.document_id)?;
        let document = policy::open_document(core.store.reader(), viewer, id).await?;
        chart_documents::remove(core, &clinician, &document)
            .await
            .map_err(ApiError::from)?;
        Ok(RemoveChartDocumentPayload {
            document_id: ID(id.to_public()),
        })
    }
}
