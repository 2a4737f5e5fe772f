//! E-mail over real connections: a mail server that takes everything, and ones that refuse, hang up or are gone.

use chrono::TimeDelta;
use entity::NotificationStatus;
use harness::patience::{PATIENCE, until};
use harness::smtp::{self, Behaviour, Encryption, RogueServer, SecureServer};
use harness::{canary, on_both_databases, run};

use super::clinic::{CANARY, Clinic};
use super::workers::{mail, mail_trusting, worker};
use tidings::delivery::{Report, Worker};

/// A worker that uses this server, with a notification of the patient that is due.
async fn with_due_mail(clinic: &Clinic, server: &RogueServer, tls: &str) -> Worker {
    clinic.nurse_writes().await;
    clinic.wait(TimeDelta::seconds(120));
    let url = format!("smtp://{}?tls={tls}", server.address());
    worker(&clinic.core, mail(&url))
}

async fn run_once(worker: &Worker) -> Report {
    worker.run_once().await.unwrap()
}

async fn last_error(clinic: &Clinic, status: NotificationStatus) -> String {
    let rows = clinic.notifications(status).await;
    rows.into_iter()
        .find_map(|row| row.last_error)
        .unwrap_or_default()
}

on_both_databases! {
    async fn a_mail_arrives_in_two_forms_and_holds_no_content(clinic: &Clinic) {
        let address = canary::address("patient");
        clinic.give_address(&address).await;
        clinic.nurse_writes().await;
        clinic.wait(TimeDelta::seconds(120));
        let report = run_once(&worker(&clinic.core, mail(&run::smtp_url()))).await;
        assert_eq!((report.sent, report.retried), (1, 0));
        let arrived = smtp::mail_to(&address).await;
        let sent = clinic.notifications(NotificationStatus::Sent).await;
        let id = sent.last().unwrap().id.0.simple();
        assert_eq!(arrived.message_id, format!("{id}@tidings.example"));
        assert!(arrived.raw.contains("Auto-Submitted: auto-generated"));
        assert!(arrived.subject.contains("Riverside <Clinic>"));
        for part in [&arrived.text, &arrived.html] {
            assert!(part.contains("https://tidings.example/l/") && !part.contains(CANARY));
        }
    }

    async fn a_server_that_comes_back_gets_the_mail(clinic: &Clinic) {
        let mut server = RogueServer::start(Behaviour::Accept).await;
        let worker = with_due_mail(clinic, &server, "none").await;
        server.stop().await;
        assert_eq!(run_once(&worker).await.retried, 1);
        assert_eq!(last_error(clinic, NotificationStatus::Pending).await, "smtp connection");
        server.come_back();
        clinic.wait(TimeDelta::seconds(6));
        assert_eq!(run_once(&worker).await.sent, 1);
        assert_eq!(server.deliveries().len(), 1);
    }

    async fn a_server_that_closes_is_asked_again(clinic: &Clinic) {
        let server = RogueServer::start(Behaviour::RefuseConnection(421)).await;
        let worker = with_due_mail(clinic, &server, "none").await;
        assert_eq!(run_once(&worker).await.retried, 1);
        assert!(last_error(clinic, NotificationStatus::Pending).await.starts_with("smtp 421"));
    }

    async fn a_recipient_who_is_deferred_is_tried_again(clinic: &Clinic) {
        let server = RogueServer::start(Behaviour::RefuseRecipient(450)).await;
        let worker = with_due_mail(clinic, &server, "none").await;
        assert_eq!(run_once(&worker).await.retried, 1);
        assert!(last_error(clinic, NotificationStatus::Pending).await.starts_with("smtp 450"));
        server.behave(Behaviour::Accept);
        clinic.wait(TimeDelta::seconds(6));
        assert_eq!(run_once(&worker).await.sent, 1);
    }

    async fn a_recipient_who_is_refused_ends_with_the_dead_letters(clinic: &Clinic) {
        let server = RogueServer::start(Behaviour::RefuseRecipient(550)).await;
        let worker = with_due_mail(clinic, &server, "none").await;
        assert_eq!(run_once(&worker).await.dead, 1);
        let class = last_error(clinic, NotificationStatus::Dead).await;
        assert!(class.starts_with("smtp 550") && !class.contains('@'), "{class}");
    }

    async fn a_mail_that_is_refused_ends_with_the_dead_letters(clinic: &Clinic) {
        let server = RogueServer::start(Behaviour::RefuseMail(554)).await;
        let worker = with_due_mail(clinic, &server, "none").await;
        assert_eq!(run_once(&worker).await.dead, 1);
    }

    async fn a_relay_that_does_not_know_the_sender_kills_no_mail_and_is_left_alone(clinic: &Clinic) {
        let server = RogueServer::start(Behaviour::RefuseRecipientWith(554, "5.7.1")).await;
        let worker = with_due_mail(clinic, &server, "none").await;
        let first = run_once(&worker).await;
        assert_eq!((first.retried, first.dead), (1, 0));
        assert_eq!(last_error(clinic, NotificationStatus::Pending).await, "smtp 554 5.7.1");
        for _ in 0..5 {
            clinic.patient_writes().await;
            assert_eq!(run_once(&worker).await.dead, 0);
        }
        let asked = server.connections();
        clinic.patient_writes().await;
        assert_eq!(run_once(&worker).await.retried, 0, "it rests");
        assert_eq!(server.connections(), asked);
        server.behave(Behaviour::Accept);
        clinic.wait(TimeDelta::hours(1));
        assert!(run_once(&worker).await.sent > 1);
        assert!(clinic.notifications(NotificationStatus::Dead).await.is_empty());
    }

    async fn a_recipient_who_does_not_exist_ends_with_the_dead_letters_and_a_reason(clinic: &Clinic) {
        let server = RogueServer::start(Behaviour::RefuseRecipientWith(550, "5.1.1")).await;
        let worker = with_due_mail(clinic, &server, "none").await;
        assert_eq!(run_once(&worker).await.dead, 1);
        assert_eq!(last_error(clinic, NotificationStatus::Dead).await, "smtp 550 5.1.1");
    }

    async fn mail_travels_encrypted_to_a_server_whose_authority_is_known(clinic: &Clinic) {
        for (encryption, scheme) in [(Encryption::StartTls, "smtp"), (Encryption::Implicit, "smtps")] {
            let server = SecureServer::start(encryption).await;
            let tls = if scheme == "smtp" { "?tls=required" } else { "" };
            let url = format!("{scheme}://{}{tls}", server.address());
            let address = canary::address("patient");
            clinic.give_address(&address).await;
            clinic.nurse_writes().await;
            clinic.wait(TimeDelta::seconds(120));
            let strange = run_once(&worker(&clinic.core, mail(&url))).await;
            assert_eq!((strange.sent, strange.retried), (0, 1), "{encryption:?}");
            assert_eq!(server.mails_to(&address).len(), 0);
            clinic.wait(TimeDelta::seconds(6));
            let trusting = worker(&clinic.core, mail_trusting(&url, server.authority()));
            assert_eq!(run_once(&trusting).await.sent, 1, "{encryption:?}");
            let what = "the mail in the mailbox";
            until(PATIENCE, what, async || (server.mails_to(&address).len() == 1).then_some(())).await;
        }
    }

    async fn a_mail_that_is_sent_twice_has_one_id_and_one_link(clinic: &Clinic) {
        let server = RogueServer::start(Behaviour::HangUpAfterMail).await;
        let worker = with_due_mail(clinic, &server, "none").await;
        assert_eq!(run_once(&worker).await.retried, 1);
        server.behave(Behaviour::Accept);
        clinic.wait(TimeDelta::seconds(6));
        assert_eq!(run_once(&worker).await.sent, 1);
        let deliveries = server.deliveries();
        let [first, second] = deliveries.as_slice() else {
            panic!("{} deliveries", deliveries.len());
        };
        assert_eq!(first.mail.message_id, second.mail.message_id);
        assert_eq!(first.mail.text, second.mail.text);
    }

    async fn a_certificate_that_nobody_trusts_gets_no_mail(clinic: &Clinic) {
        let server = RogueServer::start_with_self_signed_certificate(Behaviour::Accept).await;
        for tls in ["required", "opportunistic"] {
            let worker = with_due_mail(clinic, &server, tls).await;
            assert_eq!(run_once(&worker).await.sent, 0, "{tls}");
        }
        assert!(server.deliveries().is_empty());
    }

    async fn a_server_without_encryption_gets_no_mail_where_it_is_required(clinic: &Clinic) {
        let server = RogueServer::start(Behaviour::Accept).await;
        let worker = with_due_mail(clinic, &server, "required").await;
        assert_eq!(run_once(&worker).await.retried, 1);
        assert!(server.deliveries().is_empty());
    }
}
