//! Texts that must be there for one asking.

use entity::{
    DevelopmentMessageId, PhoneNumber, ProviderMessageId, QuarantineReason, QuarantineState,
    QuarantinedTextId, TextDirection, TextEncoding, TextGatewayId, TextGatewayKind, TextId,
    TextPurpose, TextState, quarantined_text, text, text_gateway,
};
use harness::{canary, run};

use super::stage::Stage;

/// A gateway by which nothing leaves any more.
async fn gateway(stage: &Stage) -> TextGatewayId {
    let now = stage.core.clock.now();
    let id = TextGatewayId(stage.core.entropy.uuid(now));
    stage
        .clinic
        .insert(text_gateway::Model {
            organization_id: stage.organization(),
            id,
            kind: TextGatewayKind::Development,
            base_url: None,
            account: None,
            credential: None,
            webhook_secret: None,
            messaging_service: None,
            texts_per_second: 1,
            active: false,
            received: 0,
            created_at: now,
            updated_at: now,
        })
        .await;
    id
}

/// A text from a number that nobody has; what it says is not kept.
pub(super) async fn quarantined(stage: &Stage) -> QuarantinedTextId {
    let now = stage.core.clock.now();
    let id = QuarantinedTextId(stage.core.entropy.uuid(now));
    let place = tidings::domain::secret::SealedPlace::new(
        stage.organization(),
        id.0,
        "quarantined_text.body",
    );
    let words = canary::message("hello");
    let body = stage.core.secret.seal(&stage.core.entropy, place, &words);
    stage
        .clinic
        .insert(quarantined_text::Model {
            organization_id: stage.organization(),
            id,
            gateway_id: gateway(stage).await,
            provider_message_id: ProviderMessageId::new(run::unique_name()),
            our_number: PhoneNumber::new("+61491570930"),
            their_number: PhoneNumber::new(canary::phone(931)),
            body: Some(body.unwrap()),
            reason: QuarantineReason::UnknownSender,
            state: QuarantineState::Open,
            received_at: now,
            patient_id: None,
            resolved_by: None,
            resolved_at: None,
        })
        .await;
    id
}

/// A text to the patient that lies in the development outbox.
pub(super) async fn development(stage: &Stage) -> DevelopmentMessageId {
    let now = stage.core.clock.now();
    let id = TextId(stage.core.entropy.uuid(now));
    stage
        .clinic
        .insert(text::Model {
            organization_id: stage.organization(),
            id,
            direction: TextDirection::Outbound,
            purpose: TextPurpose::Message,
            gateway_id: gateway(stage).await,
            our_number: PhoneNumber::new("+61491570930"),
            their_number: PhoneNumber::new(canary::phone(932)),
            patient_id: Some(stage.paul),
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
            idempotency_key: run::unique_name(),
            due_at: now,
            attempts: 1,
            leased_until: None,
            leased_by: None,
            created_at: now,
            changed_at: now,
        })
        .await;
    DevelopmentMessageId(id.0)
}
