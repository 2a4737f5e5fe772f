//! A file of hostile texts, saved as texts of a template and shown in a real browser as the API gives them back.

use std::fs;
use std::path::Path;

use harness::clinic::Clinic;
use harness::run::{self, Folder};
use harness::{node, on_both_databases};
use serde_json::{Value, json};

use super::desk::{Desk, mistake};

/// The texts, with something before them, so that no text is empty after cleaning.
fn texts() -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/src/domain/rich_text/xss.txt");
    let file = fs::read_to_string(file).unwrap();
    file.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| serde_json::from_str(&format!("\"{}\"", line.replace('"', "\\\""))).unwrap())
        .map(|text: String| format!("<p>before</p>{text}"))
        .collect()
}

on_both_databases! {
    async fn texts_run_nothing_and_ask_for_nothing(clinic: &Clinic) {
        let desk = Desk::with_template(clinic, "en").await;
        let (mut cleaned, mut seen): (Vec<Value>, i32) = (Vec::new(), 0);
        for text in texts() {
            for form in ["html", "markdown"] {
                let body = json!({ form: text });
                let saved = desk.save("en", seen, None, ("Hostile", body)).await;
                let html = &saved["text"]["body"]["html"];
                if html.is_string() {
                    seen += 1;
                    cleaned.push(html.clone());
                } else {
                    assert_eq!(mistake(&saved).1, ["body"], "{text}");
                }
            }
        }
        assert!(cleaned.len() > 500, "only {} texts were stored", cleaned.len());
        let folder = run::folder(Folder::Scratch).join(format!("hostile-{}", run::unique_name()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("texts.json");
        fs::write(&file, Value::from(cleaned).to_string()).unwrap();
        let arguments = ["http://127.0.0.1", folder.to_str().unwrap(), file.to_str().unwrap()];
        node::run("formatted-texts.mjs", &arguments).await;
    }
}
