//! Where patients' enrolments stand, as staff see it, and what stands in the way of texting.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{OrganizationId, PatientId, PhoneNumber, texting_enrolment};
use sea_orm::{ConnectionTrait, FromQueryResult as _, QueryResult};

use super::{
    enrolment::state_of,
    machine::State,
    whose::{claimed_by_others, claims_since},
};
use crate::domain::{fault::Fault, settings::Settings, store::Sql};

/// What stands in the way of texting with a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// The organization has not switched texting on (TXT-1).
    #[error("the clinic has not switched texting on")]
    TextingOff,
    /// No mobile number of the patient is on file (TXT-1).
    #[error("no mobile number of the patient is on file")]
    NoNumber,
    /// Another patient has the same number, on file or by a case (TXT-7).
    #[error("another patient has the same number, so that nobody can tell whose texts these are")]
    NumberShared,
    /// STOP came from the number (TXT-4).
    #[error("the number was opted out by STOP; it gets texts again when START comes from it")]
    NumberOptedOut,
    /// The organization has no gateway with a number to text from.
    #[error("the clinic has no number to text from")]
    NoGateway,
}

/// Where a patient's enrolment stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The state.
    pub state: State,
    /// Since when; none where nobody has asked.
    pub since: Option<DateTime<Utc>>,
    /// What stands in the way, whatever the state.
    pub obstacles: Vec<Obstacle>,
}

/// What is to be known of a patient `p`. `since` is the placeholder of [`claims_since`].
fn facts(since: &str) -> String {
    let shared = claimed_by_others("p.organization_id", "p.phone", "p.id", since);
    format!(
        "p.phone is not null as has_phone, {shared} as shared, exists (select 1 from number_block b \
         where b.organization_id = p.organization_id and b.number = p.phone) as blocked, exists (select 1 from text_number n \
         join text_gateway g on g.organization_id = n.organization_id and g.id = n.gateway_id \
         where n.organization_id = p.organization_id and g.active) as has_sender"
    )
}

/// Where the enrolments of several patients stand, for whoever may see them. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn standings(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    now: DateTime<Utc>,
    patients: impl IntoIterator<Item = PatientId>,
) -> Result<HashMap<PatientId, Standing>, Fault> {
    let mut select = Sql::new("select p.id as person, p.phone as on_file, org.settings, e.*, ");
    let since = select.placeholder(claims_since(now));
    select
        .push(&facts(&since))
        .push(
            " from patient p join organization org on org.id = p.organization_id left join texting_enrolment e on e.organization_id = p.organization_id and e.patient_id = p.id \
             where p.organization_id = ",
        )
        .bind(organization)
        .push(" and p.id in ")
        .list(patients);
    let mut found = HashMap::new();
    let rows = connection.query_all_raw(select.on(connection)).await?;
    let settings = rows.first().map(|row| row.try_get("", "settings"));
    let settings = settings.transpose()?.map(Settings::from_stored);
    let settings = settings.transpose()?.unwrap_or_default();
    for row in &rows {
        let on_file: Option<PhoneNumber> = row.try_get("", "on_file")?;
        let enrolment = texting_enrolment::Model::from_query_result_optional(row, "")?;
        let current = enrolment.filter(|row| Some(&row.number) == on_file.as_ref());
        let standing = Standing {
            state: current.as_ref().map_or(Ok(State::None), state_of)?,
            since: current.map(|row| row.since),
            obstacles: obstacles(&settings, row)?,
        };
        found.insert(row.try_get("", "person")?, standing);
    }
    Ok(found)
}

/// What stands in the way of texting with one patient, within a transaction. One statement.
pub(super) async fn obstacles_of(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    (now, settings): (DateTime<Utc>, &Settings),
    patient: PatientId,
) -> Result<Vec<Obstacle>, Fault> {
    let mut select = Sql::new("select ");
    let since = select.placeholder(claims_since(now));
    select
        .push(&facts(&since))
        .push(" from patient p where p.organization_id = ")
        .bind(organization)
        .push(" and p.id = ")
        .bind(patient);
    let row = connection
        .query_one_raw(select.on(connection))
        .await?
        .ok_or(Fault::Corrupt("patient row"))?;
    obstacles(settings, &row)
}

/// What stands in the way, by a row that says `has_phone`, `shared`, `blocked` and `has_sender`.
pub(in crate::domain) fn obstacles(
    settings: &Settings,
    row: &QueryResult,
) -> Result<Vec<Obstacle>, Fault> {
    let all = [
        (!settings.texting, Obstacle::TextingOff),
        (!row.try_get::<bool>("", "has_phone")?, Obstacle::NoNumber),
        (row.try_get("", "shared")?, Obstacle::NumberShared),
        (row.try_get("", "blocked")?, Obstacle::NumberOptedOut),
        (!row.try_get::<bool>("", "has_sender")?, Obstacle::NoGateway),
    ];
    let there = all.into_iter().filter(|(is_there, _)| *is_there);
    Ok(there.map(|(_, obstacle)| obstacle).collect())
}
