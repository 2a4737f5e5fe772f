//! A running server without a mail server, and with one that goes away and comes back.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::{Channel, NotificationStatus, notification};
use harness::patience::{PATIENCE, until};
use harness::smtp::{Behaviour, RogueServer};
use harness::world::World;
use harness::{Backend, scenario};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::json;
use tidings::realtime::InProcess;

const DEAD_LETTERS: &str = "{ deadLetters { nodes { reason } } }";
const OUTBOX: &str = "{ developmentOutbox { nodes { id } } }";

/// The e-mails of the first clinic.
async fn mails(world: &World) -> Vec<notification::Model> {
    notification::Entity::find()
        .filter(notification::Column::OrganizationId.eq(world.clinic.organization))
        .filter(notification::Column::Channel.eq(Channel::Email))
        .all(world.node.app.core.store.reader())
        .await
        .unwrap()
}

async fn without_a_mail_server(backend: Backend) {
    let configure = |source: tidings::config::Source| source.with("development_outbox", "auto");
    let world = World::start_with(backend, Arc::new(InProcess::default()), configure).await;
    world.send("Paul", world.chat, "hello").await;
    let dead = async || {
        let letters = world.data("Ada", DEAD_LETTERS, json!({})).await;
        let nodes = letters["deadLetters"]["nodes"].as_array().unwrap().clone();
        (!nodes.is_empty()).then_some(nodes)
    };
    for letter in until(PATIENCE * 2, "a dead letter", dead).await {
        assert_eq!(letter["reason"], "email.no_server");
    }
    assert_eq!(
        world.ask("Ada", OUTBOX, json!({})).await.codes(),
        ["FORBIDDEN"]
    );
    world.finish().await;
}

async fn with_a_mail_server_that_goes_away(backend: Backend) {
    let mut server = RogueServer::start(Behaviour::Accept).await;
    let url = format!("smtp://{}?tls=none", server.address());
    let configure = |source: tidings::config::Source| {
        source
            .with("development_outbox", "auto")
            .with("smtp.url", url)
            .with("smtp.from", "Clinic <no-reply@clinic.example>")
    };
    let world = World::start_with(backend, Arc::new(InProcess::default()), configure).await;
    server.stop().await;
    world.send("Paul", world.chat, "hello").await;
    let tried = async || {
        let mails = mails(&world).await;
        let due: Vec<_> = mails
            .iter()
            .filter(|mail| mail.last_error.is_some())
            .collect();
        (due.len() >= 2).then(|| {
            due.iter()
                .all(|mail| mail.last_error.as_deref() == Some("smtp connection"))
        })
    };
    assert!(until(PATIENCE * 2, "two attempts at e-mails", tried).await);
    let sent = world
        .send("Nora", world.chat, "nobody waits for the mail server")
        .await;
    assert_eq!(sent["errors"], json!([]));

    server.come_back();
    world.hands.advance(TimeDelta::seconds(6));
    let deliveries = server.wait_for_deliveries(2).await;
    assert_eq!(deliveries.len(), 2, "each nurse of the team is told once");
    let settled = async || {
        let mails = mails(&world).await;
        let sent = mails
            .iter()
            .filter(|mail| mail.status == NotificationStatus::Sent);
        (sent.count() == 2).then_some(())
    };
    until(PATIENCE, "the mails to be noted as sent", settled).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_a_mail_server_pretends_nothing() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        scenario::bounded(without_a_mail_server(backend)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_goes_away_gets_each_mail_when_it_is_back() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        scenario::bounded(with_a_mail_server_that_goes_away(backend)).await;
    }
}
