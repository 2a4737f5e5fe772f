//! What cannot be sent is refused as a whole, with a code at the field that is wrong.

use entity::{PatientId, reminder};
use harness::clinic::Clinic;
use harness::{on_both_databases, run};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{patient, send, sent, template, to, write};

/// The code and field of the one error.
fn mistake(payload: &Value) -> (&str, &str) {
    assert_eq!(payload["reminder"], Value::Null, "{payload}");
    let error = &payload["errors"][0];
    (
        error["code"].as_str().unwrap(),
        error["field"][0].as_str().unwrap_or_default(),
    )
}

async fn reminders(clinic: &Clinic) -> u64 {
    reminder::Entity::find()
        .count(clinic.core.store.reader())
        .await
        .unwrap()
}

on_both_databases! {
    async fn when_nobody_can_get_it_the_reason_is_the_error(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let en = template(clinic, &[("en", "Your test")]).await;
        let stale = template(clinic, &[("en", "Your test"), ("fi", "Testisi")]).await;
        write(clinic, &stale, ("en", "Your new test"), 1).await;
        let foreign = template(clinic, &[("sv", "Ditt prov")]).await;
        let who = clinic.ours.administrator;
        let naming = template(clinic, &[("en", "Call {{clinic_phone}}")]).await;
        let named = json!({ "name": run::unique_name(), "sourceLanguage": "en" });
        let made = clinic.change(who, "createMessageTemplate", "template { id } errors { code }", named).await;
        let empty = made["template"]["id"].clone();
        let eva = patient(clinic, "Eva", json!({})).await;
        let finn = patient(clinic, "Finn", json!({ "language": "fi" })).await;
        let nadia = patient(clinic, "Nadia", json!({ "email": null })).await;
        let olga = patient(clinic, "Olga", json!({ "portalAllowed": false })).await;
        let plain = json!({});
        for (template, patient, more, expected) in [
            (&en, &nadia, &plain, ("NO_CONTACT_ON_FILE", "patientIds")),
            (&en, &olga, &plain, ("PATIENT_PORTAL_ACCESS_MISSING", "patientIds")),
            (&stale, &finn, &plain, ("TRANSLATION_STALE", "templateId")),
            (&foreign, &eva, &plain, ("NO_TRANSLATION", "templateId")),
            (&empty, &eva, &plain, ("NO_TRANSLATION", "templateId")),
            (&naming, &eva, &plain, ("VALUE_MISSING", "templateId")),
            (&en, &eva, &json!({ "localTime": "2027-01-01T09:00" }), ("TIME_PASSED", "localTime")),
            (&en, &eva, &json!({ "localTime": "2027-03-28T01:30" }), ("TIME_DOES_NOT_EXIST", "localTime")),
            (&en, &eva, &json!({ "localTime": "2029-01-01T09:00" }), ("OUT_OF_RANGE", "localTime")),
            (&en, &eva, &json!({ "expiresAt": "2027-01-01T09:00:00Z" }), ("TIME_PASSED", "expiresAt")),
            (&en, &eva, &json!({ "localTime": "2027-02-01T09:00", "expiresAt": "2027-01-31T09:00:00Z" }), ("TIME_PASSED", "expiresAt")),
            (&en, &eva, &json!({ "idempotencyKey": "a b" }), ("INVALID", "idempotencyKey")),
            (&en, &eva, &json!({ "seenReview": "what was seen" }), ("OUTDATED_REVIEW", "seenReview")),
            (&en, &eva, &json!({ "filter": {} }), ("INVALID", "filter")),
        ] {
            let payload = send(clinic, nora, to(template, &[patient], more.clone())).await;
            assert_eq!(mistake(&payload), expected, "{more}");
        }
        assert_eq!(mistake(&send(clinic, nora, to(&en, &[], json!({}))).await), ("BLANK", "patientIds"));
        assert_eq!(mistake(&send(clinic, nora, to(&en, &[&nadia, &olga], json!({}))).await), ("NO_RECIPIENTS", ""));
        let many: Vec<_> = (0..10_001).map(|n| PatientId(Uuid::from_u128(n)).to_public()).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert_eq!(mistake(&send(clinic, nora, to(&en, &many, json!({}))).await), ("OUT_OF_RANGE", "patientIds"));
        assert_eq!(reminders(clinic).await, 0);

        clinic.set(json!({ "portal": false })).await;
        assert_eq!(mistake(&send(clinic, nora, to(&en, &[&eva], json!({}))).await), ("PORTAL_DISABLED", ""));
        clinic.set(json!({ "portal": true, "scheduling": false })).await;
        let later = json!({ "localTime": "2027-02-01T09:00" });
        assert_eq!(mistake(&send(clinic, nora, to(&en, &[&eva], later)).await), ("SCHEDULING_OFF", "localTime"));
        assert_eq!(reminders(clinic).await, 0);
    }

    async fn a_key_stands_for_one_reminder(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let (eva, ida) = (patient(clinic, "Eva", json!({})).await, patient(clinic, "Ida", json!({})).await);
        let input = to(&template, &[&eva], json!({}));
        let first = sent(clinic, nora, input.clone()).await;
        let again = send(clinic, nora, input.clone()).await;
        assert_eq!((&again["reminder"]["id"], &again["replayed"]), (&first, &json!(true)));
        for (key, value) in [("patientIds", json!([eva, ida])), ("localTime", json!("2027-02-01T09:00"))] {
            let mut other = input.clone();
            other[key] = value;
            assert_eq!(mistake(&send(clinic, nora, other).await), ("IDEMPOTENCY_KEY_REUSED", "idempotencyKey"));
        }
        assert_eq!(reminders(clinic).await, 1);
    }

    async fn a_patient_whom_the_sender_does_not_reach_is_not_there(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let program = clinic.program("Asthma").await;
        let open = patient(clinic, "Enya", json!({})).await;
        let hidden = patient(clinic, "Enid", json!({ "programIds": [program] })).await;
        let restriction = json!({ "staffId": harness::clinic::public_id(nora), "programIds": [program] });
        let errors = clinic.mistakes(clinic.ours.administrator, "setStaffRestrictions", restriction).await;
        assert_eq!(errors, []);
        let query = harness::clinic::mutation("sendReminder", "errors { code }");
        let input = to(&template, &[&open, &hidden], json!({}));
        assert_eq!(clinic.refusal(nora, &query, json!({ "input": input })).await, "NOT_FOUND");

        let mut input = to(&template, &[], json!({ "filter": { "search": "en" } }));
        input.as_object_mut().unwrap().remove("patientIds");
        let payload = send(clinic, nora, input).await;
        assert_eq!(payload["reminder"]["recipientCount"], json!(1));
    }
}
