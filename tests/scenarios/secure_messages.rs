//! Secure messages, which the clinic begins (SEC-1 to SEC-6), and the guard against answering twice (NEW-2).

mod access;
mod answering;
mod beginning;
mod clinic_first;
mod closing;

use entity::ConversationId;
use harness::world::World;
use harness::{canary, run};
use serde_json::{Value, json};

const BEGIN: &str = "mutation ($input: BeginSecureMessageInput!) { beginSecureMessage(input: $input) {
    conversation { id title status replies canWrite kind participants { staffMember { id } } begunBy { id } }
    message { id body html sequence channel } position replayed errors { code field message } } }";

const CONVERSATION: &str = "query ($id: ID!) { conversation(id: $id) { id title status replies canWrite unreadCount position
    statusChangedAt statusChangedBy { id } contact { phone } receipts { personId sequence readAt }
    participants { staffMember { id } } messages(last: 50) { nodes { id body html } } } }";

/// What a secure message to Paul needs, for stories to change.
fn to_paul(world: &World) -> Value {
    json!({
        "patientId": world.patient("Paul").to_public(),
        "title": canary::message("Your results"),
        "body": { "html": format!("<p><b>{}</b></p>", canary::message("All is well")) },
        "idempotencyKey": run::unique_name(),
    })
}

/// Begins a secure message as somebody; gives the payload.
async fn begin(world: &World, name: &str, input: Value) -> Value {
    let answer = world.ask(name, BEGIN, json!({ "input": input })).await;
    answer.field("beginSecureMessage")
}

/// Begins one from Nora to Paul; gives its conversation.
pub(crate) async fn begun(world: &World, changes: Value) -> ConversationId {
    let mut input = to_paul(world);
    for (key, value) in changes.as_object().unwrap() {
        input[key] = value.clone();
    }
    let payload = begin(world, "Nora", input).await;
    assert_eq!(payload["errors"], json!([]));
    ConversationId::from_public(payload["conversation"]["id"].as_str().unwrap()).unwrap()
}

/// The conversation as somebody sees it.
async fn seen(world: &World, name: &str, id: ConversationId) -> Value {
    let data = world
        .data(name, CONVERSATION, json!({ "id": id.to_public() }))
        .await;
    data["conversation"].clone()
}

/// Closes or opens a conversation; gives the errors.
async fn set_status(world: &World, name: &str, field: &str, id: ConversationId) -> Value {
    let operation = format!(
        "mutation ($id: ID!) {{ {field}(input: {{ conversationId: $id }}) {{ conversation {{ status }} errors {{ code }} }} }}"
    );
    let answer = world
        .ask(name, &operation, json!({ "id": id.to_public() }))
        .await;
    answer.field(field)["errors"].clone()
}

/// Changes the clinic's settings.
pub(crate) async fn decide(world: &World, settings: &str) {
    let operation =
        format!("mutation {{ updateSettings(input: {settings}) {{ errors {{ code field }} }} }}");
    let answer = world.ask("Ada", &operation, json!({})).await;
    assert_eq!(answer.field("updateSettings")["errors"], json!([]));
}

fn codes(errors: &Value) -> Vec<&str> {
    errors
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["code"].as_str().unwrap())
        .collect()
}
