//! Until when an answer can be expected, and what happens when there is none (NEW-4). It is Friday, 08:00.

use entity::{EventKind, NotificationStatus};
use harness::clinic::{Clinic, public_id};
use harness::{canary, on_both_databases, run};
use serde_json::json;
use tidings::delivery::{MailTransport, Nudge, TextGateways, Worker};
use tidings::domain::notifications::LinkBase;

use super::*;

const EXPECTED: &str =
    "query ($id: ID!) { conversation(id: $id) { expectedAnswer { by open opensAt } }
    organization { expectedAnswer(kind: CARE_TEAM_CHAT) { by open opensAt } } }";

/// Two hours of opening time, on weekdays from nine to five.
async fn promise(clinic: &Clinic) {
    let days = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"];
    let times = json!([{ "from": "09:00", "until": "17:00" }]);
    let weekly: Vec<_> = days
        .iter()
        .map(|day| json!({ "day": day, "times": times }))
        .collect();
    clinic.set(json!({
        "openingHours": { "weekly": weekly }, "expectedAnswers": [{ "kind": "CARE_TEAM_CHAT", "minutes": 120 }],
    })).await;
}

on_both_databases! {
    /// Before writing and after it the patient knows until when to expect an answer, and so do staff. Notes are none.
    async fn a_patient_knows_until_when_to_expect_an_answer(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = Waiting::of(&desk, desk.patient("Eva", 1).await).await;
        let nothing = clinic.ask(eva.own, EXPECTED, json!({ "id": eva.chat })).await;
        assert_eq!(nothing["conversation"]["expectedAnswer"], json!(null), "the clinic has said nothing of it");
        promise(clinic).await;
        let expected = json!({ "by": moment("2027-01-15T11:00:00Z"), "open": false, "opensAt": moment("2027-01-15T09:00:00Z") });
        for who in [eva.own, desk.nurse] {
            let seen = clinic.ask(who, EXPECTED, json!({ "id": eva.chat })).await;
            assert_eq!(seen["conversation"]["expectedAnswer"], expected);
            assert_eq!(seen["organization"]["expectedAnswer"], expected);
            assert_eq!(eva.expected_by(clinic, who).await, json!(null), "nobody waits");
        }
        eva.writes(clinic).await;
        eva.writes(clinic).await;
        let by = moment("2027-01-15T11:00:00Z");
        assert_eq!((eva.expected_by(clinic, eva.own).await, eva.expected_by(clinic, desk.nurse).await), (by.clone(), by.clone()));
        let note = json!({ "conversationId": eva.chat, "body": canary::message("Busy"), "idempotencyKey": run::unique_name() });
        assert_eq!(clinic.mistakes(desk.nurse, "addNote", note).await, []);
        clinic.set(json!({ "expectedAnswers": [{ "kind": "CARE_TEAM_CHAT", "minutes": 5 }] })).await;
        assert_eq!(eva.expected_by(clinic, eva.own).await, by, "neither a note nor another decision moves what was told");
        eva.write(clinic, desk.nurse).await;
        assert_eq!(eva.expected_by(clinic, eva.own).await, json!(null));

        let settings = "{ organization { settings { expectedAnswers { kind minutes } } } }";
        let seen = clinic.ask(desk.nurse, settings, json!({})).await["organization"]["settings"]["expectedAnswers"].clone();
        assert_eq!(seen, json!([{ "kind": "CARE_TEAM_CHAT", "minutes": 5 }]));
        let senseless = json!({ "expectedAnswers": [{ "kind": "ANNOUNCEMENT", "minutes": 5 }, { "kind": "CASE", "minutes": 0 }] });
        let mistakes = clinic.mistakes(clinic.ours.administrator, "updateSettings", senseless).await;
        let fields: Vec<_> = mistakes.iter().map(|(_, field)| field.as_str()).collect();
        assert_eq!(fields, ["expectedAnswers.kind", "expectedAnswers.minutes"]);
        let never = json!({
            "openingHours": { "weekly": [{ "day": "MONDAY", "times": [{ "from": "08:00", "until": "08:01" }] }] },
            "expectedAnswers": [{ "kind": "CARE_TEAM_CHAT", "minutes": 60 }],
        });
        let mistakes = clinic.mistakes(clinic.ours.administrator, "updateSettings", never).await;
        let fields: Vec<_> = mistakes.iter().map(|(_, field)| field.as_str()).collect();
        assert_eq!(fields, ["expectedAnswers.minutes"], "what is not kept within a year is not promised");
    }

    /// What is overdue is told once for each stretch, by one of the nodes, to those whose conversation it is and to the contacts.
    async fn an_overdue_answer_escalates_once(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let (quiet, dora) = (clinic.staff("Nils", &["CLINICIAN"]).await, clinic.staff("Dora", &["CLINICIAN"]).await);
        promise(clinic).await;
        clinic.set(json!({ "escalationContactIds": [public_id(dora)] })).await;
        let eva = Waiting::of(&desk, desk.patient("Eva", 1).await).await;
        let join = json!({ "patientId": eva.patient, "staffId": public_id(quiet) });
        assert_eq!(clinic.mistakes(desk.nurse, "addToCareTeam", join).await, []);
        let off = json!({ "newPatientMessage": false });
        assert_eq!(clinic.mistakes(quiet, "updateNotificationSettings", off).await, []);
        eva.writes(clinic).await;
        look_at(clinic, "2027-01-15T10:59:59Z").await;
        assert_eq!(called(clinic).await, [], "it is not due yet");
        let (a, b) = (at(clinic, "2027-01-15T11:00:00Z"), at(clinic, "2027-01-15T11:00:00Z"));
        let (a, b) = tokio::join!(answers::look(&a), answers::look(&b));
        assert_eq!(a.unwrap() + b.unwrap(), 1, "of two nodes one tells");
        let all = sorted(vec![staff(desk.nurse), staff(quiet), staff(dora)]);
        assert_eq!(alarms(clinic, EventKind::AnswerOverdue).await, std::slice::from_ref(&all));
        let pending: Vec<_> = all.iter().map(|staff| (*staff, NotificationStatus::Pending)).collect();
        assert_eq!(called(clinic).await, pending);
        eva.writes(clinic).await;
        assert_eq!(look_at(clinic, "2027-01-18T11:00:00Z").await, 0, "the same stretch is told of once");
        assert_eq!(eva.expected_by(clinic, eva.own).await, moment("2027-01-15T11:00:00Z"));

        eva.write(clinic, desk.nurse).await;
        eva.writes(clinic).await;
        assert_eq!(look_at(clinic, "2027-01-15T11:00:00Z").await, 1, "another stretch");
        assert_eq!(alarms(clinic, EventKind::AnswerOverdue).await.len(), 2);
        assert_eq!(called(clinic).await.len(), 3, "one waits for each");
    }

    /// In a conversation that has ended nobody waits for an answer.
    async fn what_is_closed_is_not_overdue(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        clinic.set(json!({ "expectedAnswers": [{ "kind": "SECURE_MESSAGE", "minutes": 60 }] })).await;
        let patient = crate::reminders::patient(clinic, "Eva", json!({})).await;
        let own = crate::reminders::as_patient(clinic, &patient).await;
        let input = json!({
            "patientId": patient, "title": canary::message("Results"), "body": { "plain": canary::message("All is well") },
            "allowReply": true, "idempotencyKey": run::unique_name(),
        });
        let begun = clinic.change(nora, "beginSecureMessage", "conversation { id } errors { code }", input).await;
        let chat = begun["conversation"]["id"].as_str().unwrap().to_owned();
        let eva = Waiting { patient, own, chat };
        eva.writes(clinic).await;
        assert_eq!(eva.expected_by(clinic, own).await, moment("2027-01-15T09:00:00Z"));
        let this = json!({ "conversationId": eva.chat });
        assert_eq!(clinic.mistakes(nora, "closeConversation", this.clone()).await, []);
        assert_eq!(eva.expected_by(clinic, own).await, json!(null));
        let off = json!({ "newPatientMessage": false });
        assert_eq!(clinic.mistakes(nora, "updateNotificationSettings", off).await, []);
        assert_eq!(look_at(clinic, "2027-01-15T10:00:00Z").await, 0);
        assert_eq!(clinic.mistakes(nora, "reopenConversation", this).await, []);
        assert_eq!(look_at(clinic, "2027-01-15T10:00:00Z").await, 1);
        assert_eq!(alarms(clinic, EventKind::AnswerOverdue).await, Vec::<Vec<StaffId>>::new(), "nothing is promised any more");
        assert_eq!(alarms(clinic, EventKind::ConversationUnattended).await.len(), 1, "and yet the patient waits again");
    }

    /// A notification that waits is not sent any more when the patient was answered meanwhile.
    async fn who_was_answered_needs_no_attention(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let (eva, paul) = (desk.patient("Eva", 1).await, desk.patient("Paul", 2).await);
        let (eva, paul) = (Waiting::of(&desk, eva).await, Waiting::of(&desk, paul).await);
        let leave_team = |patient: &str| json!({ "patientId": patient, "staffId": public_id(desk.nurse) });
        for waiting in [&eva, &paul] {
            assert_eq!(clinic.mistakes(desk.nurse, "removeFromCareTeam", leave_team(&waiting.patient)).await, []);
            waiting.writes(clinic).await;
        }
        assert_eq!(look(clinic).await, 2);
        eva.write(clinic, desk.nurse).await;
        let worker = Worker::new(
            clinic.core.clone(),
            LinkBase::new("https://tidings.example"),
            MailTransport::DevelopmentOutbox,
            TextGateways::new("https://tidings.example", Default::default(), true).unwrap(),
            Nudge::default(),
        );
        for _ in 0..3 {
            worker.run_once().await.unwrap();
        }
        let mut statuses: Vec<_> = called(clinic).await.into_iter().map(|(_, status)| status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [NotificationStatus::Sent, NotificationStatus::Skipped]);
    }
}
