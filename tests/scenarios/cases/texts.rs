//! Texts that come in about cases.

use chrono::TimeDelta;
use entity::{QuarantineReason, TextFailure, TextState, text};
use futures_util::{StreamExt, stream};
use harness::clinic::Clinic;
use harness::{canary, on_both_databases};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
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

    /// Beside a case that wrote last, dates are judged like without one: three wrong ones, and the right one comes too late. What
    /// else they say stands in the case, without any date.
    async fn guesses_beside_a_case_are_counted(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.case(&eva).await;
        ward.desk.done("enableTexting", &eva).await;
        let later = clinic.later(TimeDelta::minutes(1));
        let ward = ward.at(&later);
        ward.write(ward.nurse, &case, json!({ "body": canary::message("about your knee") })).await;
        let more = format!("01/04/1980 {}", canary::message("and it hurts"));
        for (guess, left) in [("01/02/1980", json!(2)), ("3 January 1980", json!(1)), (&more, json!(null))] {
            ward.desk.text(1, guess).await;
            assert_eq!(ward.desk.status(&eva).await["triesLeft"], left, "{guess}");
        }
        let said: Vec<_> = ward.talk(&case).await.into_iter().skip(2).map(|(body, ..)| body).collect();
        assert_eq!(said, ["[date]".to_owned(), "[date]".to_owned(), format!("[date] {}", canary::message("and it hurts"))]);
        ward.desk.text(1, &birth_date()).await;
        assert_eq!(ward.desk.status(&eva).await["status"], "FAILED");
        assert_eq!(ward.talk(&case).await.len(), 6, "that an answer came is seen");
    }

    /// Of a thousand guesses at once, with a case that wrote last, the first three decide.
    async fn of_many_guesses_beside_a_case_three_are_judged(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.patient("Eva", 1).await;
        let case = ward.case(&eva).await;
        ward.desk.done("enableTexting", &eva).await;
        let later = clinic.later(TimeDelta::minutes(1));
        let ward = ward.at(&later);
        ward.write(ward.nurse, &case, json!({ "body": canary::message("about your knee") })).await;
        let right = birth_date();
        let guesses = (0..1_000).map(|n| if n == 900 { right.clone() } else { format!("01/02/{}", 1900 + n % 100) });
        let desk = &ward.desk;
        stream::iter(guesses).map(async |guess| desk.text(1, &guess).await).buffer_unordered(50).collect::<Vec<_>>().await;
        let status = ward.desk.status(&eva).await;
        assert_eq!((&status["status"], &status["failure"]), (&json!("FAILED"), &json!("WRONG_ANSWERS")));
    }

    /// A case that has ended takes no texts from the chat, but for an answer that comes within a day.
    async fn what_has_ended_takes_no_texts_from_the_chat(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.desk.enabled("Eva", 1).await;
        let case = ward.case(&eva).await;
        let later = [TimeDelta::minutes(1), TimeDelta::hours(20), TimeDelta::hours(26)].map(|by| clinic.later(by));
        let ward = ward.at(&later[0]);
        ward.write(ward.nurse, &case, json!({ "body": canary::message("Take care") })).await;
        ward.set(&case, "COMPLETE").await;
        ward.at(&later[1]).desk.text(1, &canary::message("thank you")).await;
        assert_eq!(ward.talk(&case).await.last().unwrap().0, canary::message("thank you"));
        assert!(ward.desk.messages(&eva).await.is_empty());
        ward.at(&later[2]).desk.text(1, &canary::message("something else")).await;
        assert_eq!(ward.desk.messages(&eva).await[0]["body"], canary::message("something else"));
    }

    /// What has not arrived is answered by nobody: the text goes to the conversation that wrote before it.
    async fn nobody_answers_what_has_not_arrived(clinic: &Clinic) {
        let ward = Ward::open(clinic).await;
        let eva = ward.desk.enabled("Eva", 1).await;
        let case = ward.case(&eva).await;
        ward.desk.send(&eva, json!({ "body": canary::message("from the team") })).await;
        let later = clinic.later(TimeDelta::minutes(1));
        let ward = ward.at(&later);
        ward.write(ward.nurse, &case, json!({ "body": canary::message("about your knee") })).await;
        let id = entity::ConversationId::from_public(&case).unwrap();
        let failing = text::Entity::update_many()
            .col_expr(text::Column::State, Expr::value(TextState::Failed))
            .col_expr(text::Column::Reason, Expr::value(TextFailure::Unreachable))
            .filter(text::Column::ConversationId.eq(id));
        assert_eq!(failing.exec(clinic.core.store.writer()).await.unwrap().rows_affected, 1);
        ward.desk.text(1, &canary::message("for the team")).await;
        assert_eq!(ward.desk.messages(&eva).await.last().unwrap()["body"], canary::message("for the team"));
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
