//! Who wants no texts about their case gets none, and those who work on it see that (TXT-4).

use chrono::TimeDelta;
use entity::{EventKind, StaffId, TextPurpose};
use harness::clinic::{Clinic, public_id};
use harness::{canary, on_both_databases};
use serde_json::json;
use tidings::domain::event_log::Audience;

use super::{Ward, conversation_id, left};

fn entry(change: &str, word: &str) -> (String, String, String) {
    (
        change.to_owned(),
        "TEXT_KEYWORD".to_owned(),
        word.to_owned(),
    )
}

/// Whether the nurse was alerted that a case has changed, and how many such events there were.
async fn alerts(ward: &Ward<'_>, case: &str, after: i64) -> Vec<bool> {
    let nurse = StaffId::from_public(&public_id(ward.nurse)).unwrap();
    let events = ward.clinic.events_after(after).await;
    let changes = events.iter().filter(|event| {
        event.kind == EventKind::CaseWorkChanged
            && event.conversation_id == Some(conversation_id(case))
    });
    changes
        .map(|event| {
            let audience = Audience::from_stored(&event.audience).unwrap();
            audience.alerts(nurse)
        })
        .collect()
}

on_both_databases! {
    /// STOP and START from a number that is known by a case only stand in the patient's ledger, once each, alert whoever works on
    /// the case, and are shown in it.
    async fn stop_and_start_from_the_number_of_a_case_are_kept_and_told(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.request(&eva, json!({ "phone": canary::phone(2) })).await["case"]["id"].as_str().unwrap().to_owned();
        ward.set(&case, "IN_PROGRESS").await;
        let head = clinic.events_after(0).await.last().unwrap().position;
        for word in ["stop!", "STOPALL"] {
            ward.desk.text(2, word).await;
        }
        assert_eq!(ward.desk.ledger(&eva).await, [entry("REVOKED", "STOP")]);
        assert_eq!(alerts(&ward, &case, head).await, [true]);
        assert_eq!(ward.seen(ward.nurse, &case).await["obstacles"], json!(["NUMBER_OPTED_OUT"]));
        let body = json!({ "body": canary::message("Since when?") });
        assert_eq!(ward.write(ward.nurse, &case, body.clone()).await["message"]["channel"], "PORTAL");
        assert_eq!(left(clinic).await.len(), 1, "the confirmation");

        let head = clinic.events_after(0).await.last().unwrap().position;
        ward.desk.text(2, "Start").await;
        assert_eq!(ward.desk.ledger(&eva).await, [entry("GRANTED", "START"), entry("REVOKED", "STOP")]);
        assert_eq!(alerts(&ward, &case, head).await, [true]);
        assert_eq!(ward.seen(ward.nurse, &case).await["obstacles"], json!([]));
        assert_eq!(ward.write(ward.nurse, &case, body).await["message"]["channel"], "SMS");
        let left: Vec<_> = left(clinic).await.into_iter().map(|(number, _)| number).collect();
        assert_eq!(left, [(); 3].map(|()| canary::phone(2)));
    }

    /// It holds for every patient whose case has the number; a complete case is shown as it is and alerts nobody.
    async fn stop_holds_for_each_patient_with_a_case(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let mut cases = Vec::new();
        for (name, own) in [("Eva", 1), ("Emil", 2)] {
            let patient = ward.patient(name, own).await;
            let case = ward.request(&patient, json!({ "phone": canary::phone(3) })).await["case"]["id"].as_str().unwrap().to_owned();
            cases.push((patient, case));
        }
        ward.set(&cases[1].1, "COMPLETE").await;
        let head = clinic.events_after(0).await.last().unwrap().position;
        ward.desk.text(3, "STOP").await;
        for ((patient, case), alerted) in cases.iter().zip([true, false]) {
            assert_eq!(ward.desk.ledger(patient).await, [entry("REVOKED", "STOP")]);
            assert_eq!(alerts(&ward, case, head).await, [alerted]);
        }
    }

    /// A patient whom staff opted out gets no automatic message after the end of a case either, also not one that waited to leave.
    async fn staffs_opt_out_stops_the_automatic_message(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.desk.enabled("Eva", 1).await;
        let case = ward.case(&eva).await;
        let later = [1, 20].map(|minutes| clinic.later(TimeDelta::minutes(minutes)));
        let ward = ward.at(&later[0]);
        ward.write(ward.nurse, &case, json!({ "body": canary::message("Good bye") })).await;
        ward.set(&case, "COMPLETE").await;
        ward.desk.text(1, &canary::message("one more thing")).await;
        let automatic = |texts: Vec<TextPurpose>| texts.into_iter().filter(|purpose| *purpose == TextPurpose::AutomaticAnswer).count();
        assert_eq!(automatic(ward.desk.texts_to(1).await), 1);
        ward.desk.done("optPatientOutOfTexting", &eva).await;
        let ward = ward.at(&later[1]);
        ward.desk.text(1, &canary::message("and another")).await;
        assert_eq!(automatic(ward.desk.texts_to(1).await), 1);
        assert_eq!(left(&later[1]).await, []);
        assert_eq!(ward.talk(&case).await.len(), 4, "what the patient writes is kept all the same");
    }
}
