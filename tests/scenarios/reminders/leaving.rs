//! What becomes of a reminder that was sent.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{NotificationPurpose, PersonId, notification};
use harness::clinic::{Clinic, public_id};
use harness::{canary, on_both_databases, run};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use tidings::dispatch::Dispatcher;

use super::{
    ANNOUNCEMENTS, HISTORY, as_patient, at, leave, patient, reason, send, sent, standing, template,
    titles, to, write,
};

on_both_databases! {
    async fn each_patient_gets_it_in_their_language_and_cannot_answer(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        clinic.set(json!({ "contact": { "phone": "020 7946 0018" } })).await;
        let template = template(clinic, &[("en", "{{patient_name}}, your test"), ("es", "Su prueba")]).await;
        let eva = patient(clinic, "Eva", json!({})).await;
        let pablo = patient(clinic, "Pablo", json!({ "language": "es-MX" })).await;
        let nadia = patient(clinic, "Nadia", json!({ "email": null })).await;
        let input = to(&template, &[&eva, &pablo, &nadia], json!({}));
        let payload = send(clinic, nora, input.clone()).await;
        assert_eq!(payload["errors"], json!([]));
        let reminder = payload["reminder"]["id"].clone();
        assert_eq!(standing(clinic, nora, &reminder).await, ("QUEUED".to_owned(), [2, 0, 1, 0]));

        assert_eq!(leave(&clinic.core).await, 2);
        assert_eq!(standing(clinic, nora, &reminder).await, ("DONE".to_owned(), [0, 2, 1, 0]));
        let reader = as_patient(clinic, &eva).await;
        let seen = clinic.ask(reader, ANNOUNCEMENTS, json!({ "id": eva })).await;
        let announcements = &seen["patient"]["conversations"]["nodes"][0];
        assert_eq!(announcements["canWrite"], json!(false));
        assert_eq!(announcements["replies"], json!("NONE"));
        assert_eq!(announcements["contact"]["phone"], json!("020 7946 0018"));
        let message = &announcements["messages"]["nodes"][0];
        assert_eq!(message["title"], json!(format!("{}, your test", canary::name("Eva"))));
        assert_eq!(message["author"]["id"], json!(public_id(nora)));
        assert_eq!(titles(clinic, as_patient(clinic, &pablo).await, &pablo).await, ["Su prueba"]);
        assert!(titles(clinic, nora, &nadia).await.is_empty());

        let answer = json!({ "conversationId": announcements["id"], "body": canary::message("Thanks"), "idempotencyKey": run::unique_name() });
        assert_eq!(clinic.mistakes(reader, "sendMessage", answer).await, [("REPLIES_NOT_ALLOWED".to_owned(), String::new())]);
        let inbox = clinic.ask(nora, "{ inbox(filter: ALL) { nodes { kind } } }", json!({})).await;
        assert!(!inbox.to_string().contains("ANNOUNCEMENT"), "{inbox}");
        let told = notification::Entity::find()
            .filter(notification::Column::OrganizationId.eq(clinic.ours.organization))
            .filter(notification::Column::Purpose.eq(NotificationPurpose::NewClinicMessage))
            .count(clinic.core.store.reader())
            .await
            .unwrap();
        assert_eq!(told, 2, "each is told once, by a notification that cannot hold what was said");
        // The same request again changes nothing.
        assert_eq!(sent(clinic, nora, input).await, reminder);
        assert_eq!(leave(&clinic.core).await, 0);
        assert_eq!(titles(clinic, nora, &eva).await.len(), 1);
    }

    async fn the_history_tells_when_by_whom_and_how_often(clinic: &Clinic) {
        let (nora, nils) = (clinic.staff("Nora", &["CLINICIAN"]).await, clinic.staff("Nils", &["CLINICIAN"]).await);
        let (test, thanks) = (template(clinic, &[("en", "Your test")]).await, template(clinic, &[("en", "Well done")]).await);
        let eva = patient(clinic, "Eva", json!({})).await;
        let ida = patient(clinic, "Ida", json!({})).await;
        for (who, what, whom) in [(nora, &test, &eva), (nora, &thanks, &eva), (nils, &test, &eva), (nils, &test, &ida)] {
            sent(clinic, who, to(what, &[whom], json!({}))).await;
        }
        leave(&at(clinic, "2027-01-15T09:00:00Z")).await;
        let data = clinic.ask(nora, HISTORY, json!({ "id": eva })).await;
        let history = data["patient"]["communicationHistory"].as_array().unwrap();
        assert_eq!(history.len(), 2);
        let of = |template: &serde_json::Value| history.iter().find(|line| line["template"]["id"] == *template).unwrap();
        assert_eq!((&of(&test)["times"], &of(&thanks)["times"]), (&json!(2), &json!(1)));
        assert_eq!(of(&thanks)["lastSentBy"]["id"], json!(public_id(nora)));
        assert_eq!(of(&test)["lastSentAt"], json!("2027-01-15T09:00:00+00:00"));
        assert_eq!(of(&test)["template"]["timesSent"], json!(3));
        assert_eq!(of(&test)["template"]["lastSentBy"]["id"], json!(public_id(nils)));
        let seen = clinic.ask(as_patient(clinic, &eva).await, HISTORY, json!({ "id": eva })).await;
        assert_eq!(seen["patient"]["communicationHistory"], json!(null));
    }

    async fn what_has_changed_counts_when_it_leaves(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let dora = clinic.staff("Dora", &["CLINICIAN"]).await;
        let what = template(clinic, &[("en", "Your test"), ("es", "Su prueba")]).await;
        let eva = patient(clinic, "Eva", json!({})).await;
        let ida = patient(clinic, "Ida", json!({})).await;
        let pablo = patient(clinic, "Pablo", json!({ "language": "es" })).await;
        let later = json!({ "localTime": "2027-02-01T09:00" });
        let reminder = sent(clinic, nora, to(&what, &[&eva, &ida, &pablo], later.clone())).await;
        let orphan = sent(clinic, dora, to(&what, &[&eva], later)).await;
        assert_eq!(leave(&clinic.core).await, 0);

        let administrator = clinic.ours.administrator;
        let locked_out = json!({ "patientId": ida, "portalAllowed": false });
        assert_eq!(clinic.mistakes(administrator, "updatePatient", locked_out).await, []);
        write(clinic, &what, ("en", "Your new test"), 1).await;
        let gone = json!({ "staffId": public_id(dora) });
        assert_eq!(clinic.mistakes(administrator, "deactivateStaffMember", gone).await, []);
        leave(&at(clinic, "2027-02-01T09:00:00Z")).await;
        assert_eq!(standing(clinic, nora, &reminder).await, ("DONE".to_owned(), [0, 1, 2, 0]));
        assert_eq!(titles(clinic, nora, &eva).await, ["Your new test"], "what leaves is what is approved then");
        assert_eq!(reason(clinic, nora, &reminder, &ida).await, json!("PATIENT_PORTAL_ACCESS_MISSING"));
        assert_eq!(reason(clinic, nora, &reminder, &pablo).await, json!("TRANSLATION_STALE"));
        assert_eq!(reason(clinic, nora, &orphan, &eva).await, json!("SENDER_NOT_ALLOWED"));
    }

    async fn it_can_be_cancelled_until_it_leaves(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let early = patient(clinic, "Eva", json!({ "timeZone": "Europe/Helsinki" })).await;
        let late = patient(clinic, "Ida", json!({ "timeZone": "America/New_York" })).await;
        let reminder = sent(clinic, nora, to(&template, &[&early, &late], json!({ "localTime": "2027-02-01T09:00" }))).await;
        assert_eq!(leave(&at(clinic, "2027-02-01T07:00:00Z")).await, 1);
        assert_eq!(standing(clinic, nora, &reminder).await, ("RUNNING".to_owned(), [1, 1, 0, 0]));

        let cancel = json!({ "reminderId": reminder });
        assert_eq!(clinic.mistakes(nora, "cancelReminder", cancel.clone()).await, []);
        assert_eq!(standing(clinic, nora, &reminder).await, ("CANCELLED".to_owned(), [0, 1, 0, 1]));
        assert_eq!(leave(&at(clinic, "2027-02-02T07:00:00Z")).await, 0);
        assert_eq!(titles(clinic, nora, &early).await, ["Your test"]);
        assert!(titles(clinic, nora, &late).await.is_empty());
        assert_eq!(clinic.mistakes(nora, "cancelReminder", cancel).await, [("WRONG_STATE".to_owned(), String::new())]);
    }

    async fn several_nodes_send_each_patient_one(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let mut ids = Vec::new();
        for number in 0..230 {
            ids.push(patient(clinic, &format!("P{number}"), json!({})).await);
        }
        let ids: Vec<_> = ids.iter().map(String::as_str).collect();
        let big = sent(clinic, nora, to(&template, &ids, json!({}))).await;
        let small = sent(clinic, nora, to(&template, &ids[..1], json!({}))).await;
        let nodes = [clinic.core.clone(), clinic.core.clone(), clinic.core.clone()];
        let (a, b, c) = tokio::join!(leave(&nodes[0]), leave(&nodes[1]), leave(&nodes[2]));
        assert_eq!(a + b + c + leave(&clinic.core).await, 231);
        assert_eq!(standing(clinic, nora, &big).await, ("DONE".to_owned(), [0, 230, 0, 0]));
        assert_eq!(standing(clinic, nora, &small).await, ("DONE".to_owned(), [0, 1, 0, 0]));
        for (place, id) in ids.iter().enumerate() {
            assert_eq!(titles(clinic, nora, id).await.len(), if place == 0 { 2 } else { 1 });
        }
    }

    async fn recipients_show_only_whom_the_viewer_reaches(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let rita = clinic.staff("Rita", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let program = clinic.program("Asthma").await;
        let open = patient(clinic, "Enya", json!({})).await;
        let hidden = patient(clinic, "Enid", json!({ "programIds": [program] })).await;
        let restriction = json!({ "staffId": public_id(rita), "programIds": [program] });
        assert_eq!(clinic.mistakes(clinic.ours.administrator, "setStaffRestrictions", restriction).await, []);
        let reminder = sent(clinic, nora, to(&template, &[&open, &hidden], json!({}))).await;
        let query = "query ($id: ID!) { reminder(id: $id) { recipients { nodes { patient { id } } } } }";
        for (who, expected) in [(nora, 2), (rita, 1)] {
            let data = clinic.ask(who, query, json!({ "id": reminder })).await;
            assert_eq!(data["reminder"]["recipients"]["nodes"].as_array().unwrap().len(), expected);
        }
        let stranger = clinic.theirs.administrator;
        assert_eq!(clinic.refusal(stranger, query, json!({ "id": reminder })).await, "NOT_FOUND");
        assert!(matches!(stranger.person, PersonId::Staff(_)));
    }

    /// One patient cannot be read, whatever is tried: all others get theirs, and that one ends with the reason.
    async fn one_patient_who_fails_keeps_nobody_else_from_theirs(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let mut ids = Vec::new();
        for number in 0..5 {
            ids.push(patient(clinic, &format!("P{number}"), json!({})).await);
        }
        let all: Vec<_> = ids.iter().map(String::as_str).collect();
        let reminder = sent(clinic, nora, to(&template, &all, json!({ "localTime": "2027-02-01T09:00" }))).await;
        let broken = entity::PatientId::from_public(&ids[2]).unwrap();
        entity::patient::Entity::update_many()
            .col_expr(entity::patient::Column::TimeZone, Expr::value("Nowhere/Land"))
            .filter(entity::patient::Column::Id.eq(broken))
            .exec(clinic.core.store.writer())
            .await
            .unwrap();
        let start: DateTime<Utc> = DateTime::parse_from_rfc3339("2027-02-01T23:00:00Z").unwrap().to_utc();
        let mut failures = 0;
        for half_minute in 0..40 {
            let time = start + TimeDelta::seconds(30 * half_minute);
            while Dispatcher::new(at(clinic, &time.to_rfc3339())).run_once().await.is_err() {
                failures += 1;
            }
        }
        assert_eq!(failures, 5, "once with all, and four times alone");
        assert_eq!(standing(clinic, nora, &reminder).await, ("DONE".to_owned(), [0, 4, 1, 0]));
        assert_eq!(reason(clinic, nora, &reminder, &ids[2]).await, json!("SERVER_FAILED"));
        assert_eq!(titles(clinic, nora, &ids[0]).await.len(), 1);
    }
}
