//! A reminder that has ended without reaching all who were to get it is told to its sender.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use entity::{NotificationPurpose, development_message};
use harness::clinic::{Claims, Clinic, public_id};
use harness::world::World;
use harness::{canary, on_both_databases, run};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use super::failing::{break_patient, entitle, failures};
use super::{at, leave, patient, sent, standing, template, to};
use crate::scheduled::stopped::{deliver, notified, staff};

const DUE: &str = "2027-02-01T23:00:00Z";

const ALERTS: &str = "subscription ($after: Position) { messageAlerts(after: $after) { __typename
    ... on MessageAlert { message { body } }
    ... on ReminderAlert { position missedCount reminder { id status sentCount skippedCount } } } }";

fn later() -> Value {
    json!({ "localTime": "2027-02-01T09:00" })
}

/// Who is told that a reminder has not reached all, in the order in which they are.
async fn told(clinic: &Clinic) -> Vec<Uuid> {
    let rows = notified(clinic, NotificationPurpose::ReminderIncomplete).await;
    rows.into_iter()
        .filter_map(|row| row.recipient_id)
        .collect()
}

fn people<const N: usize>(people: [Claims; N]) -> BTreeSet<Uuid> {
    people.map(|claims| staff(claims).0).into()
}

async fn lock_out(clinic: &Clinic, patient: &str) {
    let locked_out = json!({ "patientId": patient, "portalAllowed": false });
    let administrator = clinic.ours.administrator;
    let mistakes = clinic
        .mistakes(administrator, "updatePatient", locked_out)
        .await;
    assert_eq!(mistakes, []);
}

async fn deactivate(clinic: &Clinic, who: Claims) {
    let gone = json!({ "staffId": public_id(who) });
    let administrator = clinic.ours.administrator;
    let mistakes = clinic
        .mistakes(administrator, "deactivateStaffMember", gone)
        .await;
    assert_eq!(mistakes, []);
}

/// Two patients who were to get what a sender sent for later; the second is locked out of the portal meanwhile.
async fn half_reached(clinic: &Clinic, who: Claims) -> (Value, [String; 2]) {
    let template = template(clinic, &[("en", "Your test")]).await;
    let (eva, ida) = (
        patient(clinic, "Eva", json!({})).await,
        patient(clinic, "Ida", json!({})).await,
    );
    let reminder = sent(clinic, who, to(&template, &[&eva, &ida], later())).await;
    lock_out(clinic, &ida).await;
    (reminder, [eva, ida])
}

on_both_databases! {
    /// The sender learns of it on the subscription of alerts, once; a colleague and the patient learn of nothing.
    async fn the_sender_is_alerted_at_once(world: &World) {
        let template = crate::reminders::live::template(&world.node.app.core, &world.clinic, world.staff("Ada")).await;
        let before = world.head().await;
        let after = json!({ "after": before });
        let (nora, nils) = (world.connect("Nora").await, world.connect("Nils").await);
        let (mut to_nora, mut to_nils) = (nora.subscribe(ALERTS, after.clone()).await, nils.subscribe(ALERTS, after).await);
        let input = json!({
            "templateId": template.to_public(), "patientIds": [world.patient("Paul").to_public(), world.patient("Petra").to_public()],
            "localTime": "2027-01-15T10:30", "idempotencyKey": run::unique_name(),
        });
        let send = "mutation ($input: SendReminderInput!) { sendReminder(input: $input) { reminder { id } errors { code } } }";
        let reminder = world.ask("Nora", send, json!({ "input": input })).await.field("sendReminder");
        assert_eq!(reminder["errors"], json!([]));
        let lock_out = "mutation ($id: ID!) { updatePatient(input: { patientId: $id, portalAllowed: false }) { errors { code } } }";
        let locked_out = world.ask("Ada", lock_out, json!({ "id": world.patient("Petra").to_public() })).await;
        assert_eq!(locked_out.field("updatePatient")["errors"], json!([]));
        world.hands.advance(TimeDelta::hours(1));
        let alert = to_nora.next().await["messageAlerts"].take();
        assert_eq!(alert["__typename"], "ReminderAlert");
        let expected = json!({ "id": reminder["reminder"]["id"], "status": "DONE", "sentCount": 1, "skippedCount": 1 });
        assert_eq!((&alert["missedCount"], &alert["reminder"]), (&json!(1), &expected));

        world.send("Paul", world.chat, "Thank you").await;
        for alerted in [&mut to_nora, &mut to_nils] {
            assert_eq!(alerted.next().await["messageAlerts"]["message"]["body"], json!(canary::message("Thank you")));
        }
    }

    /// However patients are missed, it is told once, when it ends: skipped as things stood then, one by one for a failure, or all
    /// together. The notification leads to signing in, and holds nothing of the patients or of what they were to get.
    async fn every_end_is_notified_once_without_content(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let (reminder, _) = half_reached(clinic, nora).await;
        leave(&at(clinic, DUE)).await;
        assert_eq!(standing(clinic, nora, &reminder).await, ("DONE".to_owned(), [0, 1, 1, 0]));
        assert_eq!(told(clinic).await, [staff(nora).0]);

        let what = template(clinic, &[("en", "Your test")]).await;
        let (broken, whole) = (patient(clinic, "Bo", json!({})).await, patient(clinic, "Wil", json!({})).await);
        sent(clinic, nora, to(&what, &[&broken, &whole], later())).await;
        break_patient(clinic, &broken).await;
        failures(clinic, DUE).await;
        assert_eq!(told(clinic).await.len(), 2, "one failed, the other got it");
        sent(clinic, nora, to(&what, &[&whole], later())).await;
        entitle(clinic, "{{ nothing").await;
        failures(clinic, DUE).await;
        assert_eq!(told(clinic).await.len(), 3, "nobody got it");

        deliver(clinic, "2027-02-02T03:00:00Z").await;
        let mails = development_message::Entity::find()
            .filter(development_message::Column::Subject.eq("A reminder has not reached everybody"))
            .all(clinic.core.store.reader())
            .await
            .unwrap();
        assert_eq!(mails.len(), 3);
        for mail in mails {
            let text = mail.text.reveal();
            let secrets = [canary::name("Ida"), canary::name("Bo"), "Your test".to_owned()];
            assert!(text.contains("https://tidings.example/") && secrets.iter().all(|secret| !text.contains(secret)));
        }
    }

    /// What its sender knows already is told to nobody: who was skipped in the review, and what was cancelled. Who was missed
    /// before it was cancelled is told.
    async fn what_the_sender_knows_is_not_told(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let eva = patient(clinic, "Eva", json!({ "timeZone": "Europe/Helsinki" })).await;
        let ida = patient(clinic, "Ida", json!({ "timeZone": "America/New_York" })).await;
        let nadia = patient(clinic, "Nadia", json!({ "email": null })).await;
        let reviewed = sent(clinic, nora, to(&template, &[&eva, &nadia], later())).await;
        leave(&at(clinic, DUE)).await;
        assert_eq!(standing(clinic, nora, &reviewed).await, ("DONE".to_owned(), [0, 1, 1, 0]));
        let cancelled = sent(clinic, nora, to(&template, &[&eva, &ida], later())).await;
        leave(&at(clinic, "2027-02-01T07:00:00Z")).await;
        assert_eq!(clinic.mistakes(nora, "cancelReminder", json!({ "reminderId": cancelled })).await, []);
        assert!(told(clinic).await.is_empty());

        let stopped = sent(clinic, nora, to(&template, &[&eva, &ida], later())).await;
        lock_out(clinic, &eva).await;
        leave(&at(clinic, "2027-02-01T07:00:00Z")).await;
        assert!(told(clinic).await.is_empty(), "it has not ended");
        assert_eq!(clinic.mistakes(nora, "cancelReminder", json!({ "reminderId": stopped })).await, []);
        assert_eq!(told(clinic).await, [staff(nora).0]);
    }

    /// Where the sender is gone, the alerted of the panels of those who were missed are told; without any, the administrators.
    async fn in_place_of_a_sender_who_is_gone_others_are_told(clinic: &Clinic) {
        let (nora, dora) = (clinic.staff("Nora", &["CLINICIAN"]).await, clinic.staff("Dora", &["CLINICIAN"]).await);
        let administrator = clinic.ours.administrator;
        let (_, [eva, _]) = half_reached(clinic, dora).await;
        deactivate(clinic, dora).await;
        leave(&at(clinic, DUE)).await;
        assert_eq!(told(clinic).await, [staff(administrator).0], "the patients have no panel");

        let nils = clinic.staff("Nils", &["CLINICIAN"]).await;
        let join = json!({ "patientId": eva, "staffId": public_id(nora) });
        assert_eq!(clinic.mistakes(administrator, "addToCareTeam", join).await, []);
        let template = template(clinic, &[("en", "Your test")]).await;
        sent(clinic, nils, to(&template, &[&eva], later())).await;
        deactivate(clinic, nils).await;
        leave(&at(clinic, DUE)).await;
        assert_eq!(told(clinic).await.into_iter().collect::<BTreeSet<_>>(), people([administrator, nora]));
    }

    /// A sender who leaves between the end and the notification is told of nothing any more; somebody else is.
    async fn a_sender_who_leaves_before_the_notification_is_replaced(clinic: &Clinic) {
        let dora = clinic.staff("Dora", &["CLINICIAN"]).await;
        half_reached(clinic, dora).await;
        leave(&at(clinic, DUE)).await;
        assert_eq!(told(clinic).await, [staff(dora).0]);
        deactivate(clinic, dora).await;
        deliver(clinic, DUE).await;
        assert_eq!(told(clinic).await.into_iter().collect::<BTreeSet<_>>(), people([dora, clinic.ours.administrator]));
    }
}
