//! What staff members are told (NOT-1).

use chrono::TimeDelta;
use entity::{Channel, NotificationStatus, PersonId, StaffStatus};
use sea_orm::ActiveValue::Set;

use super::clinic::{CANARY, Clinic};
use harness::on_both_databases;

on_both_databases! {
    async fn the_alerted_of_the_panel_are_told_and_nobody_else(clinic: &Clinic) {
        clinic.patient_writes().await;
        let report = clinic.deliver().await;
        assert_eq!((report.addressed, report.sent, report.dead), (1, 1, 0));
        let outbox = clinic.outbox().await;
        assert_eq!(outbox.len(), 1);
        assert_eq!(outbox[0].recipient.reveal(), "nurse@clinic.example");
        assert_eq!(outbox[0].subject.as_deref(), Some("New patient message"));
        let html = outbox[0].html.as_ref().unwrap().reveal();
        assert!(html.contains("Riverside &lt;Clinic&gt;"));
        for part in [outbox[0].text.reveal(), html] {
            assert!(!part.contains(CANARY) && part.contains("https://tidings.example/l/"));
        }
    }

    async fn text_messages_go_to_those_who_chose_them_and_have_a_number(clinic: &Clinic) {
        clinic.join(clinic.doctor).await;
        clinic
            .change_staff(clinic.nurse, |row| row.notify_channel = Set(Channel::Sms))
            .await;
        clinic
            .change_staff(clinic.doctor, |row| {
                row.notify_channel = Set(Channel::Sms);
                row.phone = Set(None);
            })
            .await;
        clinic.patient_writes().await;
        clinic.deliver().await;
        assert_eq!(
            clinic.recipients().await,
            ["+14155550100", "doctor@clinic.example"]
        );
    }

    async fn what_was_read_meanwhile_is_not_told(clinic: &Clinic) {
        let sent = clinic.patient_writes().await;
        clinic.read(PersonId::Staff(clinic.nurse), &sent).await;
        clinic.deliver().await;
        assert!(clinic.outbox().await.is_empty());
    }

    async fn who_was_deactivated_after_the_message_is_not_told(clinic: &Clinic) {
        clinic.patient_writes().await;
        clinic
            .change_staff(clinic.nurse, |row| {
                row.status = Set(StaffStatus::Deactivated);
            })
            .await;
        clinic.deliver().await;
        assert!(clinic.outbox().await.is_empty());
    }

    async fn who_switched_it_off_after_the_message_is_not_told(clinic: &Clinic) {
        clinic.patient_writes().await;
        clinic
            .change_staff(clinic.nurse, |row| row.notify_new_message = Set(false))
            .await;
        clinic.deliver().await;
        assert!(clinic.outbox().await.is_empty());
    }

    async fn a_message_left_unread_is_reminded_of_once_for_each_stretch_of_unread(clinic: &Clinic) {
        let first = clinic.patient_writes().await;
        clinic.deliver().await;
        clinic.wait(TimeDelta::hours(23));
        let second = clinic.patient_writes().await;
        clinic.deliver().await;
        assert_eq!(clinic.outbox().await.len(), 2);

        clinic.wait(TimeDelta::hours(1));
        clinic.deliver().await;
        let outbox = clinic.outbox().await;
        assert_eq!(outbox.len(), 3);
        assert_eq!(
            outbox[2].subject.as_deref(),
            Some("A patient message is still unread")
        );

        clinic.wait(TimeDelta::hours(48));
        clinic.deliver().await;
        clinic.read(PersonId::Staff(clinic.nurse), &first).await;
        clinic.deliver().await;
        assert_eq!(clinic.outbox().await.len(), 3, "the stretch goes on");

        clinic.read(PersonId::Staff(clinic.nurse), &second).await;
        clinic.patient_writes().await;
        clinic.wait(TimeDelta::hours(25));
        clinic.deliver().await;
        assert_eq!(clinic.outbox().await.len(), 5, "a new stretch");
    }

    async fn a_reminder_that_comes_too_early_waits_for_the_message_that_is_not_old_enough(clinic: &Clinic) {
        let first = clinic.patient_writes().await;
        clinic.deliver().await;
        clinic.read(PersonId::Staff(clinic.nurse), &first).await;
        clinic.wait(TimeDelta::hours(20));
        clinic.patient_writes().await;
        clinic.deliver().await;
        assert_eq!(clinic.outbox().await.len(), 2);

        clinic.wait(TimeDelta::hours(23));
        clinic.deliver().await;
        assert_eq!(clinic.outbox().await.len(), 2, "unread for 23 hours");
        clinic.wait(TimeDelta::hours(1));
        clinic.deliver().await;
        assert_eq!(clinic.outbox().await.len(), 3, "unread for 24 hours");
        assert!(
            clinic
                .notifications(NotificationStatus::Pending)
                .await
                .is_empty()
        );
    }

    async fn without_the_setting_nobody_is_reminded(clinic: &Clinic) {
        clinic.patient_writes().await;
        clinic.deliver().await;
        clinic
            .change_staff(clinic.nurse, |row| row.notify_unread = Set(false))
            .await;
        clinic.wait(TimeDelta::hours(25));
        clinic.deliver().await;
        assert_eq!(clinic.outbox().await.len(), 1);
    }
}
