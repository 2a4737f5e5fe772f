//! The development outbox plays the patient.

use entity::{
    DevelopmentMessageId, MessageBody, PhoneNumber, TextDirection, TextEncoding, TextGatewayId,
    TextId, TextPurpose, TextState, development_message, quarantined_text, text, text_gateway,
};
use harness::patience::{PATIENCE, until};
use harness::seed::Seed;
use harness::twilio::encoded;
use harness::world::{SEND, World};
use harness::{Backend, TestDatabase, canary, logs, on_both_databases, run};
use reqwest::StatusCode;
use sea_orm::EntityTrait;
use serde_json::json;
use tidings::app::{App, Purpose, Surroundings};
use tidings::config::{Config, Source};
use tidings::domain::core::Core;

use super::office::SET;
use super::understanding::{birth_date, enable, until_status};

const ANSWER: &str = "mutation ($input: AnswerDevelopmentTextInput!) { answerDevelopmentText(input: $input) { accepted } }";

/// A demonstration.
struct Demo {
    app: App,
    database: TestDatabase,
}

impl Demo {
    async fn start(backend: Backend) -> Self {
        logs::capture();
        let database = TestDatabase::empty(backend).await;
        let data = run::folder(run::Folder::Scratch).join(format!("data-{}", run::unique_name()));
        let source = Source::defaults()
            .with("listen", "127.0.0.1:0")
            .with("database_url", database.url())
            .with("data_dir", data.display().to_string());
        let surroundings = Surroundings {
            purpose: Purpose::Demonstration,
            program: run::built_program(),
            ..Surroundings::default()
        };
        let app = App::start(Config::read(source).unwrap(), surroundings).await;
        Self {
            app: app.unwrap(),
            database,
        }
    }

    async fn finish(self) {
        self.app.shutdown().await;
        self.database.finish().await;
    }
}

/// A text that lies in the development outbox; gives its id there.
async fn kept_text(clinic: &Seed, core: &Core, gateway: TextGatewayId) -> DevelopmentMessageId {
    let now = core.clock.now();
    let id = TextId(core.entropy.uuid(now));
    let row = text::Model {
        organization_id: clinic.organization,
        id,
        direction: TextDirection::Outbound,
        purpose: TextPurpose::Message,
        gateway_id: gateway,
        our_number: PhoneNumber::new("+61491570920"),
        their_number: PhoneNumber::new(canary::phone(507)),
        patient_id: None,
        message_id: None,
        conversation_id: None,
        notification_id: None,
        provider_message_id: None,
        state: TextState::Delivered,
        reason: None,
        error: None,
        encoding: TextEncoding::Gsm7,
        segments: 1,
        body: None,
        idempotency_key: "kept".to_owned(),
        due_at: now,
        attempts: 1,
        leased_until: None,
        leased_by: None,
        created_at: now,
        changed_at: now,
    };
    clinic.insert(row).await;
    DevelopmentMessageId(id.0)
}

on_both_databases! {
    /// An answer that is typed in the development outbox goes the way of any text that comes in.
    async fn a_text_is_answered_in_the_development_outbox(world: &World) {
        let input = json!({ "gateway": { "development": { "keep": true } }, "numbers": ["+61491570920"] });
        let set = world.ask("Ada", SET, json!({ "input": input })).await.field("setTextGateway");
        assert_eq!(set["textGateway"]["kind"], json!("DEVELOPMENT"), "{set}");
        let nobody = DevelopmentMessageId(uuid::Uuid::nil()).to_public();
        let answer = json!({ "input": { "id": nobody, "body": canary::message("hello") } });
        assert_eq!(world.ask("Ada", ANSWER, answer).await.codes(), ["NOT_FOUND"]);
        let gateway = TextGatewayId::from_public(set["textGateway"]["id"].as_str().unwrap()).unwrap();
        let text = kept_text(&world.clinic, &world.node.app.core, gateway).await.to_public();
        let answer = json!({ "input": { "id": text, "body": canary::message("hello") } });
        assert_eq!(world.ask("Nora", ANSWER, answer.clone()).await.codes(), ["FORBIDDEN"]);
        world.data("Ada", ANSWER, answer).await;
        let reader = world.node.app.core.store.reader();
        let rows = until(PATIENCE, "the answer", async || {
            let rows = quarantined_text::Entity::find().all(reader).await.unwrap();
            (!rows.is_empty()).then_some(rows)
        })
        .await;
        assert_eq!(rows[0].their_number.reveal(), canary::phone(507));
    }
}

on_both_databases! {
    /// A nurse texts, the text lies in the development outbox, and what is answered to it there stands in the conversation.
    async fn what_is_sent_is_answered_in_the_development_outbox(world: &World) {
        let input = json!({ "gateway": { "development": { "keep": true } }, "numbers": ["+61491570920"] });
        world.data("Ada", SET, json!({ "input": input })).await;
        let paul = canary::phone(1);
        let number = json!({ "input": { "patientId": world.patient("Paul").to_public(), "phone": paul } });
        let change = "mutation ($input: UpdatePatientInput!) { updatePatient(input: $input) { errors { code } } }";
        world.data("Nora", change, number).await;
        let kept = async |count: usize| {
            until(PATIENCE, "what lies in the development outbox", async || {
                let list = "{ developmentOutbox(first: 10) { nodes { id channel recipient text } } }";
                let listed = world.data("Ada", list, json!({})).await["developmentOutbox"]["nodes"].clone();
                let texts = listed.as_array()?.iter().filter(|one| one["channel"] == "SMS" && one["recipient"] == json!(paul));
                let texts: Vec<_> = texts.cloned().collect();
                (texts.len() >= count).then_some(texts)
            })
            .await
        };
        let answer = async |text: &serde_json::Value, body: &str| {
            let input = json!({ "input": { "id": text["id"], "body": body } });
            world.data("Ada", ANSWER, input).await;
        };
        enable(world).await;
        let question = kept(1).await.remove(0);
        answer(&question, &birth_date()).await;
        until_status(world, "ENABLED").await;
        let input = json!({ "conversationId": world.chat.to_public(), "body": canary::message("By text"), "channel": "SMS", "idempotencyKey": "sms" });
        let sent = world.ask("Nora", SEND, json!({ "input": input })).await.field("sendMessage");
        assert_eq!(sent["message"]["channel"], "SMS");
        let texts = kept(2).await;
        let text = texts.iter().find(|text| text["text"] == json!(canary::message("By text"))).unwrap();
        answer(text, &canary::message("Fine, thanks")).await;
        until(PATIENCE, "the answer in the conversation", async || {
            let query = "query ($id: ID!) { conversation(id: $id) { messages(last: 1) { nodes { body channel author { kind } } } } }";
            let said = world.data("Nora", query, json!({ "id": world.chat.to_public() })).await;
            let last = said["conversation"]["messages"]["nodes"][0].clone();
            let expected = json!({ "body": canary::message("Fine, thanks"), "channel": "SMS", "author": { "kind": "PATIENT" } });
            (last == expected).then_some(())
        })
        .await;
    }
}

on_both_databases! {
    /// On the page of a demonstration whoever tries it answers as the patient; a page of another origin cannot.
    async fn the_page_of_the_outbox_plays_the_patient(demo: &Demo) {
        let core = &demo.app.core;
        let reader = core.store.reader();
        let gateway = text_gateway::Entity::find().one(reader).await.unwrap().unwrap();
        let clinic = Seed::of(core, gateway.organization_id);
        let id = kept_text(&clinic, core, gateway.id).await;
        clinic
            .insert(development_message::Model {
                organization_id: gateway.organization_id,
                id,
                channel: entity::Channel::Sms,
                recipient: entity::ContactAddress::new(canary::phone(507)),
                subject: None,
                text: MessageBody::new("Hello"),
                html: None,
                created_at: core.clock.now(),
            })
            .await;
        let page = format!("http://{}/outbox", demo.app.address);
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let html = http.get(&page).send().await.unwrap().text().await.unwrap();
        assert!(html.contains(&format!("value=\"{}\"", id.to_public())), "it can be answered");
        let origin = format!("http://{}", demo.app.address);
        let answer = |origin: &str, id: &str| {
            let form = encoded(&[("id", id), ("body", &canary::message("hello"))]);
            let request = http.post(format!("{page}/answer")).header("origin", origin).body(form);
            async move { request.send().await.unwrap().status() }
        };
        assert_eq!(answer("https://evil.example", &id.to_public()).await, StatusCode::FORBIDDEN);
        assert_eq!(answer(&origin, "x").await, StatusCode::BAD_REQUEST);
        let never = DevelopmentMessageId(uuid::Uuid::nil()).to_public();
        assert_eq!(answer(&origin, &never).await, StatusCode::NOT_FOUND);
        assert_eq!(answer(&origin, &id.to_public()).await, StatusCode::SEE_OTHER);
        let rows = until(PATIENCE, "the answer", async || {
            let rows = quarantined_text::Entity::find().all(reader).await.unwrap();
            (!rows.is_empty()).then_some(rows)
        })
        .await;
        assert_eq!((rows.len(), rows[0].their_number.reveal()), (1, &*canary::phone(507)));
    }
}
