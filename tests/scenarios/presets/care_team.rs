//! One chat of each patient with their care team, over texting and the portal, as the guide of a product that works this way
//! describes it.

use chrono::TimeDelta;
use entity::{EventKind, NotificationPurpose, PersonId, StaffId, TextPurpose, notification};
use harness::clinic::{Claims, Clinic, public_id};
use harness::{canary, on_both_databases, run};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tidings::domain::event_log::Audience;
use tidings::domain::texting::sweep;

use crate::texting::{Desk, birth_date, later, patient_id};

const INBOX: &str =
    "query ($filter: InboxFilter!, $search: String) { inbox(filter: $filter, search: $search) {
    nodes { id unreadCount patient { id } } } }";
const PANEL: &str = "query ($id: ID!) { patient(id: $id) { onPanel offersNotifications panel { role alerted staffMember { id } } } }";

/// A clinic that works so.
async fn clinic_with_preset(clinic: &Clinic) -> Desk<'_> {
    let preset = json!({ "preset": "CARE_TEAM_CHAT" });
    let administrator = clinic.ours.administrator;
    assert_eq!(
        clinic.mistakes(administrator, "applyPreset", preset).await,
        []
    );
    Desk::of_texting_clinic(clinic).await
}

async fn inbox(clinic: &Clinic, who: Claims, filter: &str, search: Option<&str>) -> Vec<Value> {
    let data = clinic
        .ask(who, INBOX, json!({ "filter": filter, "search": search }))
        .await;
    data["inbox"]["nodes"].as_array().unwrap().clone()
}

async fn panel(clinic: &Clinic, who: Claims, patient: &str) -> Value {
    clinic.ask(who, PANEL, json!({ "id": patient })).await["patient"].clone()
}

async fn stored(clinic: &Clinic, purpose: NotificationPurpose) -> usize {
    let found = notification::Entity::find()
        .filter(notification::Column::Purpose.eq(purpose))
        .all(clinic.core.store.reader());
    found.await.unwrap().len()
}

on_both_databases! {
    /// "Once a patient is enabled for messaging, a user needs only to type their message and click 'Send'." "All messages sent to
    /// and received from the patient will be located in one complete message." "Conversations to be shared amongst the patient's
    /// Care Team."
    async fn one_conversation_over_portal_and_text_is_shared_by_the_team(clinic: &Clinic) {
        let desk = clinic_with_preset(clinic).await;
        let nils = clinic.staff("Nils", &["CLINICIAN"]).await;
        let eva = desk.patient("Eva", 1).await;
        let join = json!({ "patientId": eva, "staffId": public_id(nils) });
        assert_eq!(clinic.mistakes(desk.nurse, "addToCareTeam", join).await, []);
        let refused = desk.send(&eva, json!({ "body": canary::message("too early") })).await;
        assert_eq!(refused["errors"][0]["code"], "NOT_ENROLLED");
        desk.done("enableTexting", &eva).await;
        desk.text(1, &birth_date()).await;
        desk.enrol(&eva).await;

        desk.text(1, &canary::message("by text")).await;
        let own = clinic.sign_in(clinic.ours.organization, PersonId::Patient(patient_id(&eva))).await;
        let chat = clinic.ask(own, "{ myCareTeamChat { id } }", json!({})).await["myCareTeamChat"]["id"].clone();
        let write = json!({ "conversationId": chat, "body": canary::message("in the portal"), "idempotencyKey": run::unique_name() });
        assert_eq!(clinic.mistakes(own, "sendMessage", write).await, []);
        let answer = json!({ "conversationId": chat, "body": canary::message("Nils here"), "idempotencyKey": run::unique_name() });
        assert_eq!(clinic.mistakes(nils, "sendMessage", answer).await, []);
        let query = "{ myCareTeamChat { messages(first: 10) { nodes { body channel author { name kind } } } } }";
        let seen = clinic.ask(own, query, json!({})).await["myCareTeamChat"]["messages"]["nodes"].clone();
        let channels: Vec<_> = seen.as_array().unwrap().iter().map(|message| message["channel"].as_str().unwrap()).collect();
        assert_eq!(channels, ["SMS", "PORTAL", "PORTAL"], "the portal shows what came both ways");
        assert_eq!(seen[2]["author"]["name"], canary::name("Nils"), "each message says who wrote it");
        assert_eq!(inbox(clinic, nils, "MINE", None).await[0]["id"], chat);
        assert_eq!(inbox(clinic, desk.nurse, "MINE", None).await[0]["id"], chat);
    }

    /// "A list of the patients for whom the user is a documented member of their Care Team." "They can manually look for the
    /// patient in the 'Search' bar." "A red '!' when the conversation contains messages that they have not yet viewed."
    async fn the_list_is_ones_own_patients_and_a_search_finds_the_others(clinic: &Clinic) {
        let desk = clinic_with_preset(clinic).await;
        let dora = clinic.staff("Dora", &["CLINICIAN"]).await;
        let eva = desk.enabled("Eva", 1).await;
        desk.text(1, &canary::message("hello")).await;
        assert_eq!(inbox(clinic, dora, "MINE", None).await.len(), 0);
        assert_eq!(inbox(clinic, dora, "ALL", Some("eva")).await[0]["patient"]["id"], json!(eva));
        let marked = inbox(clinic, desk.nurse, "MINE", None).await[0].clone();
        assert_eq!(marked["unreadCount"], 1);
        let last = desk.messages(&eva).await[0]["id"].clone();
        let read = json!({ "conversationId": marked["id"], "messageId": last });
        clinic.change(desk.nurse, "markRead", "unreadCount", read).await;
        assert_eq!(inbox(clinic, desk.nurse, "MINE", None).await[0]["unreadCount"], 0);
    }

    /// "This panel will also display whether or not each user is actively being notified." "Users will only ever be notified when
    /// a new message is sent from the patient." "The 'Unread Message Reminder' can only be enabled once the 'New Patient
    /// Message' notification is enabled, and will notify when a message has remained unread for more than 24 hours."
    async fn the_panel_says_who_is_notified_and_only_patients_notify(clinic: &Clinic) {
        let desk = clinic_with_preset(clinic).await;
        let nils = clinic.staff("Nils", &["CLINICIAN"]).await;
        let eva = desk.enabled("Eva", 1).await;
        let join = json!({ "patientId": eva, "staffId": public_id(nils) });
        assert_eq!(clinic.mistakes(desk.nurse, "addToCareTeam", join).await, []);
        let off = json!({ "newPatientMessage": false });
        assert_eq!(clinic.mistakes(nils, "updateNotificationSettings", off).await, []);
        let reminder = json!({ "unreadMessageReminder": true });
        assert_eq!(clinic.mistakes(nils, "updateNotificationSettings", reminder).await[0].0, "DEPENDS_ON_OTHER");
        let shown = panel(clinic, nils, &eva).await;
        let alerted: Vec<_> = shown["panel"].as_array().unwrap().iter().map(|m| (m["staffMember"]["id"].clone(), m["alerted"].clone())).collect();
        assert!(alerted.contains(&(json!(public_id(nils)), json!(false))) && alerted.contains(&(json!(public_id(desk.nurse)), json!(true))));

        desk.send(&eva, json!({ "body": canary::message("How are you?") })).await;
        assert_eq!(stored(clinic, NotificationPurpose::NewPatientMessage).await, 0);
        desk.text(1, &canary::message("Fine")).await;
        assert_eq!(stored(clinic, NotificationPurpose::NewPatientMessage).await, 1);
        let found = notification::Entity::find()
            .filter(notification::Column::Purpose.eq(NotificationPurpose::UnreadReminder))
            .one(clinic.core.store.reader());
        let reminder = found.await.unwrap().unwrap();
        assert_eq!(reminder.due_at - reminder.created_at, TimeDelta::hours(24));
    }

    /// "If a user has restricted access, they will not be able to access the conversation." "A modal asking if they would like to be
    /// notified." "If 'Yes', they will be populated in the Care Team panel as a 'Notification User'." "They can turn off
    /// notifications for that patient."
    async fn a_user_off_the_team_is_asked_whether_to_be_notified(clinic: &Clinic) {
        let desk = clinic_with_preset(clinic).await;
        let (dora, rita) = (clinic.staff("Dora", &["CLINICIAN"]).await, clinic.staff("Rita", &["CLINICIAN"]).await);
        let program = clinic.program("Heart").await;
        let eva = desk.patient_with("Eva", json!({ "phone": canary::phone(1), "programIds": [program] })).await;
        let restrict = json!({ "staffId": public_id(rita), "programIds": [program] });
        assert_eq!(clinic.mistakes(clinic.ours.administrator, "setStaffRestrictions", restrict).await, []);
        assert_eq!(clinic.refusal(rita, PANEL, json!({ "id": eva })).await, "NOT_FOUND");
        assert_eq!(inbox(clinic, rita, "ALL", Some("eva")).await.len(), 0);
        let (chat, _) = desk.chat(&eva).await;
        let by_id = "query ($id: ID!) { conversation(id: $id) { id } }";
        assert_eq!(clinic.refusal(rita, by_id, json!({ "id": chat })).await, "NOT_FOUND", "nor by its address");

        assert_eq!(panel(clinic, dora, &eva).await["offersNotifications"], true);
        let herself = json!({ "patientId": eva });
        assert_eq!(clinic.mistakes(dora, "becomeNotificationUser", herself.clone()).await, []);
        let shown = panel(clinic, dora, &eva).await;
        assert_eq!((&shown["onPanel"], &shown["offersNotifications"]), (&json!(true), &json!(false)));
        assert!(shown["panel"].as_array().unwrap().iter().any(|member| member["role"] == "NOTIFICATION_USER"));
        assert_eq!(clinic.mistakes(dora, "stopNotifications", herself).await, []);
        assert_eq!(panel(clinic, dora, &eva).await["onPanel"], false);
    }

    /// "If the user clicks 'No', there will be no changes and the user may continue manually accessing the patient conversation."
    /// "If the user clicks 'Yes'", they are notified "when this patient sends in new messages".
    async fn no_changes_nothing_and_yes_notifies(clinic: &Clinic) {
        let desk = clinic_with_preset(clinic).await;
        let dora = clinic.staff("Dora", &["CLINICIAN"]).await;
        let eva = desk.enabled("Eva", 1).await;
        assert_eq!(panel(clinic, dora, &eva).await["offersNotifications"], true);
        // Whoever says "No" has nothing to call.
        let (chat, _) = desk.chat(&eva).await;
        let alerted = async || {
            let before = clinic.events_after(0).await.last().unwrap().position;
            desk.text(1, &canary::message("hello")).await;
            let events = clinic.events_after(before).await;
            let posted = events.iter().find(|event| event.kind == EventKind::MessagePosted).unwrap();
            let staff = StaffId::from_public(&public_id(dora)).unwrap();
            Audience::from_stored(&posted.audience).unwrap().alerts(staff)
        };
        assert!(!alerted().await);
        let query = "query ($id: ID!) { conversation(id: $id) { messages(first: 5) { nodes { body } } } }";
        let read = clinic.ask(dora, query, json!({ "id": chat })).await;
        assert_eq!(read["conversation"]["messages"]["nodes"][0]["body"], canary::message("hello"));
        let write = json!({ "conversationId": chat, "body": canary::message("Dora here"), "idempotencyKey": run::unique_name() });
        assert_eq!(clinic.mistakes(dora, "sendMessage", write).await, []);
        assert_eq!(panel(clinic, dora, &eva).await["onPanel"], false, "nothing has changed by it");
        assert!(!alerted().await);
        assert_eq!(clinic.mistakes(dora, "becomeNotificationUser", json!({ "patientId": eva })).await, []);
        assert!(alerted().await);
    }

    /// "If a user would like to receive updates as a patient moves through the authentication process, they can set their
    /// preferences for the 'Two-Way Texting' option."
    async fn those_who_want_updates_of_the_process_get_them(clinic: &Clinic) {
        let desk = clinic_with_preset(clinic).await;
        let (nils, quiet) = (clinic.staff("Nils", &["CLINICIAN"]).await, clinic.staff("Dora", &["CLINICIAN"]).await);
        let eva = desk.patient("Eva", 1).await;
        for (who, on) in [(nils, true), (quiet, false)] {
            let join = json!({ "patientId": eva, "staffId": public_id(who) });
            assert_eq!(clinic.mistakes(desk.nurse, "addToCareTeam", join).await, []);
            let wanted = json!({ "twoWayTexting": on });
            assert_eq!(clinic.mistakes(who, "updateNotificationSettings", wanted).await, []);
        }
        desk.done("enableTexting", &eva).await;
        desk.text(1, &birth_date()).await;
        let found = notification::Entity::find()
            .filter(notification::Column::Purpose.eq(NotificationPurpose::TextingChanged))
            .all(clinic.core.store.reader());
        let told: Vec<_> = found.await.unwrap().into_iter().map(|row| row.recipient_id.map(StaffId)).collect();
        let staff = |who| StaffId::from_public(&public_id(who));
        assert!(told.contains(&staff(nils)) && !told.contains(&staff(quiet)));
    }

    /// "This button will be disabled until a valid mobile phone number is added." "If the modal does not contain the button your
    /// practice has not been enabled for that type of messaging." "The patient will receive the following text message." "A user can
    /// resend the opt-in message at any time." "A user can re-click to restart the process." "The patient opted out by responding
    /// 'STOP'." "A user can also opt a patient out." "Enabled: the patient successfully replied."
    async fn the_authentication_is_tracked_through_all_its_statuses(clinic: &Clinic) {
        let desk = clinic_with_preset(clinic).await;
        let eva = desk.patient_with("Eva", json!({})).await;
        assert_eq!(desk.status(&eva).await["obstacles"], json!(["NO_NUMBER"]));
        let not_mobile = json!({ "patientId": eva, "phone": "02 5550 1234" });
        assert_eq!(clinic.mistakes(desk.nurse, "updatePatient", not_mobile).await[0].0, "NOT_A_MOBILE_NUMBER");
        let mobile = json!({ "patientId": eva, "phone": canary::phone(1) });
        assert_eq!(clinic.mistakes(desk.nurse, "updatePatient", mobile).await, []);
        clinic.set(json!({ "texting": false })).await;
        assert_eq!(desk.status(&eva).await["obstacles"], json!(["TEXTING_OFF"]));
        clinic.set(json!({ "texting": true })).await;

        desk.done("enableTexting", &eva).await;
        assert_eq!(desk.status(&eva).await["status"], "PENDING");
        desk.done("resendTextingInvitation", &eva).await;
        assert_eq!(desk.texts_to(1).await, [TextPurpose::Enrolment, TextPurpose::Enrolment]);
        for wrong in ["1", "2", "3"] {
            desk.text(1, wrong).await;
        }
        assert_eq!(desk.status(&eva).await["failure"], "WRONG_ANSWERS");
        desk.done("restartTexting", &eva).await;
        assert_eq!(sweep(&later(&clinic.core, TimeDelta::weeks(2))).await.unwrap(), 1);
        assert_eq!(desk.status(&eva).await["failure"], "TIME_PASSED");
        desk.done("restartTexting", &eva).await;
        desk.text(1, &birth_date()).await;
        assert_eq!(desk.status(&eva).await["status"], "ENABLED");
        desk.text(1, "STOP").await;
        let out = desk.status(&eva).await;
        assert_eq!((&out["status"], &out["optedOutBy"]), (&json!("OPTED_OUT"), &json!("PATIENT")));
        desk.text(1, "START").await;
        desk.done("optPatientOutOfTexting", &eva).await;
        assert_eq!(desk.status(&eva).await["optedOutBy"], "STAFF");
        // "Updates as a patient moves through the authentication process": Nora has done what she is not told of.
        assert!(stored(clinic, NotificationPurpose::TextingChanged).await > 0);
    }

    /// "To enable a patient for portal messaging, the patient must be enrolled in the Patient Portal." "If the Patient Portal does not
    /// have a 'Chat With My Care Team' option your practice has not been enabled for that type of messaging."
    async fn portal_messaging_needs_enrolment_and_the_clinics_consent(clinic: &Clinic) {
        let desk = clinic_with_preset(clinic).await;
        let eva = desk.patient("Eva", 1).await;
        let own = clinic.sign_in(clinic.ours.organization, PersonId::Patient(patient_id(&eva))).await;
        let chat = "{ myCareTeamChat { id } }";
        assert_eq!(clinic.refusal(own, chat, json!({})).await, "NOT_ENROLLED");
        desk.enrol(&eva).await;
        assert!(clinic.ask(own, chat, json!({})).await["myCareTeamChat"]["id"].is_string());
        clinic.set(json!({ "portalChat": false })).await;
        assert_eq!(clinic.refusal(own, chat, json!({})).await, "PORTAL_CHAT_OFF");
        desk.done("enableTexting", &eva).await;
        desk.text(1, &birth_date()).await;
        let sent = desk.send(&eva, json!({ "body": canary::message("by text all the same") })).await;
        assert_eq!(sent["message"]["channel"], "SMS");
    }
}
