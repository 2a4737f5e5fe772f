//! What an organization decides, and what its patients see of it.

use entity::{EventKind, PatientId, PersonId, organization};
use harness::clinic::Clinic;
use harness::{canary, on_both_databases};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};
use serde_json::json;

const ORGANIZATION: &str = "{ organization {
    name slug timeZone defaultLanguage portalChat contact { phone email text }
    settings { portalChat access notificationWindowSeconds unreadReminderMinutes defaultRegion }
} }";

on_both_databases! {
    async fn settings_change_one_by_one(clinic: &Clinic) {
        let administrator = clinic.ours.administrator;
        let head = clinic.events_after(0).await.len() as i64;
        clinic.set(json!({ "portalChat": false, "contact": { "phone": " 01632 960 001 " } })).await;
        clinic.set(json!({ "name": "Lakeside", "contact": { "text": "Mon to Fri,\n9 to 5" }, "defaultRegion": "FI" })).await;
        let seen = clinic.ask(administrator, ORGANIZATION, json!({})).await["organization"].clone();
        assert_eq!((&seen["name"], &seen["portalChat"]), (&json!("Lakeside"), &json!(false)));
        assert_eq!(seen["contact"], json!({ "phone": "01632 960 001", "email": null, "text": "Mon to Fri,\n9 to 5" }));
        assert_eq!(seen["settings"]["defaultRegion"], "FI");
        let kinds: Vec<_> = clinic.events_after(head).await.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [EventKind::SettingsChanged, EventKind::SettingsChanged]);
        clinic.set(json!({ "name": "Lakeside", "contact": {} })).await;
        assert_eq!(clinic.events_after(head + 2).await, [], "what is the same already changes nothing");
    }

    /// A preset sets what it names, and each setting can be changed afterwards (PEO-9).
    async fn a_preset_is_a_set_of_settings(clinic: &Clinic) {
        let administrator = clinic.ours.administrator;
        let apply = "mutation ($preset: Preset!) { applyPreset(input: { preset: $preset }) { organization {
            portalChat settings { access patientChannels rules { kind offered starts replies compose patientUploads receipts onClosed alerted } } }
            errors { code } } }";
        let applied = async |preset: &str| {
            let data = clinic.ask(administrator, apply, json!({ "preset": preset })).await;
            data["applyPreset"]["organization"].clone()
        };
        let offered = |clinic: &serde_json::Value| {
            let rules = clinic["settings"]["rules"].as_array().unwrap().clone();
            let offered = rules.into_iter().filter(|rule| rule["offered"] == true);
            offered.map(|rule| rule["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let reminders = applied("REMINDERS").await;
        assert_eq!(offered(&reminders), ["ANNOUNCEMENT"]);
        assert_eq!(reminders["settings"]["rules"][3]["compose"], "TEMPLATE_ONLY");
        assert_eq!(reminders["settings"]["patientChannels"], json!(["SMS"]));
        let chat = applied("CARE_TEAM_CHAT").await;
        assert_eq!((offered(&chat), &chat["settings"]["access"]), (vec!["CARE_TEAM_CHAT".to_owned()], &json!("TEAM_PLUS_SEARCH")));
        let clinic_first = applied("CLINIC_FIRST").await;
        assert_eq!(offered(&clinic_first), ["SECURE_MESSAGE"]);
        let rules = &clinic_first["settings"]["rules"][1];
        let expected = json!({
            "kind": "SECURE_MESSAGE", "offered": true, "starts": "STAFF", "replies": "WHILE_OPEN", "compose": "FREE",
            "patientUploads": false, "receipts": "NONE", "onClosed": "REJECT", "alerted": "SUBSCRIBERS",
        });
        assert_eq!(rules, &expected);
        clinic.set(json!({ "rules": [{ "kind": "SECURE_MESSAGE", "replies": "NONE" }] })).await;
        let one = "{ organization { settings { rules { kind replies starts } } } }";
        let seen = clinic.ask(administrator, one, json!({})).await["organization"]["settings"]["rules"][1].clone();
        assert_eq!(seen, json!({ "kind": "SECURE_MESSAGE", "replies": "NONE", "starts": "STAFF" }), "the others stay");
    }

    async fn wrong_settings_are_named_and_none_is_stored(clinic: &Clinic) {
        let administrator = clinic.ours.administrator;
        let before = clinic.ask(administrator, ORGANIZATION, json!({})).await;
        let wrong = json!({
            "name": "", "timeZone": "Nowhere", "defaultLanguage": "?", "portalChat": false, "notificationWindowSeconds": 3601,
            "unreadReminderMinutes": 0, "defaultRegion": "usa", "contact": { "email": "office", "text": "\u{7}" },
        });
        let fields: Vec<_> = clinic.mistakes(administrator, "updateSettings", wrong).await.into_iter().map(|(_, field)| field).collect();
        assert_eq!(fields, [
            "name", "timeZone", "defaultLanguage", "contact.email", "contact.text", "notificationWindowSeconds", "unreadReminderMinutes", "defaultRegion",
        ]);
        assert_eq!(clinic.ask(administrator, ORGANIZATION, json!({})).await, before);
    }

    /// Opening hours are the clinic's own, and everybody sees them (NEW-4).
    async fn a_clinic_says_when_it_is_open(clinic: &Clinic) {
        let administrator = clinic.ours.administrator;
        let query = "{ organization { openingHours { weekly { day times { from until } } exceptions { date times { from until } } } } }";
        let seen = async |who| clinic.ask(who, query, json!({})).await["organization"]["openingHours"].clone();
        assert_eq!(seen(administrator).await, json!(null), "until something is said it is always open");
        clinic.set(json!({ "openingHours": {
            "weekly": [
                { "day": "TUESDAY", "times": [{ "from": "13:00", "until": "24:00" }, { "from": "08:00", "until": "12:00" }] },
                { "day": "MONDAY", "times": [{ "from": "08:00", "until": "16:30" }] },
            ],
            "exceptions": [{ "date": "2026-12-25", "times": [] }],
        } })).await;
        let hours = json!({
            "weekly": [
                { "day": "MONDAY", "times": [{ "from": "08:00", "until": "16:30" }] },
                { "day": "TUESDAY", "times": [{ "from": "08:00", "until": "12:00" }, { "from": "13:00", "until": "24:00" }] },
            ],
            "exceptions": [{ "date": "2026-12-25", "times": [] }],
        });
        let paul = clinic.patient(&canary::name("Paul"), json!({})).await;
        let paul = PersonId::Patient(PatientId::from_public(&paul).unwrap());
        let paul = clinic.sign_in(clinic.ours.organization, paul).await;
        assert_eq!((seen(administrator).await, seen(paul).await), (hours.clone(), hours.clone()));
        clinic.set(json!({ "portalChat": true })).await;
        assert_eq!(seen(administrator).await, hours, "another change leaves them");
        for (from, until) in [("22:00", "06:00"), ("08:00", "08:00")] {
            let senseless = json!({ "openingHours": {
                "weekly": [{ "day": "MONDAY", "times": [{ "from": from, "until": until }] }],
                "exceptions": [{ "date": "2026-12-24", "times": [] }, { "date": "2026-12-24", "times": [] }],
            } });
            let fields: Vec<_> =
                clinic.mistakes(administrator, "updateSettings", senseless).await.into_iter().map(|(_, field)| field).collect();
            assert_eq!(fields, ["openingHours.weekly", "openingHours.exceptions"]);
        }
        clinic.set(json!({ "openingHours": null })).await;
        assert_eq!(seen(paul).await, json!(null));
    }

    async fn patients_do_not_see_the_clinics_internals(clinic: &Clinic) {
        let id = clinic.patient(&canary::name("Paul"), json!({})).await;
        let person = PersonId::Patient(PatientId::from_public(&id).unwrap());
        let paul = clinic.sign_in(clinic.ours.organization, person).await;
        let seen = clinic.ask(paul, ORGANIZATION, json!({})).await["organization"].clone();
        assert_eq!((&seen["name"], &seen["settings"]), (&json!("Riverside Clinic"), &json!(null)));
        let nurse = clinic.staff("Nora", &["CLINICIAN"]).await;
        let query = harness::clinic::mutation("updateSettings", "errors { code }");
        for who in [paul, nurse] {
            assert_eq!(clinic.refusal(who, &query, json!({ "input": {} })).await, "FORBIDDEN");
        }
        for query in ["{ staff { nodes { id } } }", "{ programs { nodes { id } } }", "{ groups { nodes { id } } }"] {
            assert_eq!(clinic.refusal(paul, query, json!({})).await, "FORBIDDEN");
        }
    }

    async fn settings_of_a_newer_version_stay(clinic: &Clinic) {
        let writer = clinic.core.store.writer();
        let stored = organization::Entity::find_by_id(clinic.ours.organization).one(writer).await.unwrap().unwrap();
        let mut settings = stored.settings.clone();
        settings["fromTomorrow"] = json!(7);
        let mut row = stored.into_active_model();
        row.settings = Set(settings);
        row.update(writer).await.unwrap();
        clinic.set(json!({ "portalChat": false })).await;
        let stored = organization::Entity::find_by_id(clinic.ours.organization).one(writer).await.unwrap().unwrap();
        assert_eq!((&stored.settings["fromTomorrow"], &stored.settings["portalChat"]), (&json!(7), &json!(false)));
    }
}
