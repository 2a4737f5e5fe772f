//! What has run out is forgotten, all of it, however much there is.

use chrono::TimeDelta;
use entity::{
    Channel, ContactAddress, DevelopmentMessageId, MessageBody, development_message, throttle,
};
use harness::on_both_databases;
use harness::world::World;
use sea_orm::{ConnectionTrait as _, DbBackend, EntityTrait as _, PaginatorTrait as _};

/// Counters of attempts, more than one transaction removes.
const COUNTERS: u32 = 12_000;

/// Adds counters whose windows were over long ago.
async fn old_counters(world: &World) {
    let writer = world.node.app.core.store.writer();
    let key = match writer.get_database_backend() {
        DbBackend::Postgres => "decode(lpad(to_hex(i), 8, '0'), 'hex')",
        _ => "cast(i as blob)",
    };
    let numbers = format!(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < {COUNTERS})"
    );
    let insert = format!(
        "insert into throttle (key, window_start, attempts) {numbers} select {key}, 0, 1 from n"
    );
    writer.execute_unprepared(&insert).await.unwrap();
}

async fn keep_message(world: &World) {
    let core = &world.node.app.core;
    let now = world.hands.now();
    let message = development_message::Model {
        organization_id: world.clinic.organization,
        id: DevelopmentMessageId(core.entropy.uuid(now)),
        channel: Channel::Sms,
        recipient: ContactAddress::new(harness::canary::phone(1)),
        subject: None,
        text: MessageBody::new("a code"),
        html: None,
        created_at: now,
    };
    world.clinic.insert(message).await;
}

on_both_databases! {
    async fn one_sweep_forgets_all_that_has_run_out(world: &World) {
        let reader = world.node.app.core.store.reader();
        old_counters(world).await;
        world.node.app.housekeeper.sweep().await;
        assert_eq!(throttle::Entity::find().count(reader).await.unwrap(), 0);
    }

    async fn the_development_outbox_keeps_messages_for_a_week(world: &World) {
        let reader = world.node.app.core.store.reader();
        let kept = async || development_message::Entity::find().count(reader).await.unwrap();
        keep_message(world).await;
        world.hands.advance(TimeDelta::days(6));
        keep_message(world).await;
        world.node.app.housekeeper.sweep().await;
        assert_eq!(kept().await, 2);
        world.hands.advance(TimeDelta::days(2));
        world.node.app.housekeeper.sweep().await;
        assert_eq!(kept().await, 1);
    }
}
