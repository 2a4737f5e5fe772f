//! Which patients exist for whom (PEO-1, PEO-5), and how they are found.

use harness::clinic::{Claims, Clinic, public_id};
use harness::{canary, on_both_databases};
use serde_json::{Value, json};

const PATIENTS: &str = "query Q($search: String, $reach: PatientReach, $first: Int, $after: String, $last: Int, $before: String) {
    patients(search: $search, reach: $reach, first: $first, after: $after, last: $last, before: $before) {
        nodes { id name }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
}";

async fn found(clinic: &Clinic, who: Claims, variables: Value) -> Vec<String> {
    let data = clinic.ask(who, PATIENTS, variables).await;
    let nodes = data["patients"]["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| node["name"].as_str().unwrap().to_owned())
        .collect()
}

on_both_databases! {
    async fn lists_show_ones_own_patients_and_a_search_finds_the_others(clinic: &Clinic) {
        let nurse = clinic.staff("Nora", &["CLINICIAN"]).await;
        let (own, other) = (canary::name("Olga Own"), canary::name("Otto Other"));
        let own_id = clinic.patient(&own, json!({ "careTeamIds": [public_id(nurse)] })).await;
        let other_id = clinic.patient(&other, json!({})).await;
        let open = "query Q($id: ID!) { patient(id: $id) { id } }";

        assert_eq!(found(clinic, nurse, json!({})).await, std::slice::from_ref(&own));
        assert_eq!(found(clinic, nurse, json!({ "search": "o" })).await, [own.clone(), other.clone()]);
        assert_eq!(found(clinic, nurse, json!({ "search": "o", "reach": "MINE" })).await, std::slice::from_ref(&own));
        assert_eq!(found(clinic, nurse, json!({ "search": " " })).await, Vec::<String>::new());
        clinic.ask(nurse, open, json!({ "id": other_id })).await;

        clinic.set(json!({ "access": "ORGANIZATION" })).await;
        assert_eq!(found(clinic, nurse, json!({})).await, [own.clone(), other.clone()]);
        assert_eq!(found(clinic, nurse, json!({ "reach": "MINE" })).await, std::slice::from_ref(&own));

        clinic.set(json!({ "access": "TEAM" })).await;
        assert_eq!(found(clinic, nurse, json!({ "search": "o" })).await, std::slice::from_ref(&own));
        assert_eq!(clinic.refusal(nurse, open, json!({ "id": other_id })).await, "NOT_FOUND");
        let leave = json!({ "patientId": own_id, "staffId": public_id(nurse) });
        let left = clinic.change(nurse, "removeFromCareTeam", "patient { id } errors { code }", leave).await;
        assert_eq!(left, json!({ "patient": null, "errors": [] }), "the change itself has hidden the patient");
    }

    async fn names_are_found_without_regard_to_case_and_accents(clinic: &Clinic) {
        let nurse = clinic.staff("Nora", &["CLINICIAN"]).await;
        let name = canary::name("Åsa-Kristina Müller");
        let id = clinic.patient(&name, json!({})).await;
        for search in ["asa", "MULL", "kris åsa", "müller ås", "müller"] {
            assert_eq!(found(clinic, nurse, json!({ "search": search })).await, std::slice::from_ref(&name), "{search}");
        }
        for search in ["ller", "asa x", "%", "_"] {
            assert_eq!(found(clinic, nurse, json!({ "search": search })).await, Vec::<String>::new(), "{search}");
        }
        let renamed = canary::name("Eva Lind");
        clinic.change(nurse, "updatePatient", "errors { code }", json!({ "patientId": id, "name": renamed })).await;
        assert_eq!(found(clinic, nurse, json!({ "search": "asa" })).await, Vec::<String>::new());
        assert_eq!(found(clinic, nurse, json!({ "search": "lind" })).await, [renamed]);
    }

    async fn pages_follow_each_other_in_both_directions(clinic: &Clinic) {
        let nurse = clinic.staff("Nora", &["CLINICIAN"]).await;
        clinic.set(json!({ "access": "ORGANIZATION" })).await;
        for name in ["Dan", "Ann", "Cid", "Bea", "Ann"] {
            clinic.patient(&canary::name(name), json!({})).await;
        }
        let expected: Vec<_> = ["Ann", "Ann", "Bea", "Cid", "Dan"].into_iter().map(canary::name).collect();
        let (mut forward, mut backward) = (Vec::new(), Vec::new());
        let mut variables = json!({ "first": 2 });
        loop {
            let page = clinic.ask(nurse, PATIENTS, variables).await["patients"].clone();
            forward.extend(page["nodes"].as_array().unwrap().clone());
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            variables = json!({ "first": 2, "after": page["pageInfo"]["endCursor"] });
        }
        variables = json!({ "last": 2 });
        loop {
            let page = clinic.ask(nurse, PATIENTS, variables).await["patients"].clone();
            backward.extend(page["nodes"].as_array().unwrap().iter().rev().cloned());
            if page["pageInfo"]["hasPreviousPage"] == false {
                break;
            }
            variables = json!({ "last": 2, "before": page["pageInfo"]["startCursor"] });
        }
        let names: Vec<_> = forward.iter().map(|node| node["name"].as_str().unwrap()).collect();
        assert_eq!(names, expected);
        backward.reverse();
        assert_eq!(backward, forward);
        for variables in [json!({ "after": "garbled" }), json!({ "first": -1 }), json!({ "first": 1, "last": 1 })] {
            assert_eq!(clinic.refusal(nurse, PATIENTS, variables).await, "BAD_USER_INPUT");
        }
        assert_eq!(clinic.refusal(nurse, PATIENTS, json!({ "first": 101 })).await, "LIMIT_EXCEEDED");
    }

    async fn another_clinics_patients_are_not_there(clinic: &Clinic) {
        let stranger = clinic.theirs.administrator;
        let id = clinic.patient(&canary::name("Paul"), json!({})).await;
        let group = clinic.change(clinic.ours.administrator, "createGroup", "group { id }", json!({ "name": "Walkers", "kind": "PATIENTS" })).await;
        let (group, program) = (group["group"]["id"].clone(), clinic.program("Heart").await);
        assert_eq!(found(clinic, stranger, json!({ "search": "paul" })).await, Vec::<String>::new());
        for node in [json!(id), group.clone(), json!(program), json!(clinic.ours.organization.to_public()), json!("nonsense")] {
            let query = "query Q($id: ID!) { node(id: $id) { id } }";
            assert_eq!(clinic.refusal(stranger, query, json!({ "id": node })).await, "NOT_FOUND");
        }
        let person = public_id(stranger);
        for (name, input) in [
            ("updatePatient", json!({ "patientId": id })),
            ("setPatientPrograms", json!({ "patientId": id, "programIds": [] })),
            ("endEnrolment", json!({ "patientId": id })),
            ("addToCareTeam", json!({ "patientId": id, "staffId": person })),
            ("removeFromCareTeam", json!({ "patientId": id, "staffId": person })),
            ("addToGroup", json!({ "groupId": group, "patientIds": [] })),
            ("renameProgram", json!({ "programId": program, "name": "Theirs" })),
            ("createPatient", json!({ "name": "X", "dateOfBirth": canary::BIRTH_DATE, "programIds": [program] })),
        ] {
            let query = harness::clinic::mutation(name, "errors { code }");
            assert_eq!(clinic.refusal(stranger, &query, json!({ "input": input })).await, "NOT_FOUND", "{name}");
        }
        assert_eq!(clinic.ask(clinic.ours.administrator, "query Q($id: ID!) { node(id: $id) { __typename id } }", json!({ "id": id })).await["node"],
            json!({ "__typename": "Patient", "id": id }));
    }
}
