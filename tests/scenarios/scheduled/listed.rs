//! What has not left of the whole clinic, in one list.

use harness::clinic::{Claims, Clinic, public_id};
use harness::{canary, on_both_databases, run};
use serde_json::{Value, json};

use super::stopped::write;
use super::{begun, later, schedule};
use crate::reminders::{as_patient, at, leave, patient};

const LIST: &str = "query ($status: ScheduledMessageStatus, $first: Int, $after: String, $last: Int, $before: String) {
    stoppedScheduledMessages(status: $status, first: $first, after: $after, last: $last, before: $before) {
        nodes { id status patient { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

async fn page(clinic: &Clinic, who: Claims, slice: Value) -> Value {
    clinic.ask(who, LIST, slice).await["stoppedScheduledMessages"].take()
}

fn ids(page: &Value) -> Vec<Value> {
    let nodes = page["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node["id"].clone()).collect()
}

/// The beginning of a secure message at an hour of the first of February; gives its id.
async fn beginning(clinic: &Clinic, who: Claims, patient: &str, hour: u8, more: Value) -> Value {
    let mut input = json!({
        "patientId": patient, "title": canary::message("Results"), "body": { "plain": canary::message("All is well") },
        "localTime": format!("2027-02-01T{hour:02}:00"), "timeZone": "UTC", "idempotencyKey": run::unique_name(),
    });
    for (key, value) in more.as_object().unwrap() {
        input[key] = value.clone();
    }
    let payload = "scheduledMessage { id } errors { code }";
    let scheduled = clinic
        .change(who, "scheduleSecureMessage", payload, input)
        .await;
    assert_eq!(scheduled["errors"], json!([]));
    scheduled["scheduledMessage"]["id"].clone()
}

on_both_databases! {
    /// What was held back, has expired or was refused stands in one list, what was to leave last first; what waits, has left or
    /// was cancelled does not. What somebody looks after leaves it.
    async fn a_clinic_finds_what_has_not_left(clinic: &Clinic) {
        let (nora, eva, conversation) = begun(clinic).await;
        let nils = clinic.staff("Nils", &["CLINICIAN"]).await;
        let query = "query ($id: ID!) { conversation(id: $id) { position } }";
        let seen = clinic.ask(nora, query, json!({ "id": conversation })).await["conversation"]["position"].take();
        let guarded = later(&conversation, "2027-02-01T09:00", json!({ "seenPosition": seen, "timeZone": "UTC" }));
        let held = schedule(clinic, nora, guarded).await["id"].clone();
        let expired = beginning(clinic, nora, &eva, 10, json!({ "expiresAt": "2027-02-01T10:30:00Z" })).await;
        beginning(clinic, nora, &eva, 7, json!({})).await;
        let refused = beginning(clinic, nora, &eva, 11, json!({})).await;
        let cancelled = beginning(clinic, nora, &eva, 12, json!({})).await;
        beginning(clinic, nora, &eva, 20, json!({})).await;
        assert_eq!(clinic.mistakes(nora, "cancelScheduledMessage", json!({ "scheduledMessageId": cancelled })).await, []);
        leave(&at(clinic, "2027-02-01T07:00:00Z")).await;
        write(clinic, as_patient(clinic, &eva).await, &conversation, "Wait").await;
        leave(&at(clinic, "2027-02-01T09:00:00Z")).await;
        let locked_out = json!({ "patientId": eva, "portalAllowed": false });
        assert_eq!(clinic.mistakes(clinic.ours.administrator, "updatePatient", locked_out).await, []);
        leave(&at(clinic, "2027-02-01T11:00:00Z")).await;

        let all = page(clinic, nils, json!({})).await;
        assert_eq!(ids(&all), [refused.clone(), expired.clone(), held.clone()]);
        let statuses: Vec<_> = all["nodes"].as_array().unwrap().iter().map(|node| &node["status"]).collect();
        assert_eq!(statuses, ["REFUSED", "EXPIRED", "HELD"]);
        assert_eq!(ids(&page(clinic, nils, json!({ "status": "HELD" })).await), std::slice::from_ref(&held));
        assert_eq!(ids(&page(clinic, nils, json!({ "status": "WAITING" })).await), [json!(null); 0]);
        let first = page(clinic, nils, json!({ "first": 2 })).await;
        assert_eq!((ids(&first), &first["pageInfo"]["hasNextPage"]), (vec![refused, expired.clone()], &json!(true)));
        let rest = page(clinic, nils, json!({ "first": 2, "after": first["pageInfo"]["endCursor"] })).await;
        assert_eq!((ids(&rest), &rest["pageInfo"]["hasNextPage"]), (vec![held.clone()], &json!(false)));
        let back = page(clinic, nils, json!({ "last": 1, "before": rest["pageInfo"]["startCursor"] })).await;
        assert_eq!((ids(&back), &back["pageInfo"]["hasPreviousPage"]), (vec![expired], &json!(true)));

        assert_eq!(clinic.mistakes(nils, "cancelScheduledMessage", json!({ "scheduledMessageId": held })).await, []);
        assert_eq!(ids(&page(clinic, nils, json!({})).await).len(), 2);
    }

    /// Each clinician finds what concerns patients whom they reach, and conversations in which they take part; other clinics find
    /// theirs only, and it is for clinicians.
    async fn the_list_shows_what_its_reader_may_open(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let (nils, rita) = (clinic.staff("Nils", &["CLINICIAN"]).await, clinic.staff("Rita", &["CLINICIAN"]).await);
        let administrator = clinic.ours.administrator;
        let program = clinic.program("Asthma").await;
        let (eva, ida) = (patient(clinic, "Eva", json!({})).await, patient(clinic, "Ida", json!({ "programIds": [program] })).await);
        let of_eva = beginning(clinic, nora, &eva, 9, json!({ "expiresAt": "2027-02-01T09:30:00Z" })).await;
        let of_ida = beginning(clinic, nora, &ida, 10, json!({ "expiresAt": "2027-02-01T10:30:00Z" })).await;
        leave(&at(clinic, "2027-02-01T12:00:00Z")).await;
        let restriction = json!({ "staffId": public_id(rita), "programIds": [program] });
        assert_eq!(clinic.mistakes(administrator, "setStaffRestrictions", restriction).await, []);
        assert_eq!(ids(&page(clinic, nils, json!({})).await), [of_ida.clone(), of_eva.clone()]);
        assert_eq!(ids(&page(clinic, rita, json!({})).await), [of_eva]);
        let join = json!({ "patientId": ida, "staffId": public_id(nora) });
        assert_eq!(clinic.mistakes(administrator, "addToCareTeam", join).await, []);
        clinic.set(json!({ "access": "TEAM" })).await;
        assert_eq!(ids(&page(clinic, nora, json!({})).await), [of_ida]);
        assert_eq!(ids(&page(clinic, nils, json!({})).await), [json!(null); 0]);
        assert_eq!(clinic.refusal(administrator, LIST, json!({})).await, "FORBIDDEN");
    }
}
