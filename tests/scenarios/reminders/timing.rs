//! When a reminder leaves: by the clocks of each patient, at most so often on a day, and not any more once it has expired.

use harness::clinic::Clinic;
use harness::on_both_databases;
use serde_json::json;

use super::{at, leave, patient, reason, send, sent, standing, template, titles, to};

on_both_databases! {
    async fn it_leaves_by_the_clocks_of_each_patient(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let mut ids = Vec::new();
        for zone in ["Europe/Helsinki", "Africa/Nairobi", "America/New_York"] {
            ids.push(patient(clinic, "Eva", json!({ "timeZone": zone })).await);
        }
        let ids: Vec<_> = ids.iter().map(String::as_str).collect();
        // In Helsinki the clocks leave this time out.
        let spring = to(&template, &ids, json!({ "localTime": "2027-03-28T03:30" }));
        let payload = send(clinic, nora, spring).await;
        assert_eq!(payload["reminder"]["skippedCount"], json!(1));
        let reminder = payload["reminder"]["id"].clone();
        assert_eq!(reason(clinic, nora, &reminder, ids[0]).await, json!("TIME_DOES_NOT_EXIST"));
        for (time, expected) in [
            ("2027-03-28T00:29:00Z", 0),
            ("2027-03-28T00:30:00Z", 1),
            ("2027-03-28T07:29:00Z", 0),
            ("2027-03-28T07:30:00Z", 1),
        ] {
            assert_eq!(leave(&at(clinic, time)).await, expected, "{time}");
        }
        assert_eq!(standing(clinic, nora, &reminder).await, ("DONE".to_owned(), [0, 2, 1, 0]));

        // There this time comes twice, and the first counts.
        sent(clinic, nora, to(&template, &ids[..1], json!({ "localTime": "2027-10-31T03:30" }))).await;
        assert_eq!(leave(&at(clinic, "2027-10-31T00:29:00Z")).await, 0);
        assert_eq!(leave(&at(clinic, "2027-10-31T00:30:00Z")).await, 1);
    }

    async fn a_limit_counts_by_the_patients_day(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let eva = patient(clinic, "Eva", json!({ "timeZone": "Pacific/Auckland" })).await;
        for _ in 0..3 {
            sent(clinic, nora, to(&template, &[&eva], json!({}))).await;
        }
        // It is 21:00 there.
        assert_eq!(leave(&clinic.core).await, 3, "without a limit, all leave");
        clinic.set(json!({ "remindersPerPatientAndDay": 3 })).await;
        let payload = send(clinic, nora, to(&template, &[&eva], json!({}))).await;
        assert_eq!(payload["errors"][0]["code"], json!("LIMIT_REACHED"));

        let tomorrow = json!({ "localTime": "2027-01-16T09:00" });
        let mut reminders = Vec::new();
        for _ in 0..4 {
            reminders.push(sent(clinic, nora, to(&template, &[&eva], tomorrow.clone())).await);
        }
        leave(&at(clinic, "2027-01-15T20:00:00Z")).await;
        assert_eq!(titles(clinic, nora, &eva).await.len(), 6);
        let mut skipped = 0;
        for reminder in &reminders {
            if reason(clinic, nora, reminder, &eva).await == json!("LIMIT_REACHED") {
                skipped += 1;
            }
        }
        assert_eq!(skipped, 1, "the limit is looked at again when a message leaves");
    }

    /// Two nodes have two reminders to the same patients in hand at the same moment: each patient gets one on that day all the same.
    async fn a_limit_holds_between_nodes(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let mut ids = Vec::new();
        for _ in 0..20 {
            ids.push(patient(clinic, "Eva", json!({ "timeZone": "Europe/London" })).await);
        }
        let ids: Vec<_> = ids.iter().map(String::as_str).collect();
        clinic.set(json!({ "remindersPerPatientAndDay": 1 })).await;
        for day in 1..=5 {
            let time = json!({ "localTime": format!("2027-02-0{day}T09:00") });
            let mut reminders = Vec::new();
            for _ in 0..2 {
                reminders.push(sent(clinic, nora, to(&template, &ids, time.clone())).await);
            }
            let due = format!("2027-02-0{day}T09:00:00Z");
            let (one, other) = (at(clinic, &due), at(clinic, &due));
            let (one, other) = tokio::join!(leave(&one), leave(&other));
            assert_eq!(one + other + leave(&at(clinic, &due)).await, 40);
            let (_, [_, first, first_skipped, _]) = standing(clinic, nora, &reminders[0]).await;
            let (_, [_, second, second_skipped, _]) = standing(clinic, nora, &reminders[1]).await;
            assert_eq!((first + second, first_skipped + second_skipped), (20, 20), "on day {day}");
        }
    }

    async fn what_has_expired_does_not_leave(clinic: &Clinic) {
        let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let eva = patient(clinic, "Eva", json!({})).await;
        let times = json!({ "localTime": "2027-02-01T09:00", "expiresAt": "2027-02-01T12:00:00Z" });
        let reminder = sent(clinic, nora, to(&template, &[&eva], times)).await;
        // As after a night without the server.
        leave(&at(clinic, "2027-02-01T12:00:00Z")).await;
        assert_eq!(standing(clinic, nora, &reminder).await, ("DONE".to_owned(), [0, 0, 1, 0]));
        assert_eq!(reason(clinic, nora, &reminder, &eva).await, json!("EXPIRED"));
        assert!(titles(clinic, nora, &eva).await.is_empty());
    }
}
