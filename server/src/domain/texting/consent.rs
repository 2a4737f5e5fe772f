//! The ledger of consents to texts: every time one was given or taken back, with how, in which words and when. Entries are
//! only ever added.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{
    ConsentChange, ConsentSource, OrganizationId, PatientId, PhoneNumber, StaffId,
    TextingConsentId, texting_consent,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult as _, Value};

use super::wording::LANGUAGE;
use crate::domain::{
    core::Core,
    fault::Fault,
    store::{Sql, sql},
};

/// The most entries of a patient that are shown.
const SHOWN: i64 = 100;

/// An entry to be.
pub(super) struct Entry {
    pub(super) patient: PatientId,
    pub(super) number: PhoneNumber,
    pub(super) change: ConsentChange,
    pub(super) source: ConsentSource,
    /// What the patient answered to, or the word that they sent.
    pub(super) wording: String,
    pub(super) staff: Option<StaffId>,
}

/// What was given or taken back for a number that no patient has.
pub(super) struct OfNobody<'a> {
    pub(super) number: &'a PhoneNumber,
    pub(super) change: ConsentChange,
    pub(super) source: ConsentSource,
    /// The word that was sent; empty where there was none.
    pub(super) wording: &'a str,
}

/// Adds an entry to the ledger of a number that nobody has. One statement.
pub(super) async fn add_of_nobody(
    core: &Core,
    tx: &DatabaseTransaction,
    (organization, now): (OrganizationId, DateTime<Utc>),
    entry: &OfNobody<'_>,
) -> Result<(), Fault> {
    tx.execute_raw(sql(
        tx,
        "insert into number_consent (organization_id, id, number, change, source, wording, language, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        [
            organization.into(),
            TextingConsentId(core.entropy.uuid(now)).into(),
            entry.number.clone().into(),
            entry.change.into(),
            entry.source.into(),
            entry.wording.into(),
            LANGUAGE.into(),
            now.into(),
        ],
    ))
    .await?;
    Ok(())
}

/// Adds entries. One statement, none for none.
pub(super) async fn add(
    core: &Core,
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    now: DateTime<Utc>,
    entries: Vec<Entry>,
) -> Result<(), Fault> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut insert = Sql::new(
        "insert into texting_consent (organization_id, id, patient_id, number, change, source, wording, language, staff_id, created_at) values ",
    );
    insert.rows(entries.into_iter().map(|entry| -> [Value; 10] {
        [
            organization.into(),
            TextingConsentId(core.entropy.uuid(now)).into(),
            entry.patient.into(),
            entry.number.into(),
            entry.change.into(),
            entry.source.into(),
            entry.wording.into(),
            LANGUAGE.into(),
            entry.staff.into(),
            now.into(),
        ]
    }));
    tx.execute_raw(insert.on(tx)).await?;
    Ok(())
}

/// The newest hundred entries of each of several patients, with those of their numbers from before anybody had them, the newest
/// first, for whoever may see the patients. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn ledger(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    patients: impl IntoIterator<Item = PatientId>,
) -> Result<HashMap<PatientId, Vec<texting_consent::Model>>, Fault> {
    let mut select = Sql::new(
        "select * from (select c.*, row_number() over (partition by c.patient_id order by c.id desc) as place from \
         (select organization_id, id, patient_id, number, change, source, wording, language, staff_id, created_at from texting_consent \
         where organization_id = ",
    );
    let here = select.placeholder(organization);
    let patients: Vec<_> = patients.into_iter().collect();
    select
        .push(&here)
        .push(" and patient_id in ")
        .list(patients.iter().copied())
        .push(
            " union all select n.organization_id, n.id, p.id, n.number, n.change, n.source, n.wording, n.language, null, n.created_at \
             from patient p join number_consent n on n.organization_id = p.organization_id and n.number = p.phone \
             where p.organization_id = ",
        )
        .push(&here)
        .push(" and p.id in ")
        .list(patients)
        .push(") as c) as newest where place <= ")
        .bind(SHOWN)
        .push(" order by id desc");
    let mut found: HashMap<PatientId, Vec<texting_consent::Model>> = HashMap::new();
    for row in &connection.query_all_raw(select.on(connection)).await? {
        let entry = texting_consent::Model::from_query_result(row, "")?;
        found.entry(entry.patient_id).or_default().push(entry);
    }
    Ok(found)
}
