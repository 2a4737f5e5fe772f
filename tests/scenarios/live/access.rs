//! Access that ends while somebody is connected (LIVE-5), and what is never stored (LIVE-8).

use std::time::Duration;

use chrono::TimeDelta;
use entity::{EventKind, MessageId, PersonId};
use harness::clinic::mutation;
use harness::on_both_databases;
use harness::patience::{PATIENCE, until, within};
use harness::world::{Node, World, alerts, events};
use harness::ws::Subscription;
use harness::{canary, run};
use serde_json::{Value, json};
use tidings::domain::event_log::{Audience, Change, Concerned, NewEvent};

use super::signals::{set_typing, signals, until_seen};
use crate::secure_messages::{begun, decide};

/// Changes something; it must succeed.
pub async fn change(world: &World, who: &str, name: &str, input: Value) {
    let operation = mutation(name, "errors { code field }");
    let payload = world
        .ask(who, &operation, json!({ "input": input }))
        .await
        .field(name);
    assert_eq!(payload["errors"], json!([]), "{name}");
}

/// Takes Nora off Paul's team in a clinic whose staff reach their own patients only.
pub async fn take_nora_off_the_team(world: &World) {
    let input = json!({ "patientId": world.patient("Paul").to_public(), "staffId": world.staff("Nora").to_public() });
    change(world, "Nils", "removeFromCareTeam", input).await;
}

/// Restricts Nora from Paul's only program.
pub async fn restrict_nora(world: &World) {
    let programs = world
        .data("Ada", "{ programs { nodes { id } } }", json!({}))
        .await;
    let program = &programs["programs"]["nodes"][0]["id"];
    let input = json!({ "staffId": world.staff("Nora").to_public(), "programIds": [program] });
    change(world, "Ada", "setStaffRestrictions", input).await;
}

fn code(error: &Value) -> &str {
    error["extensions"]["code"].as_str().unwrap()
}

fn codes(errors: &[Value]) -> Vec<&str> {
    errors.iter().map(code).collect()
}

/// The text of the next message.
pub async fn body(live: &mut Subscription, field: &str) -> Value {
    live.next().await[field]["message"]["body"].take()
}

/// Nora watches Paul's chat and her alerts on a node. Her access ends as `end` does it on the world's own: she sees what
/// came before, and of what comes after nothing.
pub async fn nora_loses_paul(world: &World, node: &Node, end: impl AsyncFnOnce(&World)) {
    let petra = world.patient("Petra");
    world.clinic.join(petra, world.staff("Nora")).await;
    let nora = node.connect(&world.actor("Nora").token).await;
    let head = world.head().await;
    let mut open = events(&nora, world.chat, Some(&head)).await;
    let mut to_nora = alerts(&nora, Some(&head)).await;
    world.send("Paul", world.chat, "before").await;
    let before = canary::message("before");
    assert_eq!(body(&mut open, "conversationEvents").await, before);
    assert_eq!(body(&mut to_nora, "messageAlerts").await, before);

    end(world).await;
    world.send("Paul", world.chat, "after").await;
    world.send("Petra", world.petras_chat, "marker").await;
    let (data, errors) = open.next_with_errors().await;
    assert_eq!((data, codes(&errors)), (json!(null), vec!["NOT_FOUND"]));
    open.completed().await;
    let marker = canary::message("marker");
    assert_eq!(body(&mut to_nora, "messageAlerts").await, marker);
    let mut again = events(&nora, world.chat, Some(&head)).await;
    let (_, again) = again.next_with_errors().await;
    assert_eq!(codes(&again), ["NOT_FOUND"], "resuming is no way around");
}

/// Resumes the alerts of somebody from the beginning and gives the bodies up to the marker.
async fn alerts_from_the_beginning(world: &World, name: &str, after: &str) -> Vec<Value> {
    let socket = world.connect(name).await;
    let mut resumed = alerts(&socket, Some(after)).await;
    let marker = json!(canary::message("marker"));
    let body = |item: &Value| item["messageAlerts"]["message"]["body"].clone();
    let items = resumed.drain_until(|item| body(item) == marker).await;
    items.iter().map(body).collect()
}

on_both_databases! {
    async fn who_leaves_the_team_sees_nothing_more(world: &World) {
        change(world, "Ada", "updateSettings", json!({ "access": "TEAM" })).await;
        nora_loses_paul(world, &world.node, take_nora_off_the_team).await;
    }

    async fn who_is_restricted_sees_nothing_more(world: &World) {
        nora_loses_paul(world, &world.node, restrict_nora).await;
    }

    /// What was missed while access ended is not caught up on either, though Nora was to be alerted when it happened.
    async fn who_resumes_without_access_is_not_caught_up(world: &World) {
        world.clinic.join(world.patient("Petra"), world.staff("Nora")).await;
        let head = world.head().await;
        world.send("Paul", world.chat, "missed").await;
        restrict_nora(world).await;
        world.send("Petra", world.petras_chat, "marker").await;
        assert_eq!(alerts_from_the_beginning(world, "Nora", &head).await, [canary::message("marker")]);
    }

    /// Nora catches up on messages of one chat, of which each may have been decided before access changed. She is checked
    /// once for all of them.
    async fn who_catches_up_is_checked_once_for_a_conversation(world: &World) {
        const MISSED: u64 = 120;
        let (nora, head) = (world.connect("Nora").await, world.head().await);
        for _ in 0..MISSED {
            world.send("Paul", world.chat, "again").await;
        }
        let before = world.node.app.core.store.statements();
        let catch_up = "subscription ($after: Position) { messageAlerts(after: $after) { ... on MessageAlert { unreadCount } } }";
        let mut to_nora = nora.subscribe(catch_up, json!({ "after": head })).await;
        for _ in 0..MISSED {
            assert_eq!(to_nora.next().await["messageAlerts"]["unreadCount"], MISSED);
        }
        let taken = world.node.app.core.store.statements() - before;
        // The node does other things meanwhile, but not so many.
        assert!(taken < MISSED, "{taken} statements");
    }

    /// Nora's access ends while a message of Paul's is being stored: whom it concerns was read before, and its place in the
    /// log comes after.
    async fn what_overlaps_the_end_of_access_does_not_slip_through(world: &World) {
        let (nora, paul) = (world.staff("Nora"), world.patient("Paul"));
        world.clinic.join(world.patient("Petra"), nora).await;
        let socket = world.connect("Nora").await;
        let mut to_nora = alerts(&socket, Some(&world.head().await)).await;
        restrict_nora(world).await;
        let sent = world.send("Paul", world.chat, "after").await;
        let mut change = Change::begin(&world.node.app.core, world.clinic.organization).await.unwrap();
        let mut event = NewEvent::new(EventKind::MessagePosted).by(PersonId::Patient(paul)).within(world.chat).of(paul);
        event.message = MessageId::from_public(sent["message"]["id"].as_str().unwrap());
        event.audience = Audience(vec![Concerned { staff: nora, alerted: true }]);
        assert!(event.message.is_some());
        change.record(event);
        change.commit().await.unwrap();
        world.send("Petra", world.petras_chat, "marker").await;
        assert_eq!(body(&mut to_nora, "messageAlerts").await, canary::message("marker"));
    }

    /// Whoever is deactivated or signed out is cut off with 4403, and cannot come back.
    async fn who_is_not_let_in_any_more_is_cut_off(world: &World) {
        let staff = world.staff("Nora").to_public();
        let patient = world.patient("Paul").to_public();
        for (name, operation, input) in [
            ("Nora", "deactivateStaffMember", json!({ "staffId": staff })),
            ("Paul", "updatePatient", json!({ "patientId": patient, "portalAllowed": false })),
            ("Petra", "endEnrolment", json!({ "patientId": world.patient("Petra").to_public() })),
        ] {
            let mut socket = world.connect(name).await;
            let who = if name == "Nora" { "Ada" } else { "Dora" };
            change(world, who, operation, input).await;
            assert_eq!(socket.closed().await.code, Some(4403), "{name}");
            let token = &world.actor(name).token;
            let mut late = harness::ws::Socket::open(world.node.app.address, &Default::default()).await.unwrap();
            assert_eq!(late.init(Some(token)).await.unwrap_err().code, Some(4403), "{name}");
        }
    }

    /// A clinician who becomes an outreach manager is told that alerts are not for them.
    async fn a_role_that_ends_ends_its_alerts(world: &World) {
        let nora = world.connect("Nora").await;
        let mut to_nora = alerts(&nora, Some(&world.head().await)).await;
        let input = json!({ "staffId": world.staff("Nora").to_public(), "roles": ["OUTREACH_MANAGER"] });
        change(world, "Ada", "updateStaffMember", input).await;
        world.send("Paul", world.chat, "after").await;
        let (_, errors) = to_nora.next_with_errors().await;
        assert_eq!(codes(&errors), ["FORBIDDEN"]);
    }

    /// Nora has administered, too, and so saw her colleagues' addresses. When she does not any more, a subscription that she
    /// opened before shows them no longer.
    async fn a_role_that_ends_ends_what_it_showed(world: &World) {
        let nora = world.staff("Nora").to_public();
        let roles = async |roles: &[&str]| change(world, "Ada", "updateStaffMember", json!({ "staffId": nora, "roles": roles })).await;
        roles(&["CLINICIAN", "ADMINISTRATOR"]).await;
        let socket = world.connect("Nora").await;
        let operation = "subscription ($id: ID!, $after: Position) { conversationEvents(conversationId: $id, after: $after) {
            ... on PatientChanged { patient { panel { staffMember { id email } } } } } }";
        let after = json!({ "id": world.chat.to_public(), "after": world.head().await });
        let mut open = socket.subscribe(operation, after).await;
        let input = json!({ "patientId": world.patient("Paul").to_public(), "staffId": world.staff("Dora").to_public() });
        let mut others_shown = async || {
            let mut event = open.next().await["conversationEvents"]["patient"].take();
            let members: Vec<Value> = serde_json::from_value(event["panel"].take()).unwrap();
            let own = members.iter().filter(|member| member["staffMember"]["id"] == nora);
            assert!(own.map(|member| &member["staffMember"]["email"]).all(Value::is_string), "one sees one's own");
            let others = members.iter().filter(|member| member["staffMember"]["id"] != nora);
            others.filter(|member| member["staffMember"]["email"].is_string()).count()
        };
        change(world, "Ada", "addToCareTeam", input.clone()).await;
        assert_eq!(others_shown().await, 2);
        roles(&["CLINICIAN"]).await;
        change(world, "Ada", "removeFromCareTeam", input).await;
        assert_eq!(others_shown().await, 0);
    }

    /// An expired token ends the connection before the next event, and at the next word of the client.
    async fn an_expired_token_ends_the_connection(world: &World) {
        let (mut nora, mut nils) = (world.connect("Nora").await, world.connect("Nils").await);
        let mut to_nora = alerts(&nora, Some(&world.head().await)).await;
        world.send("Paul", world.chat, "before").await;
        to_nora.next().await;
        world.hands.advance(TimeDelta::days(2));
        let paul = world.clinic.token(world.actor("Paul").person).await;
        let input = json!({ "conversationId": world.chat.to_public(), "body": canary::message("after"), "idempotencyKey": run::unique_name() });
        let sent = world.node.client.execute(harness::world::SEND, json!({ "input": input }), Some(&paul)).await;
        assert_eq!(sent.field("sendMessage")["errors"], json!([]));
        assert_eq!(nora.closed().await.code, Some(4403));
        assert_eq!(to_nora.try_next(), None, "nothing came after the token had expired");
        nils.send(&json!({ "type": "ping" })).await;
        assert_eq!(nils.closed().await.code, Some(4403));
    }

    /// A clinic that switches portal chat off stops it for patients who are connected, and for those who come back. When
    /// it is on again they are given what they have not seen (CHAT-2).
    async fn portal_chat_that_is_switched_off_is_off_live(world: &World) {
        let paul = world.connect("Paul").await;
        let head = world.head().await;
        let mut open = events(&paul, world.chat, Some(&head)).await;
        world.send("Nora", world.chat, "before").await;
        assert_eq!(open.next().await["conversationEvents"]["message"]["body"], canary::message("before"));
        change(world, "Ada", "updateSettings", json!({ "portalChat": false })).await;
        world.note("Nora", world.chat, "nothing for patients").await;
        for mut ended in [open, events(&paul, world.chat, Some(&head)).await] {
            let (data, errors) = ended.next_with_errors().await;
            assert_eq!((data, codes(&errors)), (json!(null), vec!["PORTAL_CHAT_OFF"]));
        }
        // The clinic may still write secure messages, so the alerts go on without the chat.
        let mut without_chat = alerts(&paul, Some(&head)).await;
        let body = json!({ "plain": canary::message("not in the chat") });
        let letter = json!({ "patientId": world.patient("Paul").to_public(), "title": "Results", "body": body, "idempotencyKey": "k" });
        change(world, "Nora", "beginSecureMessage", letter).await;
        assert_eq!(without_chat.next().await["messageAlerts"]["message"]["body"], canary::message("not in the chat"));
        // Whoever allows no portal at all ends them.
        change(world, "Ada", "updateSettings", json!({ "portal": false })).await;
        world.note("Nora", world.chat, "nothing for patients").await;
        let (_, errors) = alerts(&paul, Some(&head)).await.next_with_errors().await;
        assert_eq!(codes(&errors), ["PORTAL_CHAT_OFF"]);
        change(world, "Ada", "updateSettings", json!({ "portal": true, "portalChat": true })).await;
        let mut to_paul = alerts(&paul, Some(&head)).await;
        for body in ["before", "not in the chat"] {
            assert_eq!(to_paul.next().await["messageAlerts"]["message"]["body"], canary::message(body));
        }
    }

    /// Typing and presence: seen by the others, not by oneself; patients are told of typing only.
    async fn others_see_who_types_and_who_is_there(world: &World) {
        let (nora, nils, paul) = (world.connect("Nora").await, world.connect("Nils").await, world.connect("Paul").await);
        let mut at_nora = signals(&nora, world.chat).await;
        let mut at_nils = signals(&nils, world.chat).await;
        until_seen(&mut at_nora, world.actor("Nils").person, "PRESENT").await;
        until_seen(&mut at_nils, world.actor("Nora").person, "PRESENT").await;
        let mut at_paul = signals(&paul, world.chat).await;
        until_seen(&mut at_nora, world.actor("Paul").person, "PRESENT").await;

        set_typing(world, "Nora", true).await;
        until_seen(&mut at_nils, world.actor("Nora").person, "TYPING").await;
        at_nils.complete().await;
        let others = until_seen(&mut at_nora, world.actor("Nils").person, "LEFT").await;
        assert!(others.iter().all(|seen| seen["personId"] != world.staff("Nora").to_public()), "one does not see oneself: {others:?}");
        set_typing(world, "Nora", false).await;
        let to_paul = until_seen(&mut at_paul, world.actor("Nora").person, "STOPPED_TYPING").await;
        let activities: Vec<_> = to_paul.iter().map(|seen| seen["activity"].clone()).collect();
        assert_eq!(activities, ["TYPING", "STOPPED_TYPING"], "patients do not see who is there");
        set_typing(world, "Paul", true).await;
        until_seen(&mut at_nora, world.actor("Paul").person, "TYPING").await;
    }

    /// That a patient has a letter of the clinic open would tell that it was read: staff see it where the clinic shows them
    /// receipts, and who types an answer wherever there are answers.
    async fn staff_do_not_see_who_reads_a_letter(world: &World) {
        let id = begun(world, json!({})).await;
        let types = async || {
            let operation = "mutation ($input: SetTypingInput!) { setTyping(input: $input) { accepted } }";
            world.data("Paul", operation, json!({ "input": { "conversationId": id.to_public(), "typing": true } })).await;
        };
        let (nora, nils, paul) = (world.connect("Nora").await, world.connect("Nils").await, world.connect("Paul").await);
        let mut at_nora = signals(&nora, id).await;
        let _at_nils = signals(&nils, id).await;
        until_seen(&mut at_nora, world.actor("Nils").person, "PRESENT").await;
        let at_paul = signals(&paul, id).await;
        types().await;
        let seen = until_seen(&mut at_nora, world.actor("Paul").person, "TYPING").await;
        assert!(seen.iter().all(|seen| seen["activity"] != "PRESENT"), "{seen:?}");
        at_paul.complete().await;

        decide(world, "{ rules: [{ kind: SECURE_MESSAGE, receipts: STAFF }] }").await;
        let mut at_nora = signals(&nora, id).await;
        until_seen(&mut at_nora, world.actor("Nils").person, "PRESENT").await;
        let _at_paul = signals(&paul, id).await;
        until_seen(&mut at_nora, world.actor("Paul").person, "PRESENT").await;
    }

    /// Who types is not told to anybody whose access has ended.
    async fn typing_is_not_shown_without_access(world: &World) {
        let nora = world.connect("Nora").await;
        let mut at_nora = signals(&nora, world.chat).await;
        until(PATIENCE, "Nora to listen", async || {
            set_typing(world, "Paul", true).await;
            at_nora.try_next()
        })
        .await;
        restrict_nora(world).await;
        let refused = async {
            loop {
                let (_, errors) = at_nora.next_with_errors().await;
                if !errors.is_empty() {
                    return errors;
                }
            }
        };
        let typing = async {
            loop {
                set_typing(world, "Paul", true).await;
            }
        };
        let at_once = Duration::from_secs(5);
        let last = within(at_once, "the end of the signals", async {
            tokio::select! { errors = refused => errors, () = typing => unreachable!() }
        })
        .await;
        assert_eq!(codes(&last), ["NOT_FOUND"]);
    }
}
