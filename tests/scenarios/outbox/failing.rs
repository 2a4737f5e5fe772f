//! What happens when something is out of order (NOT-3).

use std::net::IpAddr;

use chrono::TimeDelta;
use entity::{Channel, NotificationPurpose, NotificationStatus, PersonId, organization};
use sea_orm::{ActiveValue::Set, ConnectionTrait as _, EntityTrait as _};
use uuid::Uuid;

use super::clinic::Clinic;
use super::workers::{nobody_listens, worker, worker_without_ways};
use harness::on_both_databases;
use tidings::domain::{
    notifications::{self, Lane, Outcome, Settled, claim, dead_letters, retry_dead_letter, settle},
    page::{Direction, Slice},
    secret::Secret,
    sessions::{self, CodeRequest},
};

const FIRST_PAGE: Slice<Uuid> = Slice {
    after: None,
    before: None,
    direction: Direction::Forward,
    limit: 10,
};

/// The patient wants to sign in.
async fn ask_for_a_code(clinic: &Clinic) {
    let reader = clinic.core.store.reader();
    let found = organization::Entity::find_by_id(clinic.organization).one(reader);
    let request = CodeRequest {
        organization: found.await.unwrap().unwrap().slug,
        contact: Secret::new("patient@home.example"),
        source: "127.0.0.1".parse::<IpAddr>().unwrap().into(),
    };
    sessions::request_code(&clinic.core, &request)
        .await
        .unwrap();
}

on_both_databases! {
    async fn a_mail_server_that_is_gone_is_tried_by_the_schedule_and_then_given_up(clinic: &Clinic) {
        let broken = worker(&clinic.core, nobody_listens());
        clinic.nurse_writes().await;
        clinic.wait(TimeDelta::seconds(120));
        let first = broken.run_once().await.unwrap();
        assert_eq!((first.sent, first.retried), (0, 1));
        for minutes in [1, 6, 34, 135, 331, 661] {
            assert_eq!(broken.run_once().await.unwrap().retried, 0, "not due yet");
            clinic.wait(TimeDelta::minutes(minutes));
            assert_eq!(broken.run_once().await.unwrap().retried, 1, "{minutes}");
        }
        clinic.wait(TimeDelta::hours(11));
        assert_eq!(broken.run_once().await.unwrap().dead, 1);

        let administrator = clinic.administrator().await;
        let page = dead_letters(&clinic.core, &administrator, &FIRST_PAGE)
            .await
            .unwrap();
        let [letter] = page.items.as_slice() else {
            panic!("one dead letter");
        };
        assert_eq!((letter.attempts, &*letter.reason), (8, "smtp connection"));
        retry_dead_letter(&clinic.core, &administrator, letter.id)
            .await
            .unwrap();
        assert!(
            retry_dead_letter(&clinic.core, &administrator, letter.id)
                .await
                .is_err(),
            "it is in the outbox again"
        );
        assert_eq!(clinic.deliver().await.sent, 1);
        assert_eq!(clinic.recipients().await, ["patient@home.example"]);
    }

    async fn a_broken_mail_server_delays_no_text_message_and_is_left_alone(clinic: &Clinic) {
        clinic.join(clinic.doctor).await;
        clinic
            .change_staff(clinic.doctor, |row| row.notify_channel = Set(Channel::Sms))
            .await;
        let broken = worker(&clinic.core, nobody_listens());
        for round in 0..6 {
            clinic.patient_writes().await;
            let report = broken.run_once().await.unwrap();
            assert_eq!(report.sent, 1, "the text message of round {round}");
            assert_eq!(report.retried, u64::from(round < 4), "round {round}");
        }
        let untried = clinic
            .notifications(NotificationStatus::Pending)
            .await
            .into_iter()
            .filter(|row| row.channel == Some(Channel::Email) && row.attempts == 0)
            .count();
        assert_eq!(
            untried, 1,
            "what waits while the server rests loses no attempt"
        );
    }

    async fn what_cannot_be_sent_at_all_ends_with_the_dead_letters_and_says_why(clinic: &Clinic) {
        clinic.join(clinic.doctor).await;
        clinic
            .change_staff(clinic.doctor, |row| row.notify_channel = Set(Channel::Sms))
            .await;
        clinic.patient_writes().await;
        let report = worker_without_ways(&clinic.core).run_once().await.unwrap();
        assert_eq!((report.sent, report.dead), (0, 2));
        assert!(clinic.outbox().await.is_empty(), "nothing is kept in clear");
        let administrator = clinic.administrator().await;
        let page = dead_letters(&clinic.core, &administrator, &FIRST_PAGE)
            .await
            .unwrap();
        let mut reasons: Vec<_> = page.items.iter().map(|letter| &*letter.reason).collect();
        reasons.sort_unstable();
        assert_eq!(reasons, ["email.no_server", "sms.no_gateway"]);
    }

    async fn a_code_does_not_wait_for_links_that_cannot_be_stored(clinic: &Clinic) {
        let store = &clinic.core.store;
        clinic.nurse_writes().await;
        clinic.wait(TimeDelta::seconds(120));
        ask_for_a_code(clinic).await;
        let rename = |from, to| format!("alter table {from} rename to {to}");
        store.writer().execute_unprepared(&rename("link", "link_away")).await.unwrap();
        assert_eq!(clinic.deliver().await.sent, 1, "the code");
        store.writer().execute_unprepared(&rename("link_away", "link")).await.unwrap();
        clinic.wait(TimeDelta::minutes(6));
        assert_eq!(clinic.deliver().await.sent, 1, "the link");
    }

    /// A reminder to many lies before it in the outbox.
    async fn a_code_passes_whatever_else_waits(clinic: &Clinic) {
        for (_, conversation) in clinic.admit(40).await {
            clinic.write_in(conversation, PersonId::Staff(clinic.nurse)).await;
        }
        clinic.wait(TimeDelta::seconds(120));
        ask_for_a_code(clinic).await;
        let core = &clinic.core;
        let first = claim(core, Uuid::from_u128(1), Lane::Access, 32).await.unwrap();
        let purposes: Vec<_> = first.iter().map(|claimed| claimed.row.purpose).collect();
        assert_eq!(purposes, [NotificationPurpose::SignInCode]);
        let others = claim(core, Uuid::from_u128(1), Lane::Email, 100).await.unwrap();
        assert!(others.iter().all(|claimed| claimed.row.purpose != NotificationPurpose::SignInCode));
    }

    async fn a_worker_that_dies_is_replaced_when_its_lease_ends(clinic: &Clinic) {
        clinic.patient_writes().await;
        let core = &clinic.core;
        let dead = Uuid::from_u128(1);
        let mut claimed = claim(core, dead, Lane::Addressing, 8).await.unwrap();
        assert_eq!(claimed.len(), 1);
        assert_eq!(clinic.deliver().await.sent, 0, "leased");
        clinic.wait(TimeDelta::minutes(6));
        assert_eq!(clinic.deliver().await.sent, 1);
        let late = settle(core, &[(claimed.remove(0), Outcome::Sent)]).await.unwrap();
        assert_eq!(late[0].1, Settled::Lost, "the dead one comes back too late");
        assert_eq!(clinic.outbox().await.len(), 1);
    }

    async fn two_workers_never_claim_the_same(clinic: &Clinic) {
        for _ in 0..6 {
            clinic.patient_writes().await;
            clinic.wait(TimeDelta::milliseconds(1));
        }
        let core = &clinic.core;
        let (a, b) = tokio::join!(
            claim(core, Uuid::from_u128(1), Lane::Addressing, 8),
            claim(core, Uuid::from_u128(2), Lane::Addressing, 8),
        );
        assert_eq!(a.unwrap().len() + b.unwrap().len(), 1);
    }

    async fn what_kills_its_workers_ends_with_the_dead_letters(clinic: &Clinic) {
        clinic.patient_writes().await;
        for _ in 0..8 {
            let claimed = claim(&clinic.core, Uuid::from_u128(1), Lane::Addressing, 8)
                .await
                .unwrap();
            assert_eq!(claimed.len(), 1);
            clinic.wait(TimeDelta::minutes(6));
        }
        assert_eq!(clinic.deliver().await.dead, 1);
    }

    async fn sweeping_keeps_dead_letters_and_what_is_new(clinic: &Clinic) {
        clinic.patient_writes().await;
        clinic.deliver().await;
        let core = &clinic.core;
        let sweep = |at| notifications::sweep(core, at);
        assert_eq!(sweep(core.clock.now()).await.unwrap(), 0);
        clinic.wait(TimeDelta::hours(1));
        assert_eq!(sweep(core.clock.now()).await.unwrap(), 2);
        assert_eq!(
            clinic
                .notifications(NotificationStatus::Pending)
                .await
                .len(),
            1,
            "the reminder"
        );
    }

    async fn the_development_outbox_is_bounded_and_pages(clinic: &Clinic) {
        use tidings::domain::notifications::development_outbox;
        for _ in 0..3 {
            clinic.patient_writes().await;
            clinic.deliver().await;
            clinic.wait(TimeDelta::seconds(1));
        }
        let administrator = clinic.administrator().await;
        let slice = Slice {
            limit: 2,
            ..FIRST_PAGE
        };
        let first = development_outbox(&clinic.core, &administrator, &slice)
            .await
            .unwrap();
        assert_eq!((first.items.len(), first.has_next), (2, true));
        let rest = Slice {
            after: first.items.last().map(|message| message.id.0),
            ..slice
        };
        let rest = development_outbox(&clinic.core, &administrator, &rest)
            .await
            .unwrap();
        assert_eq!((rest.items.len(), rest.has_next), (1, false));
    }
}
