//! After the end of a case (CASE-3, CASE-4): nothing is lost, and a machine says once in a while how else to reach the clinic.

use chrono::TimeDelta;
use entity::{EventKind, NotificationPurpose, StaffId, TextPurpose};
use harness::clinic::{Clinic, public_id};
use harness::{canary, on_both_databases};
use serde_json::{Value, json};
use tidings::domain::event_log::Audience;

use super::{Ward, codes, work::notified as notified_of};
use crate::texting::later;

async fn answers(ward: &Ward<'_>, number: u16) -> usize {
    let texts = ward.desk.texts_to(number).await;
    let automatic = texts
        .iter()
        .filter(|purpose| **purpose == TextPurpose::AutomaticAnswer);
    automatic.count()
}

on_both_databases! {
    /// A text after the end is kept in the case and marked, alerts like any other, and is answered once in fifteen minutes.
    async fn a_text_after_the_end_is_kept_and_answered_once(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.case(&eva).await;
        ward.desk.text(1, &canary::message("in time")).await;
        assert_eq!(answers(&ward, 1).await, 0);
        ward.set(&case, "COMPLETE").await;
        ward.desk.text(1, &canary::message("too late")).await;
        ward.desk.text(1, &canary::message("chest pain")).await;
        assert_eq!(answers(&ward, 1).await, 1);
        let seen = ward.seen(ward.nurse, &case).await;
        let marks: Vec<_> = seen["conversation"]["messages"]["nodes"].as_array().unwrap().iter()
            .map(|message| (message["afterClose"].clone(), message["urgent"].clone())).collect();
        let mark = |after: bool, urgent: bool| (json!(after), json!(urgent));
        assert_eq!(marks, [mark(false, false), mark(false, false), mark(true, false), mark(true, true)]);
        assert_eq!((&seen["status"], &seen["conversation"]["unreadCount"]), (&json!("COMPLETE"), &json!(4)));

        let core = later(&clinic.core, TimeDelta::minutes(14));
        ward.desk.text_to(&core, 1, &canary::message("hello?")).await;
        assert_eq!(answers(&ward, 1).await, 1);
        let core = later(&clinic.core, TimeDelta::minutes(16));
        ward.desk.text_to(&core, 1, &canary::message("hello??")).await;
        assert_eq!(answers(&ward, 1).await, 2);

        ward.set(&case, "IN_PROGRESS").await;
        let core = later(&clinic.core, TimeDelta::minutes(60));
        ward.desk.text_to(&core, 1, &canary::message("now?")).await;
        assert_eq!(answers(&ward, 1).await, 2, "somebody works on it again");
        ward.desk.text(1, "HELP").await;
        assert_eq!(answers(&ward, 1).await, 3, "whoever asks for help is answered all the same");
    }

    /// Urgent words after the end and while the clinic is closed alert whoever works there, also who has switched alerts off, by a
    /// notification as well; and no machine answers them as if somebody had read them (NEW-8).
    async fn urgent_words_alert_after_the_end_and_at_night(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        clinic.set(json!({ "openingHours": {
            "weekly": [{ "day": "MONDAY", "times": [{ "from": "09:00", "until": "12:00" }] }], "exceptions": [],
        } })).await;
        let off = json!({ "newPatientMessage": false, "unreadMessageReminder": false });
        assert_eq!(clinic.mistakes(ward.nurse, "updateNotificationSettings", off).await, []);
        let eva = ward.patient("Eva", 1).await;
        let case = ward.case(&eva).await;
        ward.set(&case, "COMPLETE").await;
        let before = clinic.events_after(0).await.last().unwrap().position;
        let nurse = StaffId::from_public(&public_id(ward.nurse)).unwrap();
        for (text, alerts, notified) in [("thank you", false, 0), ("I have chest pain", true, 1)] {
            ward.desk.text(1, &canary::message(text)).await;
            let events = clinic.events_after(before).await;
            let posted = events.iter().rev().find(|event| event.kind == EventKind::MessagePosted).unwrap();
            assert_eq!(Audience::from_stored(&posted.audience).unwrap().alerts(nurse), alerts, "{text}");
            assert_eq!(notified_of(clinic, NotificationPurpose::UrgentPatientMessage).await, notified, "{text}");
        }
        assert_eq!(answers(&ward, 1).await, 1, "the machine says how else to reach the clinic, once for both");
    }

    /// Of many texts at once one is answered, and all are kept.
    async fn of_many_texts_at_once_one_is_answered(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.request(&eva, json!({ "phone": canary::phone(2) })).await["case"]["id"].as_str().unwrap().to_owned();
        ward.set(&case, "COMPLETE").await;
        let text = canary::message("hello?");
        let texts = (0..12).map(|_| ward.desk.text(2, &text));
        futures_util::future::join_all(texts).await;
        assert_eq!(answers(&ward, 2).await, 1);
        assert_eq!(ward.talk(&case).await.len(), 13);
    }

    /// A blocked number gets no automatic answer, and its text is kept all the same.
    async fn a_blocked_number_is_not_answered(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.case(&eva).await;
        ward.set(&case, "COMPLETE").await;
        ward.desk.text(1, "STOP").await;
        ward.desk.text(1, &canary::message("and yet I write")).await;
        assert_eq!(answers(&ward, 1).await, 0);
        assert_eq!(ward.talk(&case).await.len(), 2);
    }

    /// In the portal the answer comes with the confirmation, in the clinic's own words for the patient's language.
    async fn in_the_portal_the_answer_comes_at_once(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let own = ward.sign_in(&eva).await;
        let case = ward.case(&eva).await;
        ward.set(&case, "COMPLETE").await;
        let body = json!({ "body": canary::message("too late") });
        let kept = ward.write(own, &case, body.clone()).await;
        assert_eq!((&kept["errors"], &kept["message"]["afterClose"]), (&json!([]), &json!(true)));
        let answer = kept["automaticAnswer"].as_str().unwrap();
        assert!(answer.starts_with("Riverside Clinic: ") && answer.contains("020 7946 0018"), "{answer}");
        let words = json!({ "purpose": "CASE_CLOSED", "channel": "SMS", "language": "en", "body": "{{ clinic_name }}: please ring {{ clinic_phone }}." });
        assert_eq!(clinic.mistakes(clinic.ours.administrator, "saveNotificationTemplate", words).await, []);
        let kept = ward.write(own, &case, body.clone()).await;
        assert_eq!(kept["automaticAnswer"], "Riverside Clinic: please ring 020 7946 0018.");
        for (change, code) in [
            (json!({ "channel": "EMAIL", "subject": "x" }), "INVALID"),
            (json!({ "body": "{{ link }}" }), "UNKNOWN_PLACEHOLDER"),
        ] {
            let mut words = json!({ "purpose": "CASE_CLOSED", "channel": "SMS", "language": "en", "body": "Please ring." });
            for (key, value) in change.as_object().unwrap() {
                words[key] = value.clone();
            }
            assert_eq!(clinic.mistakes(clinic.ours.administrator, "saveNotificationTemplate", words).await[0].0, code);
        }
        clinic.set(json!({ "rules": [{ "kind": "CASE", "onClosed": "REJECT" }] })).await;
        assert_eq!(codes(&ward.write(own, &case, body).await), ["CONVERSATION_CLOSED"], "where the clinic takes nothing more");
    }

    /// A text cannot be refused: where the clinic takes nothing more in the portal it is kept and answered all the same.
    async fn a_text_is_kept_where_the_portal_refuses(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.case(&eva).await;
        clinic.set(json!({ "rules": [{ "kind": "CASE", "onClosed": "REJECT" }] })).await;
        ward.set(&case, "COMPLETE").await;
        ward.desk.text(1, &canary::message("chest pain")).await;
        let seen = ward.seen(ward.nurse, &case).await;
        let kept = &seen["conversation"]["messages"]["nodes"][1];
        assert_eq!((&kept["afterClose"], &kept["urgent"]), (&json!(true), &json!(true)));
        assert_eq!(answers(&ward, 1).await, 1);
    }

    /// A message that races with the close leaves as a text or is refused, and a text of the patient that does is kept either way.
    async fn what_races_with_the_close_is_sent_or_refused(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        for round in 0..15 {
            let number = 10 + round;
            let eva = ward.patient("Eva", number).await;
            let case = ward.case(&eva).await;
            let close = json!({ "caseId": case, "status": "COMPLETE" });
            let text = canary::message("just now");
            let (sent, closed, _) = futures_util::join!(
                ward.write(ward.nurse, &case, json!({ "body": canary::message("one more question") })),
                ward.act(ward.nurse, "changeCaseStatus", close),
                ward.desk.text(number, &text),
            );
            assert_eq!(closed["errors"], json!([]), "round {round}");
            let texts = ward.desk.texts_to(number).await;
            let texts = texts.into_iter().filter(|purpose| *purpose == TextPurpose::Message).count();
            let talk = ward.talk(&case).await;
            assert!(talk.iter().any(|(body, _, _)| *body == text), "what the patient texts is never lost");
            if sent["errors"] == json!([]) {
                assert_eq!((&sent["message"]["channel"], talk.len(), texts), (&json!("SMS"), 3, 1));
            } else {
                assert_eq!(codes(&sent), ["CONVERSATION_CLOSED"]);
                assert_eq!((&sent["message"], talk.len(), texts), (&Value::Null, 2, 0));
            }
        }
    }
}
