//! The chat inside a case (CASE-1): when staff write, and by which way it goes.

use chrono::TimeDelta;
use entity::TextPurpose;
use harness::clinic::Clinic;
use harness::{canary, on_both_databases, run};
use serde_json::json;
use tidings::delivery::{MailTransport, Nudge, TextGateways, Worker};
use tidings::domain::notifications::{LinkBase, demo_outbox};

use super::{Ward, codes, left};
use crate::texting::later;

on_both_databases! {
    /// Staff write while the case is in progress, and never else; notes are another matter, and the patient's words are always
    /// kept.
    async fn staff_write_while_it_is_in_progress(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let own = ward.sign_in(&eva).await;
        let case = ward.new_case(&eva).await;
        let body = json!({ "body": canary::message("Hello") });
        assert_eq!(codes(&ward.write(ward.nurse, &case, body.clone()).await), ["CASE_NOT_IN_PROGRESS"]);
        let added = ward.write(own, &case, json!({ "body": canary::message("And my foot") })).await;
        assert_eq!((&added["errors"], &added["automaticAnswer"]), (&json!([]), &json!(null)));
        let note = json!({ "conversationId": case, "body": canary::message("ask about the foot"), "idempotencyKey": run::unique_name() });
        assert_eq!(clinic.mistakes(ward.nurse, "addNote", note).await, []);
        assert_eq!(ward.desk.texts_to(1).await, []);

        ward.set(&case, "IN_PROGRESS").await;
        assert_eq!(ward.write(ward.nurse, &case, body.clone()).await["errors"], json!([]));
        ward.set(&case, "COMPLETE").await;
        assert_eq!(codes(&ward.write(ward.nurse, &case, body.clone()).await), ["CONVERSATION_CLOSED"]);
        ward.set(&case, "IN_PROGRESS").await;
        assert_eq!(ward.write(ward.nurse, &case, body).await["errors"], json!([]));
    }

    /// Messages leave as texts to the number that was given, which may be another than the patient's, without any enrolment.
    async fn messages_leave_as_texts_to_the_number_that_was_given(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.request(&eva, json!({ "phone": canary::phone(2) })).await["case"]["id"].as_str().unwrap().to_owned();
        ward.set(&case, "IN_PROGRESS").await;
        let sent = ward.write(ward.nurse, &case, json!({ "body": canary::message("Since when?") })).await;
        assert_eq!(sent["message"]["channel"], "SMS");
        assert_eq!(ward.desk.texts_to(2).await, [TextPurpose::Message]);
        assert_eq!(ward.desk.texts_to(1).await, []);
        let seen = ward.seen(ward.nurse, &case).await;
        assert_eq!(seen["conversation"]["messages"]["nodes"][1]["texts"][0]["state"], "QUEUED");
        assert_eq!(ward.desk.status(&eva).await["status"], "NONE", "no enrolment was needed");
        let chosen = ward.write(ward.nurse, &case, json!({ "body": canary::message("in the portal"), "channel": "PORTAL" })).await;
        assert_eq!(chosen["message"]["channel"], "PORTAL");
    }

    /// What cannot be a text stands in the portal and becomes a link there; where there is no portal, staff are told.
    async fn what_cannot_be_a_text_becomes_a_link(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.case(&eva).await;
        let long = canary::message(&"long ".repeat(400));
        let rich = json!({ "html": format!("<b>{}</b>", canary::message("rich")) });
        for (input, channel) in [(json!({ "body": long }), "PORTAL"), (json!({ "richBody": rich }), "PORTAL"), (json!({ "body": canary::message("short") }), "SMS")] {
            assert_eq!(ward.write(ward.nurse, &case, input).await["message"]["channel"], channel);
        }
        let told = crate::cases::work::notified(clinic, entity::NotificationPurpose::NewClinicMessage).await;
        assert_eq!(told, 1, "one link for both");
        clinic.set(json!({ "texting": false })).await;
        let sent = ward.write(ward.nurse, &case, json!({ "body": canary::message("no texts here") })).await;
        assert_eq!(sent["message"]["channel"], "PORTAL");
        assert_eq!(ward.seen(ward.nurse, &case).await["obstacles"], json!(["TEXTING_OFF"]));
        clinic.set(json!({ "portal": false })).await;
        assert_eq!(codes(&ward.write(ward.nurse, &case, json!({ "body": canary::message("nowhere") })).await), ["PORTAL_DISABLED"]);
    }

    /// A link to a case goes to the case's number, where the patient waits for an answer, also if it is another patient's too; and
    /// where texts are not wanted there, to the number on file.
    async fn links_go_to_the_number_of_the_case(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        clinic.set(json!({ "patientChannels": ["EMAIL", "SMS"] })).await;
        let more = json!({ "phone": canary::phone(1), "email": canary::address("eva"), "portalAllowed": true });
        let eva = ward.desk.patient_with("Eva", more).await;
        let emil = ward.patient("Emil", 3).await;
        let case = ward.request(&eva, json!({ "phone": canary::phone(2) })).await["case"]["id"].as_str().unwrap().to_owned();
        ward.set(&case, "IN_PROGRESS").await;
        let portal = |body: &str| json!({ "body": canary::message(body), "channel": "PORTAL" });
        let links = async |hours: i64| {
            let core = later(&clinic.core, TimeDelta::hours(hours));
            let gateways = TextGateways::new("https://tidings.example", Default::default(), true).unwrap();
            let (base, mail) = (LinkBase::new("https://tidings.example"), MailTransport::DevelopmentOutbox);
            let worker = Worker::new(core, base, mail, gateways, Nudge::default());
            for _ in 0..4 {
                worker.run_once().await.unwrap();
            }
            let outbox = demo_outbox(&clinic.core, clinic.ours.organization, 100).await.unwrap();
            [1, 2].map(|number| {
                let number = canary::phone(number);
                let links = outbox.iter().filter(|kept| kept.text.reveal().contains("https://"));
                links.filter(|kept| kept.recipient.reveal() == number.as_str()).count()
            })
        };
        assert_eq!(ward.write(ward.nurse, &case, portal("one")).await["errors"], json!([]));
        assert_eq!(links(1).await, [0, 1]);
        ward.request(&emil, json!({ "phone": canary::phone(2) })).await;
        ward.write(ward.nurse, &case, portal("two")).await;
        assert_eq!(links(2).await, [0, 2], "a link says nothing of anybody");

        ward.desk.text(2, "STOP").await;
        let sms = json!({ "patientId": eva, "notificationChannel": "SMS" });
        assert_eq!(clinic.mistakes(ward.nurse, "updatePatient", sms).await, []);
        ward.write(ward.nurse, &case, portal("three")).await;
        assert_eq!(links(3).await, [1, 2], "after STOP the number on file stands in");
    }

    /// A number that is another patient's too gets neutral links only, and one from which STOP came gets nothing, also what waits
    /// to leave.
    async fn shared_and_blocked_numbers_get_no_content(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let (eva, emil) = (ward.patient("Eva", 1).await, ward.patient("Emil", 2).await);
        let case = ward.case(&eva).await;
        let other = ward.request(&emil, json!({ "phone": canary::phone(1) })).await;
        let seen = ward.seen(ward.nurse, &case).await;
        assert_eq!(seen["obstacles"], json!(["NUMBER_SHARED"]));
        let sent = ward.write(ward.nurse, &case, json!({ "body": canary::message("to whom?") })).await;
        assert_eq!(sent["message"]["channel"], "PORTAL");
        assert_eq!(other["case"]["obstacles"], json!(["NUMBER_SHARED"]));
        assert_eq!(left(clinic).await, []);

        let third = ward.request(&emil, json!({})).await["case"]["id"].as_str().unwrap().to_owned();
        ward.set(&third, "IN_PROGRESS").await;
        ward.write(ward.nurse, &third, json!({ "body": canary::message("just before") })).await;
        assert_eq!(ward.desk.texts_to(2).await, [TextPurpose::Message]);
        ward.desk.text(2, "STOP").await;
        assert_eq!(ward.seen(ward.nurse, &third).await["obstacles"], json!(["NUMBER_OPTED_OUT"]));
        let sent = ward.write(ward.nurse, &third, json!({ "body": canary::message("after STOP") })).await;
        assert_eq!(sent["message"]["channel"], "PORTAL");
        assert_eq!(ward.desk.texts_to(2).await, [TextPurpose::Message, TextPurpose::StopConfirmation]);
        let left = left(clinic).await;
        let [(number, words)] = left.as_slice() else {
            panic!("only the confirmation leaves, and not what was queued before: {}", left.len());
        };
        assert_eq!(*number, canary::phone(2));
        assert!(words.contains("will get no more text messages"), "{words}");
        let out = json!({ "patientId": emil, "portalAllowed": false });
        assert_eq!(clinic.mistakes(ward.nurse, "updatePatient", out).await, []);
        let refused = ward.write(ward.nurse, &third, json!({ "body": canary::message("nowhere") })).await;
        assert_eq!(codes(&refused), ["NUMBER_OPTED_OUT"], "that, and not the portal, is what staff can do nothing about");
    }

    /// Staff who opted a patient out of texting are heeded in cases as well.
    async fn who_was_opted_out_by_staff_gets_no_texts(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        ward.desk.done("enableTexting", &eva).await;
        ward.desk.done("optPatientOutOfTexting", &eva).await;
        let case = ward.case(&eva).await;
        assert_eq!(ward.seen(ward.nurse, &case).await["obstacles"], json!(["NUMBER_OPTED_OUT"]));
        let sent = ward.write(ward.nurse, &case, json!({ "body": canary::message("a link then") })).await;
        assert_eq!(sent["message"]["channel"], "PORTAL");
    }
}
