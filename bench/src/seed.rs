//! Fills an empty database with the clinics that are measured.

use std::str::FromStr as _;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::{
    BirthDate, Channel, EmailAddress, PanelRole, PersonKind, PersonName, Roles, StaffStatus,
    conversation, event_log, organization, panel_member, patient, session, staff_member,
};
use migration::{Migrator, MigratorTrait as _};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, TransactionTrait as _,
};
use sqlx::{postgres::PgConnectOptions, sqlite::SqliteConnectOptions};
use tidings::domain::{
    settings::Settings,
    store::{Database, Store},
};

use crate::{
    failure::Failure,
    history,
    world::{Clinic, IDLE, LISTENING, SENDING},
};

/// As many rows as one statement can hold on both databases.
const ROWS: usize = 1000;

/// Migrates the database and fills it.
pub async fn seed(url: &str) -> Result<(), Failure> {
    let store = open(url).await?;
    Migrator::up(store.writer(), None).await?;
    let transaction = store.writer().begin().await?;
    let now = crate::world::core(store.clone())?.clock.now();
    for clinic in SENDING.into_iter().chain([LISTENING, IDLE]) {
        fill(&transaction, clinic, now).await?;
    }
    for clinic in SENDING.into_iter().chain([LISTENING]) {
        history::fill(&transaction, clinic, now).await?;
    }
    transaction.commit().await?;
    store.writer().execute_unprepared("analyze").await?;
    store.close().await;
    Ok(())
}

/// Adds a clinic to a database that is filled already.
pub async fn add(url: &str, clinic: Clinic) -> Result<(), Failure> {
    let store = open(url).await?;
    let transaction = store.writer().begin().await?;
    let now = crate::world::core(store.clone())?.clock.now();
    fill(&transaction, clinic, now).await?;
    transaction.commit().await?;
    store.writer().execute_unprepared("analyze").await?;
    store.close().await;
    Ok(())
}

/// Opens a database as the server does.
pub async fn open(url: &str) -> Result<Store, Failure> {
    let database = if url.starts_with("sqlite:") {
        Database::Sqlite(Box::new(SqliteConnectOptions::from_str(url)?))
    } else {
        Database::Postgres(Box::new(PgConnectOptions::from_str(url)?))
    };
    Ok(Store::open(database, 1).await?)
}

async fn fill(
    connection: &impl ConnectionTrait,
    clinic: Clinic,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let organization_id = clinic.id();
    let founding = organization::Model {
        id: organization_id,
        name: format!("Clinic {}", clinic.number),
        slug: format!("clinic-{}", clinic.number),
        time_zone: "Europe/Helsinki".to_owned(),
        default_language: "en".to_owned(),
        settings: Settings::default().to_stored()?,
        created_at: now,
    };
    insert(connection, [founding]).await?;
    let log = event_log::Model {
        organization_id,
        head: history::head(clinic),
        pruned_through: 0,
    };
    insert(connection, [log]).await?;
    insert(connection, (0..clinic.staff).map(|n| staff(clinic, n, now))).await?;
    insert(
        connection,
        (0..clinic.patients).map(|n| enrolled(clinic, n, now)),
    )
    .await?;
    insert(
        connection,
        (0..clinic.patients).map(|n| chat(clinic, n, now)),
    )
    .await?;
    insert(
        connection,
        (0..clinic.patients).flat_map(|n| {
            clinic
                .panel(n)
                .map(move |staff| member(clinic, n, staff, now))
        }),
    )
    .await?;
    let signed_in = (0..clinic.staff)
        .map(|n| {
            (
                clinic.staff_session(n),
                PersonKind::Staff,
                clinic.staff_member(n).0,
            )
        })
        .chain((0..clinic.patients).map(|n| {
            (
                clinic.patient_session(n),
                PersonKind::Patient,
                clinic.patient(n).0,
            )
        }));
    insert(
        connection,
        signed_in.map(|(id, person_kind, person_id)| session::Model {
            organization_id,
            id,
            person_kind,
            person_id,
            created_at: now,
            expires_at: now + TimeDelta::days(30),
            revoked_at: None,
        }),
    )
    .await
}

fn staff(clinic: Clinic, number: u32, now: DateTime<Utc>) -> staff_member::Model {
    let address = EmailAddress::new(format!("staff-{number}@clinic-{}.example", clinic.number));
    staff_member::Model {
        organization_id: clinic.id(),
        id: clinic.staff_member(number),
        name: PersonName::new(format!("Nurse Number {number:04}")),
        profession: "Nurse".to_owned(),
        email: address.clone(),
        email_key: address,
        phone: None,
        roles: Roles::CLINICIAN,
        status: StaffStatus::Active,
        language: "en".to_owned(),
        notify_new_message: true,
        notify_unread: true,
        notify_texting: false,
        notify_channel: Channel::Email,
        created_at: now,
    }
}

fn enrolled(clinic: Clinic, number: u32, now: DateTime<Utc>) -> patient::Model {
    let address = EmailAddress::new(format!("patient-{number}@mail.example"));
    patient::Model {
        organization_id: clinic.id(),
        id: clinic.patient(number),
        name: PersonName::new(format!("Patient Number {number:04}")),
        date_of_birth: BirthDate(NaiveDate::from_ymd_opt(1970, 1, 1).unwrap_or_default()),
        phone: None,
        email: Some(address.clone()),
        email_key: Some(address),
        language: "en".to_owned(),
        time_zone: "Europe/Helsinki".to_owned(),
        portal_allowed: true,
        enrolled_at: Some(now),
        notify_channel: None,
        created_at: now,
    }
}

fn chat(clinic: Clinic, patient: u32, now: DateTime<Utc>) -> conversation::Model {
    history::told(
        clinic,
        conversation::Model::care_team_chat(
            clinic.id(),
            clinic.conversation(patient),
            clinic.patient(patient),
            now,
        ),
    )
}

fn member(clinic: Clinic, patient: u32, staff: u32, now: DateTime<Utc>) -> panel_member::Model {
    panel_member::Model {
        organization_id: clinic.id(),
        patient_id: clinic.patient(patient),
        staff_id: clinic.staff_member(staff),
        role: PanelRole::CareTeam,
        joined_at: now,
    }
}

/// Inserts rows, as many as a statement can hold at once.
pub async fn insert<M, A>(
    connection: &impl ConnectionTrait,
    rows: impl IntoIterator<Item = M>,
) -> Result<(), Failure>
where
    M: IntoActiveModel<A>,
    A: ActiveModelTrait + Send,
{
    let mut rows: Vec<A> = rows
        .into_iter()
        .map(IntoActiveModel::into_active_model)
        .collect();
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(ROWS));
        <A::Entity as EntityTrait>::insert_many(rows)
            .exec_without_returning(connection)
            .await?;
        rows = rest;
    }
    Ok(())
}
