//! Whose turn it is: texts that came in gateway by gateway, keywords before all else; texts that go out in the order of a number.

use chrono::TimeDelta;
use entity::{
    InboundState, MessageBody, OrganizationId, PhoneNumber, ProviderMessageId, TextGatewayId,
    TextGatewayKind, inbound_text, number_block, text, text_gateway,
};
use harness::clinic::Clinic;
use harness::{canary, on_both_databases};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;
use tidings::domain::texts::apply::apply_waiting;
use tidings::domain::texts::arrival::{Arrival, arrive};
use tidings::domain::texts::outbox::{claim, gateways_with_work};

use super::office::OURS;
use crate::texting::Desk;

/// A gateway of an organization.
async fn gateway(clinic: &Clinic, organization: OrganizationId) -> text_gateway::Model {
    let now = clinic.core.clock.now();
    let row = text_gateway::Model {
        organization_id: organization,
        id: TextGatewayId(clinic.core.entropy.uuid(now)),
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
    let stored = row.into_active_model();
    stored.insert(clinic.core.store.writer()).await.unwrap()
}

async fn bring(clinic: &Clinic, gateway: &text_gateway::Model, name: &str, from: u16, body: &str) {
    let arrival = Arrival {
        provider_message_id: ProviderMessageId::new(name),
        our_number: PhoneNumber::new(OURS),
        from: PhoneNumber::new(canary::phone(from)),
        body: MessageBody::new(body),
        pictures: 0,
    };
    assert!(arrive(&clinic.core, gateway, &arrival).await.unwrap());
}

/// The names of the texts of a gateway that wait, in their order.
async fn waiting(clinic: &Clinic, gateway: &text_gateway::Model) -> Vec<String> {
    let mut rows = inbound_text::Entity::find()
        .filter(inbound_text::Column::GatewayId.eq(gateway.id))
        .filter(inbound_text::Column::State.eq(InboundState::Pending))
        .all(clinic.core.store.reader())
        .await
        .unwrap();
    rows.sort_by_key(|row| row.sequence);
    let names = rows.iter().map(|row| row.provider_message_id.reveal());
    names.map(str::to_owned).collect()
}

/// Whether a number of the first clinic is blocked.
async fn is_blocked(clinic: &Clinic, number: u16) -> bool {
    let number = PhoneNumber::new(canary::phone(number));
    let found = number_block::Entity::find_by_id((clinic.ours.organization, number));
    found
        .one(clinic.core.store.reader())
        .await
        .unwrap()
        .is_some()
}

/// From now on what the text says cannot be read, and so it cannot be handled.
async fn spoil(clinic: &Clinic, name: &str) {
    let spoilt = inbound_text::Entity::update_many()
        .col_expr(inbound_text::Column::Body, Expr::value(vec![1_u8]))
        .filter(inbound_text::Column::ProviderMessageId.eq(ProviderMessageId::new(name)));
    let done = spoilt.exec(clinic.core.store.writer()).await.unwrap();
    assert_eq!(done.rows_affected, 1);
}

on_both_databases! {
    /// A flood at one clinic does not keep another clinic's text waiting, nor STOP at its own.
    async fn a_flood_keeps_nobody_else_waiting(clinic: &Clinic) {
        let ours = gateway(clinic, clinic.ours.organization).await;
        let theirs = gateway(clinic, clinic.theirs.organization).await;
        for number in 0..100 {
            bring(clinic, &ours, &format!("SM{number}"), 700 + number % 50, &canary::message("hello")).await;
        }
        bring(clinic, &theirs, "SM-theirs", 760, &canary::message("hello")).await;
        bring(clinic, &ours, "SM-stop", 761, "STOP").await;
        let first = apply_waiting(&clinic.core).await.unwrap();
        assert!(first < 50, "{first}");
        assert_eq!(waiting(clinic, &theirs).await, [""; 0]);
        assert!(is_blocked(clinic, 761).await);
        let mut rounds = 1;
        while apply_waiting(&clinic.core).await.unwrap() > 0 {
            rounds += 1;
        }
        assert!(waiting(clinic, &ours).await.is_empty() && rounds <= 5, "{rounds}");
    }

    /// What cannot be handled holds up its sender's other texts and nobody else's, and not STOP; STOP and START keep their order.
    async fn stop_waits_for_nothing(clinic: &Clinic) {
        let ours = gateway(clinic, clinic.ours.organization).await;
        bring(clinic, &ours, "SM1", 1, &canary::message("cannot be read")).await;
        spoil(clinic, "SM1").await;
        for (name, from, body) in [("SM2", 1, "behind it"), ("SM3", 2, "somebody else"), ("SM4", 1, "START"), ("SM5", 1, "stop")] {
            bring(clinic, &ours, name, from, body).await;
        }
        apply_waiting(&clinic.core).await.unwrap();
        assert_eq!(waiting(clinic, &ours).await, ["SM1", "SM2"]);
        assert!(is_blocked(clinic, 1).await, "START came before STOP");
        assert_eq!(apply_waiting(&clinic.core).await.unwrap(), 0, "they rest");
        // After some tries it is put apart, and the one behind it has its turn.
        for hours in 1..=12 {
            let later = clinic.later(TimeDelta::hours(hours));
            while apply_waiting(&later.core).await.unwrap() > 0 {}
        }
        assert_eq!(waiting(clinic, &ours).await, [""; 0]);
    }

    /// Of the messages to one number the oldest is claimed, and the next by nobody, whichever node asks, until it has left.
    async fn no_message_overtakes_another_to_the_same_number(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let (eva, ben) = (desk.enabled("Eva", 1).await, desk.enabled("Ben", 2).await);
        for second in 1..=3 {
            let later = clinic.later(TimeDelta::seconds(second));
            let desk = desk.at(&later);
            for patient in [&eva, &ben] {
                desk.send(patient, json!({ "body": canary::message("in order"), "channel": "SMS" })).await;
            }
        }
        let later = clinic.later(TimeDelta::seconds(4));
        let core = &later.core;
        let gateways = gateways_with_work(core, &Default::default()).await.unwrap();
        let gateway = gateways.first().unwrap();
        let node = || core.entropy.uuid(core.clock.now());
        let claimed = claim(core, node(), gateway, 32).await.unwrap();
        let messages = || claimed.iter().filter(|text| text.row.message_id.is_some());
        let oldest = clinic.core.clock.now() + TimeDelta::seconds(1);
        assert_eq!(messages().map(|text| text.row.created_at).collect::<Vec<_>>(), [oldest; 2]);
        assert_eq!(claim(core, node(), gateway, 32).await.unwrap().len(), 0);
        let first = messages().next().unwrap().row.id;
        let left = text::Entity::update_many()
            .col_expr(text::Column::State, Expr::value(entity::TextState::Sent))
            .filter(text::Column::Id.eq(first));
        left.exec(core.store.writer()).await.unwrap();
        let next = claim(core, node(), gateway, 32).await.unwrap();
        assert_eq!(next.iter().map(|text| text.row.created_at).collect::<Vec<_>>(), [oldest + TimeDelta::seconds(1)]);
    }
}
