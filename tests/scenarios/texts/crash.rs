//! A text that was acknowledged has its effect exactly once, also when the server is killed, and when several nodes are at work.

use std::sync::Arc;

use entity::{
    InboundState, OrganizationId, PhoneNumber, ProviderMessageId, inbound_text, quarantined_text,
    text_gateway,
};
use futures_util::future::join_all;
use harness::patience::{PATIENCE, until};
use harness::{canary, on_both_databases};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use tidings::domain::core::Core;
use tidings::domain::texts::apply::apply_waiting;
use tidings::domain::texts::arrival::{Arrival, arrive};
use tidings::realtime::InProcess;

use super::office::{OURS, Office};

/// How many texts come in.
const TEXTS: usize = 60;

async fn bring(core: &Core, organization: OrganizationId) {
    let gateway = text_gateway::Entity::find()
        .filter(text_gateway::Column::OrganizationId.eq(organization))
        .one(core.store.reader())
        .await
        .unwrap()
        .unwrap();
    for number in 0..TEXTS {
        let arrival = Arrival {
            provider_message_id: ProviderMessageId::new(format!("SM{number}")),
            our_number: PhoneNumber::new(OURS),
            from: PhoneNumber::new(canary::phone(600 + u16::try_from(number % 5).unwrap())),
            body: entity::MessageBody::new(canary::message("hello")),
            pictures: 0,
        };
        assert!(arrive(core, &gateway, &arrival).await.unwrap());
    }
}

on_both_databases! {
    /// Two nodes, and tasks that are dropped at any moment as a killed process drops them, together let each text have its
    /// effect once.
    async fn each_text_has_its_effect_once_whoever_dies(office: &Office) {
        let world = &office.world;
        let other = world.second_node(Arc::new(InProcess::default())).await;
        bring(&world.node.app.core, world.clinic.organization).await;
        for round in 0..30_u64 {
            let cores = [world.node.app.core.clone(), other.app.core.clone()];
            let dying = cores.map(|core| {
                tokio::spawn(async move {
                    while apply_waiting(&core).await.unwrap_or(0) > 0 {}
                })
            });
            for _ in 0..round * 3 {
                tokio::task::yield_now().await;
            }
            dying.iter().for_each(tokio::task::JoinHandle::abort);
            join_all(dying).await;
        }
        let reader = world.node.app.core.store.reader();
        until(PATIENCE, "the end of all texts", async || {
            let waiting = inbound_text::Entity::find()
                .filter(inbound_text::Column::State.eq(InboundState::Pending));
            waiting.all(reader).await.unwrap().is_empty().then_some(())
        })
        .await;
        let mut names: Vec<_> = quarantined_text::Entity::find()
            .all(reader)
            .await
            .unwrap()
            .into_iter()
            .map(|row| row.provider_message_id.reveal().to_owned())
            .collect();
        names.sort_unstable();
        names.dedup();
        let all = quarantined_text::Entity::find().all(reader).await.unwrap().len();
        assert_eq!((names.len(), all), (TEXTS, TEXTS));
        other.app.shutdown().await;
    }
}
