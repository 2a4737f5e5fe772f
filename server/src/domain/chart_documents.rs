//! Documents of a patient's chart: uploaded files with a kind, a date and a title (SEC-4).

use chrono::NaiveDate;
use entity::{
    AttachmentDisposal, ChartDocumentId, DocumentKind, DocumentTitle, OrganizationId, attachment,
    chart_document,
};
use sea_orm::{
    ActiveModelTrait as _, ConnectionTrait, DatabaseTransaction, DbBackend, FromQueryResult as _,
    IntoActiveModel as _,
};

use super::{
    attachments,
    core::Core,
    event_log::Change,
    fault::Fault,
    page::{Direction, Page, Slice},
    people::values::{self, MAX_NAME_CHARACTERS, Problem, Wrong, is_taken, takes_refusals},
    policy::{
        self, AsClinician, Denied, DocumentInView, PatientInView, UploadInHand, document_columns,
        document_in_chart,
    },
    store::{Sql, sql},
    viewer::Viewer,
};

/// Why a document was not put into a chart.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Values that cannot be taken.
    #[error("values cannot be taken")]
    Invalid(Vec<Wrong>),
    /// The file cannot be used: it is not there yet, was refused, or is about somebody else.
    #[error("the file cannot be used")]
    FileNotUsable,
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

takes_refusals!(DocumentError);

/// A document to put into a chart.
#[derive(Debug)]
pub struct NewDocument {
    /// What it is.
    pub kind: DocumentKind,
    /// The day that it is about.
    pub dated: NaiveDate,
    /// What it is called.
    pub title: String,
}

/// Puts a file of the clinician's own upload into a patient's chart. Three statements.
///
/// # Errors
/// See [`DocumentError`].
pub async fn create(
    core: &Core,
    clinician: &AsClinician,
    patient: &PatientInView,
    upload: &UploadInHand,
    new: NewDocument,
) -> Result<DocumentInView, DocumentError> {
    let title = values::line(&new.title, MAX_NAME_CHARACTERS)
        .map_err(|problem| Wrong::new("title", problem))?;
    if upload.attachment().patient_id != patient.id() {
        return Err(DocumentError::FileNotUsable);
    }
    let change = Change::begin(core, clinician.organization()).await?;
    let claimed = attachments::claim(
        change.tx(),
        change.organization(),
        &[upload.attachment().id],
        change.now,
    )
    .await?;
    if claimed.is_empty() {
        return Err(DocumentError::FileNotUsable);
    }
    let row = chart_document::Model {
        organization_id: change.organization(),
        id: ChartDocumentId(core.entropy.uuid(change.now)),
        patient_id: patient.id(),
        attachment_id: upload.attachment().id,
        kind: new.kind,
        dated: new.dated,
        title: DocumentTitle::new(title),
        created_by: clinician.staff(),
        created_at: change.now,
    };
    let id = row.id;
    match row.into_active_model().insert(change.tx()).await {
        Ok(_) => {}
        Err(error) if is_taken(&error) => {
            return Err(Wrong::new("attachmentId", Problem::Taken).into());
        }
        Err(error) => return Err(error.into()),
    }
    let viewer = Viewer::Staff(clinician.viewer().clone());
    let document = policy::open_document(change.tx(), &viewer, id).await?;
    change.commit().await?;
    Ok(document)
}

/// Takes a document out of its chart. Its file goes too, unless a message has it or waits with it; one that waits does not leave
/// then, and says why. Four statements.
///
/// # Errors
/// Any failure of the database.
pub async fn remove(
    core: &Core,
    clinician: &AsClinician,
    document: &DocumentInView,
) -> Result<(), Denied> {
    let change = Change::begin(core, clinician.organization()).await?;
    let row = document.document();
    // Whoever attaches the file to a message locks it too, so that the question below is asked before or after that.
    let lock = sql(
        change.tx(),
        "update attachment set expires_at = null where organization_id = $1 and id = $2",
        [row.organization_id.into(), row.attachment_id.into()],
    );
    change.tx().execute_raw(lock).await?;
    let delete = sql(
        change.tx(),
        "delete from chart_document where organization_id = $1 and id = $2",
        [row.organization_id.into(), row.id.into()],
    );
    change.tx().execute_raw(delete).await?;
    let discard = sql(
        change.tx(),
        "update attachment set disposal = $3 where organization_id = $1 and id = $2 and not exists \
         (select 1 from message_attachment x where x.organization_id = $1 and x.attachment_id = $2) and not exists \
         (select 1 from scheduled_file f join scheduled_message m on m.organization_id = f.organization_id \
         and m.id = f.scheduled_message_id where f.organization_id = $1 and f.attachment_id = $2 and m.status in ('WAITING', 'HELD'))",
        [
            row.organization_id.into(),
            row.attachment_id.into(),
            AttachmentDisposal::Whole.into(),
        ],
    );
    change.tx().execute_raw(discard).await?;
    change.commit().await?;
    Ok(())
}

/// The files of documents that somebody names, whatever they are worth, locked until the commit; in no particular order.
/// One statement.
pub(super) async fn lock(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    ids: &[ChartDocumentId],
) -> Result<Vec<(ChartDocumentId, attachment::Model)>, Fault> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = Sql::new(
        "select a.*, d.id as document_id from chart_document d \
         join attachment a on a.organization_id = d.organization_id and a.id = d.attachment_id where d.organization_id = ",
    );
    select
        .bind(organization)
        .push(" and d.id in ")
        .list(ids.iter().copied())
        .push(" order by a.id");
    if tx.get_database_backend() == DbBackend::Postgres {
        select.push(" for update of a");
    }
    let rows = tx.query_all_raw(select.on(tx)).await?;
    rows.iter()
        .map(|row| {
            let attachment = attachment::Model::from_query_result(row, "")?;
            Ok((row.try_get("", "document_id")?, attachment))
        })
        .collect()
}

/// Which documents a list shows.
#[derive(Clone, Debug, Default)]
pub struct DocumentFilter {
    /// Only those of this kind.
    pub kind: Option<DocumentKind>,
    /// Only those of this day or later.
    pub from: Option<NaiveDate>,
    /// Only those of this day or earlier.
    pub to: Option<NaiveDate>,
}

/// The place of a document in its chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DocumentCursor {
    /// The day that it is about.
    pub dated: NaiveDate,
    /// Its id.
    pub id: ChartDocumentId,
}

/// A page of a patient's documents, the newest first. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn page(
    connection: &impl ConnectionTrait,
    clinician: &AsClinician,
    patient: &PatientInView,
    filter: &DocumentFilter,
    slice: &Slice<DocumentCursor>,
) -> Result<Page<DocumentInView>, Denied> {
    let mut select = Sql::new("select ");
    select
        .push(&document_columns())
        .push(" from chart_document d join attachment a on a.organization_id = d.organization_id and a.id = d.attachment_id \
                where d.organization_id = ")
        .bind(patient.organization())
        .push(" and d.patient_id = ")
        .bind(patient.id());
    if let Some(kind) = filter.kind {
        select.push(" and d.kind = ").bind(kind);
    }
    for (comparison, day) in [
        (" and d.dated >= ", filter.from),
        (" and d.dated <= ", filter.to),
    ] {
        if let Some(day) = day {
            select.push(comparison).bind(day);
        }
    }
    for (comparison, cursor) in [(" < (", slice.after), (" > (", slice.before)] {
        if let Some(cursor) = cursor {
            select
                .push(" and (d.dated, d.id)")
                .push(comparison)
                .bind(cursor.dated)
                .push(", ")
                .bind(cursor.id)
                .push(")");
        }
    }
    let order = match slice.direction {
        Direction::Forward => " order by d.dated desc, d.id desc limit ",
        Direction::Backward => " order by d.dated, d.id limit ",
    };
    select.push(order).bind(slice.fetch());
    let rows = connection
        .query_all_raw(select.on(connection))
        .await?
        .iter()
        .map(|row| document_in_chart(clinician, row))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(slice.page(rows))
}
