//! Who takes part in a conversation, and who sees it.

use harness::on_both_databases;
use harness::world::{SEND, World, events, inbox};
use serde_json::{Value, json};

use super::{CONVERSATION, begun, codes, decide, seen, set_status};

const INBOX: &str = "query ($filter: InboxFilter!, $status: ConversationStatus) { inbox(filter: $filter, status: $status) {
    counts { messages } nodes { id unreadCount } } }";

async fn participants(
    world: &World,
    name: &str,
    field: &str,
    arguments: &str,
    id: entity::ConversationId,
) -> Value {
    let operation = format!(
        "mutation ($id: ID!) {{ {field}(input: {{ conversationId: $id, {arguments} }}) {{
            conversation {{ participants {{ staffMember {{ id }} }} }} errors {{ code field }} }} }}"
    );
    world
        .ask(name, &operation, json!({ "id": id.to_public() }))
        .await
        .field(field)
}

async fn in_inbox(world: &World, name: &str, filter: &str, status: Option<&str>) -> Vec<String> {
    let data = world
        .data(name, INBOX, json!({ "filter": filter, "status": status }))
        .await;
    let nodes = data["inbox"]["nodes"].as_array().unwrap().clone();
    nodes
        .iter()
        .map(|node| node["id"].as_str().unwrap().to_owned())
        .collect()
}

on_both_databases! {
    /// A doctor off the team who is added may open the conversation, under the strictest policy too, and when she is taken
    /// out, what she has open ends at once.
    async fn who_is_added_may_read_and_who_is_removed_may_not(world: &World) {
        decide(world, "{ access: TEAM }").await;
        let id = begun(world, json!({})).await;
        let hidden = world.ask("Dora", CONVERSATION, json!({ "id": id.to_public() })).await;
        assert_eq!(hidden.codes(), ["NOT_FOUND"]);
        let dora = format!("staffIds: [\"{}\"]", world.staff("Dora").to_public());
        let added = participants(world, "Nora", "addParticipants", &dora, id).await;
        assert_eq!(added["errors"], json!([]));
        assert_eq!(added["conversation"]["participants"].as_array().unwrap().len(), 2);
        let shown = seen(world, "Dora", id).await;
        assert_eq!(shown["canWrite"], true);
        assert_eq!(in_inbox(world, "Dora", "MINE", None).await, [id.to_public()]);
        assert_eq!(in_inbox(world, "Dora", "ALL", None).await, [id.to_public()], "and nothing else of the patient");
        assert_eq!(world.send("Dora", id, "I join").await["errors"], json!([]));

        let socket = world.connect("Dora").await;
        let mut open = events(&socket, id, Some(&world.head().await)).await;
        // What changes about a patient whom she reaches by nothing else does not end it.
        world.clinic.join(world.patient("Paul"), world.staff("Rita")).await;
        let nils = json!({ "input": { "patientId": world.patient("Paul").to_public(), "staffId": world.staff("Nils").to_public() } });
        let leave = "mutation ($input: CareTeamInput!) { removeFromCareTeam(input: $input) { errors { code } } }";
        assert_eq!(world.ask("Nora", leave, nils).await.field("removeFromCareTeam")["errors"], json!([]));
        assert_eq!(open.next().await["conversationEvents"]["__typename"], "PatientChanged");
        let dora = format!("staffId: \"{}\"", world.staff("Dora").to_public());
        assert_eq!(participants(world, "Nora", "removeParticipant", &dora, id).await["errors"], json!([]));
        let (_, ended) = open.next_with_errors().await;
        assert_eq!(ended[0]["extensions"]["code"], "NOT_FOUND");
        assert_eq!(world.ask("Dora", CONVERSATION, json!({ "id": id.to_public() })).await.codes(), ["NOT_FOUND"]);
        let input = json!({ "conversationId": id.to_public(), "body": "still here?", "idempotencyKey": "k" });
        assert_eq!(world.ask("Dora", SEND, json!({ "input": input })).await.codes(), ["NOT_FOUND"]);
        assert_eq!(in_inbox(world, "Dora", "ALL", None).await, Vec::<String>::new());
    }

    /// Restriction from programs counts for participants too (PEO-6), and chats are addressed to nobody.
    async fn who_may_not_see_the_patient_cannot_take_part(world: &World) {
        let id = begun(world, json!({})).await;
        let rita = format!("staffIds: [\"{}\"]", world.staff("Rita").to_public());
        let refused = participants(world, "Nora", "addParticipants", &rita, id).await;
        assert_eq!(codes(&refused["errors"]), ["WRONG_STATE"]);
        let nils = format!("staffIds: [\"{}\"]", world.staff("Nils").to_public());
        let refused = participants(world, "Nora", "addParticipants", &nils, world.chat).await;
        assert_eq!(codes(&refused["errors"]), ["WRONG_STATE"]);
    }

    /// The inbox counts what is new for those to whom it is addressed, and can be narrowed to what goes on (LIVE-6).
    async fn the_inbox_counts_for_those_to_whom_it_is_addressed(world: &World) {
        let id = begun(world, json!({ "to": [world.staff("Dora").to_public()] })).await;
        let socket = world.connect("Dora").await;
        let mut changes = inbox(&socket, Some(&world.head().await)).await;
        let socket_of_nils = world.connect("Nils").await;
        let mut at_nils = inbox(&socket_of_nils, Some(&world.head().await)).await;
        world.send("Paul", id, "for Dora").await;
        // It is not in the inbox of Nils, who is on the team but was not addressed; the chat is.
        world.send("Paul", world.chat, "for the team").await;
        let change = at_nils.next().await["inboxChanges"].clone();
        assert_eq!(change["conversation"]["id"], world.chat.to_public());
        let change = changes.next().await["inboxChanges"].clone();
        // The first message came from Nora, and Dora has not seen it either.
        assert_eq!(change["counts"], json!({ "conversations": 1, "messages": 2 }));
        assert_eq!(in_inbox(world, "Dora", "UNREAD", None).await, [id.to_public()]);
        assert!(!in_inbox(world, "Nils", "MINE", None).await.contains(&id.to_public()));
        assert!(in_inbox(world, "Nils", "ALL", None).await.contains(&id.to_public()));
        set_status(world, "Nora", "closeConversation", id).await;
        assert_eq!(in_inbox(world, "Dora", "MINE", Some("OPEN")).await, Vec::<String>::new());
        assert_eq!(in_inbox(world, "Dora", "MINE", Some("CLOSED")).await, [id.to_public()]);
    }

    /// Patients list their own conversations as the portal shows them; staff see all of a patient's.
    async fn a_patients_conversations_are_listed(world: &World) {
        let id = begun(world, json!({})).await;
        let list = "query ($id: ID!, $kinds: [ConversationKind!]) { patient(id: $id) { conversations(kinds: $kinds) {
            nodes { id unreadCount lastMessage { sequence } patient { id } } } } }";
        let of = async |name: &str, kinds: Value| {
            let variables = json!({ "id": world.patient("Paul").to_public(), "kinds": kinds });
            world.data(name, list, variables).await["patient"]["conversations"]["nodes"].clone()
        };
        world.note("Nora", id, "not for Paul").await;
        let shown = of("Paul", json!(["SECURE_MESSAGE"])).await;
        assert_eq!((&shown[0]["unreadCount"], &shown[0]["lastMessage"]["sequence"]), (&json!(1), &json!(1)));
        let shown = of("Nora", Value::Null).await;
        assert_eq!(shown.as_array().unwrap().len(), 2, "with the chat");
        let here = shown.as_array().unwrap().iter().find(|node| node["id"] == id.to_public()).unwrap();
        assert_eq!(here["lastMessage"]["sequence"], 2, "staff see the note");
        decide(world, "{ portalChat: false }").await;
        assert_eq!(of("Paul", Value::Null).await.as_array().unwrap().len(), 1, "the chat is not offered");
    }
}
