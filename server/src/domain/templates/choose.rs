//! Which language somebody gets: one explicit function (ANN-2).

use std::collections::BTreeMap;

use entity::message_template_text as text;

use super::{fill::Unsendable, review::is_older, save::approved};
use crate::domain::settings::TemplateFallback;

/// Why a language was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is the patient's.
    PatientLanguage,
    /// It is the patient's, without the region or script.
    PatientPrimaryLanguage,
    /// The patient's has no text, and this is the clinic's.
    ClinicLanguage,
    /// Neither has one, and by the clinic's setting the source language stands in.
    SourceLanguage,
}

/// Whether a language of a template can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<T> {
    /// With this text.
    Ready(T),
    /// Its text was translated from an older source than the one that is approved.
    Stale,
    /// No text is approved, or the source text is not.
    NotApproved,
}

/// Where each language of a template stands, of its current texts.
#[must_use]
pub fn standings<'t>(
    source_language: &str,
    texts: &'t [text::Model],
) -> BTreeMap<&'t str, Standing<&'t text::Model>> {
    let source = approved(texts, source_language);
    texts
        .iter()
        .map(|text| text.language.as_str())
        .map(|language| {
            let standing = match (source, approved(texts, language)) {
                (Some(source), Some(text)) if is_older(text, source) => Standing::Stale,
                (Some(_), Some(text)) => Standing::Ready(text),
                (None, _) | (_, None) => Standing::NotApproved,
            };
            (language, standing)
        })
        .collect()
}

/// Takes the first language that can be sent: the patient's tag, its primary language, the clinic's tag and its primary
/// language, and, if the clinic wants that, the source language.
///
/// A language that is stale ends the search, unless the same person's other tag can be sent: the clinic has promised that
/// language, and its readers are not to get another for a while. A language of which nothing is approved is passed over.
pub(super) fn choose<'t, T>(
    languages: &'t BTreeMap<String, Standing<T>>,
    patient: &str,
    clinic: &str,
    source: &str,
    fallback: TemplateFallback,
) -> Result<(&'t str, &'t T, Reason), Unsendable> {
    let mut steps = vec![
        vec![
            (patient, Reason::PatientLanguage),
            (primary(patient), Reason::PatientPrimaryLanguage),
        ],
        vec![
            (clinic, Reason::ClinicLanguage),
            (primary(clinic), Reason::ClinicLanguage),
        ],
    ];
    match fallback {
        TemplateFallback::Refuse => {}
        TemplateFallback::SourceLanguage => steps.push(vec![(source, Reason::SourceLanguage)]),
    }
    let mut refusal = Unsendable::NoTranslation;
    for step in steps {
        let mut stale = false;
        for (tag, reason) in step {
            match languages.get_key_value(tag) {
                Some((language, Standing::Ready(text))) => return Ok((language, text, reason)),
                Some((_, Standing::Stale)) => stale = true,
                Some((_, Standing::NotApproved)) => refusal = Unsendable::NotApproved,
                None => {}
            }
        }
        if stale {
            return Err(Unsendable::Stale);
        }
    }
    Err(refusal)
}

fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use Reason::*;
    use Standing::{NotApproved, Ready, Stale};
    use TemplateFallback::{Refuse, SourceLanguage as Source};

    use super::*;

    /// What a patient gets in a clinic whose language is `en-GB`, of a template that was written in Finnish.
    fn chosen(
        languages: &[(&str, Standing<()>)],
        patient: &str,
        fallback: TemplateFallback,
    ) -> Result<(String, Reason), Unsendable> {
        let languages = languages
            .iter()
            .map(|(tag, standing)| ((*tag).to_owned(), *standing))
            .collect();
        choose(&languages, patient, "en-GB", "fi", fallback)
            .map(|(language, (), reason)| (language.to_owned(), reason))
    }

    fn got(language: &str, reason: Reason) -> Result<(String, Reason), Unsendable> {
        Ok((language.to_owned(), reason))
    }

    #[test]
    fn the_order_is_patient_clinic_source() {
        let all = [
            ("es-MX", Ready(())),
            ("es", Ready(())),
            ("en-GB", Ready(())),
            ("en", Ready(())),
            ("fi", Ready(())),
        ];
        assert_eq!(chosen(&all, "es-MX", Refuse), got("es-MX", PatientLanguage));
        assert_eq!(
            chosen(&all[1..], "es-MX", Refuse),
            got("es", PatientPrimaryLanguage)
        );
        assert_eq!(
            chosen(&all[2..], "es-MX", Refuse),
            got("en-GB", ClinicLanguage)
        );
        assert_eq!(
            chosen(&all[3..], "es-MX", Refuse),
            got("en", ClinicLanguage)
        );
        assert_eq!(
            chosen(&all[4..], "es-MX", Source),
            got("fi", SourceLanguage)
        );
        assert_eq!(
            chosen(&all[4..], "es-MX", Refuse),
            Err(Unsendable::NoTranslation)
        );
        assert_eq!(
            chosen(&[("es-MX", Ready(()))], "es", Refuse),
            Err(Unsendable::NoTranslation)
        );
    }

    #[test]
    fn a_stale_language_is_not_replaced_by_a_foreign_one() {
        let fresh = ("en", Ready(()));
        assert_eq!(
            chosen(&[("es", Stale), fresh], "es-MX", Source),
            Err(Unsendable::Stale)
        );
        assert_eq!(
            chosen(&[("es-MX", Stale), ("es", Ready(()))], "es-MX", Refuse),
            got("es", PatientPrimaryLanguage)
        );
        assert_eq!(
            chosen(&[("en", Stale), ("fi", Ready(()))], "es", Source),
            Err(Unsendable::Stale)
        );
    }

    #[test]
    fn what_is_not_approved_is_passed_over_and_told() {
        assert_eq!(
            chosen(&[("es", NotApproved), ("en", Ready(()))], "es", Refuse),
            got("en", ClinicLanguage)
        );
        assert_eq!(
            chosen(&[("es", NotApproved)], "es", Refuse),
            Err(Unsendable::NotApproved)
        );
        assert_eq!(
            chosen(&[("fi", NotApproved)], "es", Refuse),
            Err(Unsendable::NoTranslation)
        );
        assert_eq!(
            chosen(&[("fi", NotApproved)], "es", Source),
            Err(Unsendable::NotApproved)
        );
        assert_eq!(chosen(&[], "es", Source), Err(Unsendable::NoTranslation));
    }
}
