//! What a patient is told who writes after the end of a case: how else to reach the clinic (CASE-3). It is said by a machine,
//! and does not sound as if somebody had read what they wrote.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    MessageBody, NotificationPurpose, OrganizationId, PhoneNumber, organization, patient,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait as _};

use crate::domain::{
    core::Core,
    fault::Fault,
    notifications::templates::{Notice, OwnTemplates},
    organizations,
    people::values::NotificationChannel,
    policy::AsPatient,
    settings::Settings,
    store::sql,
};

/// A number is answered once in this time.
const PAUSE: TimeDelta = TimeDelta::minutes(15);

const PURPOSE: NotificationPurpose = NotificationPurpose::CaseClosed;

/// Takes a number's turn to be answered; false where it was answered a short while ago. Of several texts at once one takes it.
/// One statement.
pub(in crate::domain) async fn take_turn(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    number: &PhoneNumber,
    now: DateTime<Utc>,
) -> Result<bool, Fault> {
    let done = tx
        .execute_raw(sql(
            tx,
            "insert into automatic_answer (organization_id, number, answered_at) values ($1, $2, $3) \
             on conflict (organization_id, number) do update set answered_at = excluded.answered_at \
             where automatic_answer.answered_at <= $4",
            [
                organization.into(),
                number.clone().into(),
                now.into(),
                (now - PAUSE).into(),
            ],
        ))
        .await?;
    Ok(done.rows_affected() > 0)
}

/// The clinic's words in a language, or in the one that stands in for it. One statement.
pub(in crate::domain) async fn words(
    connection: &impl ConnectionTrait,
    clinic: &organization::Model,
    settings: &Settings,
    language: &str,
) -> Result<MessageBody, Fault> {
    let own = OwnTemplates::read(connection, clinic.id, &BTreeSet::from([PURPOSE])).await?;
    let wording = own.wording(clinic, PURPOSE, NotificationChannel::Sms, language)?;
    let notice = Notice::of_clinic(clinic, &settings.contact);
    Ok(MessageBody::new(wording.render(&notice).text))
}

/// What a patient is told in the portal, where nothing keeps them from writing on. Three statements.
///
/// # Errors
/// Any failure of the database.
pub async fn in_portal(core: &Core, patient: &AsPatient) -> Result<MessageBody, Fault> {
    let (reader, organization) = (core.store.reader(), patient.organization());
    let record = patient::Entity::find_by_id((organization, patient.patient()))
        .one(reader)
        .await?
        .ok_or(Fault::Corrupt("patient row"))?;
    let clinic = organizations::of(reader, organization).await?;
    words(reader, &clinic, patient.settings(), &record.language).await
}
