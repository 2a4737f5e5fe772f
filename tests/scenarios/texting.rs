//! Texting with patients: who may be texted, who they are, and what their texts become.

mod chatting;
mod enrolling;
mod keywords;
mod many;
mod telling;
mod urgent;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    InboundTextId, MessageBody, OrganizationId, PatientId, PhoneNumber, ProviderMessageId,
    TextGatewayId, TextGatewayKind, TextNumberId, TextPurpose, patient, text, text_gateway,
    text_number,
};
use harness::clinic::{Claims, Clinic, public_id};
use harness::{canary, run};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::{Value, json};
use tidings::domain::clock::Clock;
use tidings::domain::core::Core;
use tidings::domain::event_log::Change;
use tidings::domain::texting::inbound;
use tidings::domain::texts::inbound::{InboundText, Received};

/// The date of birth of everybody here, as it was asked for.
pub(crate) fn birth_date() -> String {
    let mut parts = canary::BIRTH_DATE.split('-');
    let mut next = || parts.next().unwrap();
    let (year, month, day) = (next(), next(), next());
    format!("{month}/{day}/{year}")
}

/// The number from which the clinic texts.
const OUR_NUMBER: u16 = 999;

/// A clinic that texts, with a nurse.
pub(crate) struct Desk<'a> {
    pub(crate) clinic: &'a Clinic,
    pub(crate) nurse: Claims,
    organization: OrganizationId,
    gateway: TextGatewayId,
    our_number: PhoneNumber,
}

impl<'a> Desk<'a> {
    pub(crate) async fn open(clinic: &'a Clinic) -> Self {
        clinic
            .set(json!({ "texting": true, "contact": { "phone": "020 7946 0018" } }))
            .await;
        Self::of_texting_clinic(clinic).await
    }

    /// The desk of a clinic that has texting switched on already.
    pub(crate) async fn of_texting_clinic(clinic: &'a Clinic) -> Self {
        let nurse = clinic.staff("Nora", &["CLINICIAN"]).await;
        let desk = Self {
            clinic,
            nurse,
            organization: clinic.ours.organization,
            gateway: TextGatewayId(clinic.core.entropy.uuid(clinic.core.clock.now())),
            our_number: PhoneNumber::new(canary::phone(OUR_NUMBER)),
        };
        desk.give_a_number().await;
        desk
    }

    /// The same desk at another time.
    pub(crate) fn at(&self, clinic: &'a Clinic) -> Self {
        Self {
            clinic,
            nurse: self.nurse,
            organization: self.organization,
            gateway: self.gateway,
            our_number: self.our_number.clone(),
        }
    }

    /// The development gateway, with a number that no other clinic has.
    async fn give_a_number(&self) {
        let core = &self.clinic.core;
        let now = core.clock.now();
        let gateway = text_gateway::Model {
            organization_id: self.organization,
            id: self.gateway,
            kind: TextGatewayKind::Development,
            base_url: None,
            account: None,
            credential: None,
            webhook_secret: None,
            messaging_service: None,
            texts_per_second: 10,
            active: true,
            received: 0,
            created_at: now,
            updated_at: now,
        };
        let writer = core.store.writer();
        gateway.into_active_model().insert(writer).await.unwrap();
        let number = text_number::Model {
            organization_id: self.organization,
            id: TextNumberId(core.entropy.uuid(now)),
            number: self.our_number.clone(),
            gateway_id: self.gateway,
            created_at: now,
        };
        number.into_active_model().insert(writer).await.unwrap();
    }

    /// A patient with a number, on whose care team the nurse is; not enrolled in the portal.
    pub(crate) async fn patient(&self, name: &str, number: u16) -> String {
        self.patient_with(name, json!({ "phone": canary::phone(number) }))
            .await
    }

    pub(crate) async fn patient_with(&self, name: &str, more: Value) -> String {
        let mut given = json!({ "careTeamIds": [public_id(self.nurse)] });
        for (key, value) in more.as_object().unwrap() {
            given[key] = value.clone();
        }
        self.clinic.patient(&canary::name(name), given).await
    }

    /// A patient who has answered the question rightly.
    pub(crate) async fn enabled(&self, name: &str, number: u16) -> String {
        let patient = self.patient(name, number).await;
        self.done("enableTexting", &patient).await;
        self.text(number, &birth_date()).await;
        assert_eq!(self.status(&patient).await["status"], "ENABLED");
        patient
    }

    /// The patient accepts the invitation into the portal.
    pub(crate) async fn enrol(&self, patient: &str) {
        let row = patient::ActiveModel {
            organization_id: Unchanged(self.organization),
            id: Unchanged(patient_id(patient)),
            enrolled_at: Set(Some(self.clinic.core.clock.now())),
            ..Default::default()
        };
        row.update(self.clinic.core.store.writer()).await.unwrap();
    }

    /// Does something about an enrolment, as the nurse; gives the codes of what stands in the way.
    pub(crate) async fn mistakes(&self, mutation: &str, patient: &str) -> Vec<String> {
        let input = json!({ "patientId": patient });
        let mistakes = self.clinic.mistakes(self.nurse, mutation, input).await;
        mistakes.into_iter().map(|(code, _)| code).collect()
    }

    pub(crate) async fn done(&self, mutation: &str, patient: &str) {
        assert_eq!(
            self.mistakes(mutation, patient).await,
            [""; 0],
            "{mutation}"
        );
    }

    /// A text comes in from a patient's number.
    pub(crate) async fn text(&self, number: u16, body: &str) -> Received {
        self.text_to(&self.clinic.core, number, body).await
    }

    /// The same with other surroundings, such as another time.
    pub(crate) async fn text_to(&self, core: &Core, number: u16, body: &str) -> Received {
        let text = self.inbound(core, number, body);
        let mut change = Change::begin(core, self.organization).await.unwrap();
        let received = inbound::receive(core, &mut change, &text).await.unwrap();
        change.commit().await.unwrap();
        received
    }

    /// Staff have said whose a text from this number is.
    pub(crate) async fn placed(&self, patient: &str, number: u16, body: &str) -> Received {
        let core = &self.clinic.core;
        let text = self.inbound(core, number, body);
        let mut change = Change::begin(core, self.organization).await.unwrap();
        let placed = inbound::receive_from(core, &mut change, &text, patient_id(patient));
        let placed = placed.await.unwrap();
        change.commit().await.unwrap();
        placed
    }

    pub(crate) fn inbound(&self, core: &Core, number: u16, body: &str) -> InboundText {
        let now = core.clock.now();
        InboundText {
            organization: self.organization,
            id: InboundTextId(core.entropy.uuid(now)),
            gateway: self.gateway,
            provider_message_id: ProviderMessageId::new(run::unique_name()),
            our_number: self.our_number.clone(),
            from: PhoneNumber::new(canary::phone(number)),
            body: MessageBody::new(body),
            has_pictures: false,
            received_at: now,
        }
    }

    /// The enrolment of a patient, as the nurse sees it.
    pub(crate) async fn status(&self, patient: &str) -> Value {
        let query = "query ($id: ID!) { patient(id: $id) { texting {
            status since triesLeft answerBy failure optedOutBy obstacles } } }";
        let data = self
            .clinic
            .ask(self.nurse, query, json!({ "id": patient }))
            .await;
        data["patient"]["texting"].clone()
    }

    /// The ledger of consents: change, source and wording of each, sorted: all of it happens at one moment.
    pub(crate) async fn ledger(&self, patient: &str) -> Vec<(String, String, String)> {
        let query = "query ($id: ID!) { patient(id: $id) { textingConsents { change source wording language number staffId createdAt } } }";
        let data = self
            .clinic
            .ask(self.nurse, query, json!({ "id": patient }))
            .await;
        let entries = data["patient"]["textingConsents"].as_array().unwrap();
        let word = |entry: &Value, key: &str| entry[key].as_str().unwrap().to_owned();
        let mut found: Vec<_> = entries
            .iter()
            .map(|entry| {
                (
                    word(entry, "change"),
                    word(entry, "source"),
                    word(entry, "wording"),
                )
            })
            .collect();
        found.sort_unstable();
        found
    }

    /// What was texted to a number, sorted: all of it happens at one moment.
    pub(crate) async fn texts_to(&self, number: u16) -> Vec<TextPurpose> {
        let found = text::Entity::find()
            .filter(text::Column::OrganizationId.eq(self.organization))
            .filter(text::Column::TheirNumber.eq(PhoneNumber::new(canary::phone(number))))
            .all(self.clinic.core.store.reader());
        let texts = found.await.unwrap();
        let mut purposes: Vec<_> = texts.into_iter().map(|text| text.purpose).collect();
        purposes.sort_unstable();
        purposes
    }

    /// The messages of a patient's chat, as the nurse sees them.
    pub(crate) async fn messages(&self, patient: &str) -> Vec<Value> {
        let query = "query ($id: ID!) { patient(id: $id) { conversations(kinds: [CARE_TEAM_CHAT]) { nodes { id unreadCount
            messages(first: 100) { nodes { id sequence body channel urgent optOutWish author { kind name } } } } } } }";
        let data = self
            .clinic
            .ask(self.nurse, query, json!({ "id": patient }))
            .await;
        let chat = &data["patient"]["conversations"]["nodes"][0];
        chat["messages"]["nodes"].as_array().unwrap().clone()
    }

    /// The id of a patient's chat, and how many messages the nurse has not seen.
    pub(crate) async fn chat(&self, patient: &str) -> (String, i64) {
        let query = "query ($id: ID!) { patient(id: $id) { conversations(kinds: [CARE_TEAM_CHAT]) { nodes { id unreadCount } } } }";
        let data = self
            .clinic
            .ask(self.nurse, query, json!({ "id": patient }))
            .await;
        let chat = &data["patient"]["conversations"]["nodes"][0];
        (
            chat["id"].as_str().unwrap().to_owned(),
            chat["unreadCount"].as_i64().unwrap(),
        )
    }

    /// The nurse writes; gives the payload.
    pub(crate) async fn send(&self, patient: &str, more: Value) -> Value {
        let (chat, _) = self.chat(patient).await;
        let mut input = json!({ "conversationId": chat, "idempotencyKey": run::unique_name() });
        for (key, value) in more.as_object().unwrap() {
            input[key] = value.clone();
        }
        let payload = "message { id body channel } errors { code field }";
        self.clinic
            .change(self.nurse, "sendMessage", payload, input)
            .await
    }
}

/// The surroundings after some time.
pub(crate) fn later(core: &Core, by: TimeDelta) -> Core {
    let now: DateTime<Utc> = core.clock.now() + by;
    Core {
        clock: Clock::new(move || now),
        ..core.clone()
    }
}

/// The id of a patient.
pub(crate) fn patient_id(public: &str) -> PatientId {
    PatientId::from_public(public).unwrap()
}

/// Texts with these bodies were kept apart.
pub(crate) fn is_apart(received: &Received) -> bool {
    match received {
        Received::Quarantined(_) => true,
        Received::Taken { .. } => false,
    }
}
