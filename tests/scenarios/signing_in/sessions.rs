//! Refresh tokens, and ending sessions.

use chrono::TimeDelta;
use entity::{EventKind, OrganizationId, PersonId};
use futures_util::future::join_all;
use harness::{canary, on_both_databases};
use tidings::domain::event_log::{Position, read_page};
use tidings::domain::policy::{self, Denied};
use tidings::domain::secret::Secret;
use tidings::domain::sessions::{
    self, AccessClaims, MAX_SESSIONS, RefreshError, TokenError, verify_access_token,
};

use super::clinic::{Clinic, opened};

async fn ended_sessions(clinic: &Clinic) -> usize {
    let events = read_page(&clinic.core, clinic.organization, Position(0), 1000)
        .await
        .unwrap();
    events
        .iter()
        .filter(|event| event.what.kind == EventKind::SessionRevoked)
        .count()
}

on_both_databases! {
    /// An access token is good for ten minutes and names ids only; another server's or a changed one is none.
    async fn access_tokens_expire(clinic: &Clinic) {
        let session = clinic.nurse_signs_in().await;
        let claims: AccessClaims = verify_access_token(&clinic.core, &session.access_token).unwrap();
        assert_eq!((claims.person, claims.session), (session.person, session.session));
        let later = clinic.after(TimeDelta::minutes(10));
        assert_eq!(verify_access_token(&later, &session.access_token), Err(TokenError::Expired));
        let changed = Secret::new(format!("{}x", session.access_token.reveal()));
        for wrong in [changed, Secret::new(""), session.refresh_token.clone()] {
            assert_eq!(verify_access_token(&clinic.core, &wrong), Err(TokenError::Invalid));
        }
    }

    /// A refresh token is exchanged once; one that comes back ends the session and its live connections.
    async fn a_used_refresh_token_ends_the_session(clinic: &Clinic) {
        let first = clinic.nurse_signs_in().await;
        let second = sessions::refresh(&clinic.core, &first.refresh_token).await.unwrap();
        assert_eq!(second.session, first.session);
        assert!(clinic.viewer(&second).await.is_some());
        assert_eq!(ended_sessions(clinic).await, 0);
        assert!(matches!(sessions::refresh(&clinic.core, &first.refresh_token).await, Err(RefreshError::Invalid)));
        assert!(clinic.viewer(&second).await.is_none());
        assert_eq!(ended_sessions(clinic).await, 1);
        assert!(matches!(sessions::refresh(&clinic.core, &second.refresh_token).await, Err(RefreshError::Invalid)));
        assert_eq!(ended_sessions(clinic).await, 1);
    }

    /// Of several exchanges at once exactly one gets tokens, and the others are taken for theft.
    async fn two_refreshes_at_once_have_one_winner(clinic: &Clinic) {
        let session = clinic.nurse_signs_in().await;
        let other_node = clinic.laboratory.second_node().await;
        let outcomes = join_all([&clinic.core, &other_node, &clinic.core].map(|core| sessions::refresh(core, &session.refresh_token))).await;
        assert_eq!(outcomes.iter().filter(|o| o.is_ok()).count(), 1);
        assert!(clinic.viewer(&session).await.is_none());
        assert_eq!(ended_sessions(clinic).await, 1);
        other_node.store.close().await;
    }

    /// What is garbled, too old, of an ended session or of somebody who is not let in gets nothing and breaks nothing.
    async fn refresh_tokens_end(clinic: &Clinic) {
        let session = clinic.nurse_signs_in().await;
        let token = &session.refresh_token;
        let mut garbled = token.reveal().to_owned();
        garbled.replace_range(40..41, if &garbled[40..41] == "A" { "B" } else { "A" });
        for wrong in [Secret::new(""), Secret::new("ü"), Secret::new(garbled), session.access_token.clone()] {
            assert!(matches!(sessions::refresh(&clinic.core, &wrong).await, Err(RefreshError::Invalid)));
        }
        let over = clinic.after(TimeDelta::days(30));
        assert!(matches!(sessions::refresh(&over, token).await, Err(RefreshError::Invalid)));
        clinic.run("update staff_member set status = 'DEACTIVATED' where organization_id = $1").await;
        assert!(matches!(sessions::refresh(&clinic.core, token).await, Err(RefreshError::Invalid)));
        clinic.run("update staff_member set status = 'ACTIVE' where organization_id = $1").await;
        let next = sessions::refresh(&clinic.core, token).await.unwrap();
        let viewer = clinic.viewer(&next).await.unwrap();
        sessions::sign_out(&clinic.core, &viewer).await.unwrap();
        assert!(matches!(sessions::refresh(&clinic.core, &next.refresh_token).await, Err(RefreshError::Invalid)));
    }

    /// One device, one of the others, or all.
    async fn sessions_are_ended(clinic: &Clinic) {
        let [first, second, third] = [clinic.nurse_signs_in().await, clinic.nurse_signs_in().await, clinic.nurse_signs_in().await];
        let viewer = clinic.viewer(&first).await.unwrap();
        assert_eq!(sessions::open_sessions(&clinic.core, &viewer).await.unwrap().len(), 3);
        sessions::revoke(&clinic.core, &viewer, second.session).await.unwrap();
        assert!(matches!(sessions::revoke(&clinic.core, &viewer, second.session).await, Err(Denied::NotFound)));
        assert!(clinic.viewer(&second).await.is_none());
        assert!(clinic.viewer(&third).await.is_some());
        let patient = clinic.laboratory.viewer(PersonId::Patient(clinic.patient)).await;
        assert!(matches!(sessions::revoke(&clinic.core, &patient, third.session).await, Err(Denied::NotFound)));
        sessions::sign_out_everywhere(&clinic.core, &viewer).await.unwrap();
        assert!(clinic.viewer(&first).await.is_none());
        assert!(clinic.viewer(&third).await.is_none());
        assert_eq!(ended_sessions(clinic).await, 2);
        assert_eq!(sessions::open_sessions(&clinic.core, &patient).await.unwrap().len(), 1);
    }

    /// An administrator ends somebody else's sessions; for a stranger nobody is there.
    async fn an_administrator_ends_sessions(clinic: &Clinic) {
        let session = clinic.nurse_signs_in().await;
        clinic.run("update staff_member set roles = 3 where organization_id = $1").await;
        let nurse = clinic.viewer(&session).await.unwrap();
        let administrator = policy::administrator(&nurse).unwrap();
        let patient = PersonId::Patient(clinic.patient);
        let theirs = clinic.laboratory.viewer(patient).await;
        sessions::end_sessions_of(&clinic.core, &administrator, patient).await.unwrap();
        assert!(sessions::open_sessions(&clinic.core, &theirs).await.unwrap().is_empty());
        for nobody in [PersonId::Staff(entity::StaffId(clinic.organization.0)), PersonId::Patient(entity::PatientId(clinic.organization.0))] {
            let outcome = sessions::end_sessions_of(&clinic.core, &administrator, nobody).await;
            assert!(matches!(outcome, Err(Denied::NotFound)));
        }
    }

    /// The list of devices is bounded: one too many ends the oldest.
    async fn the_oldest_device_makes_room(clinic: &Clinic) {
        let first = clinic.nurse_signs_in().await;
        let request = clinic.with_password(&clinic.nurse_email, canary::PASSWORD);
        let later = clinic.after(TimeDelta::seconds(1));
        let mut newest = None;
        for _ in 0..MAX_SESSIONS {
            newest = Some(opened(sessions::sign_in(&later, &request).await.unwrap()));
        }
        assert!(clinic.viewer(&first).await.is_none());
        let viewer = clinic.viewer(&newest.unwrap()).await.unwrap();
        assert_eq!(sessions::open_sessions(&later, &viewer).await.unwrap().len() as i64, MAX_SESSIONS);
        assert_eq!(ended_sessions(clinic).await, 1);
    }

    /// What is long over is removed; a used refresh token stays as long as it could come back.
    async fn sessions_are_swept(clinic: &Clinic) {
        let session = clinic.nurse_signs_in().await;
        clinic.request_code(&clinic.patient_email).await;
        sessions::refresh(&clinic.core, &session.refresh_token).await.unwrap();
        assert_eq!(sessions::sweep(&clinic.after(TimeDelta::days(6))).await.unwrap(), 0);
        assert_eq!(sessions::sweep(&clinic.after(TimeDelta::days(29))).await.unwrap(), 1);
        assert_eq!(sessions::sweep(&clinic.after(TimeDelta::days(38))).await.unwrap(), 3);
        assert_eq!(clinic.number("select count(*) from session where organization_id = $1").await, 0);
    }

    /// A refresh token of one clinic is nothing in another.
    async fn a_session_belongs_to_its_clinic(clinic: &Clinic) {
        let session = clinic.nurse_signs_in().await;
        let claims = AccessClaims {
            organization: OrganizationId(clinic.nurse.0),
            person: session.person,
            session: session.session,
            expires_at: session.access_token_expires_at,
        };
        assert!(sessions::viewer(&clinic.core, &claims).await.is_err());
    }
}
