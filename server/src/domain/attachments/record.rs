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
    fault::Fault,
    page::{Page, Slice},
    people,
    policy::{AsAdministrator, Denied, PatientInView},
    store::{Sql, sql},
};

/// The most downloads that are forgotten in one transaction.
const FORGOTTEN_AT_ONCE: i64 = 1000;

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
    /// What the file is called, as long as it is there and where its patient exists for the administrator.
    pub file_name: Option<FileName>,
    /// Whom the file is about, where the patient exists for the administrator.
    pub patient: Option<PatientId>,
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
    select.bind(administrator.organization());
    if let Some(id) = of.attachment {
        select.push(" and attachment_id = ").bind(id);
    }
    if let Some(patient) = &of.patient {
        select.push(" and patient_id = ").bind(patient.id());
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
    let about = rows
        .iter()
        .filter_map(|row| row.patient_id.map(PersonId::Patient));
    let names = people::names(
        connection,
        administrator.viewer(),
        rows.iter().map(by).chain(about),
    )
    .await?;
    let downloads = rows.into_iter().map(|row| {
        let exists = |patient: &PatientId| names.contains_key(&PersonId::Patient(*patient));
        let patient = row.patient_id.filter(exists);
        let file = files.get(&row.attachment_id).filter(|_| patient.is_some());
        RecordedDownload {
            file_name: file.map(|file| file.file_name.clone()),
            patient,
            person: by(&row),
            name: names.get(&by(&row)).cloned(),
            id: row.id,
            attachment: row.attachment_id,
            form: row.form,
            source: row.source,
            created_at: row.created_at,
        }
    });
    Ok(downloads.collect())
}

fn by(row: &download::Model) -> PersonId {
    PersonId::from_columns(row.person_kind, row.person_id)
}

/// Forgets downloads before a time; gives their number, none when nothing is left. One statement, for at most so many rows.
///
/// # Errors
/// Any failure of the database.
pub async fn forget_downloads(core: &Core, before: DateTime<Utc>) -> Result<u64, Fault> {
    let writer = core.store.writer();
    let forgotten = writer
        .execute_raw(sql(
            writer,
            "delete from download where (organization_id, id) in (select organization_id, id from download \
             where created_at < $1 order by created_at limit $2)",
            [before.into(), FORGOTTEN_AT_ONCE.into()],
        ))
        .await?;
    Ok(forgotten.rows_affected())
}
