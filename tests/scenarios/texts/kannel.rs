//! Texts by a real Kannel, both ways.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;
use entity::{TextEncoding, TextState, inbound_text, text};
use harness::kannel::{self, Kannel, Ports};
use harness::patience::{PATIENCE, until};
use harness::world::World;
use harness::{Backend, canary, on_both_databases};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{ActiveModelTrait, EntityTrait};
use serde_json::json;
use tidings::realtime::InProcess;

use super::office::{OURS, SET};

const SECRET: &str = "zyxpasswordofthewebhooks0001";

/// A world whose first clinic texts by Kannel.
struct Place {
    world: World,
    kannel: Kannel,
    gateway: String,
}

impl Place {
    async fn start(backend: Backend) -> Self {
        let ports = Ports::free();
        let world = World::start_with(backend, Arc::new(InProcess::default()), |source| {
            source
                .with("development_outbox", "off")
                .with("sms.gateways", ports.url())
        })
        .await;
        let input = json!({
            "gateway": { "kannel": { "baseUrl": ports.url(), "user": kannel::USER, "password": kannel::PASSWORD, "webhookSecret": SECRET } },
            "numbers": [OURS],
            "textsPerSecond": 100,
        });
        let set = world
            .ask("Ada", SET, json!({ "input": input }))
            .await
            .field("setTextGateway");
        let inbound = set["textGateway"]["inboundUrl"].as_str().unwrap();
        let parameters =
            format!("post-url = \"{inbound}?secret={SECRET}&id=%I\"\nsend-sender = true");
        let number = canary::phone(520);
        let narrow = format!("{number} {OURS} text Grüße {{€}} {}", canary::message(""));
        let wide = format!("{number} {OURS} ucs2 %04%1F%04%40%048%04%32");
        let gateway = set["textGateway"]["id"].as_str().unwrap().to_owned();
        let kannel = Kannel::start(ports, &parameters, &[&narrow, &wide]).await;
        Self {
            world,
            kannel,
            gateway,
        }
    }

    async fn finish(self) {
        self.world.finish().await;
    }

    fn reader(&self) -> &sea_orm::DatabaseConnection {
        self.world.node.app.core.store.reader()
    }
}

on_both_databases! {
    /// A notification leaves in the patient's language, with letters that need no wide text, and Kannel reports its arrival.
    async fn a_text_leaves_by_kannel_and_is_reported(place: &Place) {
        let world = &place.world;
        let change = entity::patient::ActiveModel {
            organization_id: Unchanged(world.clinic.organization),
            id: Unchanged(world.patient("Paul")),
            phone: Set(Some(entity::PhoneNumber::new(canary::phone(1)))),
            notify_channel: Set(Some(entity::Channel::Sms)),
            ..Default::default()
        };
        change.update(world.node.app.core.store.writer()).await.unwrap();
        world.send("Nora", world.chat, "Good morning").await;
        world.hands.advance(TimeDelta::minutes(3));
        let received = place.kannel.until(1).await;
        let [from, to, kind, words] = received[0].splitn(4, ' ').collect::<Vec<_>>()[..] else {
            panic!("{received:?}");
        };
        assert_eq!((from, to, kind), (OURS, &*canary::phone(1), "text"));
        assert!(words.contains("/l/"), "it holds a link");
        let row = until(PATIENCE, "the report", async || {
            let row = text::Entity::find().one(place.reader()).await.unwrap()?;
            (row.state == TextState::Delivered).then_some(row)
        })
        .await;
        assert_eq!((row.encoding, row.body), (TextEncoding::Gsm7, None));
    }

    /// What comes in is read with its letters, narrow and wide; who does not know the secret is not believed.
    async fn texts_come_in_by_kannel(place: &Place) {
        let list = "{ quarantinedTexts { nodes { from body } } }";
        let bodies = until(PATIENCE, "both texts", async || {
            let texts = place.world.data("Nora", list, json!({})).await["quarantinedTexts"]["nodes"].clone();
            let texts = texts.as_array().unwrap();
            assert!(texts.iter().all(|text| text["from"] == json!(canary::phone(520))));
            let bodies: BTreeSet<_> = texts.iter().map(|text| text["body"].as_str().unwrap().to_owned()).collect();
            (bodies.len() >= 2).then_some(bodies)
        })
        .await;
        assert!(bodies.contains("Прив"), "{bodies:?}");
        assert!(bodies.iter().any(|body| body.starts_with("Grüße {€}")), "{bodies:?}");

        let client = &place.world.node.client;
        for query in ["", "?secret=wrong", "?secret=", "?body=x"] {
            for what in ["inbound", "status"] {
                let url = client.url(&format!("/webhooks/kannel/{}/{what}{query}", place.gateway));
                assert_eq!(client.http().get(&url).send().await.unwrap().status(), 403, "{what}{query}");
            }
        }
        let url = client.url(&format!("/webhooks/kannel/{}/inbound?secret={SECRET}&id=1&from=1&to=2", place.gateway));
        let posted = client.http().post(&url).header("content-type", "application/json").body("{}");
        assert_eq!(posted.send().await.unwrap().status(), 415);
        assert_eq!(client.http().delete(&url).send().await.unwrap().status(), 403);
    }

    /// The form with everything in the address is understood still; a number as it is dialled at home is read in the region of the
    /// clinic, and one that is none stays as it came.
    async fn numbers_are_read_as_networks_write_them(place: &Place) {
        let region = "mutation { updateSettings(input: { defaultRegion: \"AU\" }) { errors { code } } }";
        place.world.data("Ada", region, json!({})).await;
        let client = &place.world.node.client;
        let (ours, abroad) = (&OURS[1..], canary::phone(521));
        let at_home = canary::phone(522).replacen("+61", "0", 1);
        for (id, from) in [("1", abroad.trim_start_matches('+')), ("2", &at_home), ("3", "0000000000")] {
            let query = format!("secret={SECRET}&id=own-{id}&from={from}&to={ours}&body=Hi&charset=UTF-8");
            let url = client.url(&format!("/webhooks/kannel/{}/inbound?{query}", place.gateway));
            assert_eq!(client.http().get(&url).send().await.unwrap().status(), 200, "{from}");
        }
        let senders = until(PATIENCE, "all three texts", async || {
            let rows = inbound_text::Entity::find().all(place.reader()).await.unwrap().into_iter();
            let own = rows.filter(|row| row.provider_message_id.reveal().starts_with("own-"));
            let senders: BTreeSet<_> = own.map(|row| row.their_number.reveal().to_owned()).collect();
            (senders.len() == 3).then_some(senders)
        })
        .await;
        assert_eq!(senders, BTreeSet::from([abroad, canary::phone(522), "0000000000".to_owned()]));
    }
}
