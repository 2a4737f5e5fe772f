//! Programs, restriction from them (PEO-6), and groups.

use entity::EventKind;
use harness::clinic::{Claims, Clinic, public_id};
use harness::{canary, on_both_databases};
use serde_json::{Value, json};

async fn found(clinic: &Clinic, who: Claims, variables: Value) -> Vec<String> {
    let query = "query Q($search: String, $programId: ID, $groupId: ID) {
        patients(search: $search, programId: $programId, groupId: $groupId) { nodes { name } }
    }";
    let data = clinic.ask(who, query, variables).await;
    let nodes = data["patients"]["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| node["name"].as_str().unwrap().to_owned())
        .collect()
}

on_both_databases! {
    async fn restriction_hides_who_is_enrolled_in_nothing_else(clinic: &Clinic) {
        let administrator = clinic.ours.administrator;
        let nurse = clinic.staff("Nora", &["CLINICIAN"]).await;
        let (heart, lungs) = (clinic.program("Heart").await, clinic.program("Lungs").await);
        let (none, one, both) = (canary::name("Pa None"), canary::name("Pb One"), canary::name("Pc Both"));
        let team = json!([public_id(nurse)]);
        clinic.patient(&none, json!({ "careTeamIds": team })).await;
        let one_id = clinic.patient(&one, json!({ "careTeamIds": team, "programIds": [heart] })).await;
        let both_id = clinic.patient(&both, json!({ "careTeamIds": team, "programIds": [heart, lungs] })).await;
        let restrict = |programs: Value| {
            let input = json!({ "staffId": public_id(nurse), "programIds": programs });
            clinic.change(administrator, "setStaffRestrictions", "staffMember { restrictedFrom { name } } errors { code }", input)
        };
        let open = "query Q($id: ID!) { patient(id: $id) { programs { name } } }";
        let search = json!({ "search": "p" });

        assert_eq!(found(clinic, nurse, search.clone()).await, [none.clone(), one.clone(), both.clone()]);
        let restricted = restrict(json!([heart])).await;
        assert_eq!(restricted["staffMember"]["restrictedFrom"], json!([{ "name": "Heart" }]));
        assert_eq!(found(clinic, nurse, search.clone()).await, [none.clone(), both.clone()]);
        assert_eq!(found(clinic, nurse, json!({})).await, [none.clone(), both.clone()], "also on the own list");
        assert_eq!(found(clinic, nurse, json!({ "search": "p", "programId": heart })).await, std::slice::from_ref(&both));
        assert_eq!(clinic.refusal(nurse, open, json!({ "id": one_id })).await, "NOT_FOUND");
        assert_eq!(
            clinic.ask(nurse, open, json!({ "id": both_id })).await["patient"]["programs"],
            json!([{ "name": "Heart" }, { "name": "Lungs" }])
        );
        restrict(json!([lungs, heart])).await;
        assert_eq!(found(clinic, nurse, search.clone()).await, std::slice::from_ref(&none));

        let head = clinic.events_after(0).await.len() as i64;
        restrict(json!([heart, lungs])).await;
        assert_eq!(clinic.events_after(head).await, [], "the same restrictions change nothing");
        restrict(json!([])).await;
        assert_eq!(clinic.events_after(head).await[0].kind, EventKind::StaffAccessChanged);
        assert_eq!(found(clinic, nurse, search).await.len(), 3);
    }

    async fn who_hides_a_patient_from_themself_is_told_nothing_more(clinic: &Clinic) {
        let nurse = clinic.staff("Nora", &["CLINICIAN"]).await;
        let heart = clinic.program("Heart").await;
        let id = clinic.patient(&canary::name("Paul"), json!({})).await;
        let input = json!({ "staffId": public_id(nurse), "programIds": [heart] });
        clinic.change(clinic.ours.administrator, "setStaffRestrictions", "errors { code }", input).await;
        let head = clinic.events_after(0).await.len() as i64;
        let input = json!({ "patientId": id, "programIds": [heart] });
        let hidden = clinic.change(nurse, "setPatientPrograms", "patient { id } errors { code }", input.clone()).await;
        assert_eq!(hidden, json!({ "patient": null, "errors": [] }));
        assert_eq!(clinic.events_after(head).await[0].kind, EventKind::PatientAccessChanged);
        let query = harness::clinic::mutation("setPatientPrograms", "errors { code }");
        assert_eq!(clinic.refusal(nurse, &query, json!({ "input": input })).await, "NOT_FOUND");
        let unknown = json!({ "patientId": id, "programIds": ["prog_00000000000000000000000000000000"] });
        assert_eq!(clinic.refusal(clinic.ours.administrator, &query, json!({ "input": unknown })).await, "NOT_FOUND");
    }

    async fn programs_have_names_of_their_own(clinic: &Clinic) {
        let administrator = clinic.ours.administrator;
        let heart = clinic.program("Heart").await;
        clinic.program("Lungs").await;
        let taken = [("TAKEN".to_owned(), "name".to_owned())];
        assert_eq!(clinic.mistakes(administrator, "createProgram", json!({ "name": " Heart " })).await, taken);
        assert_eq!(clinic.mistakes(administrator, "renameProgram", json!({ "programId": heart, "name": "Lungs" })).await, taken);
        assert_eq!(clinic.mistakes(administrator, "createProgram", json!({ "name": "" })).await, [("BLANK".to_owned(), "name".to_owned())]);
        assert_eq!(clinic.mistakes(administrator, "renameProgram", json!({ "programId": heart, "name": "Zebra" })).await, []);
        let page = clinic.ask(administrator, "{ programs(first: 1) { nodes { name } pageInfo { endCursor } } }", json!({})).await;
        assert_eq!(page["programs"]["nodes"], json!([{ "name": "Lungs" }]));
        let query = "query Q($after: String) { programs(after: $after) { nodes { name } pageInfo { hasNextPage } } }";
        let rest = clinic.ask(administrator, query, json!({ "after": page["programs"]["pageInfo"]["endCursor"] })).await;
        assert_eq!(rest["programs"], json!({ "nodes": [{ "name": "Zebra" }], "pageInfo": { "hasNextPage": false } }));
        let theirs = clinic.change(clinic.theirs.administrator, "createProgram", "errors { code }", json!({ "name": "Lungs" })).await;
        assert_eq!(theirs["errors"], json!([]), "another clinic's names are free");
    }

    async fn groups_hold_one_kind_of_people(clinic: &Clinic) {
        let nurse = clinic.staff("Nora", &["CLINICIAN"]).await;
        let name = canary::name("Paul");
        let id = clinic.patient(&name, json!({})).await;
        let made = clinic.change(nurse, "createGroup", "group { id kind } errors { code }", json!({ "name": "Walkers", "kind": "PATIENTS" })).await;
        let group = made["group"]["id"].clone();
        for _ in 0..2 {
            let input = json!({ "groupId": group, "patientIds": [id, id] });
            assert_eq!(clinic.mistakes(nurse, "addToGroup", input).await, []);
        }
        assert_eq!(found(clinic, nurse, json!({ "search": "paul", "groupId": group })).await, [name]);
        let query = "query Q($id: ID!) { patient(id: $id) { groups { name kind } } groups(kind: STAFF) { nodes { id } } }";
        let seen = clinic.ask(nurse, query, json!({ "id": id })).await;
        assert_eq!(seen["patient"]["groups"], json!([{ "name": "Walkers", "kind": "PATIENTS" }]));
        assert_eq!(seen["groups"]["nodes"], json!([]));
        let wrong = json!({ "groupId": group, "staffIds": [public_id(nurse)] });
        assert_eq!(clinic.mistakes(nurse, "addToGroup", wrong).await, [("DEPENDS_ON_OTHER".to_owned(), "staffIds".to_owned())]);
        clinic.change(nurse, "removeFromGroup", "errors { code }", json!({ "groupId": group, "patientIds": [id] })).await;
        assert_eq!(found(clinic, nurse, json!({ "search": "paul", "groupId": group })).await, Vec::<String>::new());
    }

    async fn a_list_costs_the_same_for_few_and_many(clinic: &Clinic) {
        let nurse = clinic.staff("Nora", &["CLINICIAN"]).await;
        let heart = clinic.program("Heart").await;
        let query = "{ patients(first: 100) { nodes {
            name programs { name } groups { name } onPanel offersNotifications
            panel { alerted staffMember { name groups { name } } }
        } } staff { nodes { name restrictedFrom { name } } } }";
        let mut costs = Vec::new();
        for target in [3, 30] {
            let now = found(clinic, nurse, json!({})).await.len();
            for _ in now..target {
                clinic.patient(&canary::name("Paul"), json!({ "careTeamIds": [public_id(nurse)], "programIds": [heart] })).await;
            }
            let before = clinic.core.store.statements();
            clinic.ask(nurse, query, json!({})).await;
            costs.push(clinic.core.store.statements() - before);
        }
        // The viewer, two lists, and one statement each for programs, groups, panels, staff, their groups and restrictions;
        // groups of patients and of staff, and panels asked for by three fields, come in batches of their own.
        assert!(costs[0] <= 20 && costs[1] <= 20, "{costs:?}");
    }
}
