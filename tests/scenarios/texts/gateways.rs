//! How administrators set up what carries their clinic's texts.

use entity::{PersonId, Roles, TextGatewayId, text_gateway};
use harness::seed::Seed;
use harness::twilio;
use harness::world::World;
use harness::{canary, on_both_databases};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::office::{OURS, Office, SET, set_gateway};

async fn mistakes(world: &World, gateway: Value, numbers: &[&str]) -> Vec<(String, String)> {
    let input = json!({ "gateway": gateway, "numbers": numbers });
    let payload = world
        .ask("Ada", SET, json!({ "input": input }))
        .await
        .field("setTextGateway");
    assert!(payload["textGateway"].is_null(), "{payload}");
    let errors = payload["errors"].as_array().unwrap().clone();
    let text = |error: &Value, key: &str| match &error[key] {
        Value::Array(path) => path
            .iter()
            .map(|part| part.as_str().unwrap())
            .collect::<Vec<_>>()
            .join("."),
        other => other.as_str().unwrap().to_owned(),
    };
    errors
        .iter()
        .map(|error| (text(error, "code"), text(error, "field")))
        .collect()
}

fn wrong(code: &str, field: &str) -> Vec<(String, String)> {
    vec![(code.to_owned(), field.to_owned())]
}

on_both_databases! {
    /// Secrets can be written and are never read; for the same account they can be left out, and the webhooks stay.
    async fn an_administrator_sets_up_the_clinics_gateway(office: &Office) {
        let (world, url) = (&office.world, office.twilio.url());
        let query = "{ textGateway { id kind baseUrl account numbers inboundUrl } }";
        let stored = world.data("Ada", query, json!({})).await["textGateway"].clone();
        let inbound = format!("http://{}/webhooks/twilio/{}/inbound", world.node.app.address, office.gateway);
        assert_eq!(stored, json!({
            "id": office.gateway, "kind": "TWILIO", "baseUrl": url, "account": twilio::ACCOUNT,
            "numbers": [OURS], "inboundUrl": inbound,
        }));
        let input = json!({
            "gateway": { "twilio": { "baseUrl": url, "accountSid": twilio::ACCOUNT, "messagingServiceSid": "MG1" } },
            "numbers": ["+61 491 570 901", OURS],
        });
        let again = world.ask("Ada", SET, json!({ "input": input })).await.field("setTextGateway");
        assert_eq!(again["textGateway"]["id"], json!(office.gateway));
        assert_eq!(again["textGateway"]["numbers"], json!(["+61491570901", OURS]));
        let key = (world.clinic.organization, TextGatewayId::from_public(&office.gateway).unwrap());
        let reader = world.node.app.core.store.reader();
        let row = text_gateway::Entity::find_by_id(key).one(reader).await.unwrap();
        let sealed = row.unwrap().credential.unwrap().0;
        let clear = twilio::TOKEN.as_bytes();
        assert!(!sealed.windows(clear.len()).any(|part| part == clear), "it lies encrypted");

        let removed = world.data("Ada", "mutation { removeTextGateway { removed } }", json!({})).await;
        assert_eq!(removed["removeTextGateway"]["removed"], json!(true));
        assert!(world.data("Ada", query, json!({})).await["textGateway"].is_null());
    }

    /// The server calls no address that its operator has not allowed, and of a number that another clinic has no more is told than that.
    async fn what_cannot_be_set_up_is_told(office: &Office) {
        let (world, url) = (&office.world, office.twilio.url());
        let twilio = |url: &str, token: Value| json!({ "twilio": { "baseUrl": url, "accountSid": "AC2", "authToken": token } });
        let token = json!(twilio::TOKEN);
        assert_eq!(
            mistakes(world, twilio("http://127.0.0.1:1", token.clone()), &[OURS]).await,
            wrong("INVALID", "gateway.twilio.baseUrl")
        );
        assert_eq!(
            mistakes(world, twilio(&url, Value::Null), &[OURS]).await,
            wrong("BLANK", "gateway.twilio.authToken")
        );
        for (numbers, code) in [(&["Clinic"][..], "INVALID"), (&[], "BLANK"), (&["+1"], "INVALID")] {
            assert_eq!(mistakes(world, twilio(&url, token.clone()), numbers).await, wrong(code, "numbers"));
        }
        let short = json!({ "kannel": { "baseUrl": url, "user": "u", "password": "p", "webhookSecret": "short" } });
        assert_eq!(
            mistakes(world, short, &[OURS]).await,
            wrong("INVALID", "gateway.kannel.webhookSecret")
        );
        let theirs = Seed::of(&world.node.app.core, world.other_clinic.organization);
        let chief = theirs.staff("Cleo", "Administrator", Roles::ADMINISTRATOR).await;
        let token = theirs.token(PersonId::Staff(chief)).await;
        let input = json!({ "gateway": twilio(&url, json!(canary::PASSWORD)), "numbers": [OURS] });
        let taken = world.node.client.execute(SET, json!({ "input": input }), Some(&token)).await.field("setTextGateway");
        assert_eq!(taken["errors"], json!([{ "code": "TAKEN", "field": ["numbers"] }]));
        let set = set_gateway(world, "Ada", &url, &[OURS]).await;
        assert_eq!(set["textGateway"]["id"], json!(office.gateway), "nothing was changed");
    }

    /// TXT-9: the length is shown before sending.
    async fn the_length_of_a_text_is_told_before_it_is_sent(office: &Office) {
        let query = "query ($body: String!) { textLength(body: $body) { encoding units segments remaining } }";
        for (body, length) in [
            ("Hello".to_owned(), json!({ "encoding": "GSM_7", "units": 5, "segments": 1, "remaining": 155 })),
            ("€".repeat(81), json!({ "encoding": "GSM_7", "units": 162, "segments": 2, "remaining": 143 })),
            ("Привет".repeat(20), json!({ "encoding": "UCS_2", "units": 120, "segments": 2, "remaining": 14 })),
        ] {
            let told = office.world.data("Nora", query, json!({ "body": body })).await;
            assert_eq!(told["textLength"], length);
        }
    }
}
