//! The page that a link opens.

use chrono::TimeDelta;
use entity::{LinkId, NotificationPurpose};
use harness::on_both_databases;
use harness::world::World;
use tidings::domain::links::{self, NewLink};
use tidings::domain::secret::Secret;

/// A link that was sent to Paul.
async fn link_to_pauls_chat(world: &World) -> Secret {
    let core = &world.node.app.core;
    let now = core.clock.now();
    let new = NewLink {
        id: LinkId(core.entropy.uuid(now)),
        person: world.actor("Paul").person,
        purpose: NotificationPurpose::NewClinicMessage,
        conversation: Some(world.chat),
        invitation: None,
        expires_at: now + links::LIFETIME,
    };
    links::create(core, core.store.writer(), world.clinic.organization, new)
        .await
        .unwrap()
}

async fn open(world: &World, token: &str) -> (u16, String) {
    let url = format!("http://{}/l/{token}", world.node.app.address);
    let response = reqwest::get(url).await.unwrap();
    for (header, value) in [
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("x-robots-tag", "noindex, nofollow"),
    ] {
        assert_eq!(response.headers()[header], value);
    }
    assert!(!response.headers().contains_key("set-cookie"));
    (response.status().as_u16(), response.text().await.unwrap())
}

on_both_databases! {
    async fn opening_a_link_names_the_clinic_and_nobody_else_however_often(world: &World) {
        let token = link_to_pauls_chat(world).await;
        let first = open(world, token.reveal()).await;
        assert_eq!(first.0, 200);
        assert!(first.1.contains("Riverside Clinic") && !first.1.contains("Paul"));
        assert_eq!(open(world, token.reveal()).await, first);
    }

    async fn a_link_that_has_expired_looks_like_one_that_was_never_sent(world: &World) {
        let token = link_to_pauls_chat(world).await;
        world.hands.advance(links::LIFETIME + TimeDelta::seconds(1));
        let expired = open(world, token.reveal()).await;
        assert_eq!(expired.0, 404);
        for other in ["AAAAAAAAAAAAAAAAAAAAAA", "x", "%20"] {
            assert_eq!(open(world, other).await, expired);
        }
    }
}
