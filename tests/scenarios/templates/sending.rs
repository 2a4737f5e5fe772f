//! A template in place of one's own words: the first message of a conversation, any other, and one that leaves later.

use harness::clinic::{Claims, Clinic, public_id};
use harness::{canary, on_both_databases, run};
use serde_json::{Value, json};

use crate::reminders::{HISTORY, as_patient, at, leave, patient, template, write};

const SENT: &str = "message { id title body origin { language version template { id } } } replayed errors { code field message }";

const BEGUN: &str =
    "conversation { id title } message { id title } replayed errors { code field message }";

fn with(mut input: Value, more: Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        input[key] = value.clone();
    }
    input
}

fn to(patient: &str, more: Value) -> Value {
    let input = json!({ "patientId": patient, "idempotencyKey": run::unique_name() });
    with(input, more)
}

fn own_words() -> Value {
    json!({ "title": canary::message("Hello"), "body": { "plain": canary::message("Hello") } })
}

/// Begins a secure message with a template; gives the conversation.
async fn begun(clinic: &Clinic, who: Claims, patient: &str, template: &Value) -> Value {
    let input = to(patient, json!({ "templateId": template }));
    let payload = clinic.change(who, "beginSecureMessage", BEGUN, input).await;
    assert_eq!(payload["errors"], json!([]));
    payload["conversation"].clone()
}

fn within(conversation: &Value, more: Value) -> Value {
    let input =
        json!({ "conversationId": conversation["id"], "idempotencyKey": run::unique_name() });
    with(input, more)
}

/// The one error of a mutation.
async fn mistake(clinic: &Clinic, who: Claims, name: &str, input: Value) -> (String, String) {
    let mistakes = clinic.mistakes(who, name, input).await;
    assert_eq!(mistakes.len(), 1, "{name}");
    mistakes.into_iter().next().unwrap()
}

fn at_field(code: &str, field: &str) -> (String, String) {
    (code.to_owned(), field.to_owned())
}

on_both_databases! {
    /// "The organization's policy can allow templates only": then staff send what is approved, and what they think stays
    /// among them. The patient answers in their own words.
    async fn where_only_templates_go_free_text_does_not(clinic: &Clinic) {
        clinic.set(json!({ "rules": [{ "kind": "SECURE_MESSAGE", "compose": "TEMPLATE_ONLY" }] })).await;
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test"), ("sv", "Ditt prov")]).await;
        let sven = patient(clinic, "Sven", json!({ "language": "sv" })).await;
        let required = at_field("TEMPLATE_REQUIRED", "body");
        assert_eq!(mistake(clinic, nora, "beginSecureMessage", to(&sven, own_words())).await, required);
        let conversation = begun(clinic, nora, &sven, &template).await;
        assert_eq!(conversation["title"], json!("Ditt prov"), "nobody's own words stand in the title either");

        let words = json!({ "body": canary::message("Hello") });
        assert_eq!(mistake(clinic, nora, "sendMessage", within(&conversation, words.clone())).await, required);
        let later = with(words.clone(), json!({ "localTime": "2027-02-01T09:00" }));
        assert_eq!(mistake(clinic, nora, "scheduleMessage", within(&conversation, later)).await, required);
        let chosen = json!({ "templateId": template });
        let sent = clinic.change(nora, "sendMessage", SENT, within(&conversation, chosen.clone())).await;
        assert_eq!((&sent["errors"], &sent["message"]["body"]), (&json!([]), &json!("Ditt prov")));
        let origin = json!({ "language": "sv", "version": 1, "template": { "id": template } });
        assert_eq!(sent["message"]["origin"], origin);
        assert_eq!(clinic.mistakes(nora, "addNote", within(&conversation, words.clone())).await, []);

        let own = as_patient(clinic, &sven).await;
        assert_eq!(clinic.mistakes(own, "sendMessage", within(&conversation, words)).await, []);
        let query = harness::clinic::mutation("sendMessage", "errors { code }");
        let input = json!({ "input": within(&conversation, chosen) });
        assert_eq!(clinic.refusal(own, &query, input).await, "FORBIDDEN");

        let data = clinic.ask(nora, HISTORY, json!({ "id": sven })).await;
        let line = &data["patient"]["communicationHistory"][0];
        assert_eq!((&line["times"], &line["lastSentBy"]["id"]), (&json!(2), &json!(public_id(nora))));
        assert_eq!(line["template"]["timesSent"], json!(2));
    }

    async fn a_scheduled_template_says_what_is_approved_when_it_leaves(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let eva = patient(clinic, "Eva", json!({})).await;
        let conversation = begun(clinic, nora, &eva, &template).await;
        let input = within(&conversation, json!({ "templateId": template, "localTime": "2027-02-01T09:00" }));
        let payload = "scheduledMessage { id body template { id } } replayed errors { code }";
        let first = clinic.change(nora, "scheduleMessage", payload, input.clone()).await;
        assert_eq!(first["scheduledMessage"]["template"]["id"], template);
        assert_eq!(first["scheduledMessage"]["body"], Value::Null);
        write(clinic, &template, ("en", "Your new test"), 1).await;
        let again = clinic.change(nora, "scheduleMessage", payload, input).await;
        assert_eq!((&again["scheduledMessage"]["id"], &again["replayed"]), (&first["scheduledMessage"]["id"], &json!(true)));
        let second = within(&conversation, json!({ "templateId": template, "localTime": "2027-02-02T09:00" }));
        assert_eq!(clinic.mistakes(nora, "scheduleMessage", second).await, []);

        assert_eq!(leave(&at(clinic, "2027-02-01T12:00:00Z")).await, 1);
        let retired = json!({ "templateId": template, "language": "en", "version": 2 });
        assert_eq!(clinic.mistakes(clinic.ours.administrator, "retireMessageTemplateText", retired).await, []);
        assert_eq!(leave(&at(clinic, "2027-02-02T12:00:00Z")).await, 1);
        let query = "query ($id: ID!) { conversation(id: $id) { messages { nodes { title } } }
            scheduledMessages(conversationId: $id) { nodes { status refusal } } }";
        let data = clinic.ask(nora, query, json!({ "id": conversation["id"] })).await;
        assert_eq!(data["conversation"]["messages"]["nodes"], json!([{ "title": "Your test" }, { "title": "Your new test" }]));
        // What was scheduled in the same moment has no order.
        let mut standing: Vec<_> = data["scheduledMessages"]["nodes"].as_array().unwrap().iter().map(Value::to_string).collect();
        standing.sort();
        assert_eq!(standing, [r#"{"refusal":"TEMPLATE_NOT_APPROVED","status":"REFUSED"}"#, r#"{"refusal":null,"status":"SENT"}"#]);
    }

    async fn who_repeats_a_request_gets_what_it_sent(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let (one, two) = (template(clinic, &[("en", "Your test")]).await, template(clinic, &[("en", "Call us")]).await);
        let eva = patient(clinic, "Eva", json!({})).await;
        let opening = to(&eva, json!({ "templateId": one }));
        let first = clinic.change(nora, "beginSecureMessage", BEGUN, opening.clone()).await;
        let input = within(&first["conversation"], json!({ "templateId": one }));
        let sent = clinic.change(nora, "sendMessage", SENT, input.clone()).await;
        write(clinic, &one, ("en", "Your new test"), 1).await;
        let again = clinic.change(nora, "sendMessage", SENT, input.clone()).await;
        assert_eq!((&again["message"], &again["replayed"]), (&sent["message"], &json!(true)));
        let retired = json!({ "templateId": one, "language": "en", "version": 2 });
        assert_eq!(clinic.mistakes(clinic.ours.administrator, "retireMessageTemplateText", retired).await, []);
        let again = clinic.change(nora, "sendMessage", SENT, input.clone()).await;
        assert_eq!((&again["message"]["id"], &again["replayed"]), (&sent["message"]["id"], &json!(true)));
        let again = clinic.change(nora, "beginSecureMessage", BEGUN, opening.clone()).await;
        assert_eq!((&again["conversation"]["id"], &again["replayed"]), (&first["conversation"]["id"], &json!(true)));

        let reused = at_field("IDEMPOTENCY_KEY_REUSED", "idempotencyKey");
        let other = with(input.clone(), json!({ "templateId": two }));
        assert_eq!(mistake(clinic, nora, "sendMessage", other).await, reused);
        let other = with(opening.clone(), json!({ "templateId": two }));
        assert_eq!(mistake(clinic, nora, "beginSecureMessage", other).await, reused);
        let other = with(input, json!({ "templateId": null, "body": "Your test" }));
        assert_eq!(mistake(clinic, nora, "sendMessage", other).await, reused);
    }

    async fn a_template_that_cannot_be_sent_says_why(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let en = template(clinic, &[("en", "Your test")]).await;
        let stale = template(clinic, &[("en", "Your test"), ("fi", "Testisi")]).await;
        write(clinic, &stale, ("en", "Your new test"), 1).await;
        let foreign = template(clinic, &[("sv", "Ditt prov")]).await;
        let naming = template(clinic, &[("en", "Call {{clinic_phone}}")]).await;
        let finn = patient(clinic, "Finn", json!({ "language": "fi" })).await;
        let conversation = begun(clinic, nora, &finn, &en).await;
        for (template, code) in [(&stale, "TRANSLATION_STALE"), (&foreign, "NO_TRANSLATION"), (&naming, "VALUE_MISSING")] {
            let chosen = json!({ "templateId": template });
            let expected = at_field(code, "templateId");
            assert_eq!(mistake(clinic, nora, "sendMessage", within(&conversation, chosen.clone())).await, expected);
            let later = with(chosen.clone(), json!({ "localTime": "2027-02-01T09:00" }));
            assert_eq!(mistake(clinic, nora, "scheduleMessage", within(&conversation, later)).await, expected);
            assert_eq!(mistake(clinic, nora, "beginSecureMessage", to(&finn, chosen)).await, expected);
        }
        for (name, input, expected) in [
            ("sendMessage", within(&conversation, json!({ "templateId": en, "body": "Hello" })), at_field("INVALID", "templateId")),
            ("sendMessage", within(&conversation, json!({ "templateId": en, "idempotencyKey": "a b" })), at_field("INVALID", "idempotencyKey")),
            ("beginSecureMessage", to(&finn, json!({ "templateId": en, "title": "Hello" })), at_field("INVALID", "templateId")),
            ("beginSecureMessage", to(&finn, json!({ "title": "Hello" })), at_field("BLANK", "body")),
            ("beginSecureMessage", to(&finn, json!({ "body": { "plain": "Hello" } })), at_field("BLANK", "title")),
        ] {
            assert_eq!(mistake(clinic, nora, name, input).await, expected);
        }
        let stranger = entity::MessageTemplateId(uuid::Uuid::nil()).to_public();
        for (name, input) in [
            ("sendMessage", within(&conversation, json!({ "templateId": stranger }))),
            ("beginSecureMessage", to(&finn, json!({ "templateId": stranger }))),
            ("scheduleMessage", within(&conversation, json!({ "templateId": stranger, "localTime": "2027-02-01T09:00" }))),
        ] {
            let query = harness::clinic::mutation(name, "errors { code }");
            assert_eq!(clinic.refusal(nora, &query, json!({ "input": input })).await, "NOT_FOUND", "{name}");
        }
    }
}
