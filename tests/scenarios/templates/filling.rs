//! What stands for whom and what: placeholders in titles and bodies.

use harness::clinic::Clinic;
use harness::{canary, on_both_databases};
use serde_json::{Value, json};

use super::desk::{Desk, mistake};

on_both_databases! {
    async fn names_are_filled_in_and_escaped(clinic: &Clinic) {
        let desk = Desk::with_template(clinic, "en").await;
        let name = canary::name("Paul <b>&amp; \"Co\"</b> {{ clinic_name }}");
        let paul = clinic.patient(&name, json!({ "language": "en" })).await;
        clinic.set(json!({ "contact": { "phone": "01632 960 001" } })).await;
        let body = "<p>Dear <strong>{{ patient_name }}</strong>, call {{clinic_phone}}.</p><p>{{ clinic_name }}</p>";
        let saved = desk.save("en", 0, None, ("For {{ patient_name }}", json!({ "html": body }))).await;
        assert_eq!(saved["errors"], json!([]));
        desk.approve("en", 1).await;
        let preview = desk.preview(&paul).await;
        let message = &preview["message"];
        assert_eq!(message["title"], format!("For {name}"));
        let escaped = name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        assert_eq!(
            message["body"]["html"],
            format!("<p>Dear <strong>{escaped}</strong>, call 01632 960 001.</p><p>Riverside Clinic</p>")
        );
        assert_eq!(message["body"]["text"], format!("Dear {name}, call 01632 960 001.\n\nRiverside Clinic"));
    }

    async fn what_the_clinic_has_not_said_is_not_left_out(clinic: &Clinic) {
        let desk = Desk::with_template(clinic, "en").await;
        let paul = clinic.patient(&canary::name("Paul"), json!({ "language": "en" })).await;
        desk.write("en", 0, "Write to {{ clinic_email }}").await;
        desk.approve("en", 1).await;
        let preview = desk.preview(&paul).await;
        assert_eq!((&preview["refusal"], &preview["missingPlaceholder"]), (&json!("VALUE_MISSING"), &json!("clinic_email")));
        clinic.set(json!({ "contact": { "email": "desk@clinic.example" } })).await;
        assert_eq!(desk.preview(&paul).await["message"]["body"]["text"], "Write to desk@clinic.example");
    }

    async fn a_placeholder_that_does_not_exist_is_refused_with_its_place(clinic: &Clinic) {
        let desk = Desk::with_template(clinic, "en").await;
        let field = |name: &str| vec![name.to_owned()];
        let cases: [(&str, Value, &str, &str); 7] = [
            ("{{ patient }}", json!({ "plain": "a" }), "UNKNOWN_PLACEHOLDER", "title"),
            ("{{ link", json!({ "plain": "a" }), "INVALID", "title"),
            ("a", json!({ "plain": "one\n{{ patient_birthday }}" }), "UNKNOWN_PLACEHOLDER", "body"),
            ("a", json!({ "html": "<p>{{ <b>patient_name</b> }}</p>" }), "UNKNOWN_PLACEHOLDER", "body"),
            ("a", json!({ "markdown": "{% if patient %}" }), "INVALID", "body"),
            ("a", json!({ "html": "<a href='https://a.example/{{ patient_name }}'>a</a>" }), "INVALID", "body"),
            ("a", json!({ "html": "<a href='mailto:a@b.example?subject={{patient_name}}'>a</a>" }), "INVALID", "body"),
        ];
        for (title, body, code, at) in cases {
            let saved = desk.save("en", 0, None, (title, body)).await;
            assert_eq!(mistake(&saved), (code.to_owned(), field(at)), "{saved}");
        }
        let saved = desk.save("en", 0, None, ("a", json!({ "plain": "one\n{{ patient_birthday }}" }))).await;
        assert_eq!(
            saved["errors"][0]["message"],
            "`patient_birthday` at line 2, column 1 is not a placeholder; there are `patient_name`, `clinic_name`, \
             `clinic_phone`, `clinic_email` and `sender_name`."
        );
    }

    async fn a_preview_costs_the_same_in_any_number_of_languages(clinic: &Clinic) {
        let desk = Desk::with_template(clinic, "en").await;
        let paul = clinic.patient(&canary::name("Paul"), json!({ "language": "en" })).await;
        desk.write("en", 0, "one").await;
        desk.approve("en", 1).await;
        let mut costs = Vec::new();
        for languages in [&["es"][..], &["fi", "sv", "de", "fr", "it"]] {
            for language in languages {
                desk.write(language, 0, "other").await;
                desk.approve(language, 1).await;
            }
            let before = clinic.core.store.statements();
            desk.preview(&paul).await;
            costs.push(clinic.core.store.statements() - before);
        }
        // Who asks, the patient, the template with the clinic and the sender, and its texts.
        assert_eq!(costs, [4, 4]);
    }
}
