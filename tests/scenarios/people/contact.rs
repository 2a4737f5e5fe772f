//! Patients' records and contact details (PEO-3).

use entity::{PatientId, PersonId};
use harness::clinic::Clinic;
use harness::{canary, on_both_databases};
use serde_json::json;

const RECORD: &str = "patient { id name dateOfBirth phone email language timeZone notificationChannel portalAllowed enrolledAt groups { id } onPanel } \
                      errors { code field message }";

on_both_databases! {
    async fn a_patient_is_stored_in_one_spelling(clinic: &Clinic) {
        let address = canary::address("paul");
        let input = json!({
            "name": format!("  {}  ", canary::name("Paul")), "dateOfBirth": canary::BIRTH_DATE, "phone": "(0491) 570-124", "email": address,
        });
        let made = clinic.change(clinic.ours.administrator, "createPatient", RECORD, input).await;
        assert_eq!(made["errors"], json!([]));
        // Under the default policy a record keeper may open every patient of the clinic.
        let patient = &made["patient"];
        assert_eq!(patient["name"], canary::name("Paul"));
        assert_eq!(patient["dateOfBirth"], canary::BIRTH_DATE);
        assert_eq!(patient["phone"], canary::phone(124));
        assert_eq!(patient["email"], address);
        assert_eq!((&patient["language"], &patient["timeZone"]), (&json!("en-GB"), &json!("Europe/London")));
        let chat = "query Q($id: ID!) { patient(id: $id) { id } inbox(filter: ALL) { nodes { kind patient { id } } } }";
        let nurse = clinic.staff("Nora", &["CLINICIAN"]).await;
        let seen = clinic.ask(nurse, chat, json!({ "id": patient["id"] })).await;
        assert_eq!(seen["inbox"]["nodes"], json!([{ "kind": "CARE_TEAM_CHAT", "patient": { "id": patient["id"] } }]));
    }

    async fn numbers_that_are_not_mobile_are_refused(clinic: &Clinic) {
        let nurse = clinic.staff("Nora", &["CLINICIAN"]).await;
        let id = clinic.patient(&canary::name("Paul"), json!({})).await;
        for phone in ["02 5550 1234", "+1 800 555 0199", "999", "not a number", "0491 570 124 ext 5", "+61"] {
            let mistakes = clinic.mistakes(nurse, "updatePatient", json!({ "patientId": id, "phone": phone })).await;
            assert_eq!(mistakes, [("NOT_A_MOBILE_NUMBER".to_owned(), "phone".to_owned())], "{phone}");
        }
        let wrong = json!({
            "patientId": id, "name": "", "dateOfBirth": "1899-12-31", "email": "paul@home", "language": "x", "timeZone": "Mars/Base",
            "notificationChannel": "SMS",
        });
        let fields: Vec<_> = clinic.mistakes(nurse, "updatePatient", wrong).await.into_iter().map(|(_, field)| field).collect();
        assert_eq!(fields, ["name", "dateOfBirth", "email", "language", "timeZone", "notificationChannel"]);
    }

    async fn patients_set_their_own_contact_details_and_nobody_elses(clinic: &Clinic) {
        let id = clinic.patient(&canary::name("Paul"), json!({})).await;
        let other = clinic.patient(&canary::name("Pia"), json!({})).await;
        let paul = clinic.sign_in(clinic.ours.organization, PersonId::Patient(PatientId::from_public(&id).unwrap())).await;
        let input = json!({ "phone": "0491 570 125", "language": "FI", "notificationChannel": "SMS" });
        let changed = clinic.change(paul, "updateContactDetails", RECORD, input).await;
        let patient = &changed["patient"];
        assert_eq!((&patient["id"], &patient["phone"]), (&json!(id), &json!(canary::phone(125))));
        assert_eq!((&patient["language"], &patient["notificationChannel"]), (&json!("fi"), &json!("SMS")));
        assert_eq!((&patient["groups"], &patient["onPanel"]), (&json!(null), &json!(null)));
        let removed = clinic.change(paul, "updateContactDetails", RECORD, json!({ "phone": "" })).await;
        assert_eq!(removed["patient"]["notificationChannel"], json!(null), "a channel without a number is forgotten");

        let query = "query Q($id: ID!) { patient(id: $id) { id } }";
        assert_eq!(clinic.ask(paul, query, json!({ "id": id })).await["patient"]["id"], id);
        assert_eq!(clinic.refusal(paul, query, json!({ "id": other })).await, "NOT_FOUND");
        assert_eq!(clinic.refusal(paul, "{ patients { nodes { id } } }", json!({})).await, "FORBIDDEN");
        let update = harness::clinic::mutation("updatePatient", "errors { code }");
        assert_eq!(clinic.refusal(paul, &update, json!({ "input": { "patientId": id } })).await, "FORBIDDEN");
        let own = harness::clinic::mutation("updateContactDetails", "errors { code }");
        assert_eq!(clinic.refusal(clinic.ours.administrator, &own, json!({ "input": {} })).await, "FORBIDDEN");
    }

    async fn portal_access_that_ends_signs_the_patient_out(clinic: &Clinic) {
        let administrator = clinic.ours.administrator;
        let id = clinic.patient(&canary::name("Paul"), json!({})).await;
        let person = PersonId::Patient(PatientId::from_public(&id).unwrap());
        let paul = clinic.sign_in(clinic.ours.organization, person).await;
        let changed = clinic.change(administrator, "updatePatient", RECORD, json!({ "patientId": id, "portalAllowed": false })).await;
        assert_eq!(changed["patient"]["portalAllowed"], false);
        assert_eq!(clinic.refusal(paul, "{ organization { id } }", json!({})).await, "UNAUTHENTICATED");
        clinic.change(administrator, "updatePatient", RECORD, json!({ "patientId": id, "portalAllowed": true })).await;
        assert_eq!(clinic.refusal(paul, "{ organization { id } }", json!({})).await, "UNAUTHENTICATED");
        let ended = clinic.change(administrator, "endEnrolment", RECORD, json!({ "patientId": id })).await;
        assert_eq!(ended["patient"]["enrolledAt"], json!(null));
    }
}
