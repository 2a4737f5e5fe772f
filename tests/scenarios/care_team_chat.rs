//! The care-team chat: who writes, who is alerted, who sees what.

use harness::on_both_databases;
use harness::world::{World, alerts, events, inbox};
use harness::{canary, run};
use serde_json::{Value, json};

const MESSAGES: &str = "query ($id: ID!) { conversation(id: $id) { unreadCount position
    messages(first: 50) { nodes { id body kind sequence author { name kind profession } channel } } } }";

const INBOX: &str = "query ($filter: InboxFilter!, $search: String) { inbox(filter: $filter, search: $search) {
    counts { conversations messages } nodes { id unreadCount patient { name } lastMessage { body } } } }";

on_both_databases! {
    /// A patient writes; the nurses on the team are alerted at once, and nobody else is.
    async fn a_nurse_on_the_team_is_alerted_when_her_patient_writes(world: &World) {
        let (nora, dora) = (world.connect("Nora").await, world.connect("Dora").await);
        let mut to_nora = alerts(&nora, Some(&world.head().await)).await;
        let mut to_dora = alerts(&dora, Some(&world.head().await)).await;

        let sent = world.send("Paul", world.chat, "I feel dizzy").await;
        assert_eq!(sent["errors"], json!([]));
        let alert = to_nora.next().await["messageAlerts"].clone();
        assert_eq!(alert["patient"]["name"], canary::name("Paul"));
        assert_eq!(alert["message"]["body"], canary::message("I feel dizzy"));
        assert_eq!(alert["conversation"]["id"], world.chat.to_public());
        assert_eq!(alert["unreadCount"], 1);
        assert_eq!(alert["position"], sent["position"]);

        // Dora is off the team: the first that she hears is of a patient whose team she joins.
        world.clinic.join(world.patient("Petra"), world.staff("Dora")).await;
        world.send("Petra", world.petras_chat, "for Dora").await;
        let alert = to_dora.next().await["messageAlerts"].clone();
        assert_eq!(alert["message"]["body"], canary::message("for Dora"));
    }

    /// What staff write alerts the patient, never staff; it does update what they have open.
    async fn staff_messages_alert_the_patient_and_update_open_views(world: &World) {
        let (nora, nils, paul) = (world.connect("Nora").await, world.connect("Nils").await, world.connect("Paul").await);
        let mut to_nils = alerts(&nils, Some(&world.head().await)).await;
        let mut open_at_nils = events(&nils, world.chat, Some(&world.head().await)).await;
        let mut to_paul = alerts(&paul, Some(&world.head().await)).await;
        let mut own = alerts(&nora, Some(&world.head().await)).await;

        world.send("Nora", world.chat, "How are you?").await;
        let posted = open_at_nils.next().await["conversationEvents"].clone();
        assert_eq!(posted["message"]["body"], canary::message("How are you?"));
        assert_eq!(to_paul.next().await["messageAlerts"]["message"]["body"], canary::message("How are you?"));

        world.send("Paul", world.chat, "Fine").await;
        for subscription in [&mut to_nils, &mut own] {
            assert_eq!(subscription.next().await["messageAlerts"]["message"]["body"], canary::message("Fine"));
        }
    }

    /// Patients never see notes: not in the conversation, not in counts, not live.
    async fn a_patient_never_sees_a_note(world: &World) {
        let paul = world.connect("Paul").await;
        let mut open = events(&paul, world.chat, Some(&world.head().await)).await;
        let mut to_paul = alerts(&paul, Some(&world.head().await)).await;
        let noted = world.note("Nora", world.chat, "rather anxious").await;
        assert_eq!(noted["errors"], json!([]));
        world.send("Nora", world.chat, "Hello").await;

        assert_eq!(open.next().await["conversationEvents"]["message"]["body"], canary::message("Hello"));
        assert_eq!(to_paul.next().await["messageAlerts"]["message"]["body"], canary::message("Hello"));
        let chat = world.data("Paul", MESSAGES, json!({ "id": world.chat.to_public() })).await["conversation"].clone();
        let kinds: Vec<_> = chat["messages"]["nodes"].as_array().unwrap().iter().map(|m| m["kind"].clone()).collect();
        assert!(kinds.iter().all(|kind| kind == "MESSAGE"), "{kinds:?}");
        let numbers = |chat: &Value| {
            let mut numbers: Vec<_> = chat["messages"]["nodes"].as_array().unwrap().iter().map(|m| m["sequence"].as_i64().unwrap()).collect();
            numbers.sort_unstable();
            numbers
        };
        assert_eq!(numbers(&chat), (1..=kinds.len() as i64).collect::<Vec<_>>(), "no gap tells of the note");
        let chat = world.data("Nils", MESSAGES, json!({ "id": world.chat.to_public() })).await["conversation"].clone();
        assert_eq!(chat["messages"]["nodes"].as_array().unwrap().iter().filter(|m| m["kind"] == "NOTE").count(), 1);
        assert_eq!(numbers(&chat).len(), kinds.len() + 1);
    }

    /// Every message shows who wrote it, as what, and by which channel (CHAT-3).
    async fn a_message_shows_its_author(world: &World) {
        world.send("Nora", world.chat, "Hello").await;
        let chat = world.data("Paul", MESSAGES, json!({ "id": world.chat.to_public() })).await["conversation"].clone();
        let message = &chat["messages"]["nodes"][0];
        assert_eq!(message["author"], json!({ "name": canary::name("Nora"), "kind": "STAFF", "profession": "Nurse" }));
        assert_eq!(message["channel"], "PORTAL");
    }

    /// The inbox marks what a person has not seen, and the mark goes when they have (CHAT-4).
    async fn the_inbox_marks_what_a_person_has_not_seen(world: &World) {
        let sent = world.send("Paul", world.chat, "one").await;
        world.send("Nils", world.chat, "two").await;
        let unread = world.data("Nora", INBOX, json!({ "filter": "UNREAD" })).await["inbox"].clone();
        assert_eq!(unread["counts"], json!({ "conversations": 1, "messages": 2 }));
        assert_eq!(unread["nodes"][0]["lastMessage"]["body"], canary::message("two"));
        assert_eq!(world.read("Nora", world.chat, &sent["message"]).await, 1);
        let nils = world.data("Nils", INBOX, json!({ "filter": "MINE" })).await["inbox"].clone();
        assert_eq!(nils["nodes"][0]["unreadCount"], 1, "one's own messages do not count");
    }

    /// A search finds patients off one's teams; restriction hides them everywhere (PEO-5, PEO-6).
    async fn a_search_finds_the_others_and_restriction_hides(world: &World) {
        let of = async |name: &str, filter: &str, search: Option<String>| {
            let data = world.data(name, INBOX, json!({ "filter": filter, "search": search })).await;
            data["inbox"]["nodes"].as_array().unwrap().len()
        };
        assert_eq!(of("Dora", "MINE", None).await, 0);
        assert_eq!(of("Dora", "ALL", Some("pau".to_owned())).await, 1);
        assert_eq!(of("Rita", "ALL", Some("pau".to_owned())).await, 0, "Rita is restricted from Paul's only program");
        assert_eq!(of("Rita", "ALL", Some("pet".to_owned())).await, 1);
        let hidden = world.ask("Rita", MESSAGES, json!({ "id": world.chat.to_public() })).await;
        let unknown = world.ask("Rita", MESSAGES, json!({ "id": "conv_00000000000000000000000000000000" })).await;
        assert_eq!(hidden.codes(), ["NOT_FOUND"]);
        assert_eq!(hidden.errors[0]["message"], unknown.errors[0]["message"]);
    }

    /// The inbox follows live, with exact counts (LIVE-6).
    async fn the_inbox_follows_live(world: &World) {
        let nora = world.connect("Nora").await;
        let position = world.data("Nora", "{ inbox { position } }", json!({})).await["inbox"]["position"].clone();
        let mut changes = inbox(&nora, position.as_str()).await;
        let sent = world.send("Paul", world.chat, "one").await;
        let change = changes.next().await["inboxChanges"].clone();
        assert_eq!(change["counts"], json!({ "conversations": 1, "messages": 1 }));
        assert_eq!(change["conversation"], json!({ "id": world.chat.to_public(), "unreadCount": 1 }));
        world.read("Nora", world.chat, &sent["message"]).await;
        let change = changes.next().await["inboxChanges"].clone();
        assert_eq!(change["counts"], json!({ "conversations": 0, "messages": 0 }));
    }

    /// The same key gives the same message, whenever and on whichever device; another text is refused (LIVE-7).
    async fn the_same_key_gives_the_same_message(world: &World) {
        let key = run::unique_name();
        let first = world.send_with_key("Paul", world.chat, "once", &key).await;
        world.send("Nora", world.chat, "meanwhile").await;
        let again = world.send_with_key("Paul", world.chat, "once", &key).await;
        assert_eq!((&again["message"], &again["position"]), (&first["message"], &first["position"]));
        assert_eq!((first["replayed"].clone(), again["replayed"].clone()), (json!(false), json!(true)));
        let other = world.send_with_key("Paul", world.chat, "twice", &key).await;
        assert_eq!(other["errors"][0]["code"], "IDEMPOTENCY_KEY_REUSED");
        assert_eq!(other["errors"][0]["field"], json!(["idempotencyKey"]));
        assert_eq!(other["message"], json!(null));
        let at_once = futures_util::future::join_all((0..8).map(|_| world.send_with_key("Paul", world.chat, "x", "same"))).await;
        assert!(at_once.iter().all(|payload| payload["message"]["id"] == at_once[0]["message"]["id"]));
        assert_eq!(at_once.iter().filter(|payload| payload["replayed"] == false).count(), 1);
    }

    /// Bad bodies are refused with a code and the field, and nothing is stored.
    async fn bad_bodies_are_refused(world: &World) {
        for (body, code) in [(String::new(), "BLANK"), ("x".repeat(20_001), "TOO_LONG"), ("a\u{1}b".to_owned(), "INVALID")] {
            let input = json!({ "conversationId": world.chat.to_public(), "body": body, "idempotencyKey": "k" });
            let payload = world.ask("Paul", harness::world::SEND, json!({ "input": input })).await.field("sendMessage");
            assert_eq!((&payload["errors"][0]["code"], &payload["errors"][0]["field"]), (&json!(code), &json!(["body"])));
        }
        // Neither of the two forms, or both.
        let rich = json!({ "plain": "x" });
        for (more, code) in [(json!({}), "BLANK"), (json!({ "body": "x", "richBody": rich }), "INVALID")] {
            let mut input = json!({ "conversationId": world.chat.to_public(), "idempotencyKey": "k" });
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let payload = world.ask("Paul", harness::world::SEND, json!({ "input": input })).await.field("sendMessage");
            assert_eq!(payload["errors"][0]["code"], code);
        }
        let chat = world.data("Paul", MESSAGES, json!({ "id": world.chat.to_public() })).await["conversation"].clone();
        assert_eq!(chat["messages"]["nodes"], json!([]));
    }

    /// Where portal chat is off, or the patient is not enrolled, the API says so and refuses (CHAT-2).
    async fn chat_is_refused_where_it_is_off_or_the_patient_not_enrolled(world: &World) {
        let unenrolled = world.clinic.patient_before_enrolment("Pia").await;
        let refused = world.send("Dora", unenrolled, "Hello").await;
        assert_eq!((&refused["errors"][0]["code"], &refused["message"]), (&json!("NOT_ENROLLED"), &json!(null)));
        let noted = world.note("Dora", unenrolled, "Not enrolled yet").await;
        assert_eq!(noted["errors"], json!([]), "a note needs nobody on the patient's side");

        let off = "mutation { updateSettings(input: { portalChat: false }) { errors { code } } }";
        assert_eq!(world.ask("Ada", off, json!({})).await.field("updateSettings")["errors"], json!([]));
        for name in ["Paul", "Nora"] {
            let refused = world.send(name, world.chat, "Hello").await;
            assert_eq!(refused["errors"][0]["code"], "PORTAL_CHAT_OFF", "{name}");
        }
        let chat = world.ask("Paul", "{ myCareTeamChat { id } }", json!({})).await;
        assert_eq!(chat.codes(), ["PORTAL_CHAT_OFF"]);
    }
}
