//! Cases: contact requests that are begun, worked on, archived, and written about by text (CASE-1 to CASE-6).

mod archive;
mod chat;
mod closing;
mod consents;
mod hiding;
mod live;
mod many;
mod moving;
mod numbers;
mod opening;
mod order;
mod texts;
mod work;

use entity::{ConversationId, PersonId};
use harness::clinic::{Claims, Clinic};
use harness::{canary, run};
use serde_json::{Value, json};
use tidings::delivery::{TextGateways, TextWorker};
use tidings::domain::notifications::demo_outbox;

use crate::texting::{Desk, patient_id};

pub(crate) const CASE: &str =
    "id status source reason phone obstacles priority openedAt firstAnswerDueAt firstAnsweredAt hidden
    assignee { id } history { kind statusBefore statusAfter priorityBefore priorityAfter assigneeBefore { id } assigneeAfter { id }
        personKind changedBy { id } changedAt }
    conversation { id status canWrite unreadCount patient { id } participants { staffMember { id } }
        messages(first: 50) { nodes { id body kind channel urgent afterClose author { kind } texts { state } } } }";

/// A clinic that texts, with a nurse and what she does about cases.
pub(crate) struct Ward<'a> {
    pub(crate) desk: Desk<'a>,
    pub(crate) clinic: &'a Clinic,
    pub(crate) nurse: Claims,
}

impl<'a> Ward<'a> {
    pub(crate) async fn open(clinic: &'a Clinic) -> Self {
        let ward = Self::of(Desk::open(clinic).await);
        clinic
            .set(json!({ "rules": [{ "kind": "CASE", "offered": true }] }))
            .await;
        ward
    }

    pub(crate) fn of(desk: Desk<'a>) -> Self {
        Self {
            clinic: desk.clinic,
            nurse: desk.nurse,
            desk,
        }
    }

    /// The same ward at another time.
    pub(crate) fn at(&self, clinic: &'a Clinic) -> Self {
        Self::of(self.desk.at(clinic))
    }

    /// A patient with a number, who is let into the portal.
    pub(crate) async fn patient(&self, name: &str, number: u16) -> String {
        let more = json!({ "phone": canary::phone(number), "portalAllowed": true });
        self.desk.patient_with(name, more).await
    }

    pub(crate) async fn sign_in(&self, patient: &str) -> Claims {
        let person = PersonId::Patient(patient_id(patient));
        self.clinic
            .sign_in(self.clinic.ours.organization, person)
            .await
    }

    /// Does something about cases as somebody; gives the payload.
    pub(crate) async fn act(&self, who: Claims, name: &str, input: Value) -> Value {
        let payload = format!("case {{ {CASE} }} errors {{ code field }}");
        self.clinic.change(who, name, &payload, input).await
    }

    /// The nurse writes down a request that another system has brought; gives the payload.
    pub(crate) async fn request(&self, patient: &str, more: Value) -> Value {
        let mut input = json!({
            "patientId": patient, "source": "INTEGRATION", "reason": canary::message("My knee hurts"),
            "idempotencyKey": run::unique_name(),
        });
        for (key, value) in more.as_object().unwrap() {
            input[key] = value.clone();
        }
        let payload = format!("replayed case {{ {CASE} }} errors {{ code field }}");
        self.clinic
            .change(self.nurse, "createContactRequest", &payload, input)
            .await
    }

    /// A new case of a patient; gives its id.
    pub(crate) async fn new_case(&self, patient: &str) -> String {
        let payload = self.request(patient, json!({})).await;
        assert_eq!(payload["errors"], json!([]));
        payload["case"]["id"].as_str().unwrap().to_owned()
    }

    /// A case that the nurse works on; gives its id.
    pub(crate) async fn case(&self, patient: &str) -> String {
        let case = self.new_case(patient).await;
        self.set(&case, "IN_PROGRESS").await;
        case
    }

    /// How far somebody sees the log who looks at a conversation.
    pub(crate) async fn position(&self, who: Claims, conversation: &str) -> Value {
        let query = "query ($id: ID!) { conversation(id: $id) { position } }";
        let seen = self.clinic.ask(who, query, json!({ "id": conversation }));
        seen.await["conversation"]["position"].clone()
    }

    /// Somebody closes the thread that they look at; gives the payload.
    pub(crate) async fn hide(&self, who: Claims, case: &str) -> Value {
        let seen = self.position(who, case).await;
        let input = json!({ "caseId": case, "seenPosition": seen });
        self.act(who, "hideThread", input).await
    }

    /// The nurse moves a case.
    pub(crate) async fn set(&self, case: &str, status: &str) {
        let input = json!({ "caseId": case, "status": status });
        let payload = self.act(self.nurse, "changeCaseStatus", input).await;
        assert_eq!(
            (&payload["errors"], &payload["case"]["status"]),
            (&json!([]), &json!(status))
        );
    }

    /// A case as somebody sees it.
    pub(crate) async fn seen(&self, who: Claims, case: &str) -> Value {
        let query = format!("query ($id: ID!) {{ conversation(id: $id) {{ case {{ {CASE} }} }} }}");
        let data = self.clinic.ask(who, &query, json!({ "id": case })).await;
        data["conversation"]["case"].clone()
    }

    /// The words of a case, each with its way and author.
    pub(crate) async fn talk(&self, case: &str) -> Vec<(String, String, String)> {
        let seen = self.seen(self.nurse, case).await;
        let messages = seen["conversation"]["messages"]["nodes"]
            .as_array()
            .unwrap()
            .clone();
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        messages
            .iter()
            .map(|message| {
                (
                    word(&message["body"]),
                    word(&message["channel"]),
                    word(&message["author"]["kind"]),
                )
            })
            .collect()
    }

    /// Somebody writes in a case; gives the payload.
    pub(crate) async fn write(&self, who: Claims, case: &str, more: Value) -> Value {
        let mut input = json!({ "conversationId": case, "idempotencyKey": run::unique_name() });
        for (key, value) in more.as_object().unwrap() {
            input[key] = value.clone();
        }
        let payload =
            "message { id body channel afterClose } automaticAnswer errors { code field }";
        self.clinic.change(who, "sendMessage", payload, input).await
    }

    /// The ids of a list of cases.
    pub(crate) async fn list(&self, who: Claims, arguments: &str) -> Vec<String> {
        let query = format!("{{ cases({arguments}) {{ nodes {{ id }} }} }}");
        let data = self.clinic.ask(who, &query, json!({})).await;
        let nodes = data["cases"]["nodes"].as_array().unwrap().clone();
        let id = |node: &Value| node["id"].as_str().unwrap().to_owned();
        nodes.iter().map(id).collect()
    }
}

/// Lets every text leave that is due, and gives what has left the clinic's gateway so far: the number and the words of each, sorted.
pub(crate) async fn left(clinic: &Clinic) -> Vec<(String, String)> {
    let gateways = TextGateways::new("https://tidings.example", Default::default(), true).unwrap();
    let texts = TextWorker::new(clinic.core.clone(), gateways);
    texts.run_once().await.unwrap();
    let outbox = demo_outbox(&clinic.core, clinic.ours.organization, 100);
    let mut left: Vec<_> = outbox
        .await
        .unwrap()
        .iter()
        .map(|kept| {
            (
                kept.recipient.reveal().to_owned(),
                kept.text.reveal().to_owned(),
            )
        })
        .collect();
    left.sort_unstable();
    left
}

pub(crate) fn conversation_id(case: &str) -> ConversationId {
    ConversationId::from_public(case).unwrap()
}

pub(crate) fn codes(payload: &Value) -> Vec<&str> {
    let errors = payload["errors"].as_array().unwrap();
    errors
        .iter()
        .map(|error| error["code"].as_str().unwrap())
        .collect()
}
