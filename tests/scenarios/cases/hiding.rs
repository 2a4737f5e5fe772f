//! "Close thread" (CASE-5).

use entity::{EventKind, StaffId};
use harness::clinic::{Claims, Clinic, public_id};
use harness::{canary, on_both_databases};
use serde_json::json;
use tidings::domain::event_log::Audience;

use super::{Ward, codes};

async fn counts(clinic: &Clinic, who: Claims) -> (i64, usize) {
    let query = "{ inbox { counts { messages } nodes { id } } }";
    let inbox = clinic.ask(who, query, json!({})).await["inbox"].clone();
    let messages = inbox["counts"]["messages"].as_i64().unwrap();
    (messages, inbox["nodes"].as_array().unwrap().len())
}

on_both_databases! {
    /// A hidden thread is out of one's own lists and counts, and of nobody else's. When the patient writes it is back with
    /// everybody, counts as new and alerts.
    async fn a_hidden_thread_is_back_when_the_patient_writes(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let nils = clinic.staff("Nils", &["CLINICIAN"]).await;
        let eva = ward.patient("Eva", 1).await;
        let join = json!({ "patientId": eva, "staffId": public_id(nils) });
        assert_eq!(clinic.mistakes(ward.nurse, "addToCareTeam", join).await, []);
        let case = ward.case(&eva).await;
        let (_, in_inbox) = counts(clinic, ward.nurse).await;
        for who in [ward.nurse, nils] {
            let hidden = ward.hide(who, &case).await;
            assert_eq!((&hidden["case"]["hidden"], &hidden["case"]["status"]), (&json!(true), &json!("IN_PROGRESS")));
            assert_eq!(counts(clinic, who).await, (0, in_inbox - 1));
            assert_eq!(ward.list(who, "first: 5").await, [""; 0]);
            assert_eq!(ward.list(who, "hidden: true").await, std::slice::from_ref(&case));
        }
        let answer = json!({ "body": canary::message("I wait for you") });
        assert_eq!(ward.write(ward.nurse, &case, answer).await["errors"], json!([]), "the chat goes on");
        assert_eq!(ward.list(nils, "hidden: true").await, std::slice::from_ref(&case), "what colleagues write brings nothing back");

        let before = clinic.events_after(0).await.last().unwrap().position;
        ward.desk.text(1, &canary::message("Here I am")).await;
        for who in [ward.nurse, nils] {
            assert_eq!(ward.seen(who, &case).await["hidden"], false);
            assert_eq!(ward.list(who, "first: 5").await, std::slice::from_ref(&case));
            assert_eq!(counts(clinic, who).await.1, in_inbox);
        }
        assert_eq!(counts(clinic, ward.nurse).await.0, 2, "what the case began with and the answer");
        let events = clinic.events_after(before).await;
        assert!(events.iter().any(|event| event.kind == EventKind::CaseWritten));
    }

    /// Whoever takes a case up, or is to work on it, has it in their own lists, also if they had hidden it; and the lists are told.
    async fn who_works_on_a_case_does_not_miss_it(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let nils = clinic.staff("Nils", &["CLINICIAN"]).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.new_case(&eva).await;
        for who in [ward.nurse, nils] {
            ward.hide(who, &case).await;
        }
        let before = clinic.events_after(0).await.last().unwrap().position;
        ward.set(&case, "IN_PROGRESS").await;
        assert_eq!(ward.list(ward.nurse, "first: 5").await, std::slice::from_ref(&case));
        assert_eq!(ward.list(nils, "first: 5").await, [""; 0], "it is the same for everybody else");
        let assign = json!({ "caseId": case, "assigneeId": public_id(nils) });
        ward.act(ward.nurse, "assignCase", assign).await;
        assert_eq!(ward.list(nils, "first: 5").await, std::slice::from_ref(&case));
        let events = clinic.events_after(before).await;
        let told = |kind, who| events.iter().any(|event| {
            let staff = StaffId::from_public(&public_id(who)).unwrap();
            event.kind == kind && Audience::from_stored(&event.audience).unwrap().includes(staff)
        });
        assert!(told(EventKind::CaseChanged, ward.nurse) && told(EventKind::CaseWorkChanged, nils));

        ward.hide(ward.nurse, &case).await;
        for status in ["COMPLETE", "IN_PROGRESS"] {
            ward.set(&case, status).await;
        }
        assert_eq!(ward.list(ward.nurse, "hidden: true").await, [""; 0]);
    }

    /// Hiding is about what one works through: a search finds the thread, and so does the archive after its end.
    async fn what_is_hidden_is_found_by_whoever_looks_for_it(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.case(&eva).await;
        ward.hide(ward.nurse, &case).await;
        assert_eq!(ward.list(ward.nurse, "first: 5").await, [""; 0]);
        assert_eq!(ward.list(ward.nurse, "search: \"eva\"").await, std::slice::from_ref(&case));
        ward.set(&case, "COMPLETE").await;
        assert_eq!(ward.list(ward.nurse, "status: COMPLETE").await, [case]);
    }

    /// It can be taken back by hand, and only threads of cases are hidden.
    async fn a_thread_is_taken_back_by_hand(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.case(&eva).await;
        for _ in 0..2 {
            assert_eq!(codes(&ward.hide(ward.nurse, &case).await), [""; 0]);
        }
        for _ in 0..2 {
            assert_eq!(codes(&ward.act(ward.nurse, "returnThread", json!({ "caseId": case })).await), [""; 0]);
        }
        let events = clinic.events_after(0).await;
        assert_eq!(events.iter().filter(|event| event.kind == EventKind::ThreadHidden).count(), 2, "what changes nothing tells nobody");
        assert_eq!(ward.list(ward.nurse, "first: 5").await, [case]);
        let (chat, _) = ward.desk.chat(&eva).await;
        assert_eq!(codes(&ward.hide(ward.nurse, &chat).await), ["WRONG_STATE"]);
    }

    /// What the patient has written since somebody looked is not hidden with the rest, also when both come at the same moment.
    async fn what_was_not_seen_is_not_hidden(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.case(&eva).await;
        let seen = ward.position(ward.nurse, &case).await;
        ward.desk.text(1, &canary::message("Wait")).await;
        let stale = ward.act(ward.nurse, "hideThread", json!({ "caseId": case, "seenPosition": seen })).await;
        assert_eq!((codes(&stale), &stale["case"]["hidden"]), (vec!["PATIENT_WROTE_MEANWHILE"], &json!(false)));
        for round in 0..10 {
            let seen = ward.position(ward.nurse, &case).await;
            let hide = ward.act(ward.nurse, "hideThread", json!({ "caseId": case, "seenPosition": seen }));
            let words = canary::message(&format!("Wait {round}"));
            let (hidden, _) = tokio::join!(hide, ward.desk.text(1, &words));
            let hidden = codes(&hidden);
            assert!(hidden.is_empty() || hidden == ["PATIENT_WROTE_MEANWHILE"], "{hidden:?}");
            assert_eq!(ward.seen(ward.nurse, &case).await["hidden"], false, "whichever came first");
        }
        assert_eq!(codes(&ward.hide(ward.nurse, &case).await), [""; 0]);
        assert_eq!(ward.seen(ward.nurse, &case).await["hidden"], true);
    }
}
