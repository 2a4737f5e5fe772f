//! Names and bodies of templates, right and wrong.

use harness::clinic::{Clinic, mutation};
use harness::on_both_databases;
use serde_json::{Value, json};

use super::desk::{Desk, mistake};

on_both_databases! {
    async fn a_body_is_cleaned_before_it_is_stored(clinic: &Clinic) {
        let desk = Desk::with_template(clinic, "en").await;
        let body = "<h2 onclick=alert(1)>Fasting</h2><p style='text-align:center;color:red'>No <s>tea</s>, see www.clinic.example.</p>\
            <script>alert(1)</script><img src=x onerror=alert(1)><table><tr><td>8:00</td><td>water</td></tr></table>";
        let saved = desk.save("en", 0, None, ("Fasting", json!({ "html": body }))).await;
        assert_eq!(
            saved["text"]["body"]["html"],
            "<h2>Fasting</h2><p style=\"text-align:center\">No <s>tea</s>, see <a href=\"https://www.clinic.example/\" \
             target=\"_blank\" rel=\"noopener noreferrer nofollow\">www.clinic.example</a>.</p>\
             <table><tbody><tr><td>8:00</td><td>water</td></tr></tbody></table>"
        );
        assert_eq!(saved["text"]["body"]["text"], "Fasting\n\nNo ~~tea~~, see www.clinic.example.\n\n8:00  water");
        let markdown = desk.save("en", 1, None, ("Fasting", json!({ "markdown": "**No** ~~tea~~ <b onclick=x>!</b>" }))).await;
        assert_eq!(markdown["text"]["body"]["html"], "<p><strong>No</strong> <del>tea</del> <b>!</b></p>\n");
        let plain = desk.save("en", 2, None, ("Fasting", json!({ "plain": "a < b\n\nc" }))).await;
        assert_eq!(plain["text"]["body"]["html"], "<p>a &lt; b</p><p>c</p>");
    }

    async fn what_cannot_be_read_is_refused(clinic: &Clinic) {
        let desk = Desk::with_template(clinic, "en").await;
        let fine = json!({ "plain": "a" });
        let long = "a".repeat(201);
        let cases: [(&str, &str, Value, &str, &str); 9] = [
            ("en", "", fine.clone(), "BLANK", "title"),
            ("en", &long, fine.clone(), "TOO_LONG", "title"),
            ("en", "a\nb", fine.clone(), "INVALID", "title"),
            ("english!", "a", fine, "INVALID", "language"),
            ("en", "a", json!({ "html": "<script>alert(1)</script>" }), "BLANK", "body"),
            ("en", "a", json!({ "html": "" }), "BLANK", "body"),
            ("en", "a", json!({ "plain": "a".repeat(20_001) }), "TOO_LONG", "body"),
            ("en", "a", json!({ "html": "<blockquote>".repeat(61) + "a" }), "INVALID", "body"),
            ("en", "a", json!({ "html": "<p>a&#7;</p>" }), "INVALID", "body"),
        ];
        for (language, title, body, code, field) in cases {
            let saved = desk.save(language, 0, None, (title, body)).await;
            assert_eq!(mistake(&saved), (code.to_owned(), vec![field.to_owned()]), "{saved}");
        }
        let query = mutation("saveMessageTemplateText", "errors { code }");
        for body in [json!({}), json!({ "html": "a", "plain": "a" })] {
            let input = json!({ "templateId": desk.template, "language": "en", "seenVersion": 0, "title": "a", "body": body });
            let response = clinic.response(Some(desk.who), &query, json!({ "input": input })).await;
            assert!(response["errors"][0].is_object(), "exactly one form of a text");
        }
    }

    async fn templates_have_names_of_their_own_and_are_found_by_them(clinic: &Clinic) {
        let desk = Desk::with_template(clinic, "en").await;
        let administrator = clinic.ours.administrator;
        let taken = [("TAKEN".to_owned(), "name".to_owned())];
        let create = |name: &str, category: Value| json!({ "name": name, "category": category, "sourceLanguage": "fi" });
        assert_eq!(clinic.mistakes(administrator, "createMessageTemplate", create(" Visit ", json!(null))).await, taken);
        assert_eq!(clinic.mistakes(administrator, "createMessageTemplate", create("Bloods", json!("Labs"))).await, []);
        assert_eq!(
            clinic.mistakes(administrator, "createMessageTemplate", json!({ "name": "", "sourceLanguage": "!" })).await,
            [("BLANK".to_owned(), "name".to_owned()), ("INVALID".to_owned(), "sourceLanguage".to_owned())]
        );
        let rename = json!({ "templateId": desk.template, "name": "Bloods" });
        assert_eq!(clinic.mistakes(administrator, "updateMessageTemplate", rename).await, taken);
        let payload = "template { name category } errors { code }";
        let update = json!({ "templateId": desk.template, "category": "Labs" });
        let updated = clinic.change(administrator, "updateMessageTemplate", payload, update).await;
        assert_eq!(updated["template"], json!({ "name": "Visit", "category": "Labs" }));
        desk.write("en", 0, "one").await;

        let nurse = clinic.staff("Nora", &["CLINICIAN"]).await;
        let query = "query Q($category: String, $language: String, $last: Int) {
            messageTemplates(category: $category, language: $language, last: $last) { nodes { name } pageInfo { hasPreviousPage } } }";
        let found = async |variables: Value| -> Vec<String> {
            let data = clinic.ask(nurse, query, variables).await;
            let nodes = data["messageTemplates"]["nodes"].as_array().unwrap().clone();
            nodes.iter().map(|node| node["name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(found(json!({})).await, ["Bloods", "Visit"]);
        assert_eq!(found(json!({ "last": 1 })).await, ["Visit"]);
        assert_eq!(found(json!({ "language": "en" })).await, Vec::<String>::new(), "nothing is approved yet");
        desk.approve("en", 1).await;
        assert_eq!(found(json!({ "language": "EN", "category": "Labs" })).await, ["Visit"]);
        let removed = json!({ "templateId": desk.template, "category": null });
        clinic.change(administrator, "updateMessageTemplate", payload, removed).await;
        assert_eq!(found(json!({ "category": "Labs" })).await, ["Bloods"]);
        let node = "query Q($id: ID!) { node(id: $id) { ... on MessageTemplate { name } } }";
        let id = json!({ "id": desk.template });
        assert_eq!(clinic.ask(nurse, node, id.clone()).await["node"]["name"], "Visit");
        assert_eq!(clinic.refusal(clinic.theirs.administrator, node, id).await, "NOT_FOUND");
        let theirs = clinic.change(clinic.theirs.administrator, "createMessageTemplate", payload, create("Visit", json!(null))).await;
        assert_eq!(theirs["errors"], json!([]), "another clinic's names are free");
    }

    async fn a_page_costs_the_same_for_few_and_many(clinic: &Clinic) {
        let mut costs = Vec::new();
        for (count, from) in [(2, 0), (20, 2)] {
            for number in from..count {
                let input = json!({ "name": format!("Template {number:02}"), "sourceLanguage": "en" });
                let payload = "template { id } errors { code }";
                let made = clinic.change(clinic.ours.administrator, "createMessageTemplate", payload, input).await;
                let desk = Desk { clinic, who: clinic.ours.administrator, template: made["template"]["id"].clone() };
                desk.write("en", 0, "one").await;
                desk.approve("en", 1).await;
            }
            let query = "{ messageTemplates(first: 100) { nodes { name languages { standing
                approved { title approvedBy { name } } newest { body { text } writtenBy { name } } } } } }";
            let before = clinic.core.store.statements();
            let data = clinic.ask(clinic.ours.administrator, query, json!({})).await;
            assert_eq!(data["messageTemplates"]["nodes"].as_array().unwrap().len(), count);
            costs.push(clinic.core.store.statements() - before);
        }
        assert_eq!(costs[0], costs[1], "whoever asks, the page, the texts and their authors");
    }
}
