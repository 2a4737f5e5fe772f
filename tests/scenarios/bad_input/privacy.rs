//! What is private goes wrong in every way: no answer repeats it, and the search at the run's end finds it in no log.

use harness::on_both_databases;
use harness::world::{SEND, World};
use harness::{canary, run};
use serde_json::{Value, json};

/// One of each kind of private data, and a token.
fn secrets(world: &World) -> [String; 6] {
    [
        canary::message("private"),
        canary::name("Private"),
        canary::phone(77),
        canary::BIRTH_DATE.to_owned(),
        canary::PASSWORD.to_owned(),
        world.actor("Paul").token.clone(),
    ]
}

/// Documents that cannot run, and hold a value wherever one can stand. (Names of fields and types are no values.)
fn documents(secret: &str) -> Vec<String> {
    let text = Value::from(secret);
    let word: String = secret.chars().filter(char::is_ascii_alphanumeric).collect();
    vec![
        format!("{{ patient(id: {text}) {{ name }} "),
        format!("{{ patients(first: [{text}], search: {{ a: {text} }}) {{ nodes {{ id }} }} }}"),
        format!("{{ patients(first: {text}) {{ nodes {{ id }} }} }}"),
        format!("{{ staff(status: {text}) {{ nodes {{ id }} }} }}"),
        format!("{{ staff(status: x{word}) {{ nodes {{ id }} }} }}"),
        format!("query ($a: Int = {text}) {{ patients(first: $a) {{ nodes {{ id }} }} }}"),
        format!(
            "mutation {{ sendMessage(input: {{ conversationId: {text}, body: {text}, idempotencyKey: {text} }}) {{ replayed }} }}"
        ),
        format!("subscription {{ messageAlerts(after: {text}) {{ __typename }} }}"),
        format!("{secret}"),
    ]
}

/// Operations that take values of all kinds, and where they stand.
const OPERATIONS: [(&str, &str); 9] = [
    (
        "mutation ($input: CreatePatientInput!) { createPatient(input: $input) { patient { id } errors { code message field } } }",
        "dateOfBirth",
    ),
    (
        "mutation ($input: CreatePatientInput!) { createPatient(input: $input) { patient { id } errors { code message field } } }",
        "portalAllowed",
    ),
    (
        "mutation ($input: CreatePatientInput!) { createPatient(input: $input) { patient { id } errors { code message field } } }",
        "phone",
    ),
    (
        "mutation ($input: CreatePatientInput!) { createPatient(input: $input) { patient { id } errors { code message field } } }",
        "email",
    ),
    (
        "mutation ($input: CreatePatientInput!) { createPatient(input: $input) { patient { id } errors { code message field } } }",
        "timeZone",
    ),
    (
        "mutation ($input: CreatePatientInput!) { createPatient(input: $input) { patient { id } errors { code message field } } }",
        "programIds",
    ),
    (
        "mutation ($input: UpdateNotificationSettingsInput!) { updateNotificationSettings(input: $input) { errors { code message field } } }",
        "channel",
    ),
    (
        "mutation ($input: SetTypingInput!) { setTyping(input: $input) { accepted } }",
        "typing",
    ),
    (SEND, "idempotencyKey"),
];

/// A value for the others, so that only the one is wrong.
fn input(world: &World, operation: &str, place: &str, value: Value) -> Value {
    let mut input = match operation {
        SEND => {
            json!({ "conversationId": world.chat.to_public(), "body": canary::message("kept"), "idempotencyKey": run::unique_name() })
        }
        _ if place == "typing" => json!({ "conversationId": world.chat.to_public() }),
        _ if place == "channel" => json!({}),
        _ => json!({ "name": canary::name("Kept"), "dateOfBirth": canary::BIRTH_DATE }),
    };
    input[place] = value;
    json!({ "input": input })
}

fn assert_silent(said: &str, secret: &str, about: &str) {
    let word: String = secret.chars().filter(char::is_ascii_alphanumeric).collect();
    assert!(
        !said.contains(secret) && !said.contains(&word),
        "the answer to {about} repeats what it was given: {said}"
    );
}

on_both_databases! {
    async fn no_refusal_of_a_document_repeats_it(world: &World) {
        let nora = world.connect("Nora").await;
        for secret in secrets(world) {
            for document in documents(&secret) {
                let answer = world.ask("Nora", &document, json!({})).await;
                assert!(!answer.errors.is_empty(), "{document} was answered");
                assert_silent(&Value::from(answer.errors).to_string(), &secret, &document);
                let mut over_socket = nora.subscribe(&document, json!({})).await;
                let errors = over_socket.refused_or_failed().await;
                assert_silent(&Value::from(errors).to_string(), &secret, &document);
            }
        }
    }

    async fn no_refusal_of_a_value_repeats_it(world: &World) {
        for secret in secrets(world) {
            for (operation, place) in OPERATIONS {
                for value in [json!(format!("{secret} {secret}")), json!([[secret]]), json!({ "key": secret })] {
                    let answer = world.ask("Nora", operation, input(world, operation, place, value.clone())).await;
                    let said = format!("{}{}", Value::from(answer.errors.clone()), answer.data);
                    assert!(said.contains("code"), "{place} took {value}: {said}");
                    assert_silent(&said, &secret, place);
                }
            }
        }
    }
}
