//! How far a reminder is, live, on a server that does everything by itself.

use entity::{MessageTemplateId, TemplateTextState, message_template, message_template_text};
use harness::on_both_databases;
use harness::run;
use harness::seed::Seed;
use harness::world::{World, alerts};
use serde_json::json;
use tidings::domain::core::Core;

const PROGRESS: &str = "subscription ($id: ID!, $after: Position) { reminderProgress(id: $id, after: $after) { __typename
    ... on ReminderProgressed { position reminder { status sentCount waitingCount } } } }";

/// A template with an approved English text, put straight into the database.
pub(crate) async fn template(core: &Core, seed: &Seed, by: entity::StaffId) -> MessageTemplateId {
    let (now, organization_id) = (core.clock.now(), seed.organization);
    let id = MessageTemplateId(core.entropy.uuid(now));
    seed.insert(message_template::Model {
        organization_id,
        id,
        name: run::unique_name(),
        category: None,
        source_language: "en".to_owned(),
        created_by: by,
        created_at: now,
    })
    .await;
    seed.insert(message_template_text::Model {
        organization_id,
        template_id: id,
        language: "en".to_owned(),
        version: 1,
        title: "Your test".to_owned(),
        html: "<p>Please come and see us.</p>".to_owned(),
        text: "Please come and see us.".to_owned(),
        source_version: None,
        state: TemplateTextState::Approved,
        written_by: by,
        written_at: now,
        approved_by: Some(by),
        approved_at: Some(now),
        retired_by: None,
        retired_at: None,
    })
    .await;
    id
}

on_both_databases! {
    async fn its_progress_is_told_to_the_end_and_the_patient_is_alerted(world: &World) {
        let template = template(&world.node.app.core, &world.clinic, world.staff("Ada")).await;
        let before = world.head().await;
        let (paul, nora) = (world.connect("Paul").await, world.connect("Nora").await);
        let mut at_paul = alerts(&paul, Some(&before)).await;
        let input = json!({
            "templateId": template.to_public(), "patientIds": [world.patient("Paul").to_public()],
            "idempotencyKey": run::unique_name(),
        });
        let operation = "mutation ($input: SendReminderInput!) { sendReminder(input: $input) { reminder { id } errors { code } } }";
        let answer = world.ask("Nora", operation, json!({ "input": input })).await.field("sendReminder");
        assert_eq!(answer["errors"], json!([]));
        let variables = json!({ "id": answer["reminder"]["id"], "after": before });
        let mut progress = nora.subscribe(PROGRESS, variables).await;
        loop {
            let event = progress.next().await;
            let reminder = &event["reminderProgress"]["reminder"];
            if reminder["status"] == "DONE" {
                assert_eq!((&reminder["sentCount"], &reminder["waitingCount"]), (&json!(1), &json!(0)));
                break;
            }
        }
        let alert = at_paul.next().await;
        assert_eq!(alert["messageAlerts"]["message"]["body"], json!("Please come and see us."));
    }
}
