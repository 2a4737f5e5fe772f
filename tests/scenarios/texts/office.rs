//! A world whose first clinic texts by a server that speaks Twilio's API.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::{
    Channel, MessageId, PatientId, PhoneNumber, ProviderMessageId, TextDirection, TextEncoding,
    TextGatewayId, TextId, TextPurpose, TextState, inbound_text, notification, patient,
    quarantined_text, text,
};
use harness::patience::{PATIENCE, until};
use harness::twilio::{self, Handed, Twilio};
use harness::world::World;
use harness::{Backend, canary};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tidings::realtime::InProcess;

/// The clinic's number.
pub(super) const OURS: &str = "+61491570900";

/// A number of the other clinic.
pub(super) const THEIRS: &str = "+61491570910";

pub(super) const SET: &str = "mutation ($input: SetTextGatewayInput!) { setTextGateway(input: $input) {
    textGateway { id kind baseUrl account messagingServiceSid numbers textsPerSecond inboundUrl } errors { code field } } }";

/// A world and the gateway of its first clinic.
pub(super) struct Office {
    pub(super) world: World,
    pub(super) twilio: Twilio,
    /// Another one, which the other clinic may use.
    pub(super) other: Twilio,
    /// The id of the clinic's gateway.
    pub(super) gateway: String,
}

impl Office {
    pub(super) async fn start(backend: Backend) -> Self {
        let (twilio, other) = (Twilio::start().await, Twilio::start().await);
        let url = twilio.url();
        let allowed = format!("{url},{}", other.url());
        let world = World::start_with(backend, Arc::new(InProcess::default()), |source| {
            source
                .with("development_outbox", "off")
                .with("sms.gateways", &allowed)
        })
        .await;
        let set = set_gateway(&world, "Ada", &url, &[OURS]).await;
        let gateway = set["textGateway"]["id"].as_str().unwrap().to_owned();
        let office = Self {
            world,
            twilio,
            other,
            gateway,
        };
        office.reach_by_text("Paul", 1).await;
        office
    }

    pub(super) async fn finish(self) {
        self.world.finish().await;
    }

    /// Gives a patient a number, by which they want to be told.
    pub(super) async fn reach_by_text(&self, name: &str, number: u16) {
        let change = patient::ActiveModel {
            organization_id: Unchanged(if name == "Silja" {
                self.world.other_clinic.organization
            } else {
                self.world.clinic.organization
            }),
            id: Unchanged(self.world.patient(name)),
            phone: Set(Some(PhoneNumber::new(canary::phone(number)))),
            notify_channel: Set(Some(Channel::Sms)),
            ..Default::default()
        };
        let writer = self.world.node.app.core.store.writer();
        change.update(writer).await.unwrap();
    }

    /// A nurse writes to Paul, and the time comes at which he is told.
    pub(super) async fn nurse_writes(&self) -> Value {
        let sent = self
            .world
            .send("Nora", self.world.chat, "Good morning")
            .await;
        self.world.hands.advance(TimeDelta::minutes(3));
        sent["message"].clone()
    }

    /// The texts of the first clinic, in the order in which they were stored.
    pub(super) async fn texts(&self) -> Vec<text::Model> {
        let mut rows = text::Entity::find()
            .filter(text::Column::OrganizationId.eq(self.world.clinic.organization))
            .all(self.world.node.app.core.store.reader())
            .await
            .unwrap();
        rows.sort_by_key(|row| (row.created_at, row.id));
        rows
    }

    /// Waits until the clinic's newest text stands somewhere.
    pub(super) async fn until_text(&self, state: TextState) -> text::Model {
        until(PATIENCE, state.word(), async || {
            let newest = self.texts().await.pop();
            newest.filter(|row| row.state == state)
        })
        .await
    }

    pub(super) async fn notifications(&self) -> Vec<notification::Model> {
        notification::Entity::find()
            .filter(notification::Column::OrganizationId.eq(self.world.clinic.organization))
            .all(self.world.node.app.core.store.reader())
            .await
            .unwrap()
    }

    /// What came in.
    pub(super) async fn inbound(&self) -> Vec<inbound_text::Model> {
        let reader = self.world.node.app.core.store.reader();
        let mut rows = inbound_text::Entity::find().all(reader).await.unwrap();
        rows.sort_by_key(|row| row.sequence);
        rows
    }

    /// What could not be placed.
    pub(super) async fn quarantined(&self) -> Vec<quarantined_text::Model> {
        let reader = self.world.node.app.core.store.reader();
        quarantined_text::Entity::find().all(reader).await.unwrap()
    }

    /// Waits until so many texts wait in quarantine.
    pub(super) async fn until_quarantined(&self, count: usize) -> Vec<quarantined_text::Model> {
        until(PATIENCE, "texts in quarantine", async || {
            Some(self.quarantined().await).filter(|rows| rows.len() >= count)
        })
        .await
    }

    /// The address of a webhook.
    pub(super) fn webhook(&self, what: &str) -> String {
        let address = self.world.node.app.address;
        format!("http://{address}/webhooks/twilio/{}/{what}", self.gateway)
    }

    /// Brings a text as the gateway does; gives the status of the answer.
    pub(super) async fn bring(&self, sid: &str, from: &str, body: &str) -> u16 {
        let form = [
            ("MessageSid", sid),
            ("AccountSid", twilio::ACCOUNT),
            ("From", from),
            ("To", OURS),
            ("Body", body),
        ];
        let url = self.webhook("inbound");
        self.twilio.call(&url, &form).await.as_u16()
    }

    /// Puts a text beside a message that the gateway has taken already.
    pub(super) async fn taken_text(&self, message: &Value) -> Handed {
        let core = &self.world.node.app.core;
        let id = TextId(core.entropy.uuid(core.clock.now()));
        let sid = format!("SM{}", id.0.simple());
        let now = core.clock.now();
        let row = text::Model {
            organization_id: self.world.clinic.organization,
            id,
            direction: TextDirection::Outbound,
            purpose: TextPurpose::Message,
            gateway_id: TextGatewayId::from_public(&self.gateway).unwrap(),
            our_number: PhoneNumber::new(OURS),
            their_number: PhoneNumber::new(canary::phone(1)),
            patient_id: Some(self.patient("Paul")),
            message_id: Some(MessageId::from_public(message["id"].as_str().unwrap()).unwrap()),
            conversation_id: Some(self.world.chat),
            notification_id: None,
            provider_message_id: Some(ProviderMessageId::new(&sid)),
            state: TextState::Sent,
            reason: None,
            error: None,
            encoding: TextEncoding::Gsm7,
            segments: 1,
            body: None,
            idempotency_key: sid.clone(),
            due_at: now,
            attempts: 1,
            leased_until: None,
            leased_by: None,
            created_at: now,
            changed_at: now,
        };
        self.world.clinic.insert(row).await;
        Handed {
            sid,
            to: canary::phone(1),
            from: OURS.to_owned(),
            service: None,
            body: String::new(),
            reports: format!("{}?text={}", self.webhook("status"), id.to_public()),
        }
    }

    fn patient(&self, name: &str) -> PatientId {
        self.world.patient(name)
    }
}

/// Sets up a gateway at a server that speaks Twilio's API.
pub(super) async fn set_gateway(world: &World, name: &str, url: &str, numbers: &[&str]) -> Value {
    set_gateway_as(world, &world.actor(name).token, url, numbers).await
}

/// The same with a token.
pub(super) async fn set_gateway_as(
    world: &World,
    token: &str,
    url: &str,
    numbers: &[&str],
) -> Value {
    let input = json!({
        "gateway": { "twilio": { "baseUrl": url, "accountSid": twilio::ACCOUNT, "authToken": twilio::TOKEN } },
        "numbers": numbers,
        "textsPerSecond": 1000,
    });
    world
        .node
        .client
        .execute(SET, json!({ "input": input }), Some(token))
        .await
        .field("setTextGateway")
}
