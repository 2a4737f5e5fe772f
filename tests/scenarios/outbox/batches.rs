//! What is claimed together is handled together: it costs the same for one and for many, and none of it waits for another.

use chrono::TimeDelta;
use entity::{Channel, ConversationId, NotificationStatus, PatientId, PersonId, StaffId};
use harness::on_both_databases;
use harness::patience::{PATIENCE, until};
use harness::smtp::{Behaviour, RogueServer};
use sea_orm::{ActiveValue::Set, ConnectionTrait as _, Statement};
use tokio_util::sync::CancellationToken;

use super::clinic::Clinic;
use super::workers::{mail, nobody_listens, worker};

/// As many as are claimed at once.
const BATCH: usize = 32;

/// What delivering all that is due takes.
async fn statements_to_deliver(clinic: &Clinic, sent: usize) -> u64 {
    let before = clinic.core.store.statements();
    let report = clinic.deliver().await;
    assert_eq!((report.sent, report.lost), (sent as u64, 0));
    clinic.core.store.statements() - before
}

/// What it takes to tell the nurse of what patients write, to remind her of it, and to tell the patients of her answers.
async fn statements_for(clinic: &Clinic, chats: &[(PatientId, ConversationId)]) -> [u64; 3] {
    for (patient, chat) in chats {
        clinic.write_in(*chat, PersonId::Patient(*patient)).await;
    }
    let told = statements_to_deliver(clinic, chats.len()).await;
    clinic.wait(TimeDelta::hours(24));
    let reminded = statements_to_deliver(clinic, chats.len()).await;
    for (_, chat) in chats {
        clinic.write_in(*chat, PersonId::Staff(clinic.nurse)).await;
    }
    clinic.wait(TimeDelta::seconds(120));
    [
        told,
        reminded,
        statements_to_deliver(clinic, chats.len()).await,
    ]
}

/// A staff member's record as no version wrote it.
async fn spoil(clinic: &Clinic, staff: StaffId) {
    let writer = clinic.core.store.writer();
    let text =
        "update staff_member set notify_channel = 'PIGEON' where organization_id = $1 and id = $2";
    let values = [clinic.organization.into(), staff.into()];
    let spoil = Statement::from_sql_and_values(writer.get_database_backend(), text, values);
    writer.execute_raw(spoil).await.unwrap();
}

on_both_databases! {
    async fn many_cost_as_many_statements_as_one(clinic: &Clinic) {
        let chats = clinic.admit(BATCH + 1).await;
        let (one, many) = chats.split_at(1);
        let of_one = statements_for(clinic, one).await;
        assert_eq!(statements_for(clinic, many).await, of_one);
        assert!(of_one.iter().all(|count| *count <= 30), "{of_one:?}");
    }

    async fn a_mail_that_hangs_holds_up_no_other(clinic: &Clinic) {
        let server = RogueServer::start(Behaviour::MuteFor("patient3@home.example")).await;
        let url = format!("smtp://{}?tls=none", server.address());
        let worker = worker(&clinic.core, mail(&url));
        for (_, chat) in clinic.admit(BATCH).await {
            clinic.write_in(chat, PersonId::Staff(clinic.nurse)).await;
        }
        clinic.wait(TimeDelta::seconds(120));
        let settled = until(PATIENCE, "all mails but one to be settled", async || {
            let sent = clinic.notifications(NotificationStatus::Sent).await.len();
            (sent == BATCH - 1).then_some(())
        });
        tokio::select! {
            report = worker.run_once() => panic!("the mail that hangs has ended: {report:?}"),
            () = settled => {}
        }
        assert_eq!(server.deliveries().len(), BATCH - 1);
    }

    async fn a_mail_that_hangs_holds_up_no_other_batch(clinic: &Clinic) {
        let server = RogueServer::start(Behaviour::MuteFor("patient3@home.example")).await;
        let url = format!("smtp://{}?tls=none", server.address());
        let worker = worker(&clinic.core, mail(&url));
        let all = 3 * BATCH;
        for (_, chat) in clinic.admit(all).await {
            clinic.write_in(chat, PersonId::Staff(clinic.nurse)).await;
        }
        clinic.wait(TimeDelta::seconds(120));
        let settled = until(PATIENCE, "all mails but one to be settled", async || {
            let sent = clinic.notifications(NotificationStatus::Sent).await.len();
            (sent == all - 1).then_some(())
        });
        let stop = CancellationToken::new();
        tokio::select! {
            () = worker.run(&stop) => panic!("nobody has stopped the worker"),
            () = settled => {}
        }
    }

    async fn what_has_not_begun_when_the_mail_server_rests_loses_no_attempt(clinic: &Clinic) {
        for (_, chat) in clinic.admit(BATCH).await {
            clinic.write_in(chat, PersonId::Staff(clinic.nurse)).await;
        }
        clinic.wait(TimeDelta::seconds(120));
        let broken = worker(&clinic.core, nobody_listens());
        let report = broken.run_once().await.unwrap();
        assert!((4..=11).contains(&report.retried), "{report:?}");
        assert_eq!(report.released + report.retried, BATCH as u64);
        let pending = clinic.notifications(NotificationStatus::Pending).await;
        let untried = pending
            .iter()
            .filter(|row| row.attempts == 0 && row.leased_by.is_none() && row.last_error.is_none());
        assert_eq!(untried.count() as u64, report.released);
        clinic.wait(TimeDelta::seconds(6));
        assert_eq!(clinic.deliver().await.sent, BATCH as u64);
    }

    async fn one_that_cannot_be_read_keeps_no_other_from_leaving(clinic: &Clinic) {
        clinic.join(clinic.doctor).await;
        clinic.patient_writes().await;
        for (patient, chat) in clinic.admit(2).await {
            clinic.write_in(chat, PersonId::Patient(patient)).await;
        }
        spoil(clinic, clinic.doctor).await;
        let report = clinic.deliver().await;
        // The patient's own chat has the doctor on its team, and nobody can say how to tell them.
        assert_eq!((report.sent, report.lost), (2, 1));
        clinic
            .change_staff(clinic.doctor, |row| row.notify_channel = Set(Channel::Email))
            .await;
        clinic.wait(TimeDelta::minutes(6));
        let report = clinic.deliver().await;
        assert_eq!((report.sent, report.lost), (2, 0));
    }

    async fn what_is_of_two_clinics_is_told_by_each(clinic: &Clinic) {
        let neighbour = clinic.neighbour().await;
        clinic.patient_writes().await;
        neighbour.patient_writes().await;
        let report = clinic.deliver().await;
        assert_eq!((report.addressed, report.sent), (2, 2));
    }
}
