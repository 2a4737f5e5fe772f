//! What waited before messages could begin conversations waits on.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    BirthDate, ConversationId, OrganizationId, PatientId, PersonName, organization, patient,
    scheduled_message,
};
use harness::{Backend, TestDatabase, canary, run, scenario};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Statement};
use uuid::Uuid;

/// The migrations before the one that makes the table anew.
const BEFORE: u32 = 12;

/// A message that waits, as it was stored then.
async fn store(connection: &sea_orm::DatabaseConnection, now: DateTime<Utc>) -> PatientId {
    let organization_id = OrganizationId(Uuid::now_v7());
    let (patient_id, chat) = (PatientId(Uuid::now_v7()), ConversationId(Uuid::now_v7()));
    let clinic = organization::Model {
        id: organization_id,
        name: canary::name("Clinic"),
        slug: run::unique_name(),
        time_zone: "UTC".to_owned(),
        default_language: "en".to_owned(),
        settings: tidings::domain::settings::Settings::default()
            .to_stored()
            .unwrap(),
        created_at: now,
    };
    clinic.into_active_model().insert(connection).await.unwrap();
    let paul = patient::Model {
        organization_id,
        id: patient_id,
        name: PersonName::new(canary::name("Paul")),
        date_of_birth: BirthDate(NaiveDate::from_ymd_opt(1970, 1, 1).unwrap()),
        phone: None,
        email: None,
        email_key: None,
        language: "en".to_owned(),
        time_zone: "UTC".to_owned(),
        portal_allowed: true,
        enrolled_at: None,
        notify_channel: None,
        created_at: now,
    };
    paul.into_active_model().insert(connection).await.unwrap();
    // The entity has columns that came later.
    let begin = Statement::from_sql_and_values(
        connection.get_database_backend(),
        "insert into conversation (organization_id, id, kind, patient_id, status, seq, visible_seq, activity_at, created_at) \
         values ($1, $2, 'CARE_TEAM_CHAT', $3, 'OPEN', 0, 0, $4, $4)",
        [
            organization_id.into(),
            chat.into(),
            patient_id.into(),
            now.into(),
        ],
    );
    connection.execute_raw(begin).await.unwrap();
    let insert = Statement::from_sql_and_values(
        connection.get_database_backend(),
        "insert into scheduled_message (organization_id, id, conversation_id, author_id, body, idempotency_key, local_time, time_zone, \
         due_at, status, created_at) values ($1, $2, $3, $4, $5, 'key', '2027-07-01T09:00:00', 'UTC', $6, 'WAITING', $6)",
        [
            organization_id.into(),
            Uuid::now_v7().into(),
            chat.into(),
            Uuid::now_v7().into(),
            canary::message("See you soon").into(),
            now.into(),
        ],
    );
    connection.execute_raw(insert).await.unwrap();
    patient_id
}

async fn waits_on(backend: Backend) {
    let database = TestDatabase::empty(backend).await;
    let connection = database.connect().await;
    Migrator::up(&connection, Some(BEFORE)).await.unwrap();
    let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let paul = store(&connection, now).await;
    // There, back, and there again.
    for _ in 0..2 {
        Migrator::up(&connection, None).await.unwrap();
        let all = scheduled_message::Entity::find()
            .all(&connection)
            .await
            .unwrap();
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].patient_id, all[0].due_at), (paul, now));
        assert_eq!(
            all[0].body.as_ref().unwrap().reveal(),
            canary::message("See you soon")
        );
        let newer = Migrator::migrations().len() as u32 - BEFORE;
        Migrator::down(&connection, Some(newer)).await.unwrap();
    }
    connection.close().await.unwrap();
    database.finish().await;
}

#[tokio::test]
async fn what_waited_waits_on_sqlite() {
    scenario::bounded(waits_on(Backend::Sqlite)).await;
}

#[tokio::test]
async fn what_waited_waits_on_postgres() {
    scenario::bounded(waits_on(Backend::Postgres)).await;
}
