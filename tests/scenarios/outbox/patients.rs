//! What patients are told (NOT-2).

use std::net::IpAddr;

use chrono::TimeDelta;
use entity::{Channel, NotificationStatus, PersonId};
use sea_orm::ActiveValue::Set;

use super::clinic::{CANARY, Clinic};
use harness::on_both_databases;
use tidings::domain::{
    notifications::templates::{self, TemplateKey},
    people::values::NotificationChannel,
    secret::Secret,
    sessions::{CodeRequest, request_code},
};

on_both_databases! {
    async fn several_messages_within_the_window_make_one_notification(clinic: &Clinic) {
        clinic.nurse_writes().await;
        clinic.wait(TimeDelta::seconds(60));
        clinic.nurse_writes().await;
        clinic.deliver().await;
        assert!(clinic.outbox().await.is_empty(), "the window is open");
        clinic.wait(TimeDelta::seconds(60));
        clinic.deliver().await;
        let outbox = clinic.outbox().await;
        assert_eq!(outbox.len(), 1);
        assert_eq!(outbox[0].recipient.reveal(), "patient@home.example");
        assert_eq!(
            outbox[0].subject.as_deref(),
            Some("Riverside <Clinic> le ha enviado un mensaje")
        );
        assert!(!outbox[0].text.reveal().contains(CANARY));
    }

    async fn a_message_after_the_claim_makes_another_notification(clinic: &Clinic) {
        clinic.nurse_writes().await;
        clinic.wait(TimeDelta::seconds(120));
        clinic.deliver().await;
        clinic.nurse_writes().await;
        clinic.wait(TimeDelta::seconds(120));
        clinic.deliver().await;
        assert_eq!(clinic.outbox().await.len(), 2);
    }

    async fn a_message_that_was_read_meanwhile_makes_none(clinic: &Clinic) {
        let sent = clinic.nurse_writes().await;
        clinic.read(PersonId::Patient(clinic.patient), &sent).await;
        clinic.wait(TimeDelta::seconds(120));
        let report = clinic.deliver().await;
        assert_eq!((report.sent, report.skipped), (0, 1));
        assert!(clinic.outbox().await.is_empty());
    }

    async fn the_patients_choice_of_channel_counts_where_it_can_reach_them(clinic: &Clinic) {
        clinic
            .change_patient(|row| row.notify_channel = Set(Some(Channel::Sms)))
            .await;
        clinic.nurse_writes().await;
        clinic.wait(TimeDelta::seconds(120));
        clinic.deliver().await;
        let outbox = clinic.outbox().await;
        assert_eq!(outbox[0].channel, Channel::Sms);
        assert!(outbox[0].subject.is_none() && outbox[0].html.is_none());

        clinic.change_patient(|row| row.phone = Set(None)).await;
        clinic.nurse_writes().await;
        clinic.wait(TimeDelta::seconds(120));
        clinic.deliver().await;
        assert_eq!(clinic.outbox().await[1].channel, Channel::Email);
    }

    async fn without_address_and_number_it_ends_with_the_dead_letters(clinic: &Clinic) {
        clinic
            .change_patient(|row| {
                row.phone = Set(None);
                row.email = Set(None);
            })
            .await;
        clinic.nurse_writes().await;
        clinic.wait(TimeDelta::seconds(120));
        clinic.deliver().await;
        let dead = clinic.notifications(NotificationStatus::Dead).await;
        assert_eq!(dead[0].last_error.as_deref(), Some("no_contact"));
    }

    /// A code goes to the contact that it was asked for, and to no other that stands on file when it is sent.
    async fn a_code_does_not_follow_to_another_address(clinic: &Clinic) {
        let ask = async || {
            let request = CodeRequest {
                organization: "riverside".to_owned(),
                contact: Secret::new("patient@home.example"),
                source: IpAddr::from([192, 0, 2, 1]).into(),
            };
            request_code(&clinic.core, &request).await.unwrap();
        };
        ask().await;
        clinic.give_address("patient@elsewhere.example").await;
        let report = clinic.deliver().await;
        assert_eq!((report.sent, report.skipped), (0, 1));
        assert!(clinic.outbox().await.is_empty());

        clinic.give_address("patient@home.example").await;
        ask().await;
        assert_eq!(clinic.deliver().await.sent, 1);
        assert_eq!(clinic.recipients().await, ["patient@home.example"]);
    }

    async fn a_patient_who_is_no_longer_let_in_is_not_told(clinic: &Clinic) {
        clinic.nurse_writes().await;
        clinic
            .change_patient(|row| row.portal_allowed = Set(false))
            .await;
        clinic.wait(TimeDelta::seconds(120));
        clinic.deliver().await;
        assert!(clinic.outbox().await.is_empty());
    }

    async fn the_clinics_own_template_comes_before_the_one_that_ships(clinic: &Clinic) {
        let administrator = clinic.administrator().await;
        let key = TemplateKey::new(
            entity::NotificationPurpose::NewClinicMessage,
            NotificationChannel::Email,
            "ES",
        )
        .unwrap();
        let own = templates::save(
            &clinic.core,
            &administrator,
            key.clone(),
            Some("Hola de {{ clinic_name }}".to_owned()),
            "Mire: {{ link }}".to_owned(),
        )
        .await
        .unwrap();
        assert!(own.own_since.is_some());
        clinic.nurse_writes().await;
        clinic.wait(TimeDelta::seconds(120));
        clinic.deliver().await;
        assert_eq!(
            clinic.outbox().await[0].subject.as_deref(),
            Some("Hola de Riverside <Clinic>")
        );

        let all = templates::list(&clinic.core, &administrator).await.unwrap();
        assert_eq!(
            all.iter().filter(|view| view.own_since.is_some()).count(),
            1
        );
        assert_eq!(all.len(), 162);
        let shipped = templates::reset(&clinic.core, &administrator, &key)
            .await
            .unwrap()
            .unwrap();
        assert!(shipped.own_since.is_none());
    }
}
