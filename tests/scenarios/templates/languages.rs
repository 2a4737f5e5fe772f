//! Which language a patient gets (ANN-2).

use harness::clinic::Clinic;
use harness::{canary, on_both_databases};
use serde_json::json;

use super::desk::Desk;

async fn patient(clinic: &Clinic, language: &str) -> String {
    let name = canary::name("Paul");
    clinic.patient(&name, json!({ "language": language })).await
}

on_both_databases! {
    async fn each_patient_gets_their_language_or_the_clinics(clinic: &Clinic) {
        let desk = Desk::with_template(clinic, "fi").await;
        let mexican = patient(clinic, "es-MX").await;
        let swede = patient(clinic, "sv").await;
        assert_eq!(desk.choice(&swede).await, "NO_TRANSLATION", "nothing is written yet");
        desk.write("fi", 0, "yksi").await;
        desk.approve("fi", 1).await;
        assert_eq!(desk.choice(&swede).await, "NO_TRANSLATION");
        clinic.set(json!({ "templateFallback": "SOURCE_LANGUAGE" })).await;
        assert_eq!(desk.choice(&swede).await, "fi SOURCE_LANGUAGE");
        desk.write("en", 0, "one").await;
        assert_eq!(desk.choice(&swede).await, "fi SOURCE_LANGUAGE", "a draft is passed over");
        desk.approve("en", 1).await;
        assert_eq!(desk.choice(&swede).await, "en CLINIC_LANGUAGE", "the clinic's language is en-GB");
        desk.write("es", 0, "uno").await;
        desk.approve("es", 1).await;
        assert_eq!(desk.choice(&mexican).await, "es PATIENT_PRIMARY_LANGUAGE");
        desk.write("es-MX", 0, "uno").await;
        desk.approve("es-MX", 1).await;
        assert_eq!(desk.choice(&mexican).await, "es-MX PATIENT_LANGUAGE");
        desk.write("sv", 0, "ett").await;
        clinic.set(json!({ "defaultLanguage": "sv", "templateFallback": "REFUSE" })).await;
        assert_eq!(desk.choice(&swede).await, "NOT_APPROVED");
    }

    async fn a_stale_translation_is_refused(clinic: &Clinic) {
        let desk = Desk::with_template(clinic, "en").await;
        let spaniard = patient(clinic, "es").await;
        desk.write("en", 0, "one").await;
        desk.approve("en", 1).await;
        desk.write("es", 0, "uno").await;
        desk.approve("es", 1).await;
        desk.write("en", 1, "two").await;
        desk.approve("en", 2).await;
        clinic.set(json!({ "templateFallback": "SOURCE_LANGUAGE" })).await;
        assert_eq!(desk.choice(&spaniard).await, "STALE");
        desk.write("es", 1, "dos").await;
        assert_eq!(desk.choice(&spaniard).await, "STALE", "a draft does not help");
        desk.approve("es", 2).await;
        assert_eq!(desk.choice(&spaniard).await, "es PATIENT_LANGUAGE");
    }
}
