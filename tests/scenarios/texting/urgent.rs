//! Urgent words (NEW-8).

use entity::{EventKind, NotificationPurpose, PersonId, StaffId, notification};
use harness::clinic::{Clinic, public_id};
use harness::{canary, on_both_databases, run};
use sea_orm::EntityTrait;
use serde_json::json;
use tidings::domain::event_log::Audience;

use super::{Desk, patient_id};

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
}
