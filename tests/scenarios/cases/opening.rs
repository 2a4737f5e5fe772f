//! Opening contact requests.

use entity::{EventKind, StaffId};
use harness::clinic::{Clinic, public_id};
use harness::{canary, on_both_databases, run};
use serde_json::{Value, json};
use tidings::domain::event_log::Audience;

use super::{Ward, codes};
use crate::texting::Desk;

on_both_databases! {
    /// A patient opens one in the portal. It is new, it alerts their nurse like any message, and it shows the patient nothing
    /// of how the clinic works.
    async fn a_patient_opens_one_in_the_portal(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let own = ward.sign_in(&eva).await;
        clinic.set(json!({ "firstAnswerMinutes": { "normal": 60 } })).await;
        let input = json!({ "reason": canary::message("My knee hurts"), "idempotencyKey": "one" });
        let opened = ward.act(own, "openContactRequest", input).await;
        assert_eq!(opened["errors"], json!([]));
        let case = &opened["case"];
        assert_eq!((&case["status"], &case["source"], &case["phone"]), (&json!("NEW"), &json!("PORTAL"), &json!(canary::phone(1))));
        assert_eq!(case["reason"], canary::message("My knee hurts"));
        assert_eq!((&case["priority"], &case["history"], &case["obstacles"]), (&Value::Null, &json!([]), &json!([])));
        assert_eq!(case["firstAnswerDueAt"], Value::Null, "it would give the priority away");
        assert_eq!(case["conversation"]["canWrite"], true, "what the patient adds is kept");

        let id = case["id"].as_str().unwrap();
        let seen = ward.seen(ward.nurse, id).await;
        assert_eq!((&seen["priority"], &seen["conversation"]["unreadCount"]), (&json!("NORMAL"), &json!(1)));
        assert!(seen["firstAnswerDueAt"].is_string());
        assert_eq!(seen["history"][0]["personKind"], "PATIENT");
        assert_eq!((&seen["history"][0]["statusBefore"], &seen["history"][0]["statusAfter"]), (&Value::Null, &json!("NEW")));
        assert_eq!(seen["conversation"]["canWrite"], false, "nobody works on it yet");
        let events = clinic.events_after(0).await;
        let posted = events.iter().find(|event| event.kind == EventKind::MessagePosted).unwrap();
        let nurse = StaffId::from_public(&public_id(ward.nurse)).unwrap();
        assert!(Audience::from_stored(&posted.audience).unwrap().alerts(nurse));
        assert!(events.iter().any(|event| event.kind == EventKind::CaseChanged));
    }

    /// What another system brings are the patient's words; what staff write down on the telephone is a note, which the patient
    /// does not see and which alerts nobody.
    async fn staff_and_other_systems_open_them(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let brought = ward.request(&eva, json!({ "reason": canary::message("I have chest pain"), "priority": "HIGH" })).await;
        let first = &brought["case"]["conversation"]["messages"]["nodes"][0];
        assert_eq!((&first["author"]["kind"], &first["kind"], &first["urgent"]), (&json!("PATIENT"), &json!("MESSAGE"), &json!(true)));
        assert_eq!((&brought["case"]["source"], &brought["case"]["priority"]), (&json!("INTEGRATION"), &json!("HIGH")));
        assert_eq!(brought["case"]["conversation"]["participants"], json!([]), "a system works on nothing");

        let more = json!({ "source": "TELEPHONE", "reason": canary::message("called about a rash"), "phone": canary::phone(2) });
        let told = ward.request(&eva, more).await;
        assert_eq!(told["case"]["phone"], canary::phone(2));
        let first = &told["case"]["conversation"]["messages"]["nodes"][0];
        assert_eq!((&first["author"]["kind"], &first["kind"]), (&json!("STAFF"), &json!("NOTE")));
        assert_eq!(told["case"]["conversation"]["participants"][0]["staffMember"]["id"], public_id(ward.nurse));
        let own = ward.sign_in(&eva).await;
        let seen = ward.seen(own, told["case"]["id"].as_str().unwrap()).await;
        assert_eq!((&seen["reason"], &seen["conversation"]["messages"]["nodes"]), (&Value::Null, &json!([])));
    }

    /// Whoever repeats a request gets what it opened; with another content it is refused, and of many at once one opens it.
    async fn the_same_key_opens_one_case(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let key = json!({ "idempotencyKey": "form-17" });
        let together = futures_util::future::join_all((0..8).map(|_| ward.request(&eva, key.clone()))).await;
        let ids: std::collections::BTreeSet<_> = together.iter().map(|payload| payload["case"]["id"].to_string()).collect();
        assert_eq!(ids.len(), 1);
        assert_eq!(together.iter().filter(|payload| payload["replayed"] == false).count(), 1);
        let again = ward.request(&eva, key).await;
        assert_eq!((&again["replayed"], &again["errors"]), (&json!(true), &json!([])));
        let other = ward.request(&eva, json!({ "idempotencyKey": "form-17", "reason": canary::message("Another knee") })).await;
        assert_eq!(codes(&other), ["IDEMPOTENCY_KEY_REUSED"]);
        assert_eq!(ward.list(ward.nurse, "first: 10").await.len(), 1);
    }

    /// A retry is given what it opened, also after the clinic has stopped to offer cases and after the patient is out of reach: then
    /// it learns of it by its id alone.
    async fn a_retry_is_given_what_it_opened_whatever_has_changed(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let program = clinic.program("Heart").await;
        let eva = ward.desk.patient_with("Eva", json!({ "phone": canary::phone(1), "programIds": [program], "portalAllowed": true })).await;
        let own = ward.sign_in(&eva).await;
        let key = json!({ "idempotencyKey": "form-18" });
        let opened = ward.request(&eva, key.clone()).await;
        let mine = json!({ "reason": canary::message("My knee hurts"), "idempotencyKey": "one" });
        let by_patient = ward.act(own, "openContactRequest", mine.clone()).await;
        clinic.set(json!({ "rules": [{ "kind": "CASE", "offered": false }] })).await;
        let again = ward.request(&eva, key.clone()).await;
        assert_eq!((&again["errors"], &again["replayed"], &again["case"]["id"]), (&json!([]), &json!(true), &opened["case"]["id"]));
        let again = ward.act(own, "openContactRequest", mine).await;
        assert_eq!((&again["errors"], &again["case"]["id"]), (&json!([]), &by_patient["case"]["id"]));

        let restrict = json!({ "staffId": public_id(ward.nurse), "programIds": [program] });
        assert_eq!(clinic.mistakes(clinic.ours.administrator, "setStaffRestrictions", restrict).await, []);
        let input = json!({
            "patientId": eva, "source": "INTEGRATION", "reason": canary::message("My knee hurts"), "idempotencyKey": "form-18",
        });
        let payload = "replayed caseId case { id } errors { code }";
        let again = clinic.change(ward.nurse, "createContactRequest", payload, input).await;
        assert_eq!(again, json!({ "replayed": true, "caseId": opened["case"]["id"], "case": null, "errors": [] }));
    }

    /// What is brought in the name of a patient can always be told from what they wrote themselves.
    async fn who_brought_a_request_is_known(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let own = ward.sign_in(&eva).await;
        let brought = ward.new_case(&eva).await;
        let written = ward.act(own, "openContactRequest", json!({ "reason": canary::message("Me"), "idempotencyKey": "one" })).await;
        let query = "query ($id: ID!) { conversation(id: $id) { case { source openedBy { id } }
            messages(first: 5) { nodes { author { kind } broughtBy { id } } } } }";
        let nora = json!({ "id": public_id(ward.nurse) });
        let seen = clinic.ask(ward.nurse, query, json!({ "id": brought })).await["conversation"].clone();
        assert_eq!(seen["case"], json!({ "source": "INTEGRATION", "openedBy": nora }));
        assert_eq!(seen["messages"]["nodes"][0], json!({ "author": { "kind": "PATIENT" }, "broughtBy": nora }));
        let seen = clinic.ask(own, query, json!({ "id": brought })).await["conversation"].clone();
        assert_eq!((&seen["case"]["openedBy"], &seen["case"]["source"]), (&Value::Null, &json!("INTEGRATION")));
        let seen = clinic.ask(ward.nurse, query, json!({ "id": written["case"]["id"] })).await["conversation"].clone();
        assert_eq!((&seen["case"]["openedBy"], &seen["messages"]["nodes"][0]["broughtBy"]), (&Value::Null, &Value::Null));
        let note = ward.request(&eva, json!({ "source": "TELEPHONE" })).await["case"]["id"].clone();
        let seen = clinic.ask(ward.nurse, query, json!({ "id": note })).await["conversation"].clone();
        assert_eq!((&seen["case"]["openedBy"], &seen["messages"]["nodes"][0]["broughtBy"]), (&nora, &Value::Null), "a note has its author");
    }

    /// A clinic that has not chosen to work with cases has none, also where it texts.
    async fn cases_are_offered_where_they_were_chosen(clinic: &Clinic) {
        let ward = Ward::of(Desk::open(clinic).await);
        let eva = ward.patient("Eva", 1).await;
        let own = ward.sign_in(&eva).await;
        let input = json!({ "reason": canary::message("Me"), "idempotencyKey": run::unique_name() });
        assert_eq!(codes(&ward.act(own, "openContactRequest", input).await), ["KIND_NOT_OFFERED"]);
        assert_eq!(codes(&ward.request(&eva, json!({})).await), ["KIND_NOT_OFFERED"]);
        clinic.set(json!({ "rules": [{ "kind": "CASE", "offered": true }] })).await;
        ward.new_case(&eva).await;
    }

    /// What cannot be taken is named.
    async fn values_are_checked(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        for (wrong, code) in [
            (json!({ "phone": "02 5550 1234" }), "NOT_A_MOBILE_NUMBER"),
            (json!({ "reason": " " }), "BLANK"),
            (json!({ "reason": "x".repeat(2001) }), "TOO_LONG"),
            (json!({ "source": "PORTAL" }), "INVALID"),
            (json!({ "idempotencyKey": "a b" }), "INVALID"),
        ] {
            let refused = ward.request(&eva, wrong.clone()).await;
            assert_eq!((codes(&refused), &refused["case"]), (vec![code], &Value::Null), "{wrong}");
        }
        let dialled = ward.request(&eva, json!({ "phone": "0491 570 002" })).await;
        assert_eq!(dialled["case"]["phone"], canary::phone(2), "as it is dialled in the clinic's region");
        clinic.set(json!({ "rules": [{ "kind": "CASE", "starts": "STAFF" }] })).await;
        let own = ward.sign_in(&eva).await;
        let input = json!({ "reason": canary::message("Me"), "idempotencyKey": run::unique_name() });
        assert_eq!(codes(&ward.act(own, "openContactRequest", input).await), ["NOT_STARTED"]);
        clinic.set(json!({ "rules": [{ "kind": "CASE", "offered": false }] })).await;
        assert_eq!(codes(&ward.request(&eva, json!({})).await), ["KIND_NOT_OFFERED"]);
    }
}
