//! Who works on a case, how soon, and what becomes of it when nobody does (CASE-6).

use chrono::{DateTime, TimeDelta, Utc};
use entity::{EventKind, NotificationPurpose, NotificationStatus, StaffId, notification};
use harness::clinic::{Claims, Clinic, public_id};
use harness::{canary, on_both_databases, run};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tidings::delivery::{MailTransport, Nudge, TextGateways, Worker};
use tidings::domain::answers::look;
use tidings::domain::event_log::Audience;
use tidings::domain::notifications::{LinkBase, demo_outbox};

use super::{Ward, codes};
use crate::answers::{alarms, sorted};
use crate::texting::later;

/// How many notifications for a purpose are stored.
pub(super) async fn notified(clinic: &Clinic, purpose: NotificationPurpose) -> usize {
    recipients(clinic, purpose).await.len()
}

async fn recipients(clinic: &Clinic, purpose: NotificationPurpose) -> Vec<Option<uuid::Uuid>> {
    let found = notification::Entity::find()
        .filter(notification::Column::Purpose.eq(purpose))
        .all(clinic.core.store.reader());
    let mut found: Vec<_> = found
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.recipient_id)
        .collect();
    found.sort_unstable();
    found
}

fn staff(who: Claims) -> StaffId {
    StaffId::from_public(&public_id(who)).unwrap()
}

fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

/// Who was told of answers that are overdue.
async fn overdue(clinic: &Clinic) -> Vec<Vec<StaffId>> {
    alarms(clinic, EventKind::AnswerOverdue).await
}

on_both_databases! {
    /// A case is assigned to somebody who may see the patient; they are alerted, take part in it, and it stands in its history.
    async fn a_case_is_assigned(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let (dora, rita) = (clinic.staff("Dora", &["CLINICIAN"]).await, clinic.staff("Rita", &["CLINICIAN"]).await);
        let program = clinic.program("Heart").await;
        let eva = ward.desk.patient_with("Eva", json!({ "phone": canary::phone(1), "programIds": [program] })).await;
        let restrict = json!({ "staffId": public_id(rita), "programIds": [program] });
        assert_eq!(clinic.mistakes(clinic.ours.administrator, "setStaffRestrictions", restrict).await, []);
        let case = ward.new_case(&eva).await;
        let assign = |whom: Value| json!({ "caseId": case, "assigneeId": whom });
        for wrong in [rita, clinic.ours.administrator] {
            assert_eq!(codes(&ward.act(ward.nurse, "assignCase", assign(json!(public_id(wrong)))).await), ["WRONG_STATE"]);
        }
        let before = clinic.events_after(0).await.last().unwrap().position;
        let assigned = ward.act(ward.nurse, "assignCase", assign(json!(public_id(dora)))).await;
        assert_eq!(assigned["case"]["assignee"]["id"], public_id(dora));
        assert_eq!(assigned["case"]["conversation"]["participants"][0]["staffMember"]["id"], public_id(dora));
        let events = clinic.events_after(before).await;
        let audience = Audience::from_stored(&events[0].audience).unwrap();
        assert_eq!(events[0].kind, EventKind::CaseWorkChanged);
        assert!(audience.alerts(staff(dora)) && audience.includes(staff(ward.nurse)) && !audience.alerts(staff(ward.nurse)));
        ward.desk.text(1, &canary::message("more")).await;
        let inbox = clinic.ask(dora, "{ inbox(filter: UNREAD) { nodes { id } } }", json!({})).await;
        assert_eq!(inbox["inbox"]["nodes"][0]["id"], case, "what the patient writes is hers to know");

        let nobody = ward.act(ward.nurse, "assignCase", assign(Value::Null)).await;
        assert_eq!(nobody["case"]["assignee"], Value::Null);
        let history = nobody["case"]["history"].as_array().unwrap();
        assert_eq!((&history[0]["assigneeBefore"]["id"], &history[0]["assigneeAfter"]), (&json!(public_id(dora)), &Value::Null));
    }

    /// Whoever gets a case from a colleague is notified, without a word about the patient; whoever takes one, or has lost it again
    /// meanwhile, is not.
    async fn who_gets_a_case_is_notified(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let (dora, nils) = (clinic.staff("Dora", &["CLINICIAN"]).await, clinic.staff("Nils", &["CLINICIAN"]).await);
        let eva = ward.patient("Eva", 1).await;
        let case = ward.new_case(&eva).await;
        let assign = |whom| json!({ "caseId": case, "assigneeId": public_id(whom) });
        for whom in [ward.nurse, dora, nils] {
            ward.act(ward.nurse, "assignCase", assign(whom)).await;
        }
        let mut told = [dora, nils].map(|who| Some(staff(who).0));
        told.sort_unstable();
        assert_eq!(recipients(clinic, NotificationPurpose::CaseAssigned).await, told);
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
        let found = notification::Entity::find()
            .filter(notification::Column::Purpose.eq(NotificationPurpose::CaseAssigned))
            .all(clinic.core.store.reader());
        for row in found.await.unwrap() {
            let is_nils = row.recipient_id == Some(staff(nils).0);
            let expected = if is_nils { NotificationStatus::Sent } else { NotificationStatus::Skipped };
            assert_eq!(row.status, expected, "Dora has lost it again");
        }
        let outbox = demo_outbox(&clinic.core, clinic.ours.organization, 20).await.unwrap();
        let told: Vec<_> = outbox.iter().filter(|mail| mail.subject.as_deref() == Some("A case was assigned to you")).collect();
        assert_eq!(told.len(), 1);
        assert!(!told[0].text.reveal().contains(&canary::name("Eva")));
    }

    /// Who is taken out of a case works on it no more, and its history says so.
    async fn who_is_taken_out_works_on_it_no_more(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let dora = clinic.staff("Dora", &["CLINICIAN"]).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.case(&eva).await;
        ward.act(ward.nurse, "assignCase", json!({ "caseId": case, "assigneeId": public_id(dora) })).await;
        let before = clinic.events_after(0).await.last().unwrap().position;
        for (whom, assignee) in [(ward.nurse, json!({ "id": public_id(dora) })), (dora, Value::Null)] {
            let out = json!({ "conversationId": case, "staffId": public_id(whom) });
            assert_eq!(clinic.mistakes(ward.nurse, "removeParticipant", out).await, []);
            assert_eq!(ward.seen(ward.nurse, &case).await["assignee"], assignee);
        }
        let history = ward.seen(ward.nurse, &case).await["history"].clone();
        assert_eq!((&history[0]["assigneeBefore"]["id"], &history[0]["assigneeAfter"]), (&json!(public_id(dora)), &Value::Null));
        assert_eq!(history[0]["changedBy"]["id"], public_id(ward.nurse));
        let events = clinic.events_after(before).await;
        assert_eq!(events.iter().filter(|event| event.kind == EventKind::CaseWorkChanged).count(), 1);
    }

    /// The first answer is due by the priority; a note is no answer, and the first message is.
    async fn the_first_answer_is_due_by_the_priority(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        clinic.set(json!({ "firstAnswerMinutes": { "normal": 120, "urgent": 15 } })).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.new_case(&eva).await;
        let seen = ward.seen(ward.nurse, &case).await;
        assert_eq!(time(&seen["firstAnswerDueAt"]) - time(&seen["openedAt"]), TimeDelta::minutes(120));
        let urgent = ward.act(ward.nurse, "setCasePriority", json!({ "caseId": case, "priority": "URGENT" })).await;
        assert_eq!(time(&urgent["case"]["firstAnswerDueAt"]) - time(&seen["openedAt"]), TimeDelta::minutes(15));
        assert_eq!((&urgent["case"]["history"][0]["priorityBefore"], &urgent["case"]["history"][0]["priorityAfter"]), (&json!("NORMAL"), &json!("URGENT")));
        let low = ward.act(ward.nurse, "setCasePriority", json!({ "caseId": case, "priority": "LOW" })).await;
        assert_eq!(low["case"]["firstAnswerDueAt"], Value::Null);

        ward.set(&case, "IN_PROGRESS").await;
        let note = json!({ "conversationId": case, "body": canary::message("call back"), "idempotencyKey": run::unique_name() });
        assert_eq!(clinic.mistakes(ward.nurse, "addNote", note).await, []);
        assert_eq!(ward.seen(ward.nurse, &case).await["firstAnsweredAt"], Value::Null);
        ward.write(ward.nurse, &case, json!({ "body": canary::message("Hello") })).await;
        let first = ward.seen(ward.nurse, &case).await["firstAnsweredAt"].clone();
        assert!(first.is_string());
        ward.write(ward.nurse, &case, json!({ "body": canary::message("Hello again") })).await;
        assert_eq!(ward.seen(ward.nurse, &case).await["firstAnsweredAt"], first);
        let wrong = json!({ "firstAnswerMinutes": { "low": 0 } });
        assert_eq!(clinic.mistakes(clinic.ours.administrator, "updateSettings", wrong).await, [("OUT_OF_RANGE".to_owned(), "firstAnswerMinutes.low".to_owned())]);
    }

    /// Only the time that the clinic is open counts.
    async fn opening_hours_count(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        clinic.set(json!({ "firstAnswerMinutes": { "normal": 60 } })).await;
        clinic.set(json!({ "openingHours": {
            "weekly": [{ "day": "MONDAY", "times": [{ "from": "09:00", "until": "12:00" }] }], "exceptions": [],
        } })).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.new_case(&eva).await;
        let seen = ward.seen(ward.nurse, &case).await;
        let (opened, due) = (time(&seen["openedAt"]), time(&seen["firstAnswerDueAt"]));
        assert_eq!(due.format("%A %H:%M").to_string(), "Monday 10:00", "an hour after the clinic has opened, in London's winter");
        assert!(opened < due && due - opened < TimeDelta::days(7));
        clinic.set(json!({ "openingHours": null })).await;
        let again = ward.act(ward.nurse, "setCasePriority", json!({ "caseId": case, "priority": "HIGH" })).await;
        assert_eq!(again["case"]["firstAnswerDueAt"], Value::Null);
        let again = ward.act(ward.nurse, "setCasePriority", json!({ "caseId": case, "priority": "NORMAL" })).await;
        assert_eq!(time(&again["case"]["firstAnswerDueAt"]) - opened, TimeDelta::minutes(60));
    }

    /// In a complete case nobody waits for an answer, and nobody does when it is taken up again until the patient writes.
    async fn completing_ends_the_waiting(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        clinic.set(json!({ "expectedAnswers": [{ "kind": "CASE", "minutes": 60 }] })).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.new_case(&eva).await;
        let query = "query ($id: ID!) { conversation(id: $id) { expectedAnswerBy } }";
        let expected = async || clinic.ask(ward.nurse, query, json!({ "id": case })).await["conversation"]["expectedAnswerBy"].clone();
        assert!(expected().await.is_string());
        for status in ["COMPLETE", "IN_PROGRESS"] {
            ward.set(&case, status).await;
            assert_eq!(expected().await, Value::Null);
        }
    }

    /// An overdue answer is told once, whichever node finds it out: to whoever works on the case, else to the team, and to those
    /// who are called for what nobody has looked after.
    async fn an_overdue_answer_is_told_once(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let dora = clinic.staff("Dora", &["CLINICIAN"]).await;
        clinic.set(json!({ "firstAnswerMinutes": { "normal": 60 } })).await;
        let (eva, emil) = (ward.patient("Eva", 1).await, ward.patient("Emil", 2).await);
        ward.new_case(&eva).await;
        let doras = ward.new_case(&emil).await;
        ward.act(ward.nurse, "assignCase", json!({ "caseId": doras, "assigneeId": public_id(dora) })).await;
        let answered = ward.case(&eva).await;
        ward.write(ward.nurse, &answered, json!({ "body": canary::message("Hello") })).await;
        let done = ward.new_case(&eva).await;
        ward.set(&done, "COMPLETE").await;

        look(&later(&clinic.core, TimeDelta::minutes(59))).await.unwrap();
        assert_eq!(overdue(clinic).await, [[]; 0]);
        let core = later(&clinic.core, TimeDelta::minutes(61));
        let nodes = futures_util::future::join_all((0..4).map(|_| look(&core))).await;
        assert!(nodes.into_iter().all(|node| node.is_ok()));
        let administrator = staff(clinic.ours.administrator);
        let of = |who| sorted(vec![administrator, staff(who)]);
        let mut told = overdue(clinic).await;
        told.sort_unstable();
        let mut expected = vec![of(ward.nurse), of(dora)];
        expected.sort_unstable();
        assert_eq!(told, expected, "what is complete waits for nobody");
        let mut called: Vec<_> = expected.concat().into_iter().map(|who| Some(who.0)).collect();
        called.sort_unstable();
        assert_eq!(recipients(clinic, NotificationPurpose::AttentionNeeded).await, called);
        look(&core).await.unwrap();
        assert_eq!(overdue(clinic).await.len(), 2);
        ward.set(&done, "IN_PROGRESS").await;
        look(&core).await.unwrap();
        assert_eq!(overdue(clinic).await.len(), 3, "taken up again, it waits again");
        ward.act(ward.nurse, "setCasePriority", json!({ "caseId": done, "priority": "HIGH" })).await;
        ward.act(ward.nurse, "setCasePriority", json!({ "caseId": done, "priority": "NORMAL" })).await;
        look(&core).await.unwrap();
        assert_eq!(overdue(clinic).await.len(), 4, "as it does by another priority");
    }

    /// Where the patient was promised an answer too, the breach is one alarm, at the earlier of the two moments; and a case that
    /// staff wrote down, in which no patient waits, has its target all the same.
    async fn what_was_promised_and_the_target_are_one_alarm(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        clinic.set(json!({
            "firstAnswerMinutes": { "normal": 30, "low": 120 }, "expectedAnswers": [{ "kind": "CASE", "minutes": 60 }],
        })).await;
        let (eva, emil, emma) = (ward.patient("Eva", 1).await, ward.patient("Emil", 2).await, ward.patient("Emma", 3).await);
        ward.new_case(&eva).await;
        let low = ward.new_case(&emil).await;
        ward.act(ward.nurse, "setCasePriority", json!({ "caseId": low, "priority": "LOW" })).await;
        ward.request(&emma, json!({ "source": "TELEPHONE" })).await;
        for (minutes, told) in [(29, 0), (31, 2), (59, 2), (61, 3), (121, 3), (500, 3)] {
            let core = later(&clinic.core, TimeDelta::minutes(minutes));
            while look(&core).await.unwrap() > 0 {}
            assert_eq!(overdue(clinic).await.len(), told, "after {minutes} minutes");
        }
    }

    /// A request that another system brought, of a patient without a team: whoever looks after such things is told.
    async fn what_nobody_follows_is_told_to_administrators(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        clinic.set(json!({ "firstAnswerMinutes": { "normal": 60 } })).await;
        let eva = ward.desk.patient_with("Eva", json!({ "phone": canary::phone(1), "careTeamIds": [] })).await;
        ward.request(&eva, json!({ "source": "INTEGRATION" })).await;
        look(&later(&clinic.core, TimeDelta::minutes(61))).await.unwrap();
        let administrator = staff(clinic.ours.administrator);
        assert_eq!(overdue(clinic).await, [[administrator]]);
        assert_eq!(recipients(clinic, NotificationPurpose::AttentionNeeded).await, [Some(administrator.0)]);
    }
}
