//! Reminders that the server fails to let leave.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    PatientId, RecipientStatus, message_template_text, patient, reminder_recipient,
    scheduled_message,
};
use harness::clinic::Clinic;
use harness::{on_both_databases, run};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter};
use serde_json::json;
use tidings::dispatch::Dispatcher;

use super::{at, leave, patient, reason, sent, standing, template, titles, to};

const DUE: &str = "2027-02-01T23:00:00Z";

/// What leaves for later, as one asks for it.
fn later() -> serde_json::Value {
    json!({ "localTime": "2027-02-01T09:00" })
}

/// Lets nobody read a patient's record.
pub(super) async fn break_patient(clinic: &Clinic, id: &str) {
    patient::Entity::update_many()
        .col_expr(patient::Column::TimeZone, Expr::value("Nowhere/Land"))
        .filter(patient::Column::Id.eq(PatientId::from_public(id).unwrap()))
        .exec(clinic.core.store.writer())
        .await
        .unwrap();
}

/// Puts a title into all texts of templates.
pub(super) async fn entitle(clinic: &Clinic, title: &str) {
    message_template_text::Entity::update_many()
        .col_expr(message_template_text::Column::Title, Expr::value(title))
        .exec(clinic.core.store.writer())
        .await
        .unwrap();
}

/// Another node, as the database shows it: it lets leave whatever waits in the moment in which this one puts the reminder off.
async fn another_node(clinic: &Clinic) {
    let writer = clinic.core.store.writer();
    let settles = "update reminder_recipient set status = 'SENT' where status = 'WAITING';";
    let statements = if writer.get_database_backend() == DbBackend::Postgres {
        vec![
            format!(
                "create function another_node() returns trigger language plpgsql as $$ begin {settles} return new; end $$"
            ),
            "create trigger another_node after update of due_at on reminder for each row execute function another_node()"
                .to_owned(),
        ]
    } else {
        vec![format!(
            "create trigger another_node after update of due_at on reminder begin {settles} end"
        )]
    };
    for statement in statements {
        writer.execute_unprepared(&statement).await.unwrap();
    }
}

/// In which half minutes the dispatcher fails, of the first two and a half hours.
pub(super) async fn failures(clinic: &Clinic, start: &str) -> Vec<i32> {
    let start: DateTime<Utc> = DateTime::parse_from_rfc3339(start).unwrap().to_utc();
    let mut failures = Vec::new();
    for half_minute in 0..300 {
        let time = start + TimeDelta::seconds(30) * half_minute;
        let node = Dispatcher::new(at(clinic, &time.to_rfc3339()));
        while node.run_once().await.is_err() {
            failures.push(half_minute);
        }
    }
    failures
}

on_both_databases! {
    /// One node fails for the last time, and before it can say so another has let the message leave: it stays sent.
    async fn what_another_node_has_sent_meanwhile_stays_sent(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let eva = patient(clinic, "Eva", json!({})).await;
        let reminder = sent(clinic, nora, to(&template, &[&eva], later())).await;
        break_patient(clinic, &eva).await;
        reminder_recipient::Entity::update_many()
            .col_expr(reminder_recipient::Column::Attempts, Expr::value(4))
            .exec(clinic.core.store.writer())
            .await
            .unwrap();
        another_node(clinic).await;
        assert!(Dispatcher::new(at(clinic, DUE)).run_once().await.is_err());
        let recipient = reminder_recipient::Entity::find().one(clinic.core.store.reader()).await.unwrap().unwrap();
        assert_eq!((recipient.status, recipient.reason, recipient.attempts), (RecipientStatus::Sent, None, 4));
        assert_eq!(standing(clinic, nora, &reminder).await.1[2], 0, "nobody is skipped");
    }

    /// A template that cannot be read fails for all patients alike: it is tried eight times within about an hour, not for each of
    /// them, and then ends.
    async fn what_fails_for_all_is_tried_as_a_whole(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let mut ids = Vec::new();
        for number in 0..4 {
            ids.push(patient(clinic, &format!("P{number}"), json!({})).await);
        }
        let all: Vec<_> = ids.iter().map(String::as_str).collect();
        let reminder = sent(clinic, nora, to(&template, &all, later())).await;
        entitle(clinic, "{{ nothing").await;
        assert_eq!(failures(clinic, DUE).await, [0, 1, 3, 7, 15, 31, 63, 127], "half minutes");
        assert_eq!(standing(clinic, nora, &reminder).await, ("DONE".to_owned(), [0, 0, 4, 0]));
        assert_eq!(reason(clinic, nora, &reminder, &ids[2]).await, json!("SERVER_FAILED"));
    }

    /// What is mended before the last try leaves to everybody, and together.
    async fn what_is_mended_leaves_to_everybody(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let (eva, ida) = (patient(clinic, "Eva", json!({})).await, patient(clinic, "Ida", json!({})).await);
        let reminder = sent(clinic, nora, to(&template, &[&eva, &ida], later())).await;
        entitle(clinic, "{{ nothing").await;
        for time in [DUE, "2027-02-01T23:01:00Z"] {
            assert!(Dispatcher::new(at(clinic, time)).run_once().await.is_err());
        }
        entitle(clinic, "Your test").await;
        assert_eq!(leave(&at(clinic, "2027-02-01T23:01:30Z")).await, 0, "it rests a minute after the second time");
        assert_eq!(leave(&at(clinic, "2027-02-01T23:02:00Z")).await, 2);
        assert_eq!(standing(clinic, nora, &reminder).await, ("DONE".to_owned(), [0, 2, 0, 0]));
        assert_eq!(titles(clinic, nora, &ida).await, ["Your test"]);
    }

    /// When a reminder and a scheduled message fail in the same step, both are told.
    async fn the_failure_of_one_kind_does_not_hide_that_of_the_other(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let eva = patient(clinic, "Eva", json!({})).await;
        sent(clinic, nora, to(&template, &[&eva], later())).await;
        break_patient(clinic, &eva).await;
        let beginning = json!({
            "patientId": eva, "title": harness::canary::message("Results"), "body": { "plain": harness::canary::message("All is well") },
            "localTime": "2027-02-01T09:00", "timeZone": "UTC", "idempotencyKey": run::unique_name(),
        });
        assert_eq!(clinic.mistakes(nora, "scheduleSecureMessage", beginning).await, []);
        scheduled_message::Entity::update_many()
            .col_expr(scheduled_message::Column::Body, Expr::value(None::<String>))
            .exec(clinic.core.store.writer())
            .await
            .unwrap();
        let failures = Dispatcher::new(at(clinic, DUE)).run_once().await.unwrap_err();
        let kinds: Vec<_> = failures.iter().map(|failure| failure.kind).collect();
        assert_eq!(kinds, ["scheduled messages", "reminders"]);
    }
}
