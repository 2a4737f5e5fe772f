//! The development outbox plays the patient.

use entity::{
    DevelopmentMessageId, PhoneNumber, TextDirection, TextEncoding, TextGatewayId, TextId,
    TextPurpose, TextState, quarantined_text, text,
};
use harness::patience::{PATIENCE, until};
use harness::world::World;
use harness::{canary, on_both_databases};
use sea_orm::EntityTrait;
use serde_json::json;

use super::office::SET;

const ANSWER: &str = "mutation ($input: AnswerDevelopmentTextInput!) { answerDevelopmentText(input: $input) { accepted } }";

/// A text that lies in the development outbox; gives its id there.
async fn kept_text(world: &World, gateway: &str) -> String {
    let core = &world.node.app.core;
    let (id, now) = (
        TextId(core.entropy.uuid(core.clock.now())),
        core.clock.now(),
    );
    let row = text::Model {
        organization_id: world.clinic.organization,
        id,
        direction: TextDirection::Outbound,
        purpose: TextPurpose::Message,
        gateway_id: TextGatewayId::from_public(gateway).unwrap(),
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
    world.clinic.insert(row).await;
    DevelopmentMessageId(id.0).to_public()
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
        let text = kept_text(world, set["textGateway"]["id"].as_str().unwrap()).await;
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
