//! Staff members: roles, the last administrator, deactivation, notification settings.

use entity::EventKind;
use harness::clinic::{Clinic, public_id};
use harness::{canary, on_both_databases};
use serde_json::json;
use tidings::domain::organizations::{self, Founding, FoundingError, NewOrganization};
use tidings::domain::people::staff::NewStaffMember;
use tidings::domain::people::values::Problem;
use tidings::domain::policy;
use tidings::domain::sessions::{self, SessionError};
use tidings::domain::settings::Settings;

const STAFF: &str = "query Staff($first: Int, $after: String, $last: Int, $before: String) {
    staff(first: $first, after: $after, last: $last, before: $before) {
        edges { cursor node { id name email phone roles status language notificationSettings { channel } restrictedFrom { id } groups { id } } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
}";

on_both_databases! {
    async fn an_organization_is_founded_with_right_values_only(clinic: &Clinic) {
        let administrator = |email: &str| NewStaffMember {
            name: canary::name("Ada"),
            profession: "Owner".to_owned(),
            email: email.to_owned(),
            phone: Some("911".to_owned()),
            roles: entity::Roles::CLINICIAN,
            language: None,
        };
        let new = |slug: &str, time_zone: &str| NewOrganization {
            name: "Clinic".to_owned(),
            slug: slug.to_owned(),
            time_zone: time_zone.to_owned(),
            default_language: "en".to_owned(),
            settings: Settings::default(),
            administrator: administrator("nobody"),
        };
        let operator = Founding::by_operator();
        let Err(FoundingError::Invalid(wrong)) = organizations::found(&clinic.core, &operator, new("A b", "Mars")).await else {
            panic!("founded");
        };
        assert_eq!(wrong.iter().map(|wrong| wrong.field).collect::<Vec<_>>(), ["slug", "timeZone"]);
        let Err(FoundingError::Invalid(wrong)) = organizations::found(&clinic.core, &operator, new("fresh-slug", "UTC")).await else {
            panic!("founded");
        };
        assert_eq!(
            wrong.iter().map(|wrong| wrong.field).collect::<Vec<_>>(),
            ["administrator.email", "administrator.phone"]
        );
        let ours = organizations::of(clinic.core.store.reader(), clinic.ours.organization).await.unwrap();
        let Err(FoundingError::Invalid(wrong)) = organizations::found(&clinic.core, &operator, new(&ours.slug, "UTC")).await else {
            panic!("founded");
        };
        assert_eq!((wrong[0].field, wrong[0].problem), ("slug", Problem::Taken));
    }

    async fn staff_members_are_created_changed_and_listed_by_name(clinic: &Clinic) {
        let administrator = clinic.ours.administrator;
        let address = canary::address("nora");
        let input = json!({
            "name": canary::name("Nora"), "profession": "Nurse", "email": address, "phone": "0491 570 123", "roles": ["CLINICIAN"],
        });
        let made = clinic.change(administrator, "createStaffMember", "staffMember { id phone language email } errors { code }", input.clone()).await;
        let nora = &made["staffMember"];
        assert_eq!((&nora["phone"], &nora["language"], &nora["email"]), (&json!(canary::phone(123)), &json!("en-GB"), &json!(address)));

        let mut again = input;
        again["email"] = json!(address.to_uppercase());
        assert_eq!(clinic.mistakes(administrator, "createStaffMember", again).await, [("TAKEN".to_owned(), "email".to_owned())]);
        let wrong = json!({ "name": " ", "profession": "", "email": "x", "phone": "02 5550 1234", "roles": [], "language": "klingon!" });
        let fields: Vec<_> = clinic.mistakes(administrator, "createStaffMember", wrong).await.into_iter().map(|(_, field)| field).collect();
        assert_eq!(fields, ["name", "profession", "email", "phone", "language", "roles"]);

        let change = json!({ "staffId": nora["id"], "name": canary::name("Aaron"), "phone": null });
        clinic.change(administrator, "updateStaffMember", "errors { code }", change).await;
        let listed = clinic.ask(administrator, STAFF, json!({ "first": 1 })).await;
        assert_eq!(listed["staff"]["edges"][0]["node"]["name"], canary::name("Aaron"));
        assert_eq!(listed["staff"]["edges"][0]["node"]["phone"], json!(null));
        let page = &listed["staff"]["pageInfo"];
        assert_eq!((&page["hasNextPage"], &page["hasPreviousPage"]), (&json!(true), &json!(false)));
        let rest = clinic.ask(administrator, STAFF, json!({ "after": page["endCursor"] })).await;
        assert_eq!(rest["staff"]["edges"].as_array().unwrap().len(), 1);
        let back = clinic.ask(administrator, STAFF, json!({ "last": 5, "before": rest["staff"]["pageInfo"]["startCursor"] })).await;
        assert_eq!(back["staff"]["edges"][0]["node"]["name"], canary::name("Aaron"));
        let foreign = clinic.refusal(clinic.theirs.administrator, STAFF, json!({ "after": page["endCursor"] })).await;
        assert_eq!(foreign, "BAD_USER_INPUT");
    }

    async fn colleagues_see_less_of_each_other_than_administrators(clinic: &Clinic) {
        let nurse = clinic.staff("Nora", &["CLINICIAN"]).await;
        let listed = clinic.ask(nurse, STAFF, json!({})).await;
        for edge in listed["staff"]["edges"].as_array().unwrap() {
            let node = &edge["node"];
            let own = node["id"] == public_id(nurse);
            assert_eq!(node["email"].is_string(), own);
            assert_eq!(node["restrictedFrom"].is_array(), own);
            assert_eq!(node["notificationSettings"].is_object(), own);
            assert!(node["roles"].is_array() && node["status"] == "ACTIVE");
        }
        let create = harness::clinic::mutation("createProgram", "errors { code }");
        assert_eq!(clinic.refusal(nurse, &create, json!({ "input": { "name": "Heart" } })).await, "FORBIDDEN");
        let anonymous = clinic.response(None, STAFF, json!({})).await;
        assert_eq!(anonymous["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    }

    async fn the_last_administrator_stays(clinic: &Clinic) {
        let administrator = clinic.ours.administrator;
        let id = public_id(administrator);
        let last = [("LAST_ADMINISTRATOR".to_owned(), String::new())];
        let demote = json!({ "staffId": id, "roles": ["CLINICIAN"] });
        assert_eq!(clinic.mistakes(administrator, "updateStaffMember", demote.clone()).await, last);
        assert_eq!(clinic.mistakes(administrator, "deactivateStaffMember", json!({ "staffId": id })).await, last);

        let second = clinic.staff("Bo", &["ADMINISTRATOR"]).await;
        assert_eq!(clinic.mistakes(second, "updateStaffMember", demote).await, []);
        let other = json!({ "staffId": public_id(second) });
        assert_eq!(clinic.mistakes(second, "deactivateStaffMember", other).await, last);
    }

    async fn two_administrators_cannot_drop_each_other(clinic: &Clinic) {
        let first = clinic.ours.administrator;
        let second = clinic.staff("Bo", &["ADMINISTRATOR"]).await;
        let (drop, demote) = (
            harness::clinic::mutation("deactivateStaffMember", "errors { code }"),
            harness::clinic::mutation("updateStaffMember", "errors { code }"),
        );
        let (dropped, demoted) = tokio::join!(
            clinic.response(Some(first), &drop, json!({ "input": { "staffId": public_id(second) } })),
            clinic.response(Some(second), &demote, json!({ "input": { "staffId": public_id(first), "roles": ["CLINICIAN"] } })),
        );
        // Whoever comes second is refused: as the last administrator, or as one no more.
        let succeeded = |response: &serde_json::Value, name: &str| response["data"][name]["errors"] == json!([]);
        let outcomes = [succeeded(&dropped, "deactivateStaffMember"), succeeded(&demoted, "updateStaffMember")];
        assert!(outcomes == [true, false] || outcomes == [false, true], "{dropped} {demoted}");
    }

    async fn deactivation_ends_sessions_and_is_logged(clinic: &Clinic) {
        let administrator = clinic.ours.administrator;
        let nurse = clinic.staff("Nora", &["CLINICIAN"]).await;
        let head = clinic.events_after(0).await.len() as i64;
        let input = json!({ "staffId": public_id(nurse) });
        assert_eq!(clinic.mistakes(administrator, "deactivateStaffMember", input.clone()).await, []);
        assert_eq!(clinic.mistakes(administrator, "deactivateStaffMember", input.clone()).await, []);
        let kinds: Vec<_> = clinic.events_after(head).await.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [EventKind::StaffAccessChanged, EventKind::SessionRevoked]);
        assert!(matches!(sessions::viewer(&clinic.core, &nurse).await, Err(SessionError::Ended)));
        assert_eq!(clinic.refusal(nurse, STAFF, json!({})).await, "UNAUTHENTICATED");
        clinic.change(administrator, "reactivateStaffMember", "errors { code }", input).await;
        assert!(sessions::viewer(&clinic.core, &nurse).await.is_err(), "the session stays ended");
    }

    async fn the_reminder_depends_on_the_alert(clinic: &Clinic) {
        let nurse = clinic.staff("Nora", &["CLINICIAN"]).await;
        let name = "updateNotificationSettings";
        let payload = "staffMember { notificationSettings { newPatientMessage unreadMessageReminder twoWayTexting channel } } errors { code field }";
        let off = clinic.change(nurse, name, payload, json!({ "newPatientMessage": false })).await;
        assert_eq!(
            off["staffMember"]["notificationSettings"],
            json!({ "newPatientMessage": false, "unreadMessageReminder": false, "twoWayTexting": true, "channel": "EMAIL" })
        );
        let depends = |field: &str| vec![("DEPENDS_ON_OTHER".to_owned(), field.to_owned())];
        assert_eq!(clinic.mistakes(nurse, name, json!({ "unreadMessageReminder": true })).await, depends("unreadMessageReminder"));
        assert_eq!(clinic.mistakes(nurse, name, json!({ "channel": "SMS" })).await, depends("channel"));
        assert_eq!(clinic.mistakes(nurse, name, json!({ "newPatientMessage": true, "unreadMessageReminder": true })).await, []);
    }

    async fn foreign_staff_are_not_there(clinic: &Clinic) {
        let nurse = clinic.staff("Nora", &["CLINICIAN"]).await;
        let stranger = clinic.theirs.administrator;
        let viewer = sessions::viewer(&clinic.core, &stranger).await.unwrap();
        assert!(policy::administrator(&viewer).is_ok());
        for (query, variables) in [
            ("query Q($id: ID!) { staffMember(id: $id) { id } }", json!({ "id": public_id(nurse) })),
            ("query Q($id: ID!) { node(id: $id) { id } }", json!({ "id": public_id(nurse) })),
        ] {
            assert_eq!(clinic.refusal(stranger, query, variables).await, "NOT_FOUND");
        }
        for name in ["deactivateStaffMember", "updateStaffMember", "setStaffRestrictions"] {
            let mut input = json!({ "staffId": public_id(nurse) });
            if name == "setStaffRestrictions" {
                input["programIds"] = json!([]);
            }
            let query = harness::clinic::mutation(name, "errors { code }");
            assert_eq!(clinic.refusal(stranger, &query, json!({ "input": input })).await, "NOT_FOUND", "{name}");
        }
    }
}
