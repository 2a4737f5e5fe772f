//! Who downloaded which file, and when (PRV-1).

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::{
    AttachmentId, DownloadId, FileForm, FileName, PatientId, PersonId, PersonName, attachment,
    download,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, FromQueryResult as _,
    QueryFilter as _,
};
use uuid::Uuid;

use crate::domain::{
    core::Core,
    page::{Page, Slice},
    people,
    policy::{AsAdministrator, Denied, PatientInView},
    store::Sql,
};

/// Which downloads are asked for; all of the clinic where neither is given.
#[derive(Debug, Default)]
pub struct DownloadsOf {
    /// Only those of this file.
    pub attachment: Option<AttachmentId>,
    /// Only those of files about this patient.
    pub patient: Option<PatientInView>,
}

/// One download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedDownload {
    /// Its id.
    pub id: DownloadId,
    /// Of which file.
    pub attachment: AttachmentId,
    /// The file, as long as it is there and where its patient exists for the administrator.
    pub file: Option<RecordedFile>,
    /// In which form.
    pub form: FileForm,
    /// By whom.
    pub person: PersonId,
    /// What they are called; none for a patient who does not exist for the administrator (PEO-6).
    pub name: Option<PersonName>,
    /// From which address.
    pub source: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// What a downloaded file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedFile {
    /// What it is called.
    pub name: FileName,
    /// Whom it is about.
    pub patient: PatientId,
}

/// A page of the downloads, the newest first. Five statements.
///
/// # Errors
/// [`Denied::Fault`] only.
pub async fn downloads(
    core: &Core,
    administrator: &AsAdministrator,
    of: &DownloadsOf,
    slice: &Slice<Uuid>,
) -> Result<Page<RecordedDownload>, Denied> {
    let connection = core.store.reader();
    let mut select = Sql::new("select * from download where organization_id = ");
    let organization = select.placeholder(administrator.organization());
    select.push(&organization);
    if let Some(id) = of.attachment {
        select.push(" and attachment_id = ").bind(id);
    }
    if let Some(patient) = &of.patient {
        select
            .push(" and attachment_id in (select a.id from attachment a where a.organization_id = ")
            .push(&organization)
            .push(" and a.patient_id = ")
            .bind(patient.id())
            .push(")");
    }
    slice.push_newest_first(&mut select);
    let rows = connection.query_all_raw(select.on(connection)).await?;
    let rows = rows
        .iter()
        .map(|row| download::Model::from_query_result(row, ""))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(slice.page(described(core, administrator, rows).await?))
}

/// Adds what the files are and who the people are. Four statements.
async fn described(
    core: &Core,
    administrator: &AsAdministrator,
    rows: Vec<download::Model>,
) -> Result<Vec<RecordedDownload>, Denied> {
    let connection = core.store.reader();
    let ids: BTreeSet<AttachmentId> = rows.iter().map(|row| row.attachment_id).collect();
    let files: HashMap<AttachmentId, attachment::Model> = attachment::Entity::find()
        .filter(attachment::Column::OrganizationId.eq(administrator.organization()))
        .filter(attachment::Column::Id.is_in(ids))
        .all(connection)
        .await?
        .into_iter()
        .map(|file| (file.id, file))
        .collect();
    let about = files
        .values()
        .map(|file| PersonId::Patient(file.patient_id));
    let names = people::names(
        connection,
        administrator.viewer(),
        rows.iter().map(by).chain(about),
    )
    .await?;
    let downloads = rows.into_iter().map(|row| RecordedDownload {
        file: files
            .get(&row.attachment_id)
            .filter(|file| names.contains_key(&PersonId::Patient(file.patient_id)))
            .map(|file| RecordedFile {
                name: file.file_name.clone(),
                patient: file.patient_id,
            }),
        person: by(&row),
        name: names.get(&by(&row)).cloned(),
        id: row.id,
        attachment: row.attachment_id,
        form: row.form,
        source: row.source,
        created_at: row.created_at,
    });
    Ok(downloads.collect())
}

fn by(row: &download::Model) -> PersonId {
    PersonId::from_columns(row.person_kind, row.person_id)
}
