//! Guessing is slow, and tells nothing.

use std::net::IpAddr;

use chrono::TimeDelta;
use entity::PersonId;
use futures_util::future::join_all;
use harness::laboratory::moment;
use harness::{canary, on_both_databases};
use tidings::domain::secret::Secret;
use tidings::domain::sessions::{self, CodeRequest, CodeSignIn, PasswordSignIn};
use tidings::domain::source::Source;
use tidings::domain::throttle;

use super::clinic::{Clinic, PHONE, is_refused, opened, retry_at};

const WRONG: &str = "zyxpassword-wrong-battery";

/// What an attempt cost.
#[derive(Debug, PartialEq, Eq)]
struct Cost {
    statements: u64,
    hashes: u64,
}

/// A source that nobody of the clinic has signed in from.
fn stranger(number: u8) -> Source {
    IpAddr::from([203, 0, 113, number]).into()
}

async fn cost_of_refusal(clinic: &Clinic, request: &PasswordSignIn) -> Cost {
    let statements = clinic.core.store.statements();
    let hashes = clinic.core.passwords.runs();
    assert!(is_refused(&sessions::sign_in(&clinic.core, request).await));
    Cost {
        statements: clinic.core.store.statements() - statements,
        hashes: clinic.core.passwords.runs() - hashes,
    }
}

on_both_databases! {
    /// Nobody learns from content or cost whether an account exists, is switched off, or has no password.
    async fn known_and_unknown_accounts_cost_the_same(clinic: &Clinic) {
        let patient = PersonId::Patient(clinic.patient);
        clinic.give_password(patient, canary::PASSWORD).await;
        let known = cost_of_refusal(clinic, &clinic.with_password(&clinic.nurse_email, WRONG)).await;
        assert!(known.hashes > 0);
        let stranger = canary::address("stranger");
        let elsewhere = PasswordSignIn {
            organization: "no-such-clinic".to_owned(),
            ..clinic.with_password(&clinic.nurse_email, canary::PASSWORD)
        };
        for request in [clinic.with_password(&stranger, WRONG), clinic.with_password("", ""), elsewhere] {
            assert_eq!(cost_of_refusal(clinic, &request).await, known);
        }
        let right = clinic.with_password(&clinic.patient_email, canary::PASSWORD);
        for out in [
            "update patient set enrolled_at = null where organization_id = $1",
            "update patient set enrolled_at = created_at, portal_allowed = false where organization_id = $1",
            "delete from credential where organization_id = $1 and person_kind = 'PATIENT'",
        ] {
            clinic.run(out).await;
            assert_eq!(cost_of_refusal(clinic, &right).await, known, "{out}");
        }
        clinic.run("update staff_member set status = 'DEACTIVATED' where organization_id = $1").await;
        let deactivated = clinic.with_password(&clinic.nurse_email, canary::PASSWORD);
        assert_eq!(cost_of_refusal(clinic, &deactivated).await, known);
    }

    /// Guesses that come at once cannot slip through, and the right password does not help until the window is over.
    async fn ten_guesses_at_an_account_and_no_more(clinic: &Clinic) {
        for email in [clinic.nurse_email.clone(), canary::address("stranger")] {
            let guess = clinic.with_password(&email.to_uppercase(), WRONG);
            let outcomes = join_all((0..30).map(|_| sessions::sign_in(&clinic.core, &guess))).await;
            assert_eq!(outcomes.iter().filter(|o| is_refused(o)).count(), 10);
            let over = moment() + TimeDelta::minutes(15);
            assert_eq!(outcomes.iter().filter(|o| retry_at(o) == Some(over)).count(), 20);
        }
        let right = clinic.with_password(&clinic.nurse_email, canary::PASSWORD);
        assert!(retry_at(&sessions::sign_in(&clinic.core, &right).await).is_some());
        let later = clinic.after(TimeDelta::minutes(15));
        opened(sessions::sign_in(&later, &right).await.unwrap());
    }

    /// However many strangers guess, whoever has signed in from where they are goes on, and nobody waits for long.
    async fn strangers_guesses_lock_nobody_out(clinic: &Clinic) {
        let right = clinic.with_password(&clinic.nurse_email, canary::PASSWORD);
        opened(sessions::sign_in(&clinic.core, &right).await.unwrap());
        let mut looked_at = 0;
        for number in 1..=12 {
            let guess = PasswordSignIn { source: stranger(number), ..clinic.with_password(&clinic.nurse_email, WRONG) };
            let outcomes = join_all((0..10).map(|_| sessions::sign_in(&clinic.core, &guess))).await;
            looked_at += outcomes.iter().filter(|outcome| is_refused(outcome)).count();
        }
        assert_eq!(looked_at, 31, "thirty, and the first of those that come one by one");
        opened(sessions::sign_in(&clinic.core, &right).await.unwrap());

        let elsewhere = PasswordSignIn { source: stranger(99), ..right };
        let soon = retry_at(&sessions::sign_in(&clinic.core, &elsewhere).await).unwrap();
        assert_eq!(soon, moment() + TimeDelta::seconds(30));
        let then = clinic.after(TimeDelta::seconds(30));
        opened(sessions::sign_in(&then, &elsewhere).await.unwrap());
        opened(sessions::sign_in(&then, &elsewhere).await.unwrap());
    }

    /// Strangers can neither use up the codes that a patient may ask for, nor the tries of one.
    async fn strangers_use_up_nobodys_codes(clinic: &Clinic) {
        let code = clinic.request_code(&clinic.patient_email).await;
        let right = clinic.with_code(&clinic.patient_email, &code);
        opened(sessions::sign_in_with_code(&clinic.core, &right).await.unwrap());
        let ask = async |number: u8| {
            let request = CodeRequest {
                organization: clinic.slug.clone(),
                contact: Secret::new(clinic.patient_email.clone()),
                source: stranger(number),
            };
            sessions::request_code(&clinic.core, &request).await
        };
        let mut sent = 0;
        for number in 1..=5 {
            for _ in 0..5 {
                sent += u32::from(ask(number).await.is_ok());
            }
        }
        assert_eq!(sent, 15, "with the patient's own, and the first of those that come one by one");
        assert_eq!(retry_at(&ask(9).await), Some(moment() + TimeDelta::minutes(5)));

        let later = clinic.after(TimeDelta::minutes(1));
        clinic.try_to_request_code(&later, &clinic.slug, &clinic.patient_email).await.unwrap();
        let code = clinic.newest_code().await;
        let wrong = Secret::new(if code.reveal() == "000000" { "000001" } else { "000000" });
        for number in 21..=30 {
            let guess = CodeSignIn {
                source: stranger(number),
                ..clinic.with_code(&clinic.patient_email, &wrong)
            };
            assert!(is_refused(&sessions::sign_in_with_code(&later, &guess).await));
        }
        let elsewhere = CodeSignIn { source: stranger(31), ..clinic.with_code(&clinic.patient_email, &code) };
        assert!(is_refused(&sessions::sign_in_with_code(&later, &elsewhere).await), "its tries are used up");
        let right = clinic.with_code(&clinic.patient_email, &code);
        opened(sessions::sign_in_with_code(&later, &right).await.unwrap());
    }

    /// Right attempts are given back: they neither use up the account's nor forgive the wrong ones before them.
    async fn only_failures_add_up(clinic: &Clinic) {
        let right = clinic.with_password(&clinic.nurse_email, canary::PASSWORD);
        let wrong = clinic.with_password(&clinic.nurse_email, WRONG);
        for _ in 0..12 {
            opened(sessions::sign_in(&clinic.core, &right).await.unwrap());
        }
        for _ in 0..9 {
            assert!(is_refused(&sessions::sign_in(&clinic.core, &wrong).await));
        }
        opened(sessions::sign_in(&clinic.core, &right).await.unwrap());
        assert!(is_refused(&sessions::sign_in(&clinic.core, &wrong).await));
        assert!(retry_at(&sessions::sign_in(&clinic.core, &wrong).await).is_some());
    }

    /// A source that goes through many accounts is stopped at that door, and locks nobody out: neither other sources, nor
    /// whoever has signed in from there before.
    async fn a_hundred_attempts_from_one_source_and_no_more(clinic: &Clinic) {
        let right = clinic.with_password(&clinic.nurse_email, canary::PASSWORD);
        opened(sessions::sign_in(&clinic.core, &right).await.unwrap());
        let wrong = Secret::new("000000");
        for number in 0..100 {
            let guess = clinic.with_code(&format!("stranger-{number}.{}", clinic.nurse_email), &wrong);
            assert!(is_refused(&sessions::sign_in_with_code(&clinic.core, &guess).await));
        }
        for _ in 0..20 {
            let guess = clinic.with_code(&clinic.patient_email, &wrong);
            assert!(retry_at(&sessions::sign_in_with_code(&clinic.core, &guess).await).is_some());
        }
        clinic.try_to_request_code(&clinic.core, &clinic.slug, &clinic.patient_email).await.unwrap();
        opened(sessions::sign_in(&clinic.core, &right).await.unwrap());
        let code = CodeSignIn {
            source: "2001:db8::1".parse::<IpAddr>().unwrap().into(),
            ..clinic.with_code(&clinic.patient_email, &clinic.newest_code().await)
        };
        opened(sessions::sign_in_with_code(&clinic.core, &code).await.unwrap());

        let guess = clinic.with_password(&clinic.nurse_email, WRONG);
        for _ in 0..10 {
            assert!(is_refused(&sessions::sign_in(&clinic.core, &guess).await));
        }
        assert!(retry_at(&sessions::sign_in(&clinic.core, &right).await).is_some(), "its own limit holds");
    }

    /// Whoever has many codes sent is stopped at that door, and signing in goes on.
    async fn a_hundred_codes_for_one_source_and_no_more(clinic: &Clinic) {
        for number in 0..100 {
            let stranger = format!("stranger-{number}.{}", clinic.nurse_email);
            clinic.try_to_request_code(&clinic.core, &clinic.slug, &stranger).await.unwrap();
        }
        let one_more = clinic.try_to_request_code(&clinic.core, &clinic.slug, &clinic.patient_email).await;
        assert!(retry_at(&one_more).is_some());
        opened(sessions::sign_in(&clinic.core, &clinic.with_password(&clinic.nurse_email, canary::PASSWORD)).await.unwrap());
    }

    /// Old counters are removed; running ones stay.
    async fn counters_are_swept(clinic: &Clinic) {
        let wrong = clinic.with_password(&clinic.nurse_email, WRONG);
        assert!(is_refused(&sessions::sign_in(&clinic.core, &wrong).await));
        assert_eq!(throttle::sweep(&clinic.core).await.unwrap(), 0);
        assert_eq!(throttle::sweep(&clinic.after(TimeDelta::hours(1))).await.unwrap(), 3);
        let right = clinic.with_password(&clinic.nurse_email, canary::PASSWORD);
        opened(sessions::sign_in(&clinic.core, &right).await.unwrap());
        assert_eq!(throttle::sweep(&clinic.after(TimeDelta::days(89))).await.unwrap(), 3, "the source is remembered");
        assert_eq!(throttle::sweep(&clinic.after(TimeDelta::days(90))).await.unwrap(), 1);
    }

    /// Five tries of a code, also when they come at once.
    async fn a_code_is_tried_five_times(clinic: &Clinic) {
        let code = clinic.request_code(&clinic.patient_email).await;
        let wrong = Secret::new(if code.reveal() == "000000" { "000001" } else { "000000" });
        let guess = clinic.with_code(&clinic.patient_email, &wrong);
        let outcomes = join_all((0..8).map(|_| sessions::sign_in_with_code(&clinic.core, &guess))).await;
        assert!(outcomes.iter().all(is_refused));
        assert_eq!(clinic.number("select cast(attempts as bigint) from one_time_code where organization_id = $1").await, 5);
        let right = clinic.with_code(&clinic.patient_email, &code);
        assert!(is_refused(&sessions::sign_in_with_code(&clinic.core, &right).await));
    }

    /// A wrong code costs the same and answers the same whether a live code, somebody, or nobody is behind the contact.
    async fn trying_a_code_tells_nothing(clinic: &Clinic) {
        let live = clinic.request_code(&clinic.patient_email).await;
        let wrong = Secret::new(if live.reveal() == "000000" { "000001" } else { "000000" });
        let cost = async |request: CodeSignIn| {
            let request = CodeSignIn { new_password: Some(Secret::new(canary::PASSWORD)), ..request };
            let before = (clinic.core.store.statements(), clinic.core.passwords.runs());
            assert!(is_refused(&sessions::sign_in_with_code(&clinic.core, &request).await));
            Cost {
                statements: clinic.core.store.statements() - before.0,
                hashes: clinic.core.passwords.runs() - before.1,
            }
        };
        let known = cost(clinic.with_code(&clinic.patient_email, &wrong)).await;
        assert_eq!(cost(clinic.with_code(&canary::phone(PHONE), &wrong)).await, known, "no code was asked for");
        assert_eq!(cost(clinic.with_code(&canary::address("stranger"), &wrong)).await, known);
        assert_eq!(cost(clinic.with_code(&canary::phone(999), &wrong)).await, known);
        let elsewhere = CodeSignIn { organization: "no-such-clinic".to_owned(), ..clinic.with_code(&clinic.patient_email, &live) };
        assert_eq!(cost(elsewhere).await, known);
        clinic.run("update patient set portal_allowed = false where organization_id = $1").await;
        assert_eq!(cost(clinic.with_code(&clinic.patient_email, &wrong)).await, known);
    }

    /// Asking for a code costs the same and answers the same whether or not anybody is reached.
    async fn asking_for_a_code_tells_nothing(clinic: &Clinic) {
        let cost = async |organization: &str, contact: &str| {
            let before = clinic.core.store.statements();
            clinic.try_to_request_code(&clinic.core, organization, contact).await.unwrap();
            clinic.core.store.statements() - before
        };
        let known = cost(&clinic.slug, &clinic.patient_email).await;
        assert_eq!(cost(&clinic.slug, &canary::address("stranger")).await, known);
        assert_eq!(cost(&clinic.slug, &canary::phone(999)).await, known);
        assert_eq!(cost("no-such-clinic", &clinic.patient_email).await, known);
        clinic.run("update patient set enrolled_at = null where organization_id = $1").await;
        assert_eq!(cost(&clinic.slug, &clinic.patient_email).await, known);
        assert_eq!(clinic.number("select count(*) from notification where organization_id = $1").await, 1);
        let mut outcome = Ok(());
        for _ in 0..4 {
            outcome = clinic.try_to_request_code(&clinic.core, &clinic.slug, &clinic.patient_email).await;
        }
        assert_eq!(retry_at(&outcome), Some(moment() + TimeDelta::hours(1)));
    }
}
