//! Who may answer, and what an answer's author has seen.

use chrono::TimeDelta;
use harness::canary;
use harness::on_both_databases;
use harness::world::{SEND, World, events};
use serde_json::{Value, json};

use super::{begun, codes, decide, seen};

/// Writes with more than a text; gives the payload.
async fn write(
    world: &World,
    name: &str,
    id: entity::ConversationId,
    text: &str,
    more: Value,
) -> Value {
    let mut input = json!({
        "conversationId": id.to_public(), "body": canary::message(text), "idempotencyKey": harness::run::unique_name(),
    });
    for (key, value) in more.as_object().unwrap() {
        input[key] = value.clone();
    }
    let operation = SEND.replace("replayed", "replayed missed { body }");
    world
        .ask(name, &operation, json!({ "input": input }))
        .await
        .field("sendMessage")
}

on_both_databases! {
    /// "Allow patient to respond" is the clinic's rule at the time until a message says otherwise (SEC-5).
    async fn the_patient_answers_where_the_clinic_allows_it(world: &World) {
        let allowed = begun(world, json!({})).await;
        assert_eq!(world.send("Paul", allowed, "yes").await["errors"], json!([]));

        let refused = begun(world, json!({ "allowReply": false })).await;
        assert_eq!(seen(world, "Paul", refused).await["canWrite"], false);
        assert_eq!(codes(&world.send("Paul", refused, "no").await["errors"]), ["REPLIES_NOT_ALLOWED"]);
        write(world, "Nora", refused, "do answer", json!({ "allowReply": true })).await;
        assert_eq!(seen(world, "Paul", refused).await["canWrite"], true);
        assert_eq!(world.send("Paul", refused, "now").await["errors"], json!([]));
        write(world, "Nora", refused, "enough", json!({ "allowReply": false })).await;
        assert_eq!(codes(&world.send("Paul", refused, "again").await["errors"]), ["REPLIES_NOT_ALLOWED"]);

        // What the clinic decides later holds for what is begun later: whoever was told that they may answer still may.
        decide(world, "{ rules: [{ kind: SECURE_MESSAGE, replies: NONE }] }").await;
        assert_eq!(world.send("Paul", allowed, "once more").await["errors"], json!([]));
        let silent = begun(world, json!({})).await;
        decide(world, "{ rules: [{ kind: SECURE_MESSAGE, replies: WHILE_OPEN }] }").await;
        assert_eq!(codes(&world.send("Paul", silent, "no").await["errors"]), ["REPLIES_NOT_ALLOWED"]);
        decide(world, "{ rules: [{ kind: SECURE_MESSAGE, replies: NONE }] }").await;
        let explicit = begun(world, json!({ "allowReply": true })).await;
        assert_eq!(world.send("Paul", explicit, "yes").await["errors"], json!([]));
    }

    /// Only conversations that can be closed say for themselves whether the patient may answer, and rules that make no sense
    /// for a kind are refused.
    async fn chats_and_announcements_keep_their_rules(world: &World) {
        let refused = write(world, "Nora", world.chat, "be quiet", json!({ "allowReply": false })).await;
        assert_eq!((codes(&refused["errors"]), &refused["errors"][0]["field"]), (vec!["WRONG_STATE"], &json!(["allowReply"])));
        for rule in [
            "{ kind: ANNOUNCEMENT, replies: WHILE_OPEN }", "{ kind: SECURE_MESSAGE, starts: ANYONE }",
            "{ kind: SECURE_MESSAGE, onClosed: AUTO_REPLY }",
        ] {
            let operation = format!("mutation {{ updateSettings(input: {{ rules: [{rule}] }}) {{ errors {{ code field }} }} }}");
            let errors = world.ask("Ada", &operation, json!({})).await.field("updateSettings")["errors"].clone();
            assert_eq!((codes(&errors), &errors[0]["field"][0]), (vec!["DEPENDS_ON_OTHER"], &json!("rules")), "{rule}");
        }
    }

    /// Where one answer is taken, the next waits for the clinic; of two at once one is stored.
    async fn one_answer_is_taken_until_the_clinic_writes_again(world: &World) {
        decide(world, "{ rules: [{ kind: SECURE_MESSAGE, replies: ONCE }] }").await;
        let id = begun(world, json!({})).await;
        let (one, two) = futures_util::join!(world.send("Paul", id, "one"), world.send("Paul", id, "two"));
        let stored = [&one, &two].iter().filter(|payload| payload["errors"] == json!([])).count();
        assert_eq!(stored, 1);
        assert_eq!(codes(&world.send("Paul", id, "three").await["errors"]), ["ALREADY_REPLIED"]);
        world.note("Nora", id, "a note is no answer").await;
        assert_eq!(codes(&world.send("Paul", id, "four").await["errors"]), ["ALREADY_REPLIED"]);
        world.send("Nora", id, "go on").await;
        assert_eq!(world.send("Paul", id, "five").await["errors"], json!([]));
        // The ticked box means what the clinic's rule says.
        write(world, "Nora", id, "tell me more", json!({ "allowReply": true })).await;
        assert_eq!(world.send("Paul", id, "six").await["errors"], json!([]));
        assert_eq!(codes(&world.send("Paul", id, "seven").await["errors"]), ["ALREADY_REPLIED"]);
    }

    /// A colleague answered meanwhile: the reply is held back with what was missed, and sent on confirmation (NEW-2).
    async fn a_reply_that_a_colleague_overtook_is_held_back(world: &World) {
        world.send("Paul", world.chat, "Can I eat?").await;
        let looked_at = seen(world, "Nora", world.chat).await["position"].clone();
        world.send("Nils", world.chat, "Yes, you can").await;
        let key = json!({ "idempotencyKey": "nora-1", "seenPosition": looked_at });
        let held = write(world, "Nora", world.chat, "No, not yet", key.clone()).await;
        assert_eq!((codes(&held["errors"]), &held["message"]), (vec!["ANSWERED_MEANWHILE"], &Value::Null));
        assert_eq!(held["missed"], json!([{ "body": canary::message("Yes, you can") }]));
        assert_eq!(seen(world, "Paul", world.chat).await["messages"]["nodes"].as_array().unwrap().len(), 2);

        let confirmed = json!({ "idempotencyKey": "nora-1", "seenPosition": held["position"] });
        let sent = write(world, "Nora", world.chat, "No, not yet", confirmed).await;
        assert_eq!((&sent["errors"], &sent["missed"]), (&json!([]), &json!([])));
        // The same request again is answered by what it stored, whatever has come since.
        world.send("Nils", world.chat, "Sorry").await;
        assert_eq!(write(world, "Nora", world.chat, "No, not yet", key).await["message"]["id"], sent["message"]["id"]);
    }

    /// Notes, the patient's messages and one's own do not hold a reply back; of two colleagues at once one is held back.
    async fn only_a_colleagues_answer_holds_a_reply_back(world: &World) {
        let looked_at = seen(world, "Nora", world.chat).await["position"].clone();
        world.send("Paul", world.chat, "Hello?").await;
        world.note("Nils", world.chat, "I am looking at it").await;
        let guard = json!({ "seenPosition": looked_at });
        assert_eq!(write(world, "Nora", world.chat, "One moment", guard.clone()).await["errors"], json!([]));
        assert_eq!(write(world, "Nora", world.chat, "Here I am", guard).await["errors"], json!([]));

        let looked_at = json!({ "seenPosition": seen(world, "Nils", world.chat).await["position"] });
        let (nora, nils) = futures_util::join!(
            write(world, "Nora", world.chat, "from Nora", looked_at.clone()),
            write(world, "Nils", world.chat, "from Nils", looked_at),
        );
        let held: Vec<_> = [&nora, &nils].iter().filter(|p| p["errors"] != json!([])).map(|p| codes(&p["errors"])).collect();
        assert_eq!(held, [["ANSWERED_MEANWHILE"]]);
    }

    /// Receipts are shown as the rule says, and never of one's own side.
    async fn receipts_are_shown_by_the_rule(world: &World) {
        let id = begun(world, json!({})).await;
        let shown = seen(world, "Paul", id).await;
        world.read("Paul", id, &shown["messages"]["nodes"][0]).await;
        assert_eq!(seen(world, "Nora", id).await["receipts"], Value::Null, "by default nobody sees them");
        decide(world, "{ rules: [{ kind: SECURE_MESSAGE, receipts: STAFF }] }").await;
        let receipts = seen(world, "Nora", id).await["receipts"].clone();
        assert_eq!((&receipts[0]["personId"], &receipts[0]["sequence"]), (&json!(world.patient("Paul").to_public()), &json!(1)));
        assert_eq!(seen(world, "Paul", id).await["receipts"], Value::Null);
        decide(world, "{ rules: [{ kind: SECURE_MESSAGE, receipts: BOTH }] }").await;
        assert_eq!(seen(world, "Paul", id).await["receipts"], json!([]), "nobody of the clinic has opened it");
    }

    /// Nils reads up to an internal note. What Paul is shown, live and when he looks, is how far Nils has read of what Paul
    /// sees: a note has no number for him (CHAT-5).
    async fn receipts_tell_a_patient_nothing_of_notes(world: &World) {
        let id = begun(world, json!({})).await;
        decide(world, "{ rules: [{ kind: SECURE_MESSAGE, receipts: BOTH }] }").await;
        let paul = world.connect("Paul").await;
        let mut open = events(&paul, id, Some(&world.head().await)).await;
        let note = world.note("Nora", id, "between us").await;
        assert_eq!(note["message"]["sequence"], 2);
        world.read("Nils", id, &note["message"]).await;
        let nils = json!({ "personId": world.staff("Nils").to_public(), "sequence": 1 });
        let live = open.next().await["conversationEvents"].take();
        assert_eq!((&live["__typename"], &live["receipt"]), (&json!("ReceiptMoved"), &nils));
        let shown = seen(world, "Paul", id).await["receipts"].take();
        assert_eq!(shown.as_array().unwrap().len(), 1, "{shown}");
        for key in ["personId", "sequence"] {
            assert_eq!(shown[0][key], nils[key]);
        }

        // That he reads another note later is told neither by an event nor by a time.
        world.hands.advance(TimeDelta::minutes(1));
        let note = world.note("Nora", id, "between us again").await;
        world.read("Nils", id, &note["message"]).await;
        world.send("Nora", id, "for all").await;
        assert_eq!(open.next().await["conversationEvents"]["__typename"], "MessagePosted");
        assert_eq!(seen(world, "Paul", id).await["receipts"], shown);
    }
}
