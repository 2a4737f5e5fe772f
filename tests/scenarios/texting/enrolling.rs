//! From the question to the answer (TXT-1 to TXT-3, TXT-5).

use chrono::{DateTime, TimeDelta, Utc};
use entity::{PersonId, TextPurpose, inbound_text, quarantined_text};
use futures_util::{StreamExt, stream};
use harness::clinic::Clinic;
use harness::{canary, on_both_databases};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::{Value, json};
use tidings::domain::texting::sweep;

use super::{Desk, birth_date, is_apart, later, patient_id};

/// The question of this clinic.
const QUESTION: &str = "A member of your care team at Riverside Clinic is trying to get in contact with you. Please send your date of birth (MM/DD/YYYY) to confirm your identity. If you choose to opt out of these messages at any time, please respond 'STOP'. Message and data rates may apply.";

on_both_databases! {
    /// The question goes out, the right date enables, and the ledger says what was agreed to.
    async fn the_right_date_of_birth_enables(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = desk.patient("Eva", 1).await;
        assert_eq!(desk.status(&eva).await["status"], "NONE");
        desk.done("enableTexting", &eva).await;
        assert_eq!(desk.texts_to(1).await, [TextPurpose::Enrolment]);
        let pending = desk.status(&eva).await;
        assert_eq!((&pending["status"], &pending["triesLeft"]), (&json!("PENDING"), &json!(3)));
        let by: DateTime<Utc> = pending["answerBy"].as_str().unwrap().parse().unwrap();
        assert_eq!(by, clinic.core.clock.now() + TimeDelta::weeks(2));

        desk.text(1, &format!("It is {}.", birth_date())).await;
        let enabled = desk.status(&eva).await;
        assert_eq!((&enabled["status"], &enabled["obstacles"]), (&json!("ENABLED"), &json!([])));
        let ledger = desk.ledger(&eva).await;
        assert_eq!(ledger.len(), 1);
        assert_eq!((ledger[0].0.as_str(), ledger[0].1.as_str()), ("GRANTED", "TEXT_ANSWER"));
        assert_eq!(ledger[0].2, QUESTION);
        assert_eq!(desk.messages(&eva).await, Vec::<Value>::new(), "an answer is no message");
    }

    /// Three wrong answers, whatever they say, and no fourth: staff begin again.
    async fn three_wrong_answers_fail(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = desk.patient("Eva", 1).await;
        desk.done("enableTexting", &eva).await;
        for (answer, left) in [("01/02/1990", json!(2)), ("who is this?", json!(1))] {
            desk.text(1, answer).await;
            assert_eq!(desk.status(&eva).await["triesLeft"], left, "{answer}");
        }
        desk.text(1, "01/03/1990").await;
        let failed = desk.status(&eva).await;
        assert_eq!((&failed["status"], &failed["failure"]), (&json!("FAILED"), &json!("WRONG_ANSWERS")));
        assert!(is_apart(&desk.text(1, &birth_date()).await), "it is too late");
        assert_eq!(desk.mistakes("resendTextingInvitation", &eva).await, ["WRONG_STATE"]);
        assert_eq!(desk.mistakes("enableTexting", &eva).await, ["WRONG_STATE"]);
        desk.done("restartTexting", &eva).await;
        assert_eq!(desk.status(&eva).await["triesLeft"], 3);
        desk.text(1, &birth_date()).await;
        assert_eq!(desk.status(&eva).await["status"], "ENABLED");
    }

    /// What an answer says besides the date is not lost: it waits apart while nobody knows who writes, and is the first message of
    /// whoever has said the right date. Words around the date are none.
    async fn what_an_answer_says_besides_is_kept(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = desk.patient("Eva", 1).await;
        desk.done("enableTexting", &eva).await;
        assert!(is_apart(&desk.text(1, &canary::message("I can't come tomorrow")).await));
        assert_eq!(desk.status(&eva).await["triesLeft"], 2);
        assert!(is_apart(&desk.text(1, &format!("01/02/1990 {}", canary::message("call me"))).await));
        assert_eq!(desk.status(&eva).await["triesLeft"], 1);
        desk.text(1, &format!("Sorry: {}. {}", birth_date(), canary::message("I feel dizzy"))).await;
        assert_eq!(desk.status(&eva).await["status"], "ENABLED");
        let bodies: Vec<_> = desk.messages(&eva).await.into_iter().map(|message| message["body"].clone()).collect();
        assert_eq!(bodies, [json!(format!("Sorry: [date]. {}", canary::message("I feel dizzy")))]);
    }

    /// Two weeks end it, to the moment; whoever answers after that is too late, swept or not.
    async fn two_weeks_end_it(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let (eva, ben) = (desk.patient("Eva", 1).await, desk.patient("Ben", 2).await);
        desk.done("enableTexting", &eva).await;
        desk.done("enableTexting", &ben).await;
        let nearly = later(&clinic.core, TimeDelta::weeks(2) - TimeDelta::microseconds(1));
        assert_eq!(sweep(&nearly).await.unwrap(), 0);
        let over = later(&clinic.core, TimeDelta::weeks(2));
        desk.text_to(&over, 2, &birth_date()).await;
        assert_eq!(desk.status(&ben).await["failure"], "TIME_PASSED");
        assert_eq!((sweep(&over).await.unwrap(), sweep(&over).await.unwrap()), (1, 0));
        let failed = desk.status(&eva).await;
        assert_eq!((&failed["status"], &failed["failure"]), (&json!("FAILED"), &json!("TIME_PASSED")));
    }

    /// An enrolment that cannot be read keeps no other from being ended, neither of its clinic nor of another.
    async fn one_that_cannot_be_read_holds_up_no_other(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let (eva, ben) = (desk.patient("Eva", 1).await, desk.patient("Ben", 2).await);
        desk.done("enableTexting", &eva).await;
        desk.done("enableTexting", &ben).await;
        let spoil = "update texting_enrolment set status_before = 'NONSENSE' where number = ";
        let spoil = format!("{spoil}'{}'", canary::phone(1));
        clinic.core.store.writer().execute_unprepared(&spoil).await.unwrap();
        let over = later(&clinic.core, TimeDelta::weeks(2));
        assert_eq!(sweep(&over).await.unwrap(), 1);
        assert_eq!(desk.status(&ben).await["failure"], "TIME_PASSED");
    }

    /// Of a thousand guesses that come at once three are judged.
    async fn of_many_guesses_at_once_three_are_judged(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = desk.patient("Eva", 1).await;
        desk.done("enableTexting", &eva).await;
        // The right one is far behind.
        let guesses: Vec<_> = (0..1_000).map(|n| if n == 900 { birth_date() } else { format!("01/02/{}", 1900 + n % 100) }).collect();
        let desk = &desk;
        // Most come from other phones, where no answer of hers is looked for.
        let guesses = guesses.iter().enumerate().map(|(n, guess)| (if n % 4 == 0 { 1 } else { 10 + u16::try_from(n % 30).unwrap() }, guess));
        let judging = stream::iter(guesses).map(async |(number, guess)| (number, desk.text(number, guess).await)).buffer_unordered(100);
        let received: Vec<_> = judging.collect().await;
        let judged: Vec<_> = received.iter().filter(|(_, received)| !is_apart(received)).collect();
        assert!(judged.len() <= 3, "{}", judged.len());
        assert!(judged.iter().all(|(number, _)| *number == 1));
        let judged = judged.len();
        let status = desk.status(&eva).await["status"].clone();
        assert!(status == "FAILED" || judged <= 3 && status == "ENABLED", "{status}");
    }

    /// What stands in the way is said: texting off, no number, a number that another patient has, a number that said STOP.
    async fn what_stands_in_the_way_is_said(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let without = desk.patient_with("Nadia", json!({})).await;
        assert_eq!(desk.mistakes("enableTexting", &without).await, ["NOT_A_MOBILE_NUMBER"]);
        let (anna, _twin) = (desk.patient("Anna", 5).await, desk.patient("Arno", 5).await);
        assert_eq!(desk.mistakes("enableTexting", &anna).await, ["NUMBER_SHARED"]);
        assert_eq!(desk.status(&anna).await["obstacles"], json!(["NUMBER_SHARED"]));
        desk.text(6, "STOP").await;
        let stopped = desk.patient("Stina", 6).await;
        assert_eq!(desk.mistakes("enableTexting", &stopped).await, ["NUMBER_OPTED_OUT"]);
        let eva = desk.patient("Eva", 1).await;
        clinic.set(json!({ "texting": false })).await;
        assert_eq!(desk.mistakes("enableTexting", &eva).await, ["TEXTING_OFF"]);
        assert!(desk.texts_to(1).await.is_empty() && desk.texts_to(5).await.is_empty());
    }

    /// Another number ends the enrolment of the old one, whoever sets it, and the old number is nobody's.
    async fn another_number_ends_the_enrolment(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = desk.enabled("Eva", 1).await;
        let same = json!({ "patientId": eva, "phone": canary::phone(1) });
        assert_eq!(clinic.mistakes(desk.nurse, "updatePatient", same).await, []);
        assert_eq!(desk.status(&eva).await["status"], "ENABLED");
        let own = clinic.sign_in(clinic.ours.organization, PersonId::Patient(patient_id(&eva))).await;
        assert_eq!(clinic.mistakes(own, "updateContactDetails", json!({ "phone": canary::phone(2) })).await, []);
        let ended = desk.status(&eva).await;
        assert_eq!((&ended["status"], &ended["since"]), (&json!("NONE"), &json!(null)));
        assert!(desk.ledger(&eva).await.iter().any(|entry| entry.0 == "REVOKED" && entry.1 == "NUMBER_CHANGED"));
        assert!(is_apart(&desk.text(1, "hello").await));
        let back = json!({ "patientId": eva, "phone": canary::phone(1) });
        assert_eq!(clinic.mistakes(desk.nurse, "updatePatient", back).await, []);
        assert_eq!(desk.status(&eva).await["status"], "NONE", "what has ended stays ended");
    }

    /// The patient sees none of it, and a nurse who is restricted from the patient finds no patient.
    async fn an_enrolment_is_for_staff(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = desk.enabled("Eva", 1).await;
        let own = clinic.sign_in(clinic.ours.organization, PersonId::Patient(patient_id(&eva))).await;
        let query = "query ($id: ID!) { patient(id: $id) { texting { status } textingConsents { change } } }";
        let seen = clinic.ask(own, query, json!({ "id": eva })).await;
        assert_eq!(seen["patient"], json!({ "texting": null, "textingConsents": null }));
        let mutation = harness::clinic::mutation("optPatientOutOfTexting", "errors { code }");
        let input = json!({ "input": { "patientId": eva } });
        assert_eq!(clinic.refusal(own, &mutation, input.clone()).await, "FORBIDDEN");
        assert_eq!(clinic.refusal(clinic.theirs.administrator, &mutation, input).await, "NOT_FOUND");
    }

    /// Nothing that is stored holds the date of birth that was texted: neither before, nor at, nor after the right answer.
    async fn the_date_of_birth_is_kept_nowhere(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = desk.enabled("Eva", 1).await;
        desk.text(1, &birth_date()).await;
        desk.text(1, &format!("I was born {} {}", birth_date(), canary::message("and feel dizzy"))).await;
        let bodies: Vec<_> = desk.messages(&eva).await.into_iter().map(|message| message["body"].clone()).collect();
        assert_eq!(bodies, [json!("[date]"), json!(format!("I was born [date] {}", canary::message("and feel dizzy")))]);
        let reader = clinic.core.store.reader();
        assert!(inbound_text::Entity::find().all(reader).await.unwrap().iter().all(|text| text.body.is_none()));
        assert!(quarantined_text::Entity::find().all(reader).await.unwrap().is_empty());
    }
}
