//! Beginning a secure message.

use futures_util::future::join_all;
use harness::on_both_databases;
use harness::world::{World, alerts};
use harness::{canary, run};
use serde_json::{Value, json};

use super::{BEGIN, begin, begun, codes, decide, seen, to_paul};

on_both_databases! {
    /// The clinic writes with a title and formatted text; the patient gets it at once, and those to whom it is addressed are
    /// alerted when the patient answers (SEC-2, SEC-3).
    async fn a_secure_message_reaches_the_patient_and_the_answer_its_recipients(world: &World) {
        let (paul, dora, nils) = (world.connect("Paul").await, world.connect("Dora").await, world.connect("Nils").await);
        let head = world.head().await;
        let mut to_patient = alerts(&paul, Some(&head)).await;
        let mut to_dora = alerts(&dora, Some(&head)).await;
        let mut to_nils = alerts(&nils, Some(&head)).await;

        let mut input = to_paul(world);
        input["to"] = json!([world.staff("Dora").to_public()]);
        let payload = begin(world, "Nora", input).await;
        assert_eq!(payload["errors"], json!([]));
        let conversation = &payload["conversation"];
        assert_eq!(conversation["title"], canary::message("Your results"));
        assert_eq!((&conversation["kind"], &conversation["status"]), (&json!("SECURE_MESSAGE"), &json!("OPEN")));
        assert_eq!(conversation["begunBy"]["id"], world.staff("Nora").to_public());
        assert_eq!(conversation["participants"].as_array().unwrap().len(), 2, "its author and Dora");
        let html = format!("<p><b>{}</b></p>", canary::message("All is well"));
        assert_eq!(payload["message"]["html"], html.as_str());
        assert_eq!(payload["message"]["body"], canary::message("All is well"));
        let alert = to_patient.next().await["messageAlerts"].clone();
        assert_eq!(alert["conversation"]["id"], conversation["id"]);

        let id = entity::ConversationId::from_public(conversation["id"].as_str().unwrap()).unwrap();
        assert_eq!(world.send("Paul", id, "Thank you").await["errors"], json!([]));
        let alert = to_dora.next().await["messageAlerts"].clone();
        assert_eq!(alert["message"]["body"], canary::message("Thank you"));
        // Nils is on the team, but nobody addressed him: the first that he hears is of the chat.
        world.send("Paul", world.chat, "in the chat").await;
        let alert = to_nils.next().await["messageAlerts"].clone();
        assert_eq!(alert["message"]["body"], canary::message("in the chat"));
    }

    /// What is missing for a secure message is named by a code (SEC-1).
    async fn what_is_missing_is_named(world: &World) {
        let refused = async |world: &World| {
            let payload = begin(world, "Nora", to_paul(world)).await;
            assert_eq!(payload["conversation"], Value::Null);
            payload["errors"][0]["code"].clone()
        };
        let update = |change: &str| format!(
            "mutation ($id: ID!) {{ updatePatient(input: {{ patientId: $id, {change} }}) {{ errors {{ code }} }} }}"
        );
        let change = async |world: &World, text: &str| {
            let id = json!({ "id": world.patient("Paul").to_public() });
            let errors = world.ask("Nora", &update(text), id).await.field("updatePatient")["errors"].clone();
            assert_eq!(errors, json!([]));
        };
        decide(world, "{ portal: false }").await;
        assert_eq!(refused(world).await, "PORTAL_DISABLED");
        decide(world, "{ portal: true }").await;
        change(world, "portalAllowed: false").await;
        assert_eq!(refused(world).await, "PATIENT_PORTAL_ACCESS_MISSING");
        change(world, "portalAllowed: true, email: null, phone: null").await;
        assert_eq!(refused(world).await, "NO_CONTACT_ON_FILE");
        change(world, &format!("email: \"{}\"", canary::address(&run::unique_name()))).await;
        decide(world, "{ patientChannels: [SMS] }").await;
        assert_eq!(refused(world).await, "NO_CONTACT_ON_FILE", "the clinic notifies by text only");
        decide(world, "{ patientChannels: [EMAIL, SMS] }").await;
        decide(world, "{ rules: [{ kind: SECURE_MESSAGE, offered: false }] }").await;
        assert_eq!(refused(world).await, "KIND_NOT_OFFERED");
        decide(world, "{ rules: [{ kind: SECURE_MESSAGE, offered: true }] }").await;
        let email = canary::address(&run::unique_name());
        change(world, &format!("email: \"{email}\"")).await;
        assert_eq!(begin(world, "Nora", to_paul(world)).await["errors"], json!([]));
    }

    /// Only clinicians begin one, and only with patients whom they reach.
    async fn only_clinicians_begin_one(world: &World) {
        for (name, code) in [("Paul", "FORBIDDEN"), ("Ada", "FORBIDDEN"), ("Rita", "NOT_FOUND"), ("Sten", "NOT_FOUND")] {
            let answer = world.ask(name, BEGIN, json!({ "input": to_paul(world) })).await;
            assert_eq!(answer.codes(), [code], "{name}");
        }
    }

    /// Recipients are active clinicians of the clinic who may see the patient; anybody else is refused, and nothing is begun.
    async fn recipients_must_be_able_to_read_it(world: &World) {
        let mut input = to_paul(world);
        for name in ["Ada", "Rita"] {
            input["to"] = json!([world.staff(name).to_public()]);
            let payload = begin(world, "Nora", input.clone()).await;
            assert_eq!(codes(&payload["errors"]), ["WRONG_STATE"], "{name}");
            assert_eq!(payload["errors"][0]["field"], json!(["to"]));
        }
        for id in [world.staff("Sten").to_public(), "staff_00000000000000000000000000000000".to_owned()] {
            input["to"] = json!([id]);
            let answer = world.ask("Nora", BEGIN, json!({ "input": input })).await;
            assert_eq!(answer.codes(), ["NOT_FOUND"]);
        }
        let list = "query ($id: ID!) { patient(id: $id) { conversations(kinds: [SECURE_MESSAGE]) { nodes { id } } } }";
        let patient = json!({ "id": world.patient("Paul").to_public() });
        assert_eq!(world.data("Nora", list, patient).await["patient"]["conversations"]["nodes"], json!([]));
    }

    /// Bad titles and texts are refused with the field, all at once.
    async fn bad_titles_and_texts_are_refused(world: &World) {
        let of = async |title: String, body: &str| {
            let mut input = to_paul(world);
            input["title"] = json!(title);
            input["body"] = json!({ "html": body });
            let payload = begin(world, "Nora", input).await;
            let errors = payload["errors"].as_array().unwrap().clone();
            errors.iter().map(|e| format!("{} {}", e["field"][0].as_str().unwrap(), e["code"].as_str().unwrap())).collect::<Vec<_>>()
        };
        assert_eq!(of("x".repeat(10_000), "<script>alert(1)</script>").await, ["title TOO_LONG", "body BLANK"]);
        assert_eq!(of(" ".to_owned(), &"x".repeat(50_001)).await, ["title BLANK", "body TOO_LONG"]);
        assert_eq!(of("two\nlines".to_owned(), "<p>fine</p>").await, ["title INVALID"]);
    }

    /// The same key gives the same conversation, also to eight requests at once; another text is refused.
    async fn the_same_key_begins_one_conversation(world: &World) {
        let input = to_paul(world);
        let payloads = join_all((0..8).map(|_| begin(world, "Nora", input.clone()))).await;
        let first = &payloads[0]["conversation"]["id"];
        assert!(payloads.iter().all(|payload| &payload["conversation"]["id"] == first), "{payloads:?}");
        assert_eq!(payloads.iter().filter(|payload| payload["replayed"] == false).count(), 1);
        for (field, value) in [("title", json!("Something else")), ("to", json!([world.staff("Dora").to_public()])), ("allowReply", json!(false))] {
            let mut other = input.clone();
            other[field] = value;
            let payload = begin(world, "Nora", other).await;
            assert_eq!(codes(&payload["errors"]), ["IDEMPOTENCY_KEY_REUSED"], "{field}");
        }
        // A colleague's keys are their own.
        let payload = begin(world, "Nils", input).await;
        assert_eq!((&payload["errors"], &payload["replayed"]), (&json!([]), &json!(false)));
    }

    /// Markdown is formatted, plain text keeps its signs, and what could run is gone (SEC-3).
    async fn texts_come_in_three_forms(world: &World) {
        let html = async |body: String, format: &str| {
            let id = begun(world, json!({ "body": { format: body } })).await;
            let shown = seen(world, "Paul", id).await;
            shown["messages"]["nodes"][0]["html"].as_str().unwrap().to_owned()
        };
        let words = canary::message("Dear Paul");
        assert_eq!(html(format!("**{words}**"), "markdown").await.trim(), format!("<p><strong>{words}</strong></p>"));
        assert_eq!(html(format!("{words} <3"), "plain").await.trim(), format!("<p>{words} &lt;3</p>"));
        let cleaned = html(format!("<p onclick=\"x()\">{words}<img src=x onerror=y()></p>"), "html").await;
        assert_eq!(cleaned.trim(), format!("<p>{words}</p>"));
    }
}
