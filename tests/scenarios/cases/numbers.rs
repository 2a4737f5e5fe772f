//! Whose number it is by which a case is held (TXT-7), and which one that is.

use chrono::TimeDelta;
use entity::{ConversationId, QuarantineReason};
use harness::clinic::{Claims, Clinic};
use harness::{canary, on_both_databases};
use serde_json::json;
use tidings::domain::texts::inbound::Received;

use super::{Ward, codes, conversation_id, left};

const SHARED: Received = Received::Quarantined(QuarantineReason::SharedNumber);

/// The conversation that a text has joined, if it has.
pub(super) fn joined(received: &Received) -> Option<ConversationId> {
    match received {
        Received::Taken { message, .. } => message.map(|(conversation, _)| conversation),
        Received::Quarantined(_) => None,
    }
}

/// The numbers to which texts have left.
async fn leave(clinic: &Clinic) -> Vec<String> {
    let left = left(clinic).await;
    left.into_iter().map(|(number, _)| number).collect()
}

async fn case_by(ward: &Ward<'_>, patient: &str, number: u16) -> String {
    let case = ward.request(patient, json!({ "phone": canary::phone(number) }));
    let case = case.await["case"]["id"].as_str().unwrap().to_owned();
    ward.set(&case, "IN_PROGRESS").await;
    case
}

/// Somebody writes another number of a patient on file.
async fn moves_to(clinic: &Clinic, nurse: Claims, patient: &str, number: u16) {
    let input = json!({ "patientId": patient, "phone": canary::phone(number) });
    assert_eq!(clinic.mistakes(nurse, "updatePatient", input).await, []);
}

on_both_databases! {
    /// A mother gave her number in her child's case, which was completed long ago: her own case's texting goes on, in both
    /// directions. While the child's case is open, or was completed a short while ago, nobody guesses.
    async fn a_childs_case_of_long_ago_does_not_stop_the_mothers(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let (mother, child) = (ward.patient("Eva", 1).await, ward.patient("Emil", 2).await);
        let childs = case_by(&ward, &child, 1).await;
        let mothers = ward.case(&mother).await;
        assert_eq!(ward.desk.text(1, &canary::message("whose?")).await, SHARED);
        ward.set(&childs, "COMPLETE").await;
        let soon = clinic.later(TimeDelta::days(89));
        let ward = ward.at(&soon);
        assert_eq!(ward.desk.text(1, &canary::message("whose now?")).await, SHARED);
        assert_eq!(ward.seen(ward.nurse, &mothers).await["obstacles"], json!(["NUMBER_SHARED"]));
        let sent = ward.write(ward.nurse, &mothers, json!({ "body": canary::message("to whom?") })).await;
        assert_eq!(sent["message"]["channel"], "PORTAL");

        let late = clinic.later(TimeDelta::days(91));
        let ward = ward.at(&late);
        assert_eq!(ward.seen(ward.nurse, &mothers).await["obstacles"], json!([]));
        let sent = ward.write(ward.nurse, &mothers, json!({ "body": canary::message("How is the knee?") })).await;
        assert_eq!(sent["message"]["channel"], "SMS");
        assert_eq!(leave(&late).await, [canary::phone(1)]);
        let received = ward.desk.text(1, &canary::message("better")).await;
        assert_eq!(joined(&received), Some(conversation_id(&mothers)));
        assert_eq!(ward.talk(&childs).await.len(), 1);
        ward.set(&childs, "IN_PROGRESS").await;
        assert_eq!(ward.desk.text(1, &canary::message("whose again?")).await, SHARED, "it was taken up again");
    }

    /// Two open cases of two patients by one number that is on nobody's file: nothing is guessed, and no words leave.
    async fn two_open_cases_by_one_number_are_shared(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let (eva, emil) = (ward.patient("Eva", 1).await, ward.patient("Emil", 2).await);
        let (one, two) = (case_by(&ward, &eva, 3).await, case_by(&ward, &emil, 3).await);
        assert_eq!(ward.desk.text(3, &canary::message("whose?")).await, SHARED);
        for case in [&one, &two] {
            assert_eq!(ward.seen(ward.nurse, case).await["obstacles"], json!(["NUMBER_SHARED"]));
            ward.write(ward.nurse, case, json!({ "body": canary::message("Hello") })).await;
        }
        assert_eq!(leave(clinic).await, [""; 0]);
        ward.set(&one, "COMPLETE").await;
        ward.set(&two, "COMPLETE").await;
        let late = clinic.later(TimeDelta::days(91));
        let ward = ward.at(&late);
        assert_eq!(ward.desk.text(3, &canary::message("whose was it?")).await, SHARED, "several had it, and nobody has");
        let open = case_by(&ward, &eva, 3).await;
        let received = ward.desk.text(3, &canary::message("mine now")).await;
        assert_eq!(joined(&received), Some(conversation_id(&open)));
    }

    /// Whoever has the number on file, and has no case, is not kept from the chat by another's case of long ago.
    async fn the_chat_is_not_stopped_by_anothers_old_case(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let (mother, child) = (ward.desk.enabled("Eva", 1).await, ward.patient("Emil", 2).await);
        let childs = case_by(&ward, &child, 1).await;
        assert_eq!(ward.desk.text(1, &canary::message("whose?")).await, SHARED);
        assert_eq!(ward.desk.status(&mother).await["obstacles"], json!(["NUMBER_SHARED"]));
        ward.set(&childs, "COMPLETE").await;
        let late = clinic.later(TimeDelta::days(91));
        let ward = ward.at(&late);
        ward.desk.text(1, &canary::message("for my team")).await;
        assert_eq!(ward.desk.messages(&mother).await.len(), 1);
        let sent = ward.desk.send(&mother, json!({ "body": canary::message("from your team"), "channel": "SMS" })).await;
        assert_eq!(sent["message"]["channel"], "SMS");
        assert_eq!(leave(&late).await.last(), Some(&canary::phone(1)));
    }

    /// A case for which no number was given follows the one on file; one that was given stays.
    async fn a_case_follows_the_number_on_file(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let follows = ward.case(&eva).await;
        let same = case_by(&ward, &eva, 1).await;
        moves_to(clinic, ward.nurse, &eva, 2).await;
        let given = case_by(&ward, &eva, 3).await;
        moves_to(clinic, ward.nurse, &eva, 4).await;
        for (case, number) in [(&follows, 4), (&same, 4), (&given, 3)] {
            assert_eq!(ward.seen(ward.nurse, case).await["phone"], canary::phone(number));
        }
        ward.set(&same, "COMPLETE").await;
        ward.write(ward.nurse, &follows, json!({ "body": canary::message("Since when?") })).await;
        assert_eq!(leave(clinic).await, [canary::phone(4)]);
        let received = ward.desk.text(4, &canary::message("Since Monday")).await;
        assert_eq!(joined(&received), Some(conversation_id(&follows)));
        assert_eq!(ward.desk.text(1, &canary::message("the old phone")).await, Received::Quarantined(QuarantineReason::UnknownSender));
    }

    /// Staff mend the number of a case: texts go to the new one, also what a machine says, and what waited for the old one does
    /// not leave. The history says who did it.
    async fn staff_change_the_number_of_a_case(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let case = case_by(&ward, &eva, 2).await;
        let body = json!({ "body": canary::message("Since when?") });
        ward.write(ward.nurse, &case, body.clone()).await;
        let input = |phone: serde_json::Value| json!({ "caseId": case, "phone": phone });
        let refused = ward.act(ward.nurse, "setCaseNumber", input(json!("02 5550 1234"))).await;
        assert_eq!((codes(&refused), &refused["case"]["phone"]), (vec!["NOT_A_MOBILE_NUMBER"], &json!(canary::phone(2))));

        let before = clinic.events_after(0).await.last().unwrap().position;
        let changed = ward.act(ward.nurse, "setCaseNumber", input(json!(canary::phone(3)))).await;
        assert_eq!((&changed["errors"], &changed["case"]["phone"]), (&json!([]), &json!(canary::phone(3))));
        assert_eq!(changed["case"]["history"][0]["kind"], "NUMBER");
        assert_eq!(changed["case"]["history"][0]["changedBy"]["id"], harness::clinic::public_id(ward.nurse));
        let events = clinic.events_after(before).await;
        assert_eq!(events.iter().map(|event| event.kind).collect::<Vec<_>>(), [entity::EventKind::CaseChanged]);
        ward.act(ward.nurse, "setCaseNumber", input(json!(canary::phone(3)))).await;
        assert_eq!(clinic.events_after(before).await.len(), 1, "nothing changes twice");
        ward.write(ward.nurse, &case, body.clone()).await;
        assert_eq!(leave(clinic).await, [canary::phone(3)]);
        let received = ward.desk.text(3, &canary::message("Since Monday")).await;
        assert_eq!(joined(&received), Some(conversation_id(&case)));
        assert_eq!(joined(&ward.desk.text(2, &canary::message("a stranger")).await), None);

        let cleared = ward.act(ward.nurse, "setCaseNumber", input(json!(null))).await;
        assert_eq!(cleared["case"]["phone"], canary::phone(1));
        ward.set(&case, "COMPLETE").await;
        ward.desk.text(1, &canary::message("too late")).await;
        assert_eq!(leave(clinic).await, [canary::phone(1), canary::phone(3)]);
    }
}
