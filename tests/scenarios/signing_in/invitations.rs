//! Into the portal by invitation (PEO-8).

use chrono::TimeDelta;
use entity::{EventKind, NotificationPurpose, PersonId};
use futures_util::future::join_all;
use harness::laboratory::moment;
use harness::{canary, on_both_databases};
use tidings::domain::event_log::{Position, read_page};
use tidings::domain::invitations::{
    self, AcceptError, Acceptance, ConsentText, InviteError, PublishError,
};
use tidings::domain::page::{Direction, Slice};
use tidings::domain::policy::{self, AsAdministrator, PatientInView};
use tidings::domain::secret::Secret;
use tidings::domain::sessions::{self, CodeSignIn};

use super::clinic::{Clinic, opened};

async fn patient(clinic: &Clinic) -> PatientInView {
    let nurse = clinic
        .laboratory
        .viewer(PersonId::Staff(clinic.nurse))
        .await;
    policy::open_patient(clinic.core.store.reader(), &nurse, clinic.patient)
        .await
        .unwrap()
}

async fn invite(clinic: &Clinic) -> Result<Secret, InviteError> {
    let nurse = clinic
        .laboratory
        .viewer(PersonId::Staff(clinic.nurse))
        .await;
    let keeper = policy::record_keeper(&nurse).unwrap();
    let invitation = invitations::invite(&clinic.core, &keeper, &patient(clinic).await).await?;
    let person = PersonId::Patient(clinic.patient);
    Ok(clinic
        .link(person, NotificationPurpose::Invitation, Some(invitation.id))
        .await)
}

async fn not_enrolled(clinic: &Clinic) {
    clinic
        .run("update patient set enrolled_at = null where organization_id = $1")
        .await;
}

async fn administrator(clinic: &Clinic) -> AsAdministrator {
    clinic
        .run("update staff_member set roles = 3 where organization_id = $1")
        .await;
    let nurse = clinic
        .laboratory
        .viewer(PersonId::Staff(clinic.nurse))
        .await;
    policy::administrator(&nurse).unwrap()
}

fn text(language: &str) -> ConsentText {
    ConsentText {
        language: language.to_owned(),
        text: format!("I agree, in {language}."),
    }
}

fn yes(token: &Secret) -> Acceptance {
    Acceptance {
        token: token.clone(),
        wording_version: 1,
        language: "en".to_owned(),
    }
}

on_both_databases! {
    /// The patient reads the wording, agrees and is enrolled, and what was agreed to is on record.
    async fn accepting_enrols_and_records_consent(clinic: &Clinic) {
        not_enrolled(clinic).await;
        let token = invite(clinic).await.unwrap();
        let offer = invitations::offer(&clinic.core, &token, Some("de-AT")).await.unwrap().unwrap();
        assert_eq!((offer.wording_version, offer.text.language.as_str()), (1, "de"));
        assert_eq!(offer.expires_at, moment() + TimeDelta::days(14));
        let offer = invitations::offer(&clinic.core, &token, None).await.unwrap().unwrap();
        assert_eq!(offer.text.language, "en");
        let acceptance = yes(&token);
        let outcomes = join_all((0..3).map(|_| invitations::accept(&clinic.core, &acceptance))).await;
        assert_eq!(outcomes.iter().filter(|o| o.is_ok()).count(), 1);
        assert_eq!(patient(clinic).await.patient().enrolled_at, Some(moment()));
        let consents = invitations::consents_of(clinic.core.store.reader(), clinic.organization, [clinic.patient]).await.unwrap();
        let [consent] = consents[&clinic.patient].as_slice() else { panic!("one consent") };
        assert_eq!((consent.wording_version, consent.wording_language.as_str(), consent.source.as_str()), (1, "en", "PORTAL_INVITATION"));
        let events = read_page(&clinic.core, clinic.organization, Position(0), 10).await.unwrap();
        assert!(events.iter().any(|e| e.what.kind == EventKind::PatientAccessChanged && e.what.patient == Some(clinic.patient)));
        assert!(invitations::offer(&clinic.core, &token, None).await.unwrap().is_none());
    }

    /// Whoever holds the link alone is not let in: the patient proves to hold the contact on file, and chooses a password
    /// then.
    async fn accepting_signs_nobody_in(clinic: &Clinic) {
        not_enrolled(clinic).await;
        let token = invite(clinic).await.unwrap();
        invitations::accept(&clinic.core, &yes(&token)).await.unwrap();
        for table in ["session", "credential"] {
            let of_patients = format!("select count(*) from {table} where organization_id = $1 and person_kind = 'PATIENT'");
            assert_eq!(clinic.number(&of_patients).await, 0, "{table}");
        }
        let code = clinic.request_code(&clinic.patient_email).await;
        let request = CodeSignIn {
            new_password: Some(Secret::new(canary::PASSWORD)),
            ..clinic.with_code(&clinic.patient_email, &code)
        };
        opened(sessions::sign_in_with_code(&clinic.core, &request).await.unwrap());
        opened(sessions::sign_in(&clinic.core, &clinic.with_password(&clinic.patient_email, canary::PASSWORD)).await.unwrap());
    }

    /// A newer invitation replaces the older one; time ends both; garbage is none.
    async fn invitations_end(clinic: &Clinic) {
        not_enrolled(clinic).await;
        let first = invite(clinic).await.unwrap();
        let second = invite(clinic).await.unwrap();
        let over = clinic.after(TimeDelta::days(14));
        let other = clinic.link(PersonId::Patient(clinic.patient), NotificationPurpose::NewClinicMessage, None).await;
        for (core, token) in [(&clinic.core, &first), (&over, &second), (&clinic.core, &Secret::new("")), (&clinic.core, &other)] {
            assert!(invitations::offer(core, token, None).await.unwrap().is_none());
            assert!(matches!(invitations::accept(core, &yes(token)).await, Err(AcceptError::InvalidLink)));
        }
        clinic.run("update patient set portal_allowed = false where organization_id = $1").await;
        assert!(matches!(invitations::accept(&clinic.core, &yes(&second)).await, Err(AcceptError::InvalidLink)));
        clinic.run("update patient set portal_allowed = true where organization_id = $1").await;
        invitations::accept(&clinic.core, &yes(&second)).await.unwrap();
    }

    /// Who cannot be invited is told why.
    async fn some_cannot_be_invited(clinic: &Clinic) {
        assert!(matches!(invite(clinic).await, Err(InviteError::AlreadyEnrolled)));
        not_enrolled(clinic).await;
        clinic.run("update patient set phone = null, email = null, email_key = null where organization_id = $1").await;
        assert!(matches!(invite(clinic).await, Err(InviteError::NoContactOnFile)));
        clinic.run("update patient set portal_allowed = false where organization_id = $1").await;
        assert!(matches!(invite(clinic).await, Err(InviteError::PortalNotAllowed)));
    }

    /// A patient agrees to the wording that holds, not to one that they did not see.
    async fn the_wording_is_versioned(clinic: &Clinic) {
        not_enrolled(clinic).await;
        let token = invite(clinic).await.unwrap();
        let administrator = administrator(clinic).await;
        let without_own = invitations::publish_wording(&clinic.core, &administrator, vec![text("fi")]).await;
        assert!(matches!(without_own, Err(PublishError::DefaultMissing { language }) if language == "en"));
        let texts = vec![text("en"), text("fi")];
        let published = invitations::publish_wording(&clinic.core, &administrator, texts).await.unwrap();
        assert_eq!(published.version, 2);
        assert!(matches!(invitations::accept(&clinic.core, &yes(&token)).await, Err(AcceptError::OutdatedWording)));
        let in_german = Acceptance { wording_version: 2, language: "de".to_owned(), ..yes(&token) };
        assert!(matches!(invitations::accept(&clinic.core, &in_german).await, Err(AcceptError::UnknownLanguage)));
        invitations::accept(&clinic.core, &Acceptance { wording_version: 2, ..yes(&token) }).await.unwrap();
    }

    /// Versions that are published at once get different numbers; the list shows the newest first.
    async fn wordings_are_listed(clinic: &Clinic) {
        let administrator = administrator(clinic).await;
        let texts = || vec![text("en"), text("sv")];
        let published = join_all((0..4).map(|_| invitations::publish_wording(&clinic.core, &administrator, texts()))).await;
        assert!(published.iter().all(Result::is_ok));
        let slice = Slice { after: None, before: None, direction: Direction::Forward, limit: 3 };
        let page = invitations::wordings(&clinic.core, &administrator, &slice).await.unwrap();
        assert_eq!(page.items.iter().map(|w| w.version).collect::<Vec<_>>(), [4, 3, 2]);
        assert!(page.has_next && page.items.iter().all(|w| w.texts.len() == 2));
        let slice = Slice { before: Some(2), direction: Direction::Backward, ..slice };
        let page = invitations::wordings(&clinic.core, &administrator, &slice).await.unwrap();
        assert_eq!(page.items.iter().map(|w| w.version).collect::<Vec<_>>(), [4, 3]);
    }
}
