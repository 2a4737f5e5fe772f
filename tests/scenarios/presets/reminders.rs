//! Reminders to the patients of a clinic, from templates, with a text message that says only where to sign in.

use entity::{PersonId, StaffId, development_message};
use harness::clinic::{Claims, Clinic, public_id};
use harness::{canary, on_both_databases, run};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tidings::delivery::{MailTransport, Nudge, TextGateways, Worker};
use tidings::domain::notifications::LinkBase;

use crate::reminders::{
    ANNOUNCEMENTS, HISTORY, as_patient, at, leave, patient, send, sent, template, titles, to,
};

const PREVIEW: &str =
    "query ($input: PreviewReminderInput!) { previewReminder(input: $input) { recipientCount digest
    channels { channel count } skipped { nodes { reason patient { name } } } errors { code } } }";

/// A clinic that works so, with a clinician.
async fn clinician(clinic: &Clinic) -> Claims {
    let preset = json!({ "preset": "REMINDERS" });
    assert_eq!(
        clinic
            .mistakes(clinic.ours.administrator, "applyPreset", preset)
            .await,
        []
    );
    clinic
        .set(json!({ "contact": { "phone": "020 7946 0018" } }))
        .await;
    clinic.staff("Nora", &["CLINICIAN"]).await
}

/// Adds a patient with a registered number and nothing else.
async fn registered(clinic: &Clinic, name: &str, number: u16, more: Value) -> String {
    let mut given = json!({ "email": null, "phone": canary::phone(number) });
    for (key, value) in more.as_object().unwrap() {
        given[key] = value.clone();
    }
    patient(clinic, name, given).await
}

async fn review(clinic: &Clinic, who: Claims, template: &Value, patients: &[&str]) -> Value {
    let input = json!({ "templateId": template, "patientIds": patients });
    clinic.ask(who, PREVIEW, json!({ "input": input })).await["previewReminder"].clone()
}

/// The one announcement of a patient, as somebody sees it, with the conversation.
async fn announcement(clinic: &Clinic, who: Claims, patient: &str) -> Value {
    let data = clinic
        .ask(who, ANNOUNCEMENTS, json!({ "id": patient }))
        .await;
    data["patient"]["conversations"]["nodes"][0].clone()
}

/// Everything that leaves until an hour later, as the development outbox keeps it.
async fn delivered(clinic: &Clinic) -> Vec<development_message::Model> {
    let worker = Worker::new(
        at(clinic, "2027-01-15T09:00:00Z"),
        LinkBase::new("https://tidings.example"),
        MailTransport::DevelopmentOutbox,
        TextGateways::new("https://tidings.example", Default::default(), true).unwrap(),
        Nudge::default(),
    );
    worker.run_once().await.unwrap();
    let kept = development_message::Entity::find();
    kept.all(clinic.core.store.reader()).await.unwrap()
}

/// A clinician of the other clinic.
async fn stranger(clinic: &Clinic) -> Claims {
    let them = clinic.theirs;
    let input = json!({
        "name": canary::name("Sten"), "profession": "Nurse", "email": canary::address("staff"), "roles": ["CLINICIAN"],
    });
    let payload = "staffMember { id } errors { code }";
    let made = clinic
        .change(them.administrator, "createStaffMember", payload, input)
        .await;
    let id = StaffId::from_public(made["staffMember"]["id"].as_str().unwrap()).unwrap();
    clinic.sign_in(them.organization, PersonId::Staff(id)).await
}

on_both_databases! {
    /// "All clinicians signed into the Careportal can use this feature for patients connected to their clinic." "Select one or
    /// multiple patients from any patient list." "Messages are available in multiple languages."
    async fn every_clinician_sends_to_one_or_many_of_the_clinic(clinic: &Clinic) {
        let nora = clinician(clinic).await;
        let template = template(clinic, &[("en", "Please take your test"), ("sv", "Ta ditt test")]).await;
        let (eva, sven) = (registered(clinic, "Eva", 1, json!({})).await, registered(clinic, "Sven", 2, json!({ "language": "sv" })).await);
        let nils = clinic.staff("Nils", &["CLINICIAN"]).await;
        sent(clinic, nora, to(&template, &[&eva, &sven], json!({}))).await;
        sent(clinic, nils, to(&template, &[&eva], json!({}))).await;
        leave(&clinic.core).await;
        assert_eq!(titles(clinic, nora, &eva).await.len(), 2);
        assert_eq!(titles(clinic, nora, &sven).await, ["Ta ditt test"]);
        let query = harness::clinic::mutation("sendReminder", "errors { code }");
        let manager = clinic.staff("Olof", &["OUTREACH_MANAGER"]).await;
        let input = json!({ "input": to(&template, &[&eva], json!({})) });
        assert_eq!(clinic.refusal(manager, &query, input.clone()).await, "FORBIDDEN");
        assert_eq!(clinic.refusal(stranger(clinic).await, &query, input).await, "NOT_FOUND");

        // The list of all patients, whoever cares for them.
        let mut input = to(&template, &[], json!({ "filter": {} }));
        input.as_object_mut().unwrap().remove("patientIds");
        assert_eq!(send(clinic, nils, input).await["reminder"]["recipientCount"], json!(2));
    }

    /// "Messages are sent as SMS notifications, prompting patients to log in." "The initial SMS contains no personal or detailed
    /// information." "Patients can view the full message only after logging into the app."
    async fn the_text_message_says_only_where_to_sign_in(clinic: &Clinic) {
        let nora = clinician(clinic).await;
        let template = template(clinic, &[("en", "Spirometry of {{patient_name}}")]).await;
        let eva = registered(clinic, "Eva", 1, json!({ "email": canary::address("eva") })).await;
        sent(clinic, nora, to(&template, &[&eva], json!({}))).await;
        leave(&clinic.core).await;
        let texts = delivered(clinic).await;
        let texts: Vec<_> = texts.iter().filter(|text| text.channel == entity::Channel::Sms).collect();
        assert_eq!(texts.len(), 1);
        let words = texts[0].text.reveal();
        canary::keep_text(words);
        assert!(words.contains("https://tidings.example/l/"), "it leads to signing in");
        assert!(!words.contains(&canary::name("Eva")) && !words.contains("Spirometry"));

        let anonymous = clinic.response(None, ANNOUNCEMENTS, json!({ "id": eva })).await;
        assert_eq!(anonymous["errors"][0]["extensions"]["code"], json!("UNAUTHENTICATED"));
        let message = announcement(clinic, as_patient(clinic, &eva).await, &eva).await["messages"]["nodes"][0].clone();
        assert_eq!(message["title"], json!(format!("Spirometry of {}", canary::name("Eva"))));
    }

    /// "There is no opt-out option for these messages": a patient can say by which way and in which language they are notified
    /// where the clinic has several, and nothing that keeps a reminder from them.
    async fn there_is_no_opting_out(clinic: &Clinic) {
        let nora = clinician(clinic).await;
        let template = template(clinic, &[("en", "Please take your test"), ("sv", "Ta ditt test")]).await;
        let eva = registered(clinic, "Eva", 1, json!({ "email": canary::address("eva") })).await;
        let own = as_patient(clinic, &eva).await;
        let query = "{ __type(name: \"UpdateContactDetailsInput\") { inputFields { name } } }";
        let fields = clinic.ask(own, query, json!({})).await["__type"]["inputFields"].take();
        let mut fields: Vec<_> = fields.as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["email", "language", "notificationChannel", "phone", "timeZone"], "all that patients can change");
        let staff_only = harness::clinic::mutation("updateNotificationSettings", "errors { code }");
        let off = json!({ "input": { "newPatientMessage": false } });
        assert_eq!(clinic.refusal(own, &staff_only, off).await, "FORBIDDEN");

        for change in [json!({ "notificationChannel": "EMAIL" }), json!({ "language": "sv" }), json!({ "email": null })] {
            clinic.mistakes(own, "updateContactDetails", change).await;
            let found = review(clinic, nora, &template, &[&eva]).await;
            assert_eq!(found["channels"], json!([{ "channel": "SMS", "count": 1 }]));
        }
        sent(clinic, nora, to(&template, &[&eva], json!({}))).await;
        leave(&clinic.core).await;
        assert_eq!(titles(clinic, own, &eva).await, ["Ta ditt test"]);
    }

    /// "Review your selection and confirm." "Patients must have a registered phone number to receive SMS messages. This can be
    /// added by the patient themselves, or by clinicians on the patient information page."
    async fn who_has_no_number_is_named_until_somebody_adds_it(clinic: &Clinic) {
        let nora = clinician(clinic).await;
        let template = template(clinic, &[("en", "Please take your test")]).await;
        let eva = registered(clinic, "Eva", 1, json!({})).await;
        let nadia = patient(clinic, "Nadia", json!({})).await;
        let olga = patient(clinic, "Olga", json!({})).await;
        let all: [&str; 3] = [&eva, &nadia, &olga];
        let before = review(clinic, nora, &template, &all).await;
        assert_eq!(before["recipientCount"], json!(1));
        let skipped = before["skipped"]["nodes"].as_array().unwrap();
        let mut names: Vec<_> = skipped.iter().map(|node| node["patient"]["name"].as_str().unwrap()).collect();
        names.sort_unstable();
        assert_eq!(names, [canary::name("Nadia"), canary::name("Olga")]);
        assert!(skipped.iter().all(|node| node["reason"] == "NO_CONTACT_ON_FILE"));

        let own = as_patient(clinic, &nadia).await;
        assert_eq!(clinic.mistakes(own, "updateContactDetails", json!({ "phone": canary::phone(2) })).await, []);
        let by_staff = json!({ "patientId": olga, "phone": canary::phone(3) });
        assert_eq!(clinic.mistakes(nora, "updatePatient", by_staff).await, []);
        // What was reviewed before is not what is confirmed now.
        let outdated = send(clinic, nora, to(&template, &all, json!({ "seenReview": before["digest"] }))).await;
        assert_eq!(outdated["errors"][0]["code"], json!("OUTDATED_REVIEW"));
        let after = review(clinic, nora, &template, &all).await;
        assert_eq!(after["channels"], json!([{ "channel": "SMS", "count": 3 }]));
        sent(clinic, nora, to(&template, &all, json!({ "seenReview": after["digest"] }))).await;
    }

    /// "No customization is available to ensure adherence to regulatory requirements." "Patients cannot reply to messages. They
    /// are directed to the contact information for their clinician in the app."
    async fn nobody_writes_their_own_words(clinic: &Clinic) {
        let nora = clinician(clinic).await;
        let template = template(clinic, &[("en", "Please take your test")]).await;
        let eva = registered(clinic, "Eva", 1, json!({})).await;
        sent(clinic, nora, to(&template, &[&eva], json!({}))).await;
        leave(&clinic.core).await;
        let own = as_patient(clinic, &eva).await;
        let seen = announcement(clinic, own, &eva).await;
        assert_eq!((&seen["canWrite"], &seen["contact"]["phone"]), (&json!(false), &json!("020 7946 0018")));
        let words = json!({ "conversationId": seen["id"], "body": canary::message("Hello"), "idempotencyKey": run::unique_name() });
        assert_eq!(clinic.mistakes(own, "sendMessage", words.clone()).await[0].0, "REPLIES_NOT_ALLOWED");
        assert_eq!(clinic.mistakes(nora, "sendMessage", words).await[0].0, "TEMPLATE_REQUIRED");
        let titled = json!({
            "patientId": eva, "title": canary::message("Hello"), "body": { "plain": canary::message("Hello") }, "idempotencyKey": run::unique_name(),
        });
        assert_eq!(clinic.mistakes(nora, "beginSecureMessage", titled).await[0].0, "KIND_NOT_OFFERED");
        // Nor do clinicians change what the templates say.
        let other = json!({
            "templateId": template, "language": "en", "seenVersion": 1, "title": "Hello", "body": { "plain": "Hello" },
        });
        let save = harness::clinic::mutation("saveMessageTemplateText", "errors { code }");
        assert_eq!(clinic.refusal(nora, &save, json!({ "input": other })).await, "FORBIDDEN");
    }

    /// "Clinicians can see when each message was last sent to a patient and which provider sent it." "There are no restrictions
    /// on how many messages you can send per patient or day."
    async fn the_history_shows_the_last_of_as_many_as_one_likes(clinic: &Clinic) {
        let nora = clinician(clinic).await;
        let nils = clinic.staff("Nils", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Please take your test")]).await;
        let eva = registered(clinic, "Eva", 1, json!({})).await;
        for who in [nora, nora, nora, nils] {
            sent(clinic, who, to(&template, &[&eva], json!({}))).await;
            leave(&clinic.core).await;
        }
        let data = clinic.ask(nora, HISTORY, json!({ "id": eva })).await;
        let line = &data["patient"]["communicationHistory"][0];
        assert_eq!((&line["times"], &line["lastSentBy"]["id"]), (&json!(4), &json!(public_id(nils))));
        assert_eq!(line["lastSentAt"], json!("2027-01-15T08:00:00+00:00"));
    }

    /// "Clinicians cannot see if a message has been received or read." "Can I schedule messages to be sent at a later time? No."
    async fn nothing_tells_of_reading_and_nothing_is_scheduled(clinic: &Clinic) {
        let nora = clinician(clinic).await;
        let template = template(clinic, &[("en", "Please take your test")]).await;
        let eva = registered(clinic, "Eva", 1, json!({})).await;
        let later = to(&template, &[&eva], json!({ "localTime": "2027-02-01T09:00" }));
        let refused = send(clinic, nora, later).await;
        assert_eq!(refused["errors"][0]["code"], json!("SCHEDULING_OFF"));
        let secure = json!({
            "patientId": eva, "templateId": template, "localTime": "2027-02-01T09:00", "idempotencyKey": run::unique_name(),
        });
        assert_eq!(clinic.mistakes(nora, "scheduleSecureMessage", secure).await[0].0, "SCHEDULING_OFF");
        sent(clinic, nora, to(&template, &[&eva], json!({}))).await;
        leave(&clinic.core).await;
        let own = as_patient(clinic, &eva).await;
        let query = "query ($id: ID!) { patient(id: $id) { conversations(kinds: [ANNOUNCEMENT]) { nodes { id messages { nodes { id } } } } } }";
        let seen = clinic.ask(own, query, json!({ "id": eva })).await["patient"]["conversations"]["nodes"][0].clone();
        let read = json!({ "conversationId": seen["id"], "messageId": seen["messages"]["nodes"][0]["id"] });
        clinic.change(own, "markRead", "unreadCount", read).await;
        let receipts = announcement(clinic, nora, &eva).await["receipts"].clone();
        assert!(receipts.as_array().is_none_or(Vec::is_empty), "{receipts}");
    }

    /// "What should I do if a patient does not receive messages? Ensure that the patient's phone number is registered and accurate
    /// in their profile. You can update this information in the patient's detail page." Whom a reminder has missed is named with
    /// the reason; once the number is right, the next one goes there.
    async fn a_number_that_is_missing_or_wrong_is_mended(clinic: &Clinic) {
        let nora = clinician(clinic).await;
        let template = template(clinic, &[("en", "Please take your test")]).await;
        let eva = registered(clinic, "Eva", 1, json!({})).await;
        let missed = sent(clinic, nora, to(&template, &[&eva], json!({}))).await;
        assert_eq!(clinic.mistakes(nora, "updatePatient", json!({ "patientId": eva, "phone": null })).await, []);
        leave(&clinic.core).await;
        let query = "query ($id: ID!, $patient: ID!) { reminder(id: $id) { recipients(status: SKIPPED) { nodes { reason patient { id phone } } } }
            patient(id: $patient) { phone } }";
        let seen = clinic.ask(nora, query, json!({ "id": missed, "patient": eva })).await;
        let expected = json!([{ "reason": "NO_CONTACT_ON_FILE", "patient": { "id": eva, "phone": null } }]);
        assert_eq!(seen["reminder"]["recipients"]["nodes"], expected);

        for number in [2, 3] {
            let right = json!({ "patientId": eva, "phone": canary::phone(number) });
            assert_eq!(clinic.mistakes(nora, "updatePatient", right).await, []);
            let seen = clinic.ask(nora, query, json!({ "id": missed, "patient": eva })).await;
            assert_eq!(seen["patient"]["phone"], json!(canary::phone(number)));
        }
        sent(clinic, nora, to(&template, &[&eva], json!({}))).await;
        leave(&clinic.core).await;
        let texts = delivered(clinic).await;
        let mut texts = texts.iter().filter(|text| text.channel == entity::Channel::Sms);
        assert_eq!(texts.next().unwrap().recipient.reveal(), canary::phone(3), "and not to the number that was wrong");
        assert!(texts.next().is_none());
    }

    /// "Read receipts are not available. Patients are advised to contact their clinician if they have questions or concerns."
    /// Beside each message that they cannot answer stands how to reach the clinic, and the message itself may say it.
    async fn patients_with_questions_are_shown_how_to_reach_the_clinic(clinic: &Clinic) {
        let nora = clinician(clinic).await;
        clinic.set(json!({ "contact": { "phone": "020 7946 0018", "email": "desk@clinic.example" } })).await;
        let template = template(clinic, &[("en", "Questions? Call {{clinic_phone}}")]).await;
        let eva = registered(clinic, "Eva", 1, json!({})).await;
        sent(clinic, nora, to(&template, &[&eva], json!({}))).await;
        leave(&clinic.core).await;
        let query = "query ($id: ID!) { patient(id: $id) { conversations(kinds: [ANNOUNCEMENT]) { nodes { canWrite replies
            contact { phone email } receipts { personId } messages { nodes { body } } } } } }";
        let seen = clinic.ask(as_patient(clinic, &eva).await, query, json!({ "id": eva })).await;
        let announcement = &seen["patient"]["conversations"]["nodes"][0];
        assert_eq!((&announcement["canWrite"], &announcement["replies"]), (&json!(false), &json!("NONE")));
        assert_eq!(announcement["contact"], json!({ "phone": "020 7946 0018", "email": "desk@clinic.example" }));
        assert_eq!(announcement["messages"]["nodes"][0]["body"], json!("Questions? Call 020 7946 0018"));
    }
}
