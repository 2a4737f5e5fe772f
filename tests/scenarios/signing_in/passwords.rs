//! Setting and changing passwords.

use chrono::TimeDelta;
use entity::{NotificationPurpose, PersonId};
use futures_util::future::join_all;
use harness::{canary, on_both_databases};
use tidings::domain::policy::{self, Denied};
use tidings::domain::secret::Secret;
use tidings::domain::sessions::{self, PasswordRefused, SetPasswordError};

use super::clinic::{Clinic, SOURCE, is_refused, opened};

const NEXT: &str = "zyxpassword-the-next-one";

/// Of "correct horse battery", with 64 KiB and one pass.
const WEAK_HASH: &str = "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$/ur5fLELUb1eXkT9oKHqq6gHGZ9Phwgbj4qyIcCNaYc";

on_both_databases! {
    /// The current password is asked for, the other sessions end, this one stays.
    async fn changing_a_password_ends_other_sessions(clinic: &Clinic) {
        let (other, session) = (clinic.nurse_signs_in().await, clinic.nurse_signs_in().await);
        let viewer = clinic.viewer(&session).await.unwrap();
        let (current, next) = (Secret::new(canary::PASSWORD), Secret::new(NEXT));
        let outcome = sessions::change_password(&clinic.core, &viewer, &next, &current).await;
        assert!(matches!(outcome, Err(SetPasswordError::WrongPassword)));
        let outcome = sessions::change_password(&clinic.core, &viewer, &current, &Secret::new("short")).await;
        assert!(matches!(outcome, Err(SetPasswordError::Password(PasswordRefused::TooShort))));
        assert!(clinic.viewer(&other).await.is_some());
        sessions::change_password(&clinic.core, &viewer, &current, &next).await.unwrap();
        assert!(clinic.viewer(&other).await.is_none());
        assert!(clinic.viewer(&session).await.is_some());
        let old = clinic.with_password(&clinic.nurse_email, canary::PASSWORD);
        assert!(is_refused(&sessions::sign_in(&clinic.core, &old).await));
        opened(sessions::sign_in(&clinic.core, &clinic.with_password(&clinic.nurse_email, NEXT)).await.unwrap());
    }

    /// A session that somebody left open does not let others guess its password.
    async fn the_current_password_cannot_be_guessed(clinic: &Clinic) {
        let session = clinic.nurse_signs_in().await;
        let viewer = clinic.viewer(&session).await.unwrap();
        let next = Secret::new(NEXT);
        for _ in 0..10 {
            let outcome = sessions::change_password(&clinic.core, &viewer, &next, &next).await;
            assert!(matches!(outcome, Err(SetPasswordError::WrongPassword)));
        }
        let outcome = sessions::change_password(&clinic.core, &viewer, &Secret::new(canary::PASSWORD), &next).await;
        assert!(matches!(outcome, Err(SetPasswordError::TooMany(_))));
    }

    /// A link sets a password once, ends what was open, and signs nobody in.
    async fn a_link_sets_a_password_once(clinic: &Clinic) {
        let session = clinic.nurse_signs_in().await;
        let nurse = PersonId::Staff(clinic.nurse);
        let token = clinic.link(nurse, NotificationPurpose::Invitation, None).await;
        let other = clinic.link(nurse, NotificationPurpose::PasswordReset, None).await;
        let next = Secret::new(NEXT);
        let outcomes = join_all((0..3).map(|_| sessions::set_password_by_link(&clinic.core, &token, &next))).await;
        assert_eq!(outcomes.iter().filter(|o| o.is_ok()).count(), 1);
        assert!(matches!(sessions::set_password_by_link(&clinic.core, &other, &next).await, Err(SetPasswordError::InvalidLink)));
        assert!(clinic.viewer(&session).await.is_none());
        opened(sessions::sign_in(&clinic.core, &clinic.with_password(&clinic.nurse_email, NEXT)).await.unwrap());
    }

    /// Links of other kinds, of other people and after their time set no password.
    async fn other_links_set_no_password(clinic: &Clinic) {
        let (nurse, patient) = (PersonId::Staff(clinic.nurse), PersonId::Patient(clinic.patient));
        let next = Secret::new(NEXT);
        let reset = clinic.link(nurse, NotificationPurpose::PasswordReset, None).await;
        for (core, token) in [
            (clinic.core.clone(), Secret::new("garbage")),
            (clinic.core.clone(), clinic.link(nurse, NotificationPurpose::NewPatientMessage, None).await),
            (clinic.core.clone(), clinic.link(patient, NotificationPurpose::Invitation, None).await),
            (clinic.after(TimeDelta::hours(1)), reset.clone()),
            (clinic.after(TimeDelta::days(14)), clinic.link(nurse, NotificationPurpose::Invitation, None).await),
        ] {
            let outcome = sessions::set_password_by_link(&core, &token, &next).await;
            assert!(matches!(outcome, Err(SetPasswordError::InvalidLink)));
        }
        clinic.run("update staff_member set status = 'DEACTIVATED' where organization_id = $1").await;
        let outcome = sessions::set_password_by_link(&clinic.core, &reset, &next).await;
        assert!(matches!(outcome, Err(SetPasswordError::InvalidLink)));
    }

    /// Asking for a link tells nobody whether the address is known, in content or in cost.
    async fn asking_for_a_link_tells_nothing(clinic: &Clinic) {
        let cost = async |organization: &str, email: &str| {
            let before = clinic.core.store.statements();
            sessions::request_password_reset(&clinic.core, organization, &Secret::new(email), SOURCE.into()).await.unwrap();
            clinic.core.store.statements() - before
        };
        let known = cost(&clinic.slug, &clinic.nurse_email).await;
        assert_eq!(cost(&clinic.slug, &clinic.patient_email).await, known);
        assert_eq!(cost("elsewhere", &clinic.nurse_email).await, known);
        assert_eq!(clinic.number("select count(*) from notification where organization_id = $1").await, 1);
    }

    /// An administrator has the link sent; for somebody who does not exist nothing is.
    async fn an_administrator_invites_staff(clinic: &Clinic) {
        let session = clinic.nurse_signs_in().await;
        let viewer = clinic.viewer(&session).await.unwrap();
        assert!(policy::administrator(&viewer).is_err());
        clinic.run("update staff_member set roles = 1 where organization_id = $1").await;
        let viewer = clinic.viewer(&session).await.unwrap();
        let administrator = policy::administrator(&viewer).unwrap();
        sessions::invite_staff_member(&clinic.core, &administrator, clinic.laboratory.nurses[1]).await.unwrap();
        let nobody = entity::StaffId(clinic.patient.0);
        let outcome = sessions::invite_staff_member(&clinic.core, &administrator, nobody).await;
        assert!(matches!(outcome, Err(Denied::NotFound)));
        assert_eq!(clinic.number("select count(*) from notification where organization_id = $1 and recipient_kind = 'STAFF'").await, 1);
    }

    /// A hash of weaker parameters is replaced when its password is next seen.
    async fn outdated_hashes_are_replaced(clinic: &Clinic) {
        clinic.run(&format!("update credential set password_hash = '{WEAK_HASH}' where organization_id = $1")).await;
        let request = clinic.with_password(&clinic.nurse_email, "correct horse battery");
        for _ in 0..2 {
            opened(sessions::sign_in(&clinic.core, &request).await.unwrap());
            let row = clinic.row("select password_hash from credential where organization_id = $1").await.unwrap();
            let hash: String = row.try_get_by_index(0).unwrap();
            assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        }
    }
}
