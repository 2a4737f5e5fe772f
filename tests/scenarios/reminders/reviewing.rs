//! The review before sending.

use harness::clinic::{Claims, Clinic};
use harness::{canary, on_both_databases};
use serde_json::{Value, json};
use tidings::domain::core::Outlets;

use super::{leave, patient, send, sent, template, to, write};
use crate::texting::Desk;

const PREVIEW: &str = "query ($input: PreviewReminderInput!) { previewReminder(input: $input) { recipientCount skippedCount digest warnings
    languages { language count } channels { channel count } skipped(first: 50) { nodes { reason patient { name } } }
    errors { code field } } }";

pub(super) async fn review(clinic: &Clinic, who: Claims, input: Value) -> Value {
    let answer = clinic.ask(who, PREVIEW, json!({ "input": input })).await;
    answer["previewReminder"].clone()
}

/// The names of those who are skipped, with the reasons.
pub(super) fn skipped(review: &Value) -> Vec<(String, &str)> {
    let nodes = review["skipped"]["nodes"].as_array().unwrap();
    let mut all: Vec<_> = nodes
        .iter()
        .map(|node| {
            let name = node["patient"]["name"].as_str().unwrap().to_owned();
            (name, node["reason"].as_str().unwrap())
        })
        .collect();
    all.sort();
    all
}

fn named(name: &str, reason: &'static str) -> (String, &'static str) {
    (canary::name(name), reason)
}

on_both_databases! {
    async fn it_counts_who_gets_it_and_names_who_does_not(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test"), ("es", "Su prueba"), ("fi", "Testisi")]).await;
        // The source moves on; Spanish follows, Finnish does not.
        write(clinic, &template, ("en", "Your new test"), 1).await;
        write(clinic, &template, ("es", "Su nueva prueba"), 1).await;
        let mut ids = Vec::new();
        for (name, more) in [
            ("Eva", json!({})),
            ("Pablo", json!({ "language": "es-MX", "email": null, "phone": canary::phone(1) })),
            ("Finn", json!({ "language": "fi" })),
            ("Nadia", json!({ "email": null })),
            ("Olga", json!({ "portalAllowed": false })),
        ] {
            ids.push(patient(clinic, name, more).await);
        }
        let input = json!({ "templateId": template, "patientIds": ids });
        let found = review(clinic, nora, input.clone()).await;
        assert_eq!(found["errors"], json!([]));
        assert_eq!((&found["recipientCount"], &found["skippedCount"]), (&json!(2), &json!(3)));
        assert_eq!(found["languages"], json!([{ "language": "en", "count": 1 }, { "language": "es", "count": 1 }]));
        assert_eq!(found["channels"], json!([{ "channel": "EMAIL", "count": 1 }, { "channel": "SMS", "count": 1 }]));
        let expected = [
            named("Finn", "TRANSLATION_STALE"),
            named("Nadia", "NO_CONTACT_ON_FILE"),
            named("Olga", "PATIENT_PORTAL_ACCESS_MISSING"),
        ];
        assert_eq!(skipped(&found), expected);

        // Where the clinic sends text messages only, a number must be registered.
        clinic.set(json!({ "patientChannels": ["SMS"] })).await;
        let found = review(clinic, nora, input).await;
        assert_eq!(found["channels"], json!([{ "channel": "SMS", "count": 1 }]));
        assert!(skipped(&found).contains(&named("Eva", "NO_CONTACT_ON_FILE")));
    }

    /// Whoever has opted out of texts is reached by e-mail or not at all, and the clinic is told of it before sending.
    async fn who_wants_no_texts_is_named(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        clinic.set(json!({ "patientChannels": ["SMS", "EMAIL"] })).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let eva = desk.patient_with("Eva", json!({ "phone": canary::phone(1), "email": null, "portalAllowed": true })).await;
        let mail = json!({ "phone": canary::phone(2), "email": canary::address("olga"), "portalAllowed": true });
        let olga = desk.patient_with("Olga", mail).await;
        let input = json!({ "templateId": template, "patientIds": [eva, olga] });
        let found = review(clinic, desk.nurse, input.clone()).await;
        assert_eq!(found["channels"], json!([{ "channel": "SMS", "count": 2 }]));
        for number in [1, 2] {
            desk.text(number, "STOP").await;
        }
        let found = review(clinic, desk.nurse, input).await;
        assert_eq!(found["channels"], json!([{ "channel": "EMAIL", "count": 1 }]));
        assert_eq!(skipped(&found), [named("Eva", "NUMBER_OPTED_OUT")]);
        let none = send(clinic, desk.nurse, to(&template, &[&eva], json!({}))).await;
        assert_eq!(none["errors"][0]["code"], "NUMBER_OPTED_OUT");
        let letter = json!({ "patientId": eva, "title": "Results", "body": { "plain": "All is well." }, "idempotencyKey": "results" });
        assert_eq!(clinic.mistakes(desk.nurse, "beginSecureMessage", letter).await[0].0, "NUMBER_OPTED_OUT");

        // Whoever texts STOP between the review and the sending is skipped as well.
        desk.text(1, "START").await;
        let reminder = sent(clinic, desk.nurse, to(&template, &[&eva], json!({}))).await;
        desk.text(1, "STOP").await;
        leave(&clinic.core).await;
        let query = "query ($id: ID!) { reminder(id: $id) { recipients { nodes { status reason } } } }";
        let data = clinic.ask(desk.nurse, query, json!({ "id": reminder })).await;
        assert_eq!(data["reminder"]["recipients"]["nodes"], json!([{ "status": "SKIPPED", "reason": "NUMBER_OPTED_OUT" }]));
    }

    async fn a_list_can_be_chosen_as_it_stands(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let program = clinic.program("Asthma").await;
        let mine = patient(clinic, "Mina", json!({ "careTeamIds": [harness::clinic::public_id(nora)] })).await;
        patient(clinic, "Enid", json!({ "programIds": [program] })).await;
        patient(clinic, "Enya", json!({})).await;
        for (filter, expected) in [
            (json!({ "reach": "MINE" }), 1),
            (json!({}), 1),
            (json!({ "search": "en" }), 2),
            (json!({ "search": "en", "programId": program }), 1),
        ] {
            let found = review(clinic, nora, json!({ "templateId": template, "filter": filter })).await;
            assert_eq!(found["recipientCount"], json!(expected), "{filter}");
        }
        let reminder = sent(clinic, nora, {
            let mut input = to(&template, &[], json!({ "filter": { "reach": "MINE" } }));
            input.as_object_mut().unwrap().remove("patientIds");
            input
        }).await;
        let query = "query ($id: ID!) { reminder(id: $id) { recipients { nodes { patient { id } } } } }";
        let data = clinic.ask(nora, query, json!({ "id": reminder })).await;
        assert_eq!(data["reminder"]["recipients"]["nodes"], json!([{ "patient": { "id": mine } }]));
    }

    async fn the_pages_of_skipped_patients_hang_together(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let mut ids = Vec::new();
        for name in ["Una", "Ursa", "Uta"] {
            ids.push(patient(clinic, name, json!({ "email": null })).await);
        }
        ids.sort();
        let query = "query ($input: PreviewReminderInput!, $after: String) { previewReminder(input: $input) {
            skipped(first: 2, after: $after) { nodes { patient { id } } pageInfo { hasNextPage endCursor } } } }";
        let input = json!({ "templateId": template, "patientIds": ids });
        let (mut found, mut after) = (Vec::new(), Value::Null);
        loop {
            let data = clinic.ask(nora, query, json!({ "input": input, "after": after })).await;
            let page = &data["previewReminder"]["skipped"];
            found.extend(page["nodes"].as_array().unwrap().iter().map(|node| node["patient"]["id"].as_str().unwrap().to_owned()));
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
            // Somebody mends the record of the last one meanwhile, and the next page goes on behind it all the same.
            let mended = json!({ "patientId": found[1], "email": canary::address("mended") });
            assert_eq!(clinic.mistakes(nora, "updatePatient", mended).await, []);
        }
        assert_eq!(found, ids);
    }

    /// What was seen is what is sent: who gets which text by which channel, and who gets none and why.
    async fn what_has_changed_since_the_review_holds_it_back(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let administrator = clinic.ours.administrator;
        let template = template(clinic, &[("en", "Your test"), ("es", "Su prueba")]).await;
        let eva = patient(clinic, "Eva", json!({})).await;
        let nadia = patient(clinic, "Nadia", json!({ "email": null })).await;
        let olga = patient(clinic, "Olga", json!({ "portalAllowed": false })).await;
        let chosen = json!({ "templateId": template, "patientIds": [eva, nadia, olga] });
        let mut seen = review(clinic, nora, chosen.clone()).await["digest"].clone();
        assert_eq!(review(clinic, nora, chosen.clone()).await["digest"], seen, "the same is found again");
        let attempt = async |seen: &Value| {
            let input = to(&template, &[&eva, &nadia, &olga], json!({ "seenReview": seen }));
            send(clinic, nora, input).await
        };
        // Others get it, or in another language, by another channel, or get none for another reason.
        for (patient, changes) in [
            (&nadia, json!({ "email": canary::address("patient") })),
            (&eva, json!({ "email": null })),
            (&nadia, json!({ "language": "es" })),
            (&nadia, json!({ "email": null, "phone": canary::phone(1) })),
            (&olga, json!({ "portalAllowed": true, "email": null })),
        ] {
            let mut input = changes.clone();
            input["patientId"] = json!(patient);
            assert_eq!(clinic.mistakes(administrator, "updatePatient", input).await, []);
            let held = attempt(&seen).await;
            assert_eq!(held["errors"][0]["code"], json!("OUTDATED_REVIEW"), "{changes}");
            assert_eq!(held["reminder"], Value::Null);
            seen = review(clinic, nora, chosen.clone()).await["digest"].clone();
        }
        write(clinic, &template, ("en", "Your new test"), 1).await;
        assert_eq!(attempt(&seen).await["errors"][0]["code"], json!("OUTDATED_REVIEW"), "another text is approved");
        write(clinic, &template, ("es", "Su nueva prueba"), 1).await;
        seen = review(clinic, nora, chosen).await["digest"].clone();
        assert_eq!(attempt(&seen).await["errors"], json!([]));
    }

    /// Where nothing takes text messages, whoever sends is told: the messages stand in the portal, and nobody hears of them.
    async fn who_would_not_hear_of_it_is_warned_of(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let eva = patient(clinic, "Eva", json!({})).await;
        let tess = patient(clinic, "Tess", json!({ "email": null, "phone": canary::phone(1) })).await;
        let nadia = patient(clinic, "Nadia", json!({ "email": null })).await;
        for (outlets, patients, expected) in [
            (Outlets::ALL, [&eva, &tess], json!([])),
            (Outlets { texts: false, ..Outlets::ALL }, [&eva, &tess], json!(["TEXTS_CANNOT_LEAVE"])),
            (Outlets { texts: false, ..Outlets::ALL }, [&eva, &nadia], json!([])),
            (Outlets { texts: false, emails: false }, [&eva, &tess], json!(["EMAILS_CANNOT_LEAVE", "TEXTS_CANNOT_LEAVE"])),
        ] {
            let clinic = clinic.with(outlets);
            let found = review(&clinic, nora, json!({ "templateId": template, "patientIds": patients })).await;
            assert_eq!(found["warnings"], expected);
            let input = to(&template, &patients.map(String::as_str), json!({}));
            for replayed in [false, true] {
                let sent = clinic.change(nora, "sendReminder", "warnings replayed", input.clone()).await;
                assert_eq!((&sent["warnings"], &sent["replayed"]), (&expected, &json!(replayed)));
            }
        }
    }
}
