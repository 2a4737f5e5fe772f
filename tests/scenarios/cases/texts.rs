//! Texts that come in about cases.

use chrono::TimeDelta;
use entity::QuarantineReason;
use harness::clinic::Clinic;
use harness::{canary, on_both_databases};
use serde_json::json;
use tidings::domain::texts::inbound::Received;

use super::Ward;
use crate::texting::birth_date;

on_both_databases! {
    /// What the patient texts joins the case, counts as new, and stands there in one order with what staff wrote.
    async fn a_text_joins_the_case(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.case(&eva).await;
        ward.write(ward.nurse, &case, json!({ "body": canary::message("Since when?") })).await;
        ward.desk.text(1, &canary::message("Since Monday")).await;
        let talk: Vec<_> = ward.talk(&case).await.into_iter().map(|(_, channel, by)| (channel, by)).collect();
        let word = |one: &str, two: &str| (one.to_owned(), two.to_owned());
        assert_eq!(talk, [word("PORTAL", "PATIENT"), word("SMS", "STAFF"), word("SMS", "PATIENT")]);
        assert_eq!(ward.seen(ward.nurse, &case).await["conversation"]["unreadCount"], 2);
    }

    /// A new case takes texts too. Of several cases the one that wrote to the number last gets them, and one that is not complete
    /// before one that is.
    async fn of_several_cases_the_one_that_wrote_last_gets_it(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let (knee, foot) = (ward.case(&eva).await, ward.case(&eva).await);
        for (minutes, case, text) in [(1, &knee, "about the knee"), (2, &foot, "about the foot"), (3, &knee, "the knee again")] {
            let later = clinic.later(TimeDelta::minutes(minutes));
            let ward = ward.at(&later);
            ward.write(ward.nurse, case, json!({ "body": canary::message("?") })).await;
            ward.desk.text(1, &canary::message(text)).await;
        }
        let last = |talk: Vec<(String, String, String)>| talk.last().unwrap().0.clone();
        assert_eq!(last(ward.talk(&knee).await), canary::message("the knee again"));
        assert_eq!(last(ward.talk(&foot).await), canary::message("about the foot"));
        ward.set(&knee, "COMPLETE").await;
        ward.desk.text(1, &canary::message("still the foot")).await;
        assert_eq!(last(ward.talk(&foot).await), canary::message("still the foot"));
        ward.set(&foot, "COMPLETE").await;
        let new = ward.new_case(&eva).await;
        ward.desk.text(1, &canary::message("something new")).await;
        assert_eq!(last(ward.talk(&new).await), canary::message("something new"));
    }

    /// Whose a text is is never guessed: a number that several patients have, on file or by their cases, is kept apart.
    async fn a_number_of_several_patients_is_kept_apart(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let (eva, emil) = (ward.patient("Eva", 1).await, ward.patient("Emil", 2).await);
        let case = ward.case(&eva).await;
        assert_eq!(ward.desk.text(3, &canary::message("a stranger")).await, Received::Quarantined(QuarantineReason::UnknownSender));
        let theirs = ward.request(&emil, json!({ "phone": canary::phone(3) })).await["case"]["id"].as_str().unwrap().to_owned();
        ward.desk.text(3, &canary::message("from a third phone")).await;
        assert_eq!(ward.talk(&theirs).await.len(), 2);
        for (patient, number) in [(&eva, 3), (&emil, 1)] {
            ward.request(patient, json!({ "phone": canary::phone(number) })).await;
            assert_eq!(ward.desk.text(number, &canary::message("whose?")).await, Received::Quarantined(QuarantineReason::SharedNumber));
        }
        assert_eq!(ward.talk(&case).await.len(), 1);
    }

    /// Where a patient also texts with their care team, the conversation that wrote to the number last gets the text.
    async fn the_chat_and_the_case_are_told_apart(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.desk.enabled("Eva", 1).await;
        let case = ward.case(&eva).await;
        ward.desk.text(1, &canary::message("for the team")).await;
        let later = [1, 2].map(|minutes| clinic.later(TimeDelta::minutes(minutes)));
        let ward = ward.at(&later[0]);
        ward.write(ward.nurse, &case, json!({ "body": canary::message("about your knee") })).await;
        ward.desk.text(1, &canary::message("for the case")).await;
        let ward = ward.at(&later[1]);
        ward.desk.send(&eva, json!({ "body": canary::message("from the team") })).await;
        ward.desk.text(1, &canary::message("for the team again")).await;
        let chat: Vec<_> = ward.desk.messages(&eva).await.iter().map(|message| message["body"].as_str().unwrap().to_owned()).collect();
        assert_eq!(chat, ["for the team", "from the team", "for the team again"].map(canary::message));
        assert_eq!(ward.talk(&case).await.last().unwrap().0, canary::message("for the case"));
    }

    /// A text of which staff have said whose it is joins what it would have joined by itself, and not any old case.
    async fn what_staff_place_goes_where_it_would_have_gone(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.desk.enabled("Eva", 1).await;
        let case = ward.case(&eva).await;
        ward.set(&case, "COMPLETE").await;
        let later = [1, 2].map(|minutes| clinic.later(TimeDelta::minutes(minutes)));
        let ward = ward.at(&later[0]);
        ward.desk.send(&eva, json!({ "body": canary::message("from the team") })).await;
        ward.desk.placed(&eva, 1, &canary::message("for the team")).await;
        assert_eq!(ward.desk.messages(&eva).await.len(), 2);
        assert_eq!(ward.talk(&case).await.len(), 1);
        ward.set(&case, "IN_PROGRESS").await;
        let ward = ward.at(&later[1]);
        ward.write(ward.nurse, &case, json!({ "body": canary::message("about your knee") })).await;
        ward.desk.placed(&eva, 1, &canary::message("for the case")).await;
        assert_eq!(ward.talk(&case).await.last().unwrap().0, canary::message("for the case"));

        let emil = ward.patient("Emil", 2).await;
        let theirs = ward.case(&emil).await;
        ward.desk.placed(&emil, 2, &canary::message("without any enrolment")).await;
        assert_eq!(ward.talk(&theirs).await.len(), 2);
    }

    /// The question for the date of birth is still answered while a case goes on, and what is no answer takes no try where the
    /// case wrote last; the date of birth stands nowhere.
    async fn an_enrolment_goes_on_beside_a_case(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.case(&eva).await;
        ward.desk.done("enableTexting", &eva).await;
        ward.desk.text(1, "who is this?").await;
        assert_eq!(ward.desk.status(&eva).await["triesLeft"], 2, "the question came last");
        let later = clinic.later(TimeDelta::minutes(1));
        let ward = ward.at(&later);
        ward.write(ward.nurse, &case, json!({ "body": canary::message("about your knee") })).await;
        ward.desk.text(1, &canary::message("better")).await;
        assert_eq!(ward.desk.status(&eva).await["triesLeft"], 2);
        assert_eq!(ward.talk(&case).await.last().unwrap().0, canary::message("better"));
        ward.desk.text(1, &birth_date()).await;
        assert_eq!(ward.desk.status(&eva).await["status"], "ENABLED");
        ward.desk.text(1, &format!("{} born {}", canary::message("me"), birth_date())).await;
        assert!(!format!("{:?}", ward.talk(&case).await).contains("1947"));
    }

    /// Keywords come before anything else, also in a case.
    async fn keywords_come_first(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.request(&eva, json!({ "phone": canary::phone(2) })).await["case"]["id"].as_str().unwrap().to_owned();
        ward.set(&case, "IN_PROGRESS").await;
        for keyword in ["HELP", "stop!", "START"] {
            ward.desk.text(2, keyword).await;
        }
        assert_eq!(ward.talk(&case).await.len(), 1);
        assert_eq!(ward.seen(ward.nurse, &case).await["obstacles"], json!([]));
        ward.desk.text(2, &canary::message("please stop texting me")).await;
        let wish = "query ($id: ID!) { conversation(id: $id) { lastMessage { optOutWish } } }";
        assert_eq!(clinic.ask(ward.nurse, wish, json!({ "id": case })).await["conversation"]["lastMessage"]["optOutWish"], true);
    }
}
