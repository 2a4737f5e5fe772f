//! Secure messages that begin at a later time.

use std::collections::BTreeSet;

use entity::{NotificationPurpose, StaffId, notification};
use harness::clinic::{Claims, Clinic, public_id};
use harness::{canary, on_both_databases, run};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::reminders::{as_patient, at, leave, patient, template, write};

const DUE: &str = "2027-02-01T07:00:00Z";

const SCHEDULED: &str = "scheduledMessage { id status dueAt title body conversationId patient { id } to { id } template { id } } replayed
    errors { code field message }";

const OF_PATIENT: &str = "query ($id: ID!) { scheduledMessages(patientId: $id) { nodes { id status refusal title conversationId messageId } }
    patient(id: $id) { conversations(kinds: [SECURE_MESSAGE]) { nodes { id title participants { staffMember { id } }
    messages { nodes { id body title author { id } } } } } } }";

fn later(patient: &str, more: Value) -> Value {
    let mut input = json!({
        "patientId": patient, "title": canary::message("Your results"), "body": { "plain": canary::message("All is well") },
        "localTime": "2027-02-01T09:00", "idempotencyKey": run::unique_name(),
    });
    for (key, value) in more.as_object().unwrap() {
        input[key] = value.clone();
    }
    input
}

async fn schedule(clinic: &Clinic, who: Claims, input: Value) -> Value {
    clinic
        .change(who, "scheduleSecureMessage", SCHEDULED, input)
        .await
}

async fn helsinki(clinic: &Clinic) -> String {
    patient(clinic, "Eva", json!({ "timeZone": "Europe/Helsinki" })).await
}

/// The scheduled messages and the secure messages of a patient.
async fn of_patient(clinic: &Clinic, who: Claims, patient: &str) -> (Value, Value) {
    let mut data = clinic.ask(who, OF_PATIENT, json!({ "id": patient })).await;
    let scheduled = data["scheduledMessages"]["nodes"].take();
    (scheduled, data["patient"]["conversations"]["nodes"].take())
}

/// How the scheduled messages of a patient stand, with the reasons.
async fn standing(clinic: &Clinic, who: Claims, patient: &str) -> Vec<String> {
    let (scheduled, _) = of_patient(clinic, who, patient).await;
    let word = |node: &Value| {
        let refusal = node["refusal"].as_str().unwrap_or_default();
        format!("{} {refusal}", node["status"].as_str().unwrap())
            .trim()
            .to_owned()
    };
    // What was scheduled in the same moment has no order.
    let mut words: Vec<_> = scheduled.as_array().unwrap().iter().map(word).collect();
    words.sort();
    words
}

/// Who is told that something has not left.
async fn told(clinic: &Clinic) -> BTreeSet<Uuid> {
    let rows = notification::Entity::find()
        .filter(notification::Column::Purpose.eq(NotificationPurpose::ScheduledMessageStopped))
        .all(clinic.core.store.reader())
        .await
        .unwrap();
    rows.into_iter()
        .filter_map(|row| row.recipient_id)
        .collect()
}

fn people<const N: usize>(people: [Claims; N]) -> BTreeSet<Uuid> {
    people
        .map(|claims| StaffId::from_public(&public_id(claims)).unwrap().0)
        .into()
}

on_both_databases! {
    /// Until it is due there is no conversation, and neither the patient nor the recipients learn of it.
    async fn a_secure_message_begins_at_its_time(clinic: &Clinic) {
        let (nora, nils) = (clinic.staff("Nora", &["CLINICIAN"]).await, clinic.staff("Nils", &["CLINICIAN"]).await);
        let eva = helsinki(clinic).await;
        let input = later(&eva, json!({ "to": [public_id(nils)] }));
        let payload = schedule(clinic, nora, input.clone()).await;
        assert_eq!(payload["errors"], json!([]));
        let waiting = &payload["scheduledMessage"];
        assert_eq!(waiting["dueAt"], json!("2027-02-01T07:00:00+00:00"));
        assert_eq!((&waiting["status"], &waiting["conversationId"]), (&json!("WAITING"), &Value::Null));
        assert_eq!((&waiting["title"], &waiting["patient"]["id"]), (&json!(canary::message("Your results")), &json!(eva)));
        assert_eq!(waiting["to"], json!([{ "id": public_id(nils) }]));
        let again = schedule(clinic, nora, input.clone()).await;
        assert_eq!((&again["scheduledMessage"]["id"], &again["replayed"]), (&waiting["id"], &json!(true)));
        for (field, value) in [("title", json!(canary::message("Other"))), ("to", json!([])), ("localTime", json!("2027-02-01T10:00"))] {
            let mut other = input.clone();
            other[field] = value;
            assert_eq!(schedule(clinic, nora, other).await["errors"][0]["code"], json!("IDEMPOTENCY_KEY_REUSED"), "{field}");
        }
        assert_eq!(leave(&at(clinic, "2027-02-01T06:59:00Z")).await, 0);
        assert_eq!(of_patient(clinic, nora, &eva).await.1, json!([]));

        let (a, b) = (at(clinic, DUE), at(clinic, DUE));
        let (a, b) = tokio::join!(leave(&a), leave(&b));
        assert_eq!(a + b, 1, "of two nodes one begins it");
        let (scheduled, conversations) = of_patient(clinic, nora, &eva).await;
        let begun = &conversations[0];
        assert_eq!(conversations.as_array().unwrap().len(), 1);
        assert_eq!(begun["title"], json!(canary::message("Your results")));
        assert_eq!(begun["participants"].as_array().unwrap().len(), 2);
        let message = &begun["messages"]["nodes"][0];
        assert_eq!((&message["body"], &message["author"]["id"]), (&json!(canary::message("All is well")), &json!(public_id(nora))));
        let left = &scheduled[0];
        assert_eq!((&left["status"], &left["conversationId"], &left["messageId"]), (&json!("SENT"), &begun["id"], &message["id"]));
        let own = as_patient(clinic, &eva).await;
        let query = "query ($id: ID!) { conversation(id: $id) { messages { nodes { body } } } }";
        let seen = clinic.ask(own, query, json!({ "id": begun["id"] })).await;
        assert_eq!(seen["conversation"]["messages"]["nodes"][0]["body"], message["body"]);
        let told = notification::Entity::find()
            .filter(notification::Column::OrganizationId.eq(clinic.ours.organization))
            .filter(notification::Column::Purpose.eq(NotificationPurpose::NewClinicMessage))
            .count(clinic.core.store.reader())
            .await
            .unwrap();
        assert_eq!(told, 1, "the patient is told by a link");
    }

    /// A template says what is approved when it begins.
    async fn it_begins_with_what_is_approved_then(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let eva = helsinki(clinic).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let mut input = later(&eva, json!({ "templateId": template }));
        let unchosen = schedule(clinic, nora, input.clone()).await;
        assert_eq!(unchosen["errors"][0]["field"], json!(["templateId"]), "either own words or a template");
        for field in ["title", "body"] {
            input.as_object_mut().unwrap().remove(field);
        }
        let payload = schedule(clinic, nora, input).await;
        assert_eq!(payload["scheduledMessage"]["template"]["id"], template);
        write(clinic, &template, ("en", "Your new test"), 1).await;
        assert_eq!(leave(&at(clinic, DUE)).await, 1);
        let (_, conversations) = of_patient(clinic, nora, &eva).await;
        assert_eq!(conversations[0]["title"], json!("Your new test"));
    }

    /// What is asked of a secure message is asked when it is scheduled, and again when it is due; nothing half begun is left.
    async fn what_cannot_begin_any_more_says_why(clinic: &Clinic) {
        let (nora, nils) = (clinic.staff("Nora", &["CLINICIAN"]).await, clinic.staff("Nils", &["CLINICIAN"]).await);
        let dora = clinic.staff("Dora", &["CLINICIAN"]).await;
        let administrator = clinic.ours.administrator;
        let eva = helsinki(clinic).await;
        for (more, code, field) in [
            (json!({ "localTime": "2027-01-15T09:00" }), "TIME_PASSED", "localTime"),
            (json!({ "localTime": "2027-03-28T03:30" }), "TIME_DOES_NOT_EXIST", "localTime"),
            (json!({ "localTime": "2029-01-01T09:00" }), "OUT_OF_RANGE", "localTime"),
            (json!({ "timeZone": "Mars/Olympus" }), "INVALID", "timeZone"),
            (json!({ "expiresAt": "2027-02-01T07:00:00Z" }), "TIME_PASSED", "expiresAt"),
            (json!({ "title": " " }), "BLANK", "title"),
            (json!({ "to": [public_id(administrator)] }), "WRONG_STATE", "to"),
            (json!({ "idempotencyKey": "a b" }), "INVALID", "idempotencyKey"),
        ] {
            let mistakes = clinic.mistakes(nora, "scheduleSecureMessage", later(&eva, more)).await;
            assert_eq!(mistakes, [(code.to_owned(), field.to_owned())]);
        }
        let expiring = json!({ "expiresAt": "2027-02-01T07:30:00Z" });
        for (who, more) in [(nora, expiring), (nora, json!({ "to": [public_id(nils)] })), (dora, json!({}))] {
            assert_eq!(schedule(clinic, who, later(&eva, more)).await["errors"], json!([]));
        }
        for gone in [nils, dora] {
            let gone = json!({ "staffId": public_id(gone) });
            assert_eq!(clinic.mistakes(administrator, "deactivateStaffMember", gone).await, []);
        }
        let late = at(clinic, "2027-02-01T08:00:00Z");
        assert_eq!(leave(&late).await, 3);
        let expected = ["EXPIRED", "REFUSED AUTHOR_NOT_ALLOWED", "REFUSED RECIPIENT_NOT_ALLOWED"];
        assert_eq!(standing(clinic, nora, &eva).await, expected);
        assert_eq!(told(clinic).await, people([nora, administrator]), "Dora cannot be told, so the administrator is");

        let ida = helsinki(clinic).await;
        schedule(clinic, nora, later(&ida, json!({}))).await;
        let locked_out = json!({ "patientId": ida, "portalAllowed": false });
        assert_eq!(clinic.mistakes(administrator, "updatePatient", locked_out).await, []);
        assert_eq!(leave(&late).await, 1);
        assert_eq!(standing(clinic, nora, &ida).await, ["REFUSED PATIENT_PORTAL_ACCESS_MISSING"]);
        for patient in [&eva, &ida] {
            assert_eq!(of_patient(clinic, nora, patient).await.1, json!([]), "no conversation was begun");
        }
    }

    /// Whose author is gone or does not reach the patient is told to the alerted of the panel, and to those to whom it is addressed.
    async fn somebody_learns_of_what_its_author_cannot(clinic: &Clinic) {
        let (nora, nils) = (clinic.staff("Nora", &["CLINICIAN"]).await, clinic.staff("Nils", &["CLINICIAN"]).await);
        let (dora, rita) = (clinic.staff("Dora", &["CLINICIAN"]).await, clinic.staff("Rita", &["CLINICIAN"]).await);
        let administrator = clinic.ours.administrator;
        let program = clinic.program("Asthma").await;
        let (eva, ida) = (helsinki(clinic).await, patient(clinic, "Ida", json!({ "timeZone": "Europe/Helsinki", "programIds": [program] })).await);
        let join = json!({ "patientId": ida, "staffId": public_id(nora) });
        assert_eq!(clinic.mistakes(administrator, "addToCareTeam", join).await, []);
        for (who, whom, more) in [(dora, &eva, json!({ "to": [public_id(nils)] })), (rita, &ida, json!({}))] {
            assert_eq!(schedule(clinic, who, later(whom, more)).await["errors"], json!([]));
        }
        let gone = json!({ "staffId": public_id(dora) });
        assert_eq!(clinic.mistakes(administrator, "deactivateStaffMember", gone).await, []);
        let restriction = json!({ "staffId": public_id(rita), "programIds": [program] });
        assert_eq!(clinic.mistakes(administrator, "setStaffRestrictions", restriction).await, []);
        assert_eq!(leave(&at(clinic, DUE)).await, 2);
        assert_eq!(told(clinic).await, people([nils, nora]));
    }

    /// It can be cancelled until it begins, by whoever may open the patient; for the others it is not there.
    async fn it_can_be_cancelled_until_it_begins(clinic: &Clinic) {
        let (nora, nils) = (clinic.staff("Nora", &["CLINICIAN"]).await, clinic.staff("Nils", &["CLINICIAN"]).await);
        let rita = clinic.staff("Rita", &["CLINICIAN"]).await;
        let program = clinic.program("Asthma").await;
        let restriction = json!({ "staffId": public_id(rita), "programIds": [program] });
        assert_eq!(clinic.mistakes(clinic.ours.administrator, "setStaffRestrictions", restriction).await, []);
        let eva = patient(clinic, "Eva", json!({ "programIds": [program] })).await;
        let payload = schedule(clinic, nora, later(&eva, json!({}))).await;
        let cancel = json!({ "scheduledMessageId": payload["scheduledMessage"]["id"] });
        let mutation = harness::clinic::mutation("cancelScheduledMessage", "errors { code }");
        let list = "query ($id: ID!) { scheduledMessages(patientId: $id) { nodes { id } } }";
        assert_eq!(clinic.refusal(rita, &mutation, json!({ "input": cancel })).await, "NOT_FOUND");
        assert_eq!(clinic.refusal(rita, list, json!({ "id": eva })).await, "NOT_FOUND");
        let begin = harness::clinic::mutation("scheduleSecureMessage", "errors { code }");
        assert_eq!(clinic.refusal(rita, &begin, json!({ "input": later(&eva, json!({})) })).await, "NOT_FOUND");
        assert_eq!(clinic.refusal(nora, list, json!({ "id": null })).await, "BAD_USER_INPUT");

        assert_eq!(clinic.mistakes(nils, "cancelScheduledMessage", cancel).await, []);
        assert_eq!(leave(&at(clinic, "2027-02-02T09:00:00Z")).await, 0);
        assert_eq!(standing(clinic, nora, &eva).await, ["CANCELLED"]);
    }

    /// A key is its author's: what a colleague has scheduled or sent under the same one is something else.
    async fn keys_are_their_authors_own(clinic: &Clinic) {
        let (nora, nils) = (clinic.staff("Nora", &["CLINICIAN"]).await, clinic.staff("Nils", &["CLINICIAN"]).await);
        let eva = helsinki(clinic).await;
        let same = json!({ "idempotencyKey": "one" });
        let first = schedule(clinic, nora, later(&eva, same.clone())).await;
        let second = schedule(clinic, nils, later(&eva, same.clone())).await;
        assert_eq!((&second["errors"], &second["replayed"]), (&json!([]), &json!(false)));
        assert_ne!(first["scheduledMessage"]["id"], second["scheduledMessage"]["id"]);

        let template = template(clinic, &[("en", "Your test")]).await;
        let reminder = crate::reminders::to(&template, &[&eva], same);
        let first = crate::reminders::sent(clinic, nora, reminder.clone()).await;
        let second = crate::reminders::send(clinic, nils, reminder).await;
        assert_eq!(second["replayed"], json!(false));
        assert_ne!(first, second["reminder"]["id"]);
    }
}
