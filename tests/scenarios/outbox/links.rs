//! Where links lead, and for whom (NOT-4).

use chrono::TimeDelta;
use entity::PersonId;

use super::clinic::Clinic;
use harness::on_both_databases;
use tidings::domain::{links, secret::Secret};

on_both_databases! {
    async fn a_link_leads_the_person_it_was_sent_to_and_nobody_else(clinic: &Clinic) {
        clinic.nurse_writes().await;
        clinic.wait(TimeDelta::seconds(120));
        clinic.deliver().await;
        let token = clinic.last_token().await;
        assert_eq!(token.reveal().len(), 22);

        let patient = clinic.viewer(PersonId::Patient(clinic.patient)).await;
        let nurse = clinic.viewer(PersonId::Staff(clinic.nurse)).await;
        let core = &clinic.core;
        let link = links::follow(core, &patient, &token)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(link.conversation_id, Some(clinic.conversation));
        assert_ne!(link.token_hash, token.reveal().as_bytes());
        assert!(links::follow(core, &nurse, &token).await.unwrap().is_none());
        let unknown = Secret::new("AAAAAAAAAAAAAAAAAAAAAA");
        assert!(links::find(core, &unknown).await.unwrap().is_none());
    }

    async fn opening_a_link_changes_nothing_and_names_the_clinic_only(clinic: &Clinic) {
        clinic.patient_writes().await;
        clinic.deliver().await;
        let token = clinic.last_token().await;
        for _ in 0..3 {
            let signpost = links::signpost(&clinic.core, &token)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(signpost.clinic_name, "Riverside <Clinic>");
        }
    }

    async fn a_link_is_worth_nothing_after_fourteen_days(clinic: &Clinic) {
        clinic.patient_writes().await;
        clinic.deliver().await;
        let token = clinic.last_token().await;
        clinic.wait(links::LIFETIME - TimeDelta::seconds(1));
        assert!(links::find(&clinic.core, &token).await.unwrap().is_some());
        clinic.wait(TimeDelta::seconds(1));
        let core = &clinic.core;
        assert!(links::find(core, &token).await.unwrap().is_none());
        assert!(links::signpost(core, &token).await.unwrap().is_none());
        clinic.wait(TimeDelta::seconds(1));
        assert_eq!(links::sweep(core, core.clock.now()).await.unwrap(), 1);
    }
}
