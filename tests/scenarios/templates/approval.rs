//! Versions of a text, who approved them, and what becomes of translations.

use harness::clinic::Clinic;
use harness::on_both_databases;
use serde_json::{Value, json};

use super::desk::{Desk, mistake};

on_both_databases! {
    async fn a_text_is_written_approved_and_replaced(clinic: &Clinic) {
        let desk = Desk::with_template(clinic, "EN").await;
        desk.write("en", 0, "one").await;
        assert_eq!(desk.standings().await, ["en NOT_APPROVED"]);
        desk.approve("en", 1).await;
        desk.write("en", 1, "two").await;
        assert_eq!(desk.standings().await, ["en READY"], "what is approved is sent until another is");
        desk.approve("en", 2).await;
        desk.write("en", 2, "three").await;

        let nurse = clinic.staff("Nora", &["CLINICIAN"]).await;
        let query = "query Q($id: ID!, $after: String) {
            messageTemplate(id: $id) { sourceLanguage languages { approved { version title } newest { version title } } }
            messageTemplateHistory(templateId: $id, language: \"EN\", first: 2, after: $after) {
                nodes { version state writtenAt writtenBy { id } approvedAt approvedBy { id } retiredAt retiredBy { id } }
                pageInfo { hasNextPage endCursor } } }";
        let seen = clinic.ask(nurse, query, json!({ "id": desk.template })).await;
        assert_eq!(
            seen["messageTemplate"],
            json!({ "sourceLanguage": "en", "languages": [{
                "approved": { "version": 2, "title": "two" }, "newest": { "version": 3, "title": "three" } }] })
        );
        let history = &seen["messageTemplateHistory"];
        let states = |list: &Value| -> Vec<String> {
            let nodes = list["nodes"].as_array().unwrap().iter();
            nodes.map(|text| format!("{} {}", text["version"], text["state"].as_str().unwrap())).collect()
        };
        assert_eq!(states(history), ["3 DRAFT", "2 APPROVED"]);
        assert!(history["nodes"][1]["approvedAt"].is_string() && history["nodes"][1]["retiredAt"].is_null());
        assert_eq!(history["nodes"][0]["approvedBy"], Value::Null);
        let after = history["pageInfo"]["endCursor"].clone();
        let rest = clinic.ask(nurse, query, json!({ "id": desk.template, "after": after })).await;
        let rest = &rest["messageTemplateHistory"];
        assert_eq!((states(rest), &rest["pageInfo"]["hasNextPage"]), (vec!["1 RETIRED".to_owned()], &json!(false)));
        let administrator = json!({ "id": harness::clinic::public_id(desk.who) });
        for by in ["writtenBy", "approvedBy", "retiredBy"] {
            assert_eq!(rest["nodes"][0][by], administrator, "{by}");
        }
    }

    async fn somebody_elses_version_is_not_written_over(clinic: &Clinic) {
        let desk = Desk::with_template(clinic, "en").await;
        let mine = ("mine", json!({ "plain": "mine" }));
        desk.write("en", 0, "theirs").await;
        let late = desk.save("en", 0, None, mine.clone()).await;
        assert_eq!(mistake(&late), ("OUTDATED_VERSION".to_owned(), vec![]));
        assert_eq!(late["newest"], json!({ "version": 1, "title": "theirs" }));
        let early = desk.save("en", 2, None, mine.clone()).await;
        assert_eq!(mistake(&early).0, "OUTDATED_VERSION", "a version that nobody can have seen");
        let other = desk.save("fi", 1, None, mine.clone()).await;
        assert_eq!((mistake(&other).0.as_str(), &other["newest"]), ("OUTDATED_VERSION", &Value::Null));
        assert_eq!(desk.save("en", 1, None, mine).await["text"]["version"], 2);
        let approved = desk.review("approveMessageTemplateText", "en", 1).await;
        assert_eq!((mistake(&approved).0.as_str(), &approved["newest"]["version"]), ("OUTDATED_VERSION", &json!(2)));
    }

    async fn of_several_who_save_at_once_one_is_stored(clinic: &Clinic) {
        let desk = Desk::with_template(clinic, "en").await;
        let text = ("one", json!({ "plain": "one" }));
        let saves = futures_util::future::join_all((0..8).map(|_| desk.save("en", 0, None, text.clone()))).await;
        let stored = saves.iter().filter(|saved| saved["errors"] == json!([])).count();
        assert_eq!(stored, 1);
        assert!(saves.iter().filter(|saved| saved["text"].is_null()).all(|saved| mistake(saved).0 == "OUTDATED_VERSION"));
    }

    async fn a_state_is_left_in_one_direction_only(clinic: &Clinic) {
        let desk = Desk::with_template(clinic, "en").await;
        desk.write("en", 0, "one").await;
        let wrong = ("WRONG_STATE".to_owned(), vec!["version".to_owned()]);
        assert_eq!(mistake(&desk.review("retireMessageTemplateText", "en", 1).await), wrong, "a draft is not retired");
        desk.approve("en", 1).await;
        assert_eq!(mistake(&desk.review("approveMessageTemplateText", "en", 1).await), wrong);
        assert_eq!(desk.review("retireMessageTemplateText", "en", 1).await["text"]["state"], "RETIRED");
        assert_eq!(mistake(&desk.review("retireMessageTemplateText", "en", 1).await), wrong);
        assert_eq!(mistake(&desk.review("approveMessageTemplateText", "en", 1).await), wrong, "nobody comes back");
        for (language, version) in [("en", 2), ("en", 0), ("fi", 1), ("no language", 1)] {
            let input = json!({ "templateId": desk.template, "language": language, "version": version });
            assert_eq!(desk.refusal(desk.who, "approveMessageTemplateText", input).await, "NOT_FOUND");
        }
    }

    async fn a_translation_of_an_older_source_is_stale(clinic: &Clinic) {
        let desk = Desk::with_template(clinic, "en").await;
        let missing = desk.save("es", 0, None, ("uno", json!({ "plain": "uno" }))).await;
        assert_eq!(mistake(&missing), ("DEPENDS_ON_OTHER".to_owned(), vec!["language".to_owned()]), "there is no source");
        desk.write("en", 0, "one").await;
        desk.write("es", 0, "uno").await;
        desk.approve("es", 1).await;
        assert_eq!(desk.standings().await, ["en NOT_APPROVED", "es NOT_APPROVED"], "without its source nothing is sent");
        desk.approve("en", 1).await;
        assert_eq!(desk.standings().await, ["en READY", "es READY"]);
        desk.write("en", 1, "two").await;
        assert_eq!(desk.standings().await, ["en READY", "es READY"], "a draft makes nothing stale");
        desk.approve("en", 2).await;
        assert_eq!(desk.standings().await, ["en READY", "es STALE"]);

        let old = desk.save("es", 1, Some(1), ("dos", json!({ "plain": "dos" }))).await;
        assert_eq!(old["text"]["sourceVersion"], 1);
        let stale = desk.review("approveMessageTemplateText", "es", 2).await;
        assert_eq!(mistake(&stale), ("WRONG_STATE".to_owned(), vec!["version".to_owned()]));
        let new = desk.save("es", 2, None, ("dos", json!({ "plain": "dos" }))).await;
        assert_eq!(new["text"]["sourceVersion"], 2, "the approved source unless another is named");
        desk.approve("es", 3).await;
        assert_eq!(desk.standings().await, ["en READY", "es READY"]);
        desk.review("retireMessageTemplateText", "en", 2).await;
        assert_eq!(desk.standings().await, ["en NOT_APPROVED", "es NOT_APPROVED"]);
    }

    async fn a_source_version_must_exist(clinic: &Clinic) {
        let desk = Desk::with_template(clinic, "en").await;
        desk.write("en", 0, "one").await;
        let wrong = ("INVALID".to_owned(), vec!["sourceVersion".to_owned()]);
        for (language, seen, version) in [("fi", 0, 0), ("fi", 0, 2), ("fi", 0, -1), ("en", 1, 1)] {
            let saved = desk.save(language, seen, Some(version), ("a", json!({ "plain": "a" }))).await;
            assert_eq!(mistake(&saved), wrong, "{language} {version}");
        }
    }
}
