//! What a patient would get of a message template, as the API shows it.

use async_graphql::{Enum, SimpleObject};

use super::rich_text::RichText;
use crate::domain::{
    placeholders::Placeholders as _,
    templates::{Filled, Reason, Unsendable},
};

/// Why a language was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Reason")]
pub enum LanguageReason {
    /// It is the patient's.
    PatientLanguage,
    /// It is the patient's, without the region or script.
    PatientPrimaryLanguage,
    /// The patient's has no text, and this is the clinic's.
    ClinicLanguage,
    /// Neither has one, and by the clinic's setting the source language stands in.
    SourceLanguage,
}

/// Why a patient gets nothing of a message template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MessageTemplateRefusal {
    /// There is no text in a language that could be taken.
    NoTranslation,
    /// The text in the language that was to be taken is older than its source.
    Stale,
    /// There is a text in a language that could be taken, and it is not approved.
    NotApproved,
    /// The text names what the clinic has not said, such as its telephone number.
    ValueMissing,
}

/// What a patient gets of a message template.
#[derive(SimpleObject)]
pub struct FilledMessageTemplate {
    /// The BCP 47 tag of the language that was taken.
    language: String,
    /// Why it was.
    reason: LanguageReason,
    /// The version of that language's text.
    version: i32,
    /// The title.
    title: String,
    /// The body.
    body: RichText,
}

impl From<Filled> for FilledMessageTemplate {
    fn from(filled: Filled) -> Self {
        Self {
            language: filled.language,
            reason: filled.reason.into(),
            version: filled.version,
            title: filled.title.reveal().to_owned(),
            body: (&filled.body).into(),
        }
    }
}

/// What a patient would get of a message template, or why they would get nothing.
#[derive(SimpleObject)]
pub struct MessageTemplatePreview {
    /// What they would get; null when it is nothing.
    message: Option<FilledMessageTemplate>,
    /// Why they would get nothing; null when they would get something.
    refusal: Option<MessageTemplateRefusal>,
    /// With `VALUE_MISSING`, the placeholder for which nothing is on file.
    missing_placeholder: Option<&'static str>,
}

impl From<Result<Filled, Unsendable>> for MessageTemplatePreview {
    fn from(outcome: Result<Filled, Unsendable>) -> Self {
        let refused = |refusal, missing_placeholder| Self {
            message: None,
            refusal: Some(refusal),
            missing_placeholder,
        };
        match outcome {
            Ok(filled) => Self {
                message: Some(filled.into()),
                refusal: None,
                missing_placeholder: None,
            },
            Err(Unsendable::NoTranslation) => refused(MessageTemplateRefusal::NoTranslation, None),
            Err(Unsendable::Stale) => refused(MessageTemplateRefusal::Stale, None),
            Err(Unsendable::NotApproved) => refused(MessageTemplateRefusal::NotApproved, None),
            Err(Unsendable::ValueMissing(placeholder)) => refused(
                MessageTemplateRefusal::ValueMissing,
                Some(placeholder.name()),
            ),
        }
    }
}
