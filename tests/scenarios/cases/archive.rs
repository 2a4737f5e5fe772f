//! Lists of cases, and the archive (CASE-2, CASE-3).

use harness::clinic::{Clinic, public_id};
use harness::{canary, on_both_databases};
use serde_json::{Value, json};

use super::Ward;

on_both_databases! {
    /// The list shows what is not complete, and the archive the rest; both are found by the patient's name and by what the case
    /// began with.
    async fn lists_show_what_is_open_and_the_archive_finds_the_rest(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let (eva, emil) = (ward.patient("Eva", 1).await, ward.patient("Emil", 2).await);
        let knee = ward.new_case(&eva).await;
        let rash = ward.request(&emil, json!({ "reason": canary::message("Ein Ausschlag, RÖTLICH"), "priority": "URGENT" })).await;
        let rash = rash["case"]["id"].as_str().unwrap().to_owned();
        ward.set(&rash, "IN_PROGRESS").await;
        let done = ward.case(&eva).await;
        ward.set(&done, "COMPLETE").await;

        let mut open = ward.list(ward.nurse, "first: 10").await;
        open.sort_unstable();
        let mut both = vec![knee.clone(), rash.clone()];
        both.sort_unstable();
        assert_eq!(open, both);
        for (arguments, expected) in [
            ("status: NEW", vec![&knee]),
            ("status: IN_PROGRESS", vec![&rash]),
            ("status: COMPLETE", vec![&done]),
            ("priority: URGENT", vec![&rash]),
            ("search: \"rotl aus\"", vec![&rash]),
            ("search: \"emil\"", vec![&rash]),
            ("search: \"eva knee\"", vec![&knee]),
            ("search: \"eva knee\", status: COMPLETE", vec![&done]),
            ("search: \"eva rash\"", vec![]),
            ("search: \"-\"", vec![]),
        ] {
            let found = ward.list(ward.nurse, arguments).await;
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{arguments}");
        }
        let assign = json!({ "caseId": knee, "assigneeId": public_id(ward.nurse) });
        ward.act(ward.nurse, "assignCase", assign).await;
        assert_eq!(ward.list(ward.nurse, &format!("assigneeId: \"{}\"", public_id(ward.nurse))).await, [knee]);
        assert_eq!(ward.list(ward.nurse, "unassigned: true").await, [rash]);
    }

    /// Pages follow each other, whichever way they are read.
    async fn pages_follow_each_other(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let mut all = Vec::new();
        for _ in 0..7 {
            all.push(ward.new_case(&eva).await);
        }
        all.sort_unstable_by(|one, two| two.cmp(one));
        let query = "query ($after: String) { cases(first: 3, after: $after) { pageInfo { hasNextPage endCursor } nodes { id } } }";
        let (mut found, mut after) = (Vec::new(), Value::Null);
        loop {
            let data = clinic.ask(ward.nurse, query, json!({ "after": after })).await;
            let page = &data["cases"];
            found.extend(page["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap().to_owned()));
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(found, all, "each once, in one order");
        assert_eq!(ward.list(ward.nurse, "last: 2").await, all[5..]);
    }

    /// Everybody who may open the case sees what is written in it, and nobody else finds it.
    async fn a_case_is_seen_by_all_who_may_open_it(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let (dora, rita) = (clinic.staff("Dora", &["CLINICIAN"]).await, clinic.staff("Rita", &["CLINICIAN"]).await);
        let program = clinic.program("Heart").await;
        let eva = ward.desk.patient_with("Eva", json!({ "phone": canary::phone(1), "programIds": [program] })).await;
        let restrict = json!({ "staffId": public_id(rita), "programIds": [program] });
        assert_eq!(clinic.mistakes(clinic.ours.administrator, "setStaffRestrictions", restrict).await, []);
        let case = ward.case(&eva).await;
        ward.write(ward.nurse, &case, json!({ "body": canary::message("Since when?") })).await;
        ward.desk.text(1, &canary::message("Since Monday")).await;
        let seen = ward.seen(dora, &case).await;
        assert_eq!(seen["conversation"]["messages"]["nodes"].as_array().unwrap().len(), 3);
        assert_eq!(ward.list(dora, "first: 5").await, std::slice::from_ref(&case));
        assert_eq!(ward.list(rita, "first: 5").await, [""; 0]);
        let query = "query ($id: ID!) { conversation(id: $id) { id } }";
        assert_eq!(clinic.refusal(rita, query, json!({ "id": case })).await, "NOT_FOUND");
    }
}
