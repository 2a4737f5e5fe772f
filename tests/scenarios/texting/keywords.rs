//! STOP, START and HELP (TXT-4).

use chrono::TimeDelta;
use entity::{EventKind, NotificationPurpose, StaffId, TextPurpose, notification};
use harness::clinic::{Clinic, public_id};
use harness::{canary, on_both_databases};
use sea_orm::EntityTrait;
use serde_json::json;
use tidings::domain::event_log::Audience;
use tidings::domain::texts::inbound::Received;

use super::{Desk, is_apart, later};

on_both_databases! {
    /// STOP comes before anything else, is confirmed once, and START leads back to where it led away from.
    async fn stop_ends_and_start_leads_back(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = desk.enabled("Eva", 1).await;
        let question = TextPurpose::Enrolment;
        assert_eq!(desk.texts_to(1).await, [question]);
        for text in ["Stop!", "STOP", "unsubscribe"] {
            desk.text(1, text).await;
        }
        let confirmed = TextPurpose::StopConfirmation;
        assert_eq!(desk.texts_to(1).await, [question, confirmed]);
        let out = desk.status(&eva).await;
        assert_eq!((&out["status"], &out["optedOutBy"]), (&json!("OPTED_OUT"), &json!("PATIENT")));
        assert_eq!(out["obstacles"], json!(["NUMBER_OPTED_OUT"]));
        for mutation in ["enableTexting", "restartTexting", "resendTextingInvitation"] {
            assert_eq!(desk.mistakes(mutation, &eva).await, ["NUMBER_OPTED_OUT"], "{mutation}");
        }
        desk.text(1, "HELP").await;
        assert!(is_apart(&desk.text(1, &canary::message("hello")).await));
        assert_eq!(desk.texts_to(1).await.len(), 2, "a blocked number gets nothing");

        desk.text(1, "start").await;
        assert_eq!(desk.status(&eva).await["status"], "ENABLED");
        desk.text(1, "START").await;
        assert_eq!(desk.texts_to(1).await, [question, question, confirmed], "what is not stopped is not started");
        desk.text(1, &canary::message("hello")).await;
        assert_eq!(desk.messages(&eva).await.len(), 1);
        let ledger = desk.ledger(&eva).await;
        let changes: Vec<_> = ledger.iter().map(|(change, source, _)| format!("{change} {source}")).collect();
        assert_eq!(changes, ["GRANTED TEXT_ANSWER", "GRANTED TEXT_KEYWORD", "REVOKED TEXT_KEYWORD"]);
        desk.text(1, "opt-out").await;
        let words: Vec<_> = desk.ledger(&eva).await.into_iter().map(|(_, _, word)| word).collect();
        assert!(words.iter().any(|word| word == "OPTOUT") && words.iter().any(|word| word == "STOP"), "{words:?}");
    }

    /// STOP while the answer is waited for gives no new tries, and START asks again.
    async fn stop_and_start_give_no_new_tries(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = desk.patient("Eva", 1).await;
        desk.done("enableTexting", &eva).await;
        for _ in 0..2 {
            desk.text(1, "01/02/1990").await;
            desk.text(1, "STOP").await;
            assert_eq!(desk.status(&eva).await["status"], "OPTED_OUT");
            desk.text(1, "START").await;
        }
        assert_eq!(desk.status(&eva).await["triesLeft"], 1);
        desk.text(1, "01/02/1990").await;
        desk.text(1, "STOP").await;
        desk.text(1, "START").await;
        assert_eq!(desk.status(&eva).await["status"], "FAILED");
    }

    /// STOP holds for everybody who has the number in this clinic, and for nobody in another.
    async fn stop_holds_for_each_patient_with_the_number(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = desk.enabled("Eva", 1).await;
        let twin = desk.patient("Emil", 1).await;
        let other = desk.enabled("Olga", 2).await;
        desk.text(1, "STOP").await;
        for patient in [&eva, &twin] {
            assert_eq!(desk.status(patient).await["status"], "OPTED_OUT");
        }
        assert_eq!(desk.status(&other).await["status"], "ENABLED");
        desk.text(1, "START").await;
        assert_eq!(desk.status(&twin).await["status"], "NONE");
    }

    /// Staff opt a patient out on request, and can ask again later; the number's owner can come back by themselves.
    async fn staff_opt_a_patient_out(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = desk.enabled("Eva", 1).await;
        desk.done("optPatientOutOfTexting", &eva).await;
        assert_eq!(desk.mistakes("optPatientOutOfTexting", &eva).await, ["WRONG_STATE"]);
        assert_eq!(desk.status(&eva).await["optedOutBy"], "STAFF");
        let refused = desk.send(&eva, json!({ "body": canary::message("hello"), "channel": "SMS" })).await;
        assert_eq!(refused["errors"][0]["code"], "NOT_ENROLLED", "neither by text nor in the portal");
        desk.done("enableTexting", &eva).await;
        assert_eq!(desk.status(&eva).await["status"], "PENDING");
        assert!(desk.ledger(&eva).await.iter().any(|entry| entry.1 == "STAFF"));
    }

    /// Whoever asks for help gets it, enrolled or not; a stranger's START is nothing.
    async fn help_is_answered(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        desk.text(7, "help!").await;
        assert_eq!(desk.texts_to(7).await, [TextPurpose::AutomaticAnswer]);
        // Two machines do not go on for ever.
        desk.text(7, "INFO").await;
        assert_eq!(desk.texts_to(7).await.len(), 1);
        desk.text_to(&later(&clinic.core, TimeDelta::minutes(6)), 7, "help").await;
        assert_eq!(desk.texts_to(7).await.len(), 2);
        assert_eq!(desk.text(8, "START").await, Received::Taken { patient: None, message: None });
        assert!(desk.texts_to(8).await.is_empty());
    }

    /// What only sounds like a wish to get no more texts blocks nothing, is flagged, and alerts with priority, also those who have
    /// switched other alerts off.
    async fn a_near_miss_is_flagged(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = desk.enabled("Eva", 1).await;
        let off = json!({ "newPatientMessage": false, "unreadMessageReminder": false });
        assert_eq!(clinic.mistakes(desk.nurse, "updateNotificationSettings", off).await, []);
        desk.text(1, &format!("please stop texting me. {}", canary::message(""))).await;
        desk.text(1, &canary::message("Can I stop the pills?")).await;
        let wishes: Vec<_> = desk.messages(&eva).await.into_iter().map(|message| message["optOutWish"].clone()).collect();
        assert_eq!(wishes, [json!(true), json!(false)]);
        let nurse = StaffId::from_public(&public_id(desk.nurse)).unwrap();
        let posted = clinic.events_after(0).await.into_iter();
        let posted = posted.filter(|event| event.kind == EventKind::MessagePosted);
        let alerts: Vec<_> = posted.map(|event| Audience::from_stored(&event.audience).unwrap().alerts(nurse)).collect();
        assert_eq!(alerts, [true, false]);
        let rows = notification::Entity::find().all(clinic.core.store.reader()).await.unwrap();
        let count = |purpose| rows.iter().filter(|row| row.purpose == purpose).count();
        assert_eq!((count(NotificationPurpose::UrgentPatientMessage), count(NotificationPurpose::NewPatientMessage)), (1, 0));
        assert_eq!(desk.status(&eva).await["status"], "ENABLED");

        // Whoever was asked and wants to be left alone loses no try by it.
        let ben = desk.patient("Ben", 2).await;
        desk.done("enableTexting", &ben).await;
        assert!(is_apart(&desk.text(2, "please stop texting me").await));
        assert_eq!(desk.status(&ben).await["triesLeft"], 3);
    }

    /// STOP and START from a number that nobody has leave their trace, which is seen as soon as a patient has the number.
    async fn what_a_strangers_number_said_is_kept(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        desk.text(6, "Stop all").await;
        desk.text(6, "START").await;
        desk.text(6, "quit").await;
        desk.text(6, "stop").await;
        let stina = desk.patient("Stina", 6).await;
        let entry = |change: &str, word: &str| (change.to_owned(), "TEXT_KEYWORD".to_owned(), word.to_owned());
        assert_eq!(desk.ledger(&stina).await, [entry("GRANTED", "START"), entry("REVOKED", "QUIT"), entry("REVOKED", "STOPALL")]);
        let other = desk.patient("Olga", 7).await;
        assert_eq!(desk.ledger(&other).await, []);
    }
}
