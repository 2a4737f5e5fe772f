//! Texts that must be there for one asking.

use std::sync::atomic::{AtomicU16, Ordering};

use entity::{
    DevelopmentMessageId, PatientId, PhoneNumber, ProviderMessageId, QuarantineReason,
    QuarantineState, QuarantinedTextId, TextDirection, TextEncoding, TextGatewayId,
    TextGatewayKind, TextId, TextNumberId, TextPurpose, TextRemarks, TextState, TextingFailure,
    TextingStatus, organization, patient, quarantined_text, text, text_gateway, text_number,
    texting_enrolment,
};
use harness::{canary, run};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

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

/// A gateway by which texts leave.
pub(super) async fn active_gateway(stage: &Stage) -> TextGatewayId {
    let id = gateway(stage).await;
    let change = text_gateway::ActiveModel {
        organization_id: Unchanged(stage.organization()),
        id: Unchanged(id),
        active: Set(true),
        ..Default::default()
    };
    change.update(stage.core.store.writer()).await.unwrap();
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
            remarks: TextRemarks::default(),
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

/// Numbers that were not given away yet.
static NEXT_NUMBER: AtomicU16 = AtomicU16::new(0);

fn number() -> PhoneNumber {
    let next = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
    PhoneNumber::new(canary::phone(100 + next % 700))
}

/// Gives a patient a number and an enrolment in texting, in a clinic that texts by the development gateway.
pub(super) async fn enrolment(stage: &Stage, patient: PatientId, status: TextingStatus) {
    let (organization_id, now) = (stage.organization(), stage.core.clock.now());
    let writer = stage.core.store.writer();
    let found = organization::Entity::find_by_id(organization_id).one(writer);
    let mut clinic = found.await.unwrap().unwrap().into_active_model();
    let mut settings = clinic.settings.clone().unwrap();
    settings["texting"] = true.into();
    clinic.settings = Set(settings);
    clinic.update(writer).await.unwrap();
    let gateway_id = active_gateway(stage).await;
    let ours = text_number::Model {
        organization_id,
        id: TextNumberId(stage.core.entropy.uuid(now)),
        number: number(),
        gateway_id,
        created_at: now,
    };
    stage.clinic.insert(ours).await;
    let theirs = number();
    let change = patient::ActiveModel {
        organization_id: Unchanged(organization_id),
        id: Unchanged(patient),
        phone: Set(Some(theirs.clone())),
        ..Default::default()
    };
    change.update(writer).await.unwrap();
    let row = texting_enrolment::Model {
        organization_id,
        patient_id: patient,
        number: theirs,
        status,
        since: now,
        asked_at: (status == TextingStatus::Pending).then_some(now),
        wrong_answers: 0,
        failure: (status == TextingStatus::Failed).then_some(TextingFailure::TimePassed),
        opted_out_by: None,
        status_before: None,
        asked_by: None,
    };
    stage.clinic.insert(row).await;
}
