//! "No answer needed": what "Thanks!" does not set off. It is Friday, 08:00.

use chrono::TimeDelta;
use entity::EventKind;
use harness::clinic::{Clinic, public_id};
use harness::{canary, on_both_databases, run};
use serde_json::{Value, json};

use super::*;
use crate::cases::Ward;

const STANDING: &str =
    "query ($id: ID!) { conversation(id: $id) { waitingSince expectedAnswerBy unreadCount
    answerMark { sequence markedAt markedBy { id } } messages(first: 20) { nodes { id } } } }";

async fn standing(clinic: &Clinic, who: Claims, conversation: &str) -> Value {
    let seen = clinic
        .ask(who, STANDING, json!({ "id": conversation }))
        .await;
    seen["conversation"].clone()
}

/// Somebody says that what was written up to a message needs no answer; messages are counted from 0.
async fn mark(clinic: &Clinic, who: Claims, conversation: &str, message: usize) -> Value {
    let seen = standing(clinic, who, conversation).await;
    let id = seen["messages"]["nodes"][message]["id"].clone();
    let input = json!({ "conversationId": conversation, "messageId": id });
    let payload = "conversation { waitingSince }";
    let marked = clinic.change(who, "markAnswered", payload, input).await;
    marked["conversation"]["waitingSince"].clone()
}

async fn promise(clinic: &Clinic, kind: &str) {
    let promise = json!({ "expectedAnswers": [{ "kind": kind, "minutes": 60 }] });
    clinic.set(promise).await;
}

on_both_databases! {
    /// Whoever has seen it says so, and nobody waits: no alarm goes off, lists follow, and it stands there who said it. What
    /// comes later waits again, and is overdue when it is.
    async fn thanks_waits_for_nobody(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        promise(clinic, "CARE_TEAM_CHAT").await;
        let eva = Waiting::of(&desk, desk.patient("Eva", 1).await).await;
        eva.writes(clinic).await;
        let waiting = standing(clinic, desk.nurse, &eva.chat).await;
        assert_eq!(waiting["waitingSince"], moment("2027-01-15T08:00:00Z"));
        let before = clinic.events_after(0).await.last().unwrap().position;
        assert_eq!(mark(clinic, desk.nurse, &eva.chat, 0).await, json!(null));
        let events = clinic.events_after(before).await;
        assert_eq!(events.iter().map(|event| event.kind).collect::<Vec<_>>(), [EventKind::ConversationChanged]);
        let audience = Audience::from_stored(&events[0].audience).unwrap();
        assert!(audience.includes(staff(desk.nurse)) && !audience.alerts(staff(desk.nurse)));
        let seen = standing(clinic, desk.nurse, &eva.chat).await;
        assert_eq!((&seen["waitingSince"], &seen["expectedAnswerBy"], &seen["unreadCount"]), (&json!(null), &json!(null), &json!(1)));
        assert_eq!(seen["answerMark"], json!({
            "sequence": 1, "markedAt": moment("2027-01-15T08:00:00Z"), "markedBy": { "id": public_id(desk.nurse) },
        }));
        let own = standing(clinic, eva.own, &eva.chat).await;
        assert_eq!((&own["answerMark"], &own["waitingSince"]), (&json!(null), &json!(null)), "the patient is told nothing of it");
        look_at(clinic, "2027-01-15T09:00:00Z").await;
        assert_eq!(alarms(clinic, EventKind::AnswerOverdue).await, Vec::<Vec<StaffId>>::new());
        assert_eq!(mark(clinic, desk.nurse, &eva.chat, 0).await, json!(null));
        assert_eq!(clinic.events_after(before).await.len(), 1, "said once more it changes nothing");

        eva.writes(clinic).await;
        look_at(clinic, "2027-01-15T09:00:00Z").await;
        assert_eq!(alarms(clinic, EventKind::AnswerOverdue).await.len(), 1);
        let refused = json!({ "conversationId": eva.chat, "messageId": seen["messages"]["nodes"][0]["id"] });
        let mutation = "mutation ($input: MarkAnsweredInput!) { markAnswered(input: $input) { conversation { id } } }";
        assert_eq!(clinic.refusal(eva.own, mutation, json!({ "input": refused })).await, "FORBIDDEN");
        assert_eq!(clinic.refusal(clinic.theirs.administrator, mutation, json!({ "input": refused })).await, "FORBIDDEN");
    }

    /// What came after the message that somebody has seen is not swallowed: it waits, and what the patient was promised stays.
    async fn what_nobody_has_seen_goes_on_waiting(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        promise(clinic, "CARE_TEAM_CHAT").await;
        let eva = Waiting::of(&desk, desk.patient("Eva", 1).await).await;
        eva.writes(clinic).await;
        let later = clinic.later(TimeDelta::minutes(30));
        eva.writes(&later).await;
        assert_eq!(mark(&later, desk.nurse, &eva.chat, 0).await, moment("2027-01-15T08:30:00Z"));
        assert_eq!(eva.expected_by(clinic, desk.nurse).await, moment("2027-01-15T09:00:00Z"));
        look_at(clinic, "2027-01-15T09:00:00Z").await;
        assert_eq!(alarms(clinic, EventKind::AnswerOverdue).await.len(), 1);

        let late = clinic.later(TimeDelta::minutes(120));
        eva.writes(&late).await;
        assert_eq!(mark(&late, desk.nurse, &eva.chat, 1).await, moment("2027-01-15T10:00:00Z"));
        assert_eq!(eva.expected_by(clinic, desk.nurse).await, moment("2027-01-15T11:00:00Z"), "as if they had begun with it");
        look_at(clinic, "2027-01-15T11:00:00Z").await;
        assert_eq!(alarms(clinic, EventKind::AnswerOverdue).await.len(), 2);
    }

    /// What is written after the end of a case can be marked as well, and does not wait when the case is taken up again.
    async fn what_is_written_after_the_end_can_be_marked(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.case(&eva).await;
        ward.set(&case, "COMPLETE").await;
        assert_eq!(mark(clinic, ward.nurse, &case, 0).await, json!(null), "nothing waits, and nothing begins to");
        ward.desk.text(1, &canary::message("Thanks!")).await;
        assert!(standing(clinic, ward.nurse, &case).await["waitingSince"].is_string());
        let before = clinic.events_after(0).await.last().unwrap().position;
        assert_eq!(mark(clinic, ward.nurse, &case, 1).await, json!(null));
        let events = clinic.events_after(before).await;
        assert_eq!(events[0].kind, EventKind::CaseChanged, "the list of cases follows");
        ward.set(&case, "IN_PROGRESS").await;
        assert_eq!(standing(clinic, ward.nurse, &case).await["waitingSince"], json!(null));
        let own = ward.sign_in(&eva).await;
        ward.write(own, &case, json!({ "body": canary::message("One more thing") })).await;
        assert!(standing(clinic, ward.nurse, &case).await["waitingSince"].is_string());
    }

    /// The inbox shows where somebody waits, where too long, and where urgent words were not seen.
    async fn the_inbox_shows_who_waits(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        promise(clinic, "CARE_TEAM_CHAT").await;
        let (eva, paul) = (desk.patient("Eva", 1).await, desk.patient("Paul", 2).await);
        let (eva, paul) = (Waiting::of(&desk, eva).await, Waiting::of(&desk, paul).await);
        let silent = Waiting::of(&desk, desk.patient("Silja", 3).await).await;
        silent.write(clinic, desk.nurse).await;
        eva.writes(clinic).await;
        let later = clinic.later(TimeDelta::minutes(90));
        let urgent = json!({ "conversationId": paul.chat, "body": canary::message("I have chest pain"), "idempotencyKey": run::unique_name() });
        assert_eq!(later.mistakes(paul.own, "sendMessage", urgent).await, []);
        let shown = async |arguments: &str| {
            let query = format!("{{ inbox({arguments}) {{ nodes {{ id urgentUnread }} }} }}");
            let data = later.ask(desk.nurse, &query, json!({})).await;
            let nodes = data["inbox"]["nodes"].as_array().unwrap().clone();
            nodes.iter().map(|node| (node["id"].clone(), node["urgentUnread"].clone())).collect::<Vec<_>>()
        };
        let (first, second) = ((json!(paul.chat), json!(true)), (json!(eva.chat), json!(false)));
        assert_eq!(shown("waiting: true").await, [first.clone(), second.clone()]);
        assert_eq!(shown("overdue: true").await, std::slice::from_ref(&second));
        assert_eq!(shown("urgentUnread: true, filter: ALL").await, [first]);
        let seen = standing(&later, desk.nurse, &paul.chat).await;
        let read = json!({ "conversationId": paul.chat, "messageId": seen["messages"]["nodes"][0]["id"] });
        later.change(desk.nurse, "markRead", "unreadCount", read).await;
        assert_eq!(shown("urgentUnread: true, filter: ALL").await, []);
        assert_eq!(shown("waiting: true").await, [(json!(paul.chat), json!(false)), second], "seen is not answered");
    }
}
