//! In which order cases are listed, and which of them are overdue (CASE-6).

use chrono::TimeDelta;
use harness::canary;
use harness::clinic::Clinic;
use harness::on_both_databases;
use serde_json::{Value, json};

use super::Ward;

/// All cases in an order, read two at a time, forward and backward alike.
async fn ordered(clinic: &Clinic, ward: &Ward<'_>, arguments: &str) -> Vec<String> {
    let mut both = Vec::new();
    for (size, cursor, more, end) in [
        ("first", "after", "hasNextPage", "endCursor"),
        ("last", "before", "hasPreviousPage", "startCursor"),
    ] {
        let query = format!(
            "query ($size: Int, $cursor: String) {{ cases({arguments}, {size}: $size, {cursor}: $cursor) {{ nodes {{ id }}
            pageInfo {{ {more} {end} }} }} }}"
        );
        let (mut pages, mut at) = (Vec::new(), Value::Null);
        loop {
            let variables = json!({ "size": 2, "cursor": at });
            let page = clinic.ask(ward.nurse, &query, variables).await["cases"].clone();
            let nodes = page["nodes"].as_array().unwrap().clone();
            let ids = nodes
                .iter()
                .map(|node| node["id"].as_str().unwrap().to_owned());
            pages.push(ids.collect::<Vec<_>>());
            if page["pageInfo"][more] == json!(false) {
                break;
            }
            at = page["pageInfo"][end].clone();
        }
        if size == "last" {
            pages.reverse();
        }
        both.push(pages.concat());
    }
    assert_eq!(both[0], both[1], "{arguments}");
    both.remove(0)
}

on_both_databases! {
    /// What is due, urgent or old stands first, page by page from either end; a supervisor lists what was not answered in time.
    async fn cases_stand_in_the_order_in_which_they_are_worked_on(clinic: &Clinic) {
        clinic.set(json!({ "firstAnswerMinutes": { "normal": 60, "high": 300, "urgent": 30 } })).await;
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let mut opened = Vec::new();
        for (minute, priority) in [(0, "LOW"), (1, "NORMAL"), (2, "HIGH"), (3, "NORMAL"), (4, "URGENT")] {
            let then = clinic.later(TimeDelta::minutes(minute));
            let payload = ward.at(&then).request(&eva, json!({ "priority": priority })).await;
            opened.push(payload["case"]["id"].as_str().unwrap().to_owned());
        }
        let [low, normal, high, second, urgent] = <[String; 5]>::try_from(opened.clone()).unwrap();
        // The second of the normal ones is answered, and waits for no first answer.
        ward.set(&second, "IN_PROGRESS").await;
        let answer = json!({ "body": canary::message("Hello") });
        assert_eq!(ward.write(ward.nurse, &second, answer).await["errors"], json!([]));

        let ids = |ids: [&String; 5]| ids.map(String::clone).to_vec();
        assert_eq!(ordered(clinic, &ward, "orderBy: OPENED").await, opened);
        let by_priority = ids([&urgent, &high, &normal, &second, &low]);
        assert_eq!(ordered(clinic, &ward, "orderBy: PRIORITY").await, by_priority);
        let by_due = ids([&urgent, &normal, &high, &low, &second]);
        assert_eq!(ordered(clinic, &ward, "orderBy: FIRST_ANSWER_DUE").await, by_due);
        assert_eq!(ordered(clinic, &ward, "orderBy: ACTIVITY").await.len(), 5);
        assert_eq!(ward.list(ward.nurse, "first: 9, overdue: true").await, [""; 0]);

        let late = clinic.later(TimeDelta::minutes(70));
        let overdue = ward.at(&late).list(ward.nurse, "first: 9, overdue: true, orderBy: FIRST_ANSWER_DUE").await;
        assert_eq!(overdue, [urgent.clone(), normal.clone()]);
        ward.set(&urgent, "COMPLETE").await;
        let overdue = ward.at(&late).list(ward.nurse, "first: 9, overdue: true").await;
        assert_eq!(overdue, [normal], "what is done waits for nothing");

        let page = "{ cases(first: 1, orderBy: PRIORITY) { pageInfo { endCursor } } }";
        let cursor = clinic.ask(ward.nurse, page, json!({})).await["cases"]["pageInfo"]["endCursor"].clone();
        let other = "query ($after: String) { cases(first: 1, orderBy: OPENED, after: $after) { nodes { id } } }";
        assert_eq!(clinic.refusal(ward.nurse, other, json!({ "after": cursor })).await, "BAD_USER_INPUT");
    }
}
