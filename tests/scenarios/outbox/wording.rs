//! Notification templates, through the API (NOT-5).

use harness::on_both_databases;
use harness::world::World;
use serde_json::{Value, json};

const SAVE: &str =
    "mutation ($input: SaveNotificationTemplateInput!) { saveNotificationTemplate(input: $input) {
    template { body } errors { code field message } } }";
const PREVIEW: &str = "mutation ($input: SaveNotificationTemplateInput!) { previewNotificationTemplate(input: $input) {
    preview { text } errors { code field message } } }";
const IN_FORCE: &str =
    "{ notificationTemplates(purpose: NEW_CLINIC_MESSAGE, language: \"en\") { channel body } }";

fn text(body: &str) -> Value {
    json!({ "input": { "purpose": "NEW_CLINIC_MESSAGE", "channel": "SMS", "language": "en", "body": body } })
}

on_both_databases! {
    async fn a_placeholder_that_does_not_exist_is_refused_and_nothing_is_stored(world: &World) {
        let before = world.data("Ada", IN_FORCE, json!({})).await;
        for unknown in ["patient_name", "message", "date_of_birth", "Link", "clinic_name.phone"] {
            let body = format!("{{{{ clinic_name }}}}: {{{{ {unknown} }}}} {{{{ link }}}}");
            for (operation, field, result) in [
                (SAVE, "saveNotificationTemplate", "template"),
                (PREVIEW, "previewNotificationTemplate", "preview"),
            ] {
                let payload = world.ask("Ada", operation, text(&body)).await.field(field);
                assert_eq!(payload[result], Value::Null, "{unknown}");
                assert_eq!(payload["errors"][0]["field"], json!(["body"]), "{unknown}");
                assert_eq!(payload["errors"][0]["code"], "UNKNOWN_PLACEHOLDER", "{unknown}");
            }
        }
        assert_eq!(world.data("Ada", IN_FORCE, json!({})).await, before);
        let right = text("{{ clinic_name }} wrote: {{ link }}");
        let saved = world.ask("Ada", SAVE, right).await.field("saveNotificationTemplate");
        assert_eq!((&saved["errors"], &saved["template"]["body"]), (&json!([]), &json!("{{ clinic_name }} wrote: {{ link }}")));
    }
}
