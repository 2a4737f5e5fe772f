//! The care team panel: members, notification users, and who is being alerted (PEO-4, PEO-7).

use entity::{EventKind, PatientId, PersonId, StaffId};
use harness::clinic::{Claims, Clinic, public_id};
use harness::{canary, on_both_databases};
use serde_json::{Value, json};
use tidings::domain::event_log::Audience;

const PANEL: &str = "query Q($id: ID!) { patient(id: $id) {
    onPanel offersNotifications panel { staffMember { id name } role alerted notAlertedBecause }
} }";

async fn panel(clinic: &Clinic, who: Claims, id: &str) -> Value {
    clinic.ask(who, PANEL, json!({ "id": id })).await["patient"].clone()
}

fn staff_id(who: Claims) -> StaffId {
    match who.person {
        PersonId::Staff(id) => id,
        PersonId::Patient(_) => panic!("a patient"),
    }
}

on_both_databases! {
    async fn a_notification_user_joins_and_leaves_again(clinic: &Clinic) {
        let nurse = clinic.staff("Nora", &["CLINICIAN"]).await;
        let doctor = clinic.staff("Dora", &["CLINICIAN"]).await;
        let id = clinic.patient(&canary::name("Paul"), json!({ "careTeamIds": [public_id(nurse)] })).await;
        let input = json!({ "patientId": id });
        let before = panel(clinic, doctor, &id).await;
        assert_eq!((&before["onPanel"], &before["offersNotifications"]), (&json!(false), &json!(true)));

        let head = clinic.events_after(0).await.len() as i64;
        for _ in 0..2 {
            assert_eq!(clinic.mistakes(doctor, "becomeNotificationUser", input.clone()).await, []);
        }
        let events = clinic.events_after(head).await;
        assert_eq!(events.len(), 1, "joining twice changes nothing");
        assert_eq!((events[0].kind, events[0].subject_id), (EventKind::PanelChanged, Some(staff_id(doctor).0)));
        let joined = panel(clinic, doctor, &id).await;
        assert_eq!(joined["offersNotifications"], false);
        assert_eq!(joined["panel"][1]["role"], "NOTIFICATION_USER");
        assert_eq!(joined["panel"][1]["alerted"], true);

        for _ in 0..2 {
            assert_eq!(clinic.mistakes(doctor, "stopNotifications", input.clone()).await, []);
        }
        let events = clinic.events_after(head + 1).await;
        assert_eq!(events.len(), 1);
        let audience = Audience::from_stored(&events[0].audience).unwrap();
        assert!(audience.includes(staff_id(nurse)) && audience.includes(staff_id(doctor)), "who left is told too");
        assert_eq!(panel(clinic, doctor, &id).await["panel"].as_array().unwrap().len(), 1);

        for name in ["becomeNotificationUser", "stopNotifications"] {
            clinic.change(nurse, name, "errors { code }", input.clone()).await;
        }
        assert_eq!(clinic.events_after(head + 2).await, [], "neither changes a member of the care team");
    }

    async fn the_panel_says_who_is_alerted_and_why_not(clinic: &Clinic) {
        let administrator = clinic.ours.administrator;
        let heart = clinic.program("Heart").await;
        let mut team = Vec::new();
        for name in ["Ann", "Bea", "Cid", "Dan", "Eve"] {
            team.push(clinic.staff(name, &["CLINICIAN"]).await);
        }
        let ids: Vec<_> = team.iter().map(|member| public_id(*member)).collect();
        let id = clinic.patient(&canary::name("Paul"), json!({ "careTeamIds": ids, "programIds": [heart] })).await;
        clinic.change(team[1], "updateNotificationSettings", "errors { code }", json!({ "newPatientMessage": false })).await;
        clinic.change(administrator, "setStaffRestrictions", "errors { code }", json!({ "staffId": ids[2], "programIds": [heart] })).await;
        clinic.change(administrator, "deactivateStaffMember", "errors { code }", json!({ "staffId": ids[3] })).await;
        clinic.change(administrator, "updateStaffMember", "errors { code }", json!({ "staffId": ids[4], "roles": ["OUTREACH_MANAGER"] })).await;
        let seen = panel(clinic, team[0], &id).await;
        let reasons: Vec<_> = ids
            .iter()
            .map(|id| {
                let lines = seen["panel"].as_array().unwrap();
                let line = lines.iter().find(|line| line["staffMember"]["id"] == **id).unwrap();
                assert_eq!(line["alerted"] == true, line["notAlertedBecause"].is_null());
                line["notAlertedBecause"].clone()
            })
            .collect();
        assert_eq!(reasons, [json!(null), json!("NOTIFICATIONS_OFF"), json!("RESTRICTED"), json!("DEACTIVATED"), json!("NOT_CLINICIAN")]);

        let person = PersonId::Patient(PatientId::from_public(&id).unwrap());
        let paul = clinic.sign_in(clinic.ours.organization, person).await;
        let own = panel(clinic, paul, &id).await;
        let lines = own["panel"].as_array().unwrap();
        assert_eq!(lines.len(), 4, "who has left the clinic is not shown");
        assert!(lines.iter().all(|line| line["alerted"].is_null() && line["notAlertedBecause"].is_null()));
        assert_eq!((&own["onPanel"], &own["offersNotifications"]), (&json!(null), &json!(null)));
    }

    async fn care_teams_are_made_of_active_clinicians(clinic: &Clinic) {
        let administrator = clinic.ours.administrator;
        let nurse = clinic.staff("Nora", &["CLINICIAN"]).await;
        let outreach = clinic.staff("Olli", &["OUTREACH_MANAGER"]).await;
        let id = clinic.patient(&canary::name("Paul"), json!({})).await;
        let input = |who: Claims| json!({ "patientId": id, "staffId": public_id(who) });
        let unable = [("WRONG_STATE".to_owned(), String::new())];
        assert_eq!(clinic.mistakes(administrator, "addToCareTeam", input(outreach)).await, unable);
        let add = harness::clinic::mutation("addToCareTeam", "errors { code }");
        let foreign = json!({ "input": input(clinic.theirs.administrator) });
        assert_eq!(clinic.refusal(administrator, &add, foreign).await, "NOT_FOUND");
        assert_eq!(clinic.refusal(outreach, &add, json!({ "input": input(nurse) })).await, "FORBIDDEN");

        clinic.change(nurse, "becomeNotificationUser", "errors { code }", json!({ "patientId": id })).await;
        assert_eq!(clinic.mistakes(administrator, "addToCareTeam", input(nurse)).await, []);
        assert_eq!(panel(clinic, nurse, &id).await["panel"][0]["role"], "CARE_TEAM", "a notification user becomes a member");
        let head = clinic.events_after(0).await.len() as i64;
        assert_eq!(clinic.mistakes(administrator, "addToCareTeam", input(nurse)).await, []);
        assert_eq!(clinic.events_after(head).await, []);
        assert_eq!(clinic.mistakes(administrator, "removeFromCareTeam", input(nurse)).await, []);
        assert_eq!(panel(clinic, nurse, &id).await["panel"], json!([]));
    }
}
