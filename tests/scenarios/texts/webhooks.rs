//! Webhooks that are not from whom they say, or not as they must be.

use entity::TextState;
use harness::twilio::{self, encoded};
use harness::{canary, on_both_databases};
use tidings::domain::secret::Secret;
use tidings::domain::texts::signature;

use super::office::{OURS, Office};

struct Call<'a> {
    url: String,
    signed_url: String,
    signed_with: &'a str,
    form: Vec<(&'a str, &'a str)>,
    signed_form: Vec<(&'a str, &'a str)>,
    headers: Vec<(&'a str, &'a str)>,
    media_type: &'a str,
}

impl Call<'_> {
    async fn make(&self, office: &Office) -> u16 {
        let pairs: Vec<_> = self
            .signed_form
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let token = Secret::new(self.signed_with);
        let mut request = office
            .world
            .node
            .client
            .http()
            .post(&self.url)
            .header("content-type", self.media_type)
            .body(encoded(&self.form));
        if !self.signed_with.is_empty() {
            let signature = signature::sign(&token, &self.signed_url, &pairs);
            request = request.header("x-twilio-signature", signature);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap().status().as_u16()
    }
}

on_both_databases! {
    /// Altered bodies and addresses, missing and foreign signatures, and headers that speak of another address: nothing is stored.
    async fn what_is_not_signed_as_it_must_be_is_not_stored(office: &Office) {
        let number = canary::phone(500);
        let body = canary::message("hello");
        let form = vec![("MessageSid", "SM1"), ("From", number.as_str()), ("To", OURS), ("Body", body.as_str())];
        let altered = vec![("MessageSid", "SM1"), ("From", number.as_str()), ("To", OURS), ("Body", "something else")];
        let more = [form.clone(), vec![("Body", "twice")]].concat();
        let url = office.webhook("inbound");
        let right = || Call {
            url: url.clone(),
            signed_url: url.clone(),
            signed_with: twilio::TOKEN,
            form: form.clone(),
            signed_form: form.clone(),
            headers: Vec::new(),
            media_type: "application/x-www-form-urlencoded",
        };
        let nowhere = url.replace(&office.gateway, &entity::TextGatewayId(uuid::Uuid::nil()).to_public());
        let elsewhere = url.replace("http://127.0.0.1", "https://clinic.example");
        let spoofed = vec![("x-forwarded-host", "clinic.example"), ("x-forwarded-proto", "https"), ("host", "clinic.example")];
        let cases = [
            ("an altered body", 403, Call { form: altered, ..right() }),
            ("a field more", 403, Call { form: more, ..right() }),
            ("an altered address", 403, Call { url: format!("{url}?more=1"), ..right() }),
            ("no signature", 403, Call { signed_with: "", ..right() }),
            ("a foreign signature", 403, Call { signed_with: "another token", ..right() }),
            ("headers of another address", 403, Call { signed_url: elsewhere, headers: spoofed, ..right() }),
            ("no such gateway", 403, Call { url: nowhere.clone(), signed_url: nowhere, ..right() }),
            ("no id", 403, Call { url: url.replace(&office.gateway, "x"), ..right() }),
            ("another type", 415, Call { media_type: "application/json", ..right() }),
            ("the other product", 403, Call { url: url.replace("/twilio/", "/kannel/"), ..right() }),
        ];
        for (what, status, call) in &cases {
            assert_eq!(call.make(office).await, *status, "{what}");
        }
        let http = office.world.node.client.http();
        assert_eq!(http.get(&url).send().await.unwrap().status(), 405);
        let long = http.post(&url).header("content-type", "application/x-www-form-urlencoded").body("x".repeat(70_000));
        assert_eq!(long.send().await.unwrap().status(), 413);
        assert!(office.inbound().await.is_empty());

        let spoofed = vec![("x-forwarded-host", "clinic.example"), ("x-forwarded-proto", "https")];
        assert_eq!(Call { headers: spoofed, ..right() }.make(office).await, 200, "they are not asked");
        assert_eq!(office.inbound().await.len(), 1);
    }

    /// The same of what a gateway reports about a text that has left: it stays where it stands.
    async fn a_report_that_is_not_signed_as_it_must_be_moves_nothing(office: &Office) {
        let sent = office.nurse_writes().await;
        let text = office.taken_text(&sent).await;
        let form = vec![("MessageSid", text.sid.as_str()), ("MessageStatus", "delivered")];
        let failed = vec![("MessageSid", text.sid.as_str()), ("MessageStatus", "undelivered")];
        let right = || Call {
            url: text.reports.clone(),
            signed_url: text.reports.clone(),
            signed_with: twilio::TOKEN,
            form: form.clone(),
            signed_form: form.clone(),
            headers: Vec::new(),
            media_type: "application/x-www-form-urlencoded",
        };
        let another = entity::TextId(uuid::Uuid::nil()).to_public();
        let elsewhere = format!("{}?text={another}", office.webhook("status"));
        for (what, call) in [
            ("an altered body", Call { form: failed, ..right() }),
            ("an altered address", Call { url: elsewhere, ..right() }),
            ("no signature", Call { signed_with: "", ..right() }),
            ("a foreign signature", Call { signed_with: "another token", ..right() }),
        ] {
            assert_eq!(call.make(office).await, 403, "{what}");
        }
        let stands = async || {
            let texts = office.texts().await;
            texts.into_iter().find(|row| row.provider_message_id.as_ref().is_some_and(|id| id.reveal() == text.sid)).unwrap().state
        };
        assert_eq!(stands().await, TextState::Sent);
        assert_eq!(right().make(office).await, 204);
        assert_eq!(stands().await, TextState::Delivered);
        // An old report that is played again moves nothing back.
        let old = vec![("MessageSid", text.sid.as_str()), ("MessageStatus", "sent")];
        assert_eq!(Call { form: old.clone(), signed_form: old, ..right() }.make(office).await, 204);
        assert_eq!(stands().await, TextState::Delivered);
    }
}
