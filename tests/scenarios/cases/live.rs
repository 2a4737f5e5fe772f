//! The list of cases, live.

use entity::ConversationId;
use harness::world::{World, events, inbox};
use harness::{canary, on_both_databases, run};
use serde_json::{Value, json};

const WATCH: &str = "subscription ($after: Position) { caseChanges(after: $after) { __typename
    ... on CaseChanged { position alert case { id status hidden priority assignee { id } conversation { unreadCount } } }
    ... on Resync { reason } } }";

async fn change(world: &World, name: &str, field: &str, input: Value) -> Value {
    let mut kind = field[..1].to_uppercase();
    kind.push_str(&field[1..]);
    let operation = format!(
        "mutation ($input: {kind}Input!) {{ {field}(input: $input) {{ case {{ id }} errors {{ code }} }} }}"
    );
    let payload = world
        .ask(name, &operation, json!({ "input": input }))
        .await
        .field(field);
    assert_eq!(payload["errors"], json!([]));
    payload["case"]["id"].clone()
}

async fn offer_cases(world: &World) {
    let decide = "mutation { updateSettings(input: { rules: [{ kind: CASE, offered: true }] }) { errors { code } } }";
    world.ask("Ada", decide, json!({})).await;
}

async fn opened(world: &World) -> Value {
    let input = json!({
        "patientId": world.patient("Paul").to_public(), "source": "INTEGRATION", "reason": canary::message("A rash"),
        "idempotencyKey": run::unique_name(),
    });
    change(world, "Nora", "createContactRequest", input).await
}

on_both_databases! {
    /// Whoever watches the list sees each change once, in order, also what happened while they were away; nobody sees cases out
    /// of their reach, and each is alerted of what is theirs.
    async fn the_list_follows_and_resumes(world: &World) {
        offer_cases(world).await;
        let start = world.head().await;
        let (dora, rita) = (world.connect("Dora").await, world.connect("Rita").await);
        let mut doras = dora.subscribe(WATCH, json!({ "after": start })).await;
        let mut ritas = rita.subscribe(WATCH, json!({ "after": start })).await;
        let case = opened(world).await;
        let written = doras.next().await["caseChanges"].clone();
        assert_eq!((&written["case"]["id"], &written["case"]["status"]), (&case, &json!("NEW")));
        let first = doras.next().await["caseChanges"].clone();
        assert_eq!((&first["case"]["conversation"]["unreadCount"], &first["alert"]), (&json!(1), &json!(false)));
        let assign = json!({ "caseId": case, "assigneeId": world.staff("Dora").to_public() });
        change(world, "Nora", "assignCase", assign).await;
        let assigned = doras.next().await["caseChanges"].clone();
        assert_eq!((&assigned["alert"], &assigned["case"]["assignee"]["id"]), (&json!(true), &json!(world.staff("Dora").to_public())));

        drop(doras);
        change(world, "Dora", "changeCaseStatus", json!({ "caseId": case, "status": "IN_PROGRESS" })).await;
        change(world, "Nora", "setCasePriority", json!({ "caseId": case, "priority": "HIGH" })).await;
        let mut doras = dora.subscribe(WATCH, json!({ "after": assigned["position"] })).await;
        for _ in 0..2 {
            let missed = doras.next().await["caseChanges"].clone();
            assert_eq!((&missed["case"]["status"], &missed["case"]["priority"]), (&json!("IN_PROGRESS"), &json!("HIGH")));
        }
        change(world, "Nora", "hideThread", json!({ "caseId": case, "seenPosition": world.head().await })).await;
        let paul = ConversationId::from_public(case.as_str().unwrap()).unwrap();
        world.send("Paul", paul, "and it itches").await;
        let next = doras.next().await["caseChanges"].clone();
        assert_eq!(next["case"]["conversation"]["unreadCount"], 2, "what Nora hides is nobody else's news");

        // Settings come to everybody, so that nothing of the case can be on its way to Rita any more.
        let decide = "mutation { updateSettings(input: { unreadReminderMinutes: 30 }) { errors { code } } }";
        world.ask("Ada", decide, json!({})).await;
        let petra = json!({
            "patientId": world.patient("Petra").to_public(), "source": "STAFF", "reason": canary::message("A cough"),
            "idempotencyKey": run::unique_name(),
        });
        let petras = change(world, "Nora", "createContactRequest", petra).await;
        assert_eq!(ritas.next().await["caseChanges"]["case"]["id"], petras);
    }

    /// The count of cases with new messages follows what is written, and what one reads on another device.
    async fn the_count_of_new_messages_follows(world: &World) {
        const COUNT: &str = "subscription ($after: Position) { caseChanges(after: $after) { ... on CaseChanged { newMessages case { conversation { unreadCount } } } } }";
        const LIST: &str = "{ cases(newMessages: true) { newMessages position nodes { id } } }";
        offer_cases(world).await;
        let case = opened(world).await;
        let list = world.ask("Dora", LIST, json!({})).await.field("cases");
        assert_eq!((&list["newMessages"], &list["nodes"]), (&json!(1), &json!([{ "id": case }])));
        let dora = world.connect("Dora").await;
        let mut changes = dora.subscribe(COUNT, json!({ "after": list["position"] })).await;
        let newest = "query ($id: ID!) { conversation(id: $id) { messages(last: 1) { nodes { id } } } }";
        let newest = world.ask("Dora", newest, json!({ "id": case })).await.field("conversation");
        let read = "mutation ($id: ID!, $message: ID!) { markRead(input: { conversationId: $id, messageId: $message }) { unreadCount } }";
        let seen = json!({ "id": case, "message": newest["messages"]["nodes"][0]["id"] });
        world.ask("Dora", read, seen).await;
        let now = changes.next().await["caseChanges"].clone();
        assert_eq!((&now["newMessages"], &now["case"]["conversation"]["unreadCount"]), (&json!(0), &json!(0)));
        assert_eq!(world.ask("Dora", LIST, json!({})).await.field("cases")["nodes"], json!([]));
        let id = ConversationId::from_public(case.as_str().unwrap()).unwrap();
        world.send("Paul", id, "and it itches").await;
        assert_eq!(changes.next().await["caseChanges"]["newMessages"], 1);
        change(world, "Dora", "hideThread", json!({ "caseId": case, "seenPosition": world.head().await })).await;
        assert_eq!(changes.next().await["caseChanges"]["newMessages"], 0, "what is hidden is no news");
    }

    /// An open view and an inbox learn of a case's status, and one's other devices of what one has hidden.
    async fn open_views_and_inboxes_follow(world: &World) {
        offer_cases(world).await;
        let case = opened(world).await;
        let id = ConversationId::from_public(case.as_str().unwrap()).unwrap();
        let start = world.head().await;
        let (paul, nora) = (world.connect("Paul").await, world.connect("Nora").await);
        let mut open_at_paul = events(&paul, id, Some(&start)).await;
        let mut at_nora = inbox(&nora, Some(&start)).await;
        let (nils, priority) = (world.staff("Nils").to_public(), json!({ "caseId": case, "priority": "HIGH" }));
        change(world, "Nora", "assignCase", json!({ "caseId": case, "assigneeId": nils })).await;
        change(world, "Nora", "setCasePriority", priority).await;
        for _ in 0..2 {
            assert_eq!(at_nora.next().await["inboxChanges"]["conversation"]["id"], case);
        }
        change(world, "Nils", "changeCaseStatus", json!({ "caseId": case, "status": "COMPLETE" })).await;
        // Who works on it, and how soon, is nothing that its patient learns.
        let changed = open_at_paul.next().await["conversationEvents"].clone();
        assert_eq!(changed["conversation"]["status"], "CLOSED");
        assert_eq!(at_nora.next().await["inboxChanges"]["conversation"]["id"], case);
        change(world, "Nora", "hideThread", json!({ "caseId": case, "seenPosition": world.head().await })).await;
        assert_eq!(at_nora.next().await["inboxChanges"]["counts"]["messages"], 0);
        world.send("Paul", id, "too late").await;
        let back = at_nora.next().await["inboxChanges"].clone();
        assert_eq!((&back["counts"]["messages"], &back["conversation"]["unreadCount"]), (&json!(2), &json!(2)));
    }
}
