//! Urgent words (NEW-8).

use entity::{EventKind, NotificationPurpose, PersonId, StaffId, notification};
use harness::clinic::{Clinic, public_id};
use harness::{canary, on_both_databases, run};
use sea_orm::EntityTrait;
use serde_json::json;
use tidings::domain::event_log::Audience;

use super::{Desk, birth_date, is_apart, patient_id};

on_both_databases! {
    /// Urgent words in a text or in the portal are marked, and alert everybody whose conversation it is, whatever they have
    /// switched off. Nothing is answered.
    async fn urgent_words_alert_everybody_whose_conversation_it_is(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let quiet = clinic.staff("Nils", &["CLINICIAN"]).await;
        let eva = desk.enabled("Eva", 1).await;
        desk.enrol(&eva).await;
        let join = json!({ "patientId": eva, "staffId": public_id(quiet) });
        assert_eq!(clinic.mistakes(desk.nurse, "addToCareTeam", join).await, []);
        let off = json!({ "newPatientMessage": false, "unreadMessageReminder": false });
        assert_eq!(clinic.mistakes(quiet, "updateNotificationSettings", off).await, []);
        let texts = desk.texts_to(1).await.len();

        desk.text(1, &canary::message("I have CHEST-PAIN!")).await;
        let own = clinic.sign_in(clinic.ours.organization, PersonId::Patient(patient_id(&eva))).await;
        let (chat, _) = desk.chat(&eva).await;
        let write = json!({ "conversationId": chat, "body": canary::message("no puedo respirar"), "idempotencyKey": run::unique_name() });
        assert_eq!(clinic.mistakes(own, "sendMessage", write).await, []);
        desk.text(1, &canary::message("the chest of drawers is a pain")).await;

        let urgent: Vec<_> = desk.messages(&eva).await.iter().map(|message| message["urgent"].clone()).collect();
        assert_eq!(urgent, [json!(true), json!(true), json!(false)]);
        let quiet = StaffId::from_public(&public_id(quiet)).unwrap();
        let events = clinic.events_after(0).await;
        let alerts: Vec<_> = events
            .iter()
            .filter(|event| event.kind == EventKind::MessagePosted)
            .map(|event| Audience::from_stored(&event.audience).unwrap().alerts(quiet))
            .collect();
        assert_eq!(alerts, [true, true, false]);
        let stored = notification::Entity::find().all(clinic.core.store.reader()).await.unwrap();
        let count = |purpose| stored.iter().filter(|row| row.purpose == purpose).count();
        assert_eq!(count(NotificationPurpose::UrgentPatientMessage), 1, "one waits for both");
        assert_eq!(count(NotificationPurpose::NewPatientMessage), 1);
        assert_eq!(desk.texts_to(1).await.len(), texts, "no machine answers");
    }

    /// The clinic edits the lists, for each language; null takes the built-in ones again.
    async fn a_clinic_edits_the_lists(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = desk.enabled("Eva", 1).await;
        clinic.set(json!({ "urgentWords": [{ "language": "fi", "phrases": ["kova kipu"] }, { "language": "en", "phrases": ["Code Red"] }] })).await;
        for text in ["KOVA KIPU", "code, red", "chest pain"] {
            desk.text(1, &canary::message(text)).await;
        }
        clinic.set(json!({ "urgentWords": null })).await;
        desk.text(1, &canary::message("chest pain")).await;
        let urgent: Vec<_> = desk.messages(&eva).await.iter().map(|message| message["urgent"].clone()).collect();
        assert_eq!(urgent, [json!(true), json!(true), json!(false), json!(true)]);

        let too_long = json!({ "urgentWords": [{ "language": "x", "phrases": ["y".repeat(61), ""] }] });
        let mistakes = clinic.mistakes(clinic.ours.administrator, "updateSettings", too_long).await;
        let codes: Vec<_> = mistakes.iter().map(|(code, _)| code.as_str()).collect();
        assert_eq!(codes, ["INVALID", "TOO_LONG", "BLANK"]);
        let query = "{ organization { settings { urgentWords { language phrases } } } }";
        let lists = clinic.ask(desk.nurse, query, json!({})).await["organization"]["settings"]["urgentWords"].clone();
        assert!(lists.as_array().unwrap().iter().any(|list| list["language"] == "sv"));
    }

    /// A patient who was asked for their date of birth and writes something urgent loses no try by it, and staff see it. Only
    /// where a date stands in it is it judged, like any other.
    async fn an_urgent_answer_is_not_lost(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let (eva, paul) = (desk.patient("Eva", 1).await, desk.patient("Paul", 2).await);
        for patient in [&eva, &paul] {
            desk.done("enableTexting", patient).await;
        }
        assert!(is_apart(&desk.text(1, &canary::message("I have chest pain")).await));
        assert_eq!(desk.status(&eva).await["triesLeft"], json!(3));
        let right = canary::message(&format!("I have chest pain, and was born {}", birth_date()));
        assert!(!is_apart(&desk.text(1, &right).await));
        let messages = desk.messages(&eva).await;
        assert_eq!((messages.len(), &messages[0]["urgent"]), (1, &json!(true)));
        assert!(!messages[0]["body"].as_str().unwrap().contains(&birth_date()), "the date is kept nowhere");

        for _ in 0..3 {
            assert!(is_apart(&desk.text(2, &canary::message("chest pain 01/02/1990")).await));
        }
        assert_eq!(desk.status(&paul).await["status"], json!("FAILED"));
        let late = canary::message(&format!("chest pain {}", birth_date()));
        assert!(is_apart(&desk.text(2, &late).await), "no more are judged");
        assert_eq!(desk.status(&paul).await["status"], json!("FAILED"));
    }
    /// Where a clinic treats a keyword as urgent, the machine answers it, and staff are told all the same.
    async fn a_keyword_can_be_urgent(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = desk.enabled("Eva", 1).await;
        let before = desk.texts_to(1).await.len();
        assert!(!is_apart(&desk.text(1, "HELP").await));
        assert_eq!((desk.messages(&eva).await.len(), desk.texts_to(1).await.len()), (0, before + 1));
        clinic.set(json!({ "urgentWords": [{ "language": "en", "phrases": ["help"] }] })).await;
        assert!(!is_apart(&desk.text(1, "Help!").await));
        let messages = desk.messages(&eva).await;
        assert_eq!((messages.len(), &messages[0]["urgent"]), (1, &json!(true)));
        assert!(is_apart(&desk.text(2, "help help").await), "whose it is nobody knows, and it is called for");
        assert_eq!(desk.texts_to(2).await.len(), 1);
    }
}
