//! The statuses of a case and its history (CASE-1, CASE-3, CASE-4).

use harness::clinic::{Clinic, public_id};
use harness::on_both_databases;
use serde_json::{Value, json};

use super::{Ward, codes};

on_both_databases! {
    /// A case is begun, completed, and taken up again from the archive; each time with who and when, and nobody moves it
    /// elsewhere.
    async fn a_case_goes_through_its_statuses(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let nils = clinic.staff("Nils", &["CLINICIAN"]).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.new_case(&eva).await;
        ward.set(&case, "IN_PROGRESS").await;
        let closed = ward.act(nils, "changeCaseStatus", json!({ "caseId": case, "status": "COMPLETE", "seenStatus": "IN_PROGRESS" })).await;
        assert_eq!((&closed["case"]["status"], &closed["case"]["conversation"]["status"]), (&json!("COMPLETE"), &json!("CLOSED")));
        ward.set(&case, "IN_PROGRESS").await;
        ward.set(&case, "IN_PROGRESS").await;
        let back = ward.act(ward.nurse, "changeCaseStatus", json!({ "caseId": case, "status": "NEW" })).await;
        assert_eq!(codes(&back), ["WRONG_STATE"]);

        let seen = ward.seen(ward.nurse, &case).await;
        let history: Vec<_> = seen["history"].as_array().unwrap().iter().map(|entry| {
            (entry["statusBefore"].clone(), entry["statusAfter"].clone(), entry["changedBy"]["id"].clone())
        }).collect();
        let (nora, nils) = (json!(public_id(ward.nurse)), json!(public_id(nils)));
        assert_eq!(history, [
            (json!("COMPLETE"), json!("IN_PROGRESS"), nora.clone()),
            (json!("IN_PROGRESS"), json!("COMPLETE"), nils),
            (json!("NEW"), json!("IN_PROGRESS"), nora.clone()),
            (Value::Null, json!("NEW"), nora.clone()),
        ]);
        assert_eq!(seen["conversation"]["status"], "OPEN");
        assert_eq!(seen["conversation"]["participants"][0]["staffMember"]["id"], nora, "who works on it takes part");
    }

    /// Two people who press at once: one moves the case, and the other is told how it stands now.
    async fn who_was_slower_is_told(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        for _ in 0..10 {
            let case = ward.new_case(&eva).await;
            let input = |status| json!({ "caseId": case, "status": status, "seenStatus": "NEW" });
            let (one, two) = futures_util::join!(
                ward.act(ward.nurse, "changeCaseStatus", input("IN_PROGRESS")),
                ward.act(ward.nurse, "changeCaseStatus", input("COMPLETE")),
            );
            let mut all = [codes(&one), codes(&two)];
            all.sort_unstable();
            assert_eq!(all, [vec![], vec!["OUTDATED_STATUS"]]);
            let (slower, faster) = if codes(&one).is_empty() { (two.clone(), "IN_PROGRESS") } else { (one.clone(), "COMPLETE") };
            assert_eq!(slower["case"]["status"], faster);
            assert_eq!(ward.seen(ward.nurse, &case).await["history"].as_array().unwrap().len(), 2);
        }
    }

    /// A case ends by its own status only, and what is no case has none.
    async fn only_cases_have_a_status(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.case(&eva).await;
        let mistakes = clinic.mistakes(ward.nurse, "closeConversation", json!({ "conversationId": case })).await;
        assert_eq!(mistakes[0].0, "WRONG_STATE");
        let (chat, _) = ward.desk.chat(&eva).await;
        let query = "mutation ($id: ID!) { changeCaseStatus(input: { caseId: $id, status: COMPLETE }) { errors { code } } }";
        assert_eq!(clinic.refusal(ward.nurse, query, json!({ "id": chat })).await, "NOT_FOUND");
        let query = "query ($id: ID!) { conversation(id: $id) { case { id } } }";
        assert_eq!(clinic.ask(ward.nurse, query, json!({ "id": chat })).await["conversation"]["case"], Value::Null);
    }
}
