//! The desk of the administrator who writes templates.

use harness::clinic::{Claims, Clinic, mutation};
use serde_json::{Value, json};

pub(super) const TEXT: &str = "text { version state title sourceVersion body { html text } }
    newest { version title } errors { code field message }";

/// A template that is being written.
pub(super) struct Desk<'a> {
    pub(super) clinic: &'a Clinic,
    pub(super) who: Claims,
    pub(super) template: Value,
}

impl<'a> Desk<'a> {
    /// With a new template.
    pub(super) async fn with_template(clinic: &'a Clinic, source_language: &str) -> Self {
        let who = clinic.ours.administrator;
        let input = json!({ "name": "Visit", "sourceLanguage": source_language });
        let payload = "template { id } errors { code }";
        let made = clinic
            .change(who, "createMessageTemplate", payload, input)
            .await;
        let template = made["template"]["id"].clone();
        assert!(template.is_string(), "{made}");
        Self {
            clinic,
            who,
            template,
        }
    }

    /// Saves a text after the version that was seen, from the given source version if any.
    pub(super) async fn save(
        &self,
        language: &str,
        seen: i32,
        source: Option<i32>,
        (title, body): (&str, Value),
    ) -> Value {
        let input = json!({
            "templateId": self.template, "language": language, "seenVersion": seen, "sourceVersion": source,
            "title": title, "body": body,
        });
        let name = "saveMessageTemplateText";
        self.clinic.change(self.who, name, TEXT, input).await
    }

    /// Saves a text whose title and body are the same, which must succeed.
    pub(super) async fn write(&self, language: &str, seen: i32, text: &str) {
        let saved = self
            .save(language, seen, None, (text, json!({ "plain": text })))
            .await;
        assert_eq!(saved["errors"], json!([]));
    }

    /// Approves or retires a version.
    pub(super) async fn review(&self, name: &str, language: &str, version: i32) -> Value {
        let input =
            json!({ "templateId": self.template, "language": language, "version": version });
        self.clinic.change(self.who, name, TEXT, input).await
    }

    /// Approves a version, which must succeed.
    pub(super) async fn approve(&self, language: &str, version: i32) {
        let approved = self
            .review("approveMessageTemplateText", language, version)
            .await;
        assert_eq!(approved["errors"], json!([]));
        assert_eq!(approved["text"]["state"], "APPROVED");
    }

    /// Where each language stands, such as `en READY`.
    pub(super) async fn standings(&self) -> Vec<String> {
        let query =
            "query Q($id: ID!) { messageTemplate(id: $id) { languages { language standing } } }";
        let data = self
            .clinic
            .ask(self.who, query, json!({ "id": self.template }))
            .await;
        let languages = data["messageTemplate"]["languages"].as_array().unwrap();
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        languages
            .iter()
            .map(|language| {
                format!(
                    "{} {}",
                    word(&language["language"]),
                    word(&language["standing"])
                )
            })
            .collect()
    }

    /// What a patient would get.
    pub(super) async fn preview(&self, patient: &str) -> Value {
        let query = "query Q($template: ID!, $patient: ID!) {
            previewMessageTemplate(templateId: $template, patientId: $patient) {
                refusal missingPlaceholder message { language reason version title body { html text } } } }";
        let variables = json!({ "template": self.template, "patient": patient });
        self.clinic.ask(self.who, query, variables).await["previewMessageTemplate"].clone()
    }

    /// The language that a patient would get and why, or why none.
    pub(super) async fn choice(&self, patient: &str) -> String {
        let preview = self.preview(patient).await;
        match preview["refusal"].as_str() {
            Some(refusal) => refusal.to_owned(),
            None => {
                let message = &preview["message"];
                format!(
                    "{} {}",
                    message["language"].as_str().unwrap(),
                    message["reason"].as_str().unwrap()
                )
            }
        }
    }

    /// The code of a refusal of one of the changes.
    pub(super) async fn refusal(&self, who: Claims, name: &str, input: Value) -> String {
        let query = mutation(name, "errors { code }");
        self.clinic
            .refusal(who, &query, json!({ "input": input }))
            .await
    }
}

/// The code and field of the one error of a payload.
pub(super) fn mistake(payload: &Value) -> (String, Vec<String>) {
    assert_eq!(payload["text"], Value::Null, "{payload}");
    let error = &payload["errors"][0];
    let code = error["code"].as_str().unwrap().to_owned();
    let field = error["field"].as_array().into_iter().flatten();
    (
        code,
        field
            .map(|part| part.as_str().unwrap().to_owned())
            .collect(),
    )
}
