//! One-time codes, and contacts that several people share.

use chrono::TimeDelta;
use entity::PersonId;
use futures_util::future::join_all;
use harness::{canary, on_both_databases};
use tidings::domain::secret::Secret;
use tidings::domain::sessions::{self, CodeSignIn, PasswordSignIn, SignInError};

use super::clinic::{Clinic, PHONE, choices, is_refused, opened};

on_both_databases! {
    /// A code signs in once, also when it is used twice at once.
    async fn a_code_works_once(clinic: &Clinic) {
        let code = clinic.request_code(&clinic.patient_email).await;
        let request = clinic.with_code(&clinic.patient_email, &code);
        let outcomes = join_all((0..3).map(|_| sessions::sign_in_with_code(&clinic.core, &request))).await;
        assert_eq!(outcomes.iter().filter(|o| o.is_ok()).count(), 1);
        for outcome in outcomes.into_iter().flatten() {
            let session = opened(outcome);
            assert_eq!(session.person, PersonId::Patient(clinic.patient));
            assert!(clinic.viewer(&session).await.is_some());
        }
    }

    /// The number may be typed in any way, and so may the code.
    async fn spelling_does_not_matter(clinic: &Clinic) {
        let phone = canary::phone(PHONE);
        let spelled = format!(" {} ({}) {}", &phone[..3], &phone[3..7], &phone[7..]);
        let code = clinic.request_code(&phone).await;
        let (head, tail) = code.reveal().split_at(3);
        let request = clinic.with_code(&spelled, &Secret::new(format!(" {head} {tail} ")));
        opened(sessions::sign_in_with_code(&clinic.core, &request).await.unwrap());
        let channel = clinic.row("select channel from notification where organization_id = $1").await.unwrap();
        assert_eq!(channel.try_get_by_index::<String>(0).unwrap(), "SMS");
    }

    /// Only the newest code counts, for ten minutes, and only for the contact that it was sent to.
    async fn a_code_is_bound_to_time_and_contact(clinic: &Clinic) {
        let old = clinic.request_code(&clinic.patient_email).await;
        let request = clinic.with_code(&canary::phone(PHONE), &old);
        assert!(is_refused(&sessions::sign_in_with_code(&clinic.core, &request).await));
        let later = clinic.after(TimeDelta::minutes(1));
        clinic.try_to_request_code(&later, &clinic.slug, &clinic.patient_email).await.unwrap();
        let new = clinic.newest_code().await;
        if old != new {
            let request = clinic.with_code(&clinic.patient_email, &old);
            assert!(is_refused(&sessions::sign_in_with_code(&later, &request).await));
        }
        let request = clinic.with_code(&clinic.patient_email, &new);
        let over = clinic.after(TimeDelta::minutes(11));
        assert!(is_refused(&sessions::sign_in_with_code(&over, &request).await));
        opened(sessions::sign_in_with_code(&later, &request).await.unwrap());
    }

    /// A family with one address gets one code, and its members choose who they are.
    async fn a_shared_contact_is_never_guessed(clinic: &Clinic) {
        let sibling = PersonId::Patient(clinic.sibling().await);
        let patient = PersonId::Patient(clinic.patient);
        let code = clinic.request_code(&clinic.patient_email).await;
        assert_eq!(clinic.number("select count(*) from notification where organization_id = $1").await, 1);
        let request = clinic.with_code(&clinic.patient_email, &code);
        let mut offered = choices(sessions::sign_in_with_code(&clinic.core, &request).await.unwrap());
        offered.sort();
        let mut both = vec![patient, sibling];
        both.sort();
        assert_eq!(offered, both);
        let stranger = CodeSignIn { person: Some(PersonId::Staff(clinic.nurse)), ..request.clone() };
        assert!(is_refused(&sessions::sign_in_with_code(&clinic.core, &stranger).await));
        let chosen = CodeSignIn { person: Some(sibling), ..request };
        let session = opened(sessions::sign_in_with_code(&clinic.core, &chosen).await.unwrap());
        assert_eq!(session.person, sibling);
    }

    /// A number that a whole care home shares signs nobody in.
    async fn a_contact_of_many_is_nobodys(clinic: &Clinic) {
        for _ in 0..8 {
            clinic.sibling().await;
        }
        clinic.try_to_request_code(&clinic.core, &clinic.slug, &canary::phone(PHONE)).await.unwrap();
        assert_eq!(clinic.number("select count(*) from notification where organization_id = $1").await, 0);
    }

    /// Of several people with one address, the password decides; where it does not, they choose.
    async fn a_shared_address_with_passwords(clinic: &Clinic) {
        let patient = PersonId::Patient(clinic.patient);
        let sibling = PersonId::Patient(clinic.sibling().await);
        clinic.give_password(patient, canary::PASSWORD).await;
        clinic.give_password(sibling, "zyxpassword-of-the-sibling").await;
        let own = clinic.with_password(&clinic.patient_email, "zyxpassword-of-the-sibling");
        assert_eq!(opened(sessions::sign_in(&clinic.core, &own).await.unwrap()).person, sibling);
        clinic.run("update credential set password_hash = (select c.password_hash from credential c where c.organization_id = $1 \
                    and c.person_kind = 'STAFF') where organization_id = $1").await;
        let shared = clinic.with_password(&clinic.patient_email, canary::PASSWORD);
        assert_eq!(choices(sessions::sign_in(&clinic.core, &shared).await.unwrap()).len(), 2);
        let chosen = PasswordSignIn { person: Some(patient), ..shared };
        assert_eq!(opened(sessions::sign_in(&clinic.core, &chosen).await.unwrap()).person, patient);
    }

    /// Nobody gets a password that would never be compared; a code goes on signing them in.
    async fn one_more_password_than_are_compared_is_refused(clinic: &Clinic) {
        let last = PersonId::Patient(clinic.patient);
        for number in 0..3 {
            let sibling = PersonId::Patient(clinic.sibling().await);
            clinic.give_password(sibling, &format!("zyxpassword-of-sibling-{number}")).await;
        }
        let code = clinic.request_code(&clinic.patient_email).await;
        let without = CodeSignIn { person: Some(last), ..clinic.with_code(&clinic.patient_email, &code) };
        let request = CodeSignIn { new_password: Some(Secret::new(canary::PASSWORD)), ..without.clone() };
        let outcome = sessions::sign_in_with_code(&clinic.core, &request).await;
        assert!(matches!(outcome, Err(SignInError::SharedByTooMany)));
        opened(sessions::sign_in_with_code(&clinic.core, &without).await.unwrap());
        for number in 0..3 {
            let own = clinic.with_password(&clinic.patient_email, &format!("zyxpassword-of-sibling-{number}"));
            opened(sessions::sign_in(&clinic.core, &own).await.unwrap());
        }

        let later = clinic.after(TimeDelta::seconds(1));
        clinic.run("delete from credential where organization_id = $1 and person_kind = 'PATIENT' and person_id = \
                    (select c.person_id from credential c where c.organization_id = $1 and c.person_kind = 'PATIENT' limit 1)").await;
        clinic.try_to_request_code(&later, &clinic.slug, &clinic.patient_email).await.unwrap();
        let request = CodeSignIn { code: clinic.newest_code().await, ..request };
        opened(sessions::sign_in_with_code(&later, &request).await.unwrap());
        let own = clinic.with_password(&clinic.patient_email, canary::PASSWORD);
        assert_eq!(opened(sessions::sign_in(&later, &own).await.unwrap()).person, last);
    }

    /// Who forgot a password sets another with a code, which ends the other sessions.
    async fn a_code_sets_a_new_password(clinic: &Clinic) {
        let code = clinic.request_code(&clinic.patient_email).await;
        let first = opened(sessions::sign_in_with_code(&clinic.core, &clinic.with_code(&clinic.patient_email, &code)).await.unwrap());
        let code = {
            let later = clinic.after(TimeDelta::seconds(1));
            clinic.try_to_request_code(&later, &clinic.slug, &clinic.patient_email).await.unwrap();
            clinic.newest_code().await
        };
        let request = CodeSignIn {
            new_password: Some(Secret::new(canary::PASSWORD)),
            ..clinic.with_code(&clinic.patient_email, &code)
        };
        let second = opened(sessions::sign_in_with_code(&clinic.core, &request).await.unwrap());
        assert!(clinic.viewer(&first).await.is_none());
        assert!(clinic.viewer(&second).await.is_some());
        let by_password = clinic.with_password(&clinic.patient_email, canary::PASSWORD);
        opened(sessions::sign_in(&clinic.core, &by_password).await.unwrap());
    }
}
