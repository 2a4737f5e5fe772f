//! The frames of `graphql-transport-ws` that the generator sends and knows.

/// The protocol's name.
pub const PROTOCOL: &str = "graphql-transport-ws";

/// What the server answers `connection_init` with.
pub const ACKNOWLEDGED: &str = r#"{"type":"connection_ack""#;

/// What a delivery begins with; errors have no data.
pub const DELIVERY: &str = r#"{"type":"next","id":"1","payload":{"data":{"#;

/// New messages for a person, as an inbox shows them (LIVE-1).
const ALERTS: &str = "subscription Alerts($after: Position) { messageAlerts(after: $after) { __typename \
    ... on MessageAlert { position patient { id name } conversation { id } \
    message { id createdAt author { name profession } } preview unreadCount } \
    ... on Resync { position reason } } }";

/// Everything in a conversation, as an open view shows it.
const CONVERSATION: &str = "subscription Events($id: ID!, $after: Position) { conversationEvents(conversationId: $id, after: $after) { __typename \
    ... on MessagePosted { position message { id sequence kind channel body createdAt author { id kind name profession } } unreadCount } \
    ... on ReadCursorMoved { position unreadCount } ... on PatientChanged { position patient { id name } } \
    ... on Resync { position reason } } }";

/// What a receiver listens to.
#[derive(Clone)]
pub enum Topic {
    /// `messageAlerts`
    Alerts,
    /// `conversationEvents` of one conversation
    Conversation(String),
}

/// Brings the token.
pub fn connection_init(token: &str) -> String {
    serde_json::json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } })
        .to_string()
}

/// Begins the one subscription of a connection.
pub fn subscribe(topic: &Topic) -> String {
    let payload = match topic {
        Topic::Alerts => serde_json::json!({ "query": ALERTS }),
        Topic::Conversation(id) => {
            serde_json::json!({ "query": CONVERSATION, "variables": { "id": id } })
        }
    };
    serde_json::json!({ "id": "1", "type": "subscribe", "payload": payload }).to_string()
}
