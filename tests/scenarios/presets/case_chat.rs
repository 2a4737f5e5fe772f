//! Contact requests with a chat by text, as the guide of a product that works this way describes it.

use entity::{StaffId, TextPurpose, text};
use harness::clinic::{Clinic, public_id};
use harness::{canary, on_both_databases};
use sea_orm::EntityTrait;
use serde_json::json;
use tidings::domain::event_log::Audience;

use crate::cases::{Ward, codes, conversation_id, left};
use crate::texting::Desk;

/// A clinic that works so.
async fn clinic_with_preset(clinic: &Clinic) -> Ward<'_> {
    let preset = json!({ "preset": "CASE_CHAT" });
    let administrator = clinic.ours.administrator;
    assert_eq!(
        clinic.mistakes(administrator, "applyPreset", preset).await,
        []
    );
    clinic
        .set(json!({ "contact": { "phone": "020 7946 0018" } }))
        .await;
    Ward::of(Desk::of_texting_clinic(clinic).await)
}

on_both_databases! {
    /// "Enables you to send a message to a patient at the phone number they have provided. The sender of the contact request /
    /// patient can also reply to this message." "The messages exchanged are stored according to the same information security
    /// standards": with all others, and not on the way. "You should always ensure that you receive a 'message sent'
    /// notification." "Please also check the number is a valid mobile number."
    async fn a_message_goes_to_the_number_that_was_given_and_the_patient_replies(clinic: &Clinic) {
        let ward = clinic_with_preset(clinic).await;
        let eva = ward.desk.patient("Eva", 1).await;
        let landline = ward.request(&eva, json!({ "phone": "02 5550 1234" })).await;
        assert_eq!(codes(&landline), ["NOT_A_MOBILE_NUMBER"]);
        let case = ward.request(&eva, json!({ "phone": canary::phone(2) })).await["case"]["id"].as_str().unwrap().to_owned();
        ward.set(&case, "IN_PROGRESS").await;
        let sent = ward.write(ward.nurse, &case, json!({ "body": canary::message("Since when?") })).await;
        assert_eq!((&sent["message"]["channel"], &sent["message"]["body"]), (&json!("SMS"), &json!(canary::message("Since when?"))));
        assert_eq!(ward.desk.texts_to(2).await, [TextPurpose::Message]);
        assert_eq!(left(clinic).await, [(canary::phone(2), canary::message("Since when?"))]);
        let texts = text::Entity::find().all(clinic.core.store.reader()).await.unwrap();
        assert!(texts.iter().all(|text| text.body.is_none()), "what was handed over is kept with the case only");
        ward.desk.text(2, &canary::message("Since Monday")).await;
        assert_eq!(ward.talk(&case).await.last().unwrap().0, canary::message("Since Monday"));
    }

    /// "First click the contact request to open it, and then click 'In Progress'." "In order to enable the chat, the status of the
    /// contact request must be 'In progress'."
    async fn the_chat_is_possible_while_in_progress(clinic: &Clinic) {
        let ward = clinic_with_preset(clinic).await;
        let eva = ward.desk.patient("Eva", 1).await;
        let case = ward.new_case(&eva).await;
        let body = json!({ "body": canary::message("Hello") });
        assert_eq!(codes(&ward.write(ward.nurse, &case, body.clone()).await), ["CASE_NOT_IN_PROGRESS"]);
        ward.set(&case, "IN_PROGRESS").await;
        assert_eq!(ward.write(ward.nurse, &case, body).await["errors"], json!([]));
        let query = "{ organization { settings { texting portalChat access rules { kind offered alerted } } } }";
        let settings = clinic.ask(ward.nurse, query, json!({})).await["organization"]["settings"].clone();
        let offered: Vec<_> = settings["rules"].as_array().unwrap().iter().filter(|rules| rules["offered"] == true).map(|rules| rules["kind"].clone()).collect();
        assert_eq!(offered, ["CASE"]);
    }

    /// "The chat window shows the messages sent to a patient." "The time when a message was sent is shown." "The name of the message
    /// sender is shown." "The messages sent by a patient are visible to anyone who opens the contact request from that patient."
    async fn everybody_who_opens_the_request_sees_who_wrote_what_and_when(clinic: &Clinic) {
        let ward = clinic_with_preset(clinic).await;
        let dora = clinic.staff("Dora", &["CLINICIAN"]).await;
        let eva = ward.desk.patient("Eva", 1).await;
        let case = ward.case(&eva).await;
        ward.write(ward.nurse, &case, json!({ "body": canary::message("Since when?") })).await;
        ward.desk.text(1, &canary::message("Since Monday")).await;
        let query = "query ($id: ID!) { conversation(id: $id) { messages(first: 9) { nodes { createdAt author { name kind } } } } }";
        let seen = clinic.ask(dora, query, json!({ "id": case })).await["conversation"]["messages"]["nodes"].clone();
        let names: Vec<_> = seen.as_array().unwrap().iter().map(|message| message["author"]["name"].as_str().unwrap().to_owned()).collect();
        assert_eq!(names, ["Eva", "Nora", "Eva"].map(canary::name));
        assert!(seen[1]["createdAt"].is_string());
    }

    /// "When a patient replies to a message, a reminder is shown on the main page under 'New messages' and in the 'New messages'
    /// tab header in the list view of contact requests."
    async fn a_reply_counts_under_new_messages(clinic: &Clinic) {
        let ward = clinic_with_preset(clinic).await;
        let eva = ward.desk.patient_with("Eva", json!({ "phone": canary::phone(1), "careTeamIds": [] })).await;
        let case = ward.case(&eva).await;
        let newest = ward.seen(ward.nurse, &case).await["conversation"]["messages"]["nodes"][0]["id"].clone();
        clinic.change(ward.nurse, "markRead", "unreadCount", json!({ "conversationId": case, "messageId": newest })).await;
        let counts = "{ inbox { counts { conversations messages } } cases { nodes { conversation { unreadCount } } } }";
        assert_eq!(clinic.ask(ward.nurse, counts, json!({})).await["inbox"]["counts"], json!({ "conversations": 0, "messages": 0 }));
        ward.desk.text(1, &canary::message("Since Monday")).await;
        let new = clinic.ask(ward.nurse, counts, json!({})).await;
        assert_eq!(new["inbox"]["counts"], json!({ "conversations": 1, "messages": 1 }), "who works on it takes part");
        assert_eq!(new["cases"]["nodes"][0]["conversation"]["unreadCount"], 1);
        let done = ward.new_case(&ward.desk.patient("Emil", 2).await).await;
        ward.set(&done, "COMPLETE").await;
        let tab = clinic.ask(ward.nurse, "{ cases(newMessages: true) { newMessages nodes { id } } }", json!({})).await;
        assert_eq!(tab["cases"], json!({ "newMessages": 1, "nodes": [{ "id": case }] }), "what is done stands in the archive");
    }

    /// "When you mark a contact request as complete by clicking 'Case close', the patient can no longer send replies to the chat, but
    /// they are sent an automatic, organisation-specific message that advises them to contact a health centre or other
    /// organisation by other means." "If there is a later need to send a message to the patient, this can be done by locating
    /// their contact request in the Archive list and returning it to 'In progress' status."
    async fn closing_ends_the_chat_and_the_archive_leads_back(clinic: &Clinic) {
        let ward = clinic_with_preset(clinic).await;
        let words = json!({ "purpose": "CASE_CLOSED", "channel": "SMS", "language": "en", "body": "{{ clinic_name }}: please ring {{ clinic_phone }}." });
        assert_eq!(clinic.mistakes(clinic.ours.administrator, "saveNotificationTemplate", words).await, []);
        let eva = ward.desk.patient("Eva", 1).await;
        let case = ward.case(&eva).await;
        ward.set(&case, "COMPLETE").await;
        ward.desk.text(1, &canary::message("One more thing")).await;
        assert_eq!(ward.desk.texts_to(1).await, [TextPurpose::AutomaticAnswer]);
        let answer = "Riverside Clinic: please ring 020 7946 0018.".to_owned();
        assert_eq!(left(clinic).await, [(canary::phone(1), answer)]);
        let seen = ward.seen(ward.nurse, &case).await;
        assert_eq!(seen["conversation"]["messages"]["nodes"][1]["afterClose"], true, "and yet it is not lost");
        let found = ward.list(ward.nurse, "status: COMPLETE, search: \"eva\"").await;
        assert_eq!(found, std::slice::from_ref(&case));
        ward.set(&case, "IN_PROGRESS").await;
        assert_eq!(ward.write(ward.nurse, &case, json!({ "body": canary::message("What is it?") })).await["errors"], json!([]));
    }

    /// "Clicking 'Close thread' does not terminate the message thread with a patient, but just hides the thread from view." "When
    /// the patient replies, you and your team members will receive an alert in 'new messages' tab."
    async fn close_thread_hides_until_the_patient_replies(clinic: &Clinic) {
        let ward = clinic_with_preset(clinic).await;
        let nils = clinic.staff("Nils", &["CLINICIAN"]).await;
        let eva = ward.desk.patient("Eva", 1).await;
        let join = json!({ "patientId": eva, "staffId": public_id(nils) });
        assert_eq!(clinic.mistakes(ward.nurse, "addToCareTeam", join).await, []);
        let case = ward.case(&eva).await;
        ward.hide(ward.nurse, &case).await;
        assert_eq!(ward.list(ward.nurse, "first: 5").await, [""; 0]);
        let before = clinic.events_after(0).await.last().unwrap().position;
        ward.desk.text(1, &canary::message("Here I am")).await;
        assert_eq!(ward.list(ward.nurse, "first: 5").await, std::slice::from_ref(&case));
        let events = clinic.events_after(before).await;
        let posted = events.iter().find(|event| event.conversation_id == Some(conversation_id(&case))).unwrap();
        let audience = Audience::from_stored(&posted.audience).unwrap();
        for who in [ward.nurse, nils] {
            let staff = StaffId::from_public(&public_id(who)).unwrap();
            assert!(audience.alerts(staff), "{}", public_id(who));
        }
    }
}
