//! Notification templates: the text around the link or code, per purpose, channel and language.

mod clinic;
mod history;
mod parse;
mod render;
mod texts;

use std::collections::BTreeSet;

use entity::{NotificationPurpose, OrganizationId, notification_template, organization};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _};

pub use clinic::{SaveError, TemplateView, list, preview, reset, save};
pub use history::{ChangeFilter, Changed, changes};
pub use parse::{Placeholder, TemplateError};
pub use render::{Notice, Rendered, Wording};

use crate::domain::{fault::Fault, people::values::NotificationChannel, placeholders::Place};
use parse::{Template, parse, travels};

/// The most characters of a text message's template: three to four parts of a text message.
pub const MAX_SMS_CHARACTERS: usize = 480;
/// The most characters of an e-mail's template.
pub const MAX_EMAIL_CHARACTERS: usize = 5000;
/// The most characters of a subject's template.
pub const MAX_SUBJECT_CHARACTERS: usize = 150;

/// Which template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateKey {
    /// What the notification is for.
    pub purpose: NotificationPurpose,
    /// How it travels.
    pub channel: NotificationChannel,
    /// BCP 47 tag.
    pub language: String,
}

/// Which part of a template is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The subject.
    Subject,
    /// The body.
    Body,
}

impl Wording {
    /// Checks a template that somebody wrote (NOT-5).
    ///
    /// # Errors
    /// The first thing that is wrong, and in which part.
    pub fn check(
        key: &TemplateKey,
        subject: Option<&str>,
        body: &str,
    ) -> Result<Self, (Part, TemplateError)> {
        if !travels(key.purpose, key.channel) {
            return Err((Part::Body, TemplateError::Channel));
        }
        let is_email = key.channel == NotificationChannel::Email;
        if subject.is_some() != is_email {
            return Err((Part::Subject, TemplateError::Subject));
        }
        let subject = subject
            .map(|subject| check_subject(key.purpose, subject))
            .transpose()
            .map_err(|error| (Part::Subject, error))?;
        let most = if is_email {
            MAX_EMAIL_CHARACTERS
        } else {
            MAX_SMS_CHARACTERS
        };
        Ok(Self {
            channel: key.channel,
            language: key.language.clone(),
            subject,
            body: check_body(key.purpose, body, most).map_err(|error| (Part::Body, error))?,
        })
    }

    /// The text that ships for this purpose, channel and language.
    fn built_in(key: &TemplateKey) -> Option<Self> {
        let texts = texts::ALL
            .into_iter()
            .find(|texts| texts.language == key.language)?;
        let (subject, body) = texts.get(key.purpose, key.channel);
        Self::check(key, subject, body).ok()
    }
}

fn check_subject(purpose: NotificationPurpose, subject: &str) -> Result<Template, TemplateError> {
    check_text(subject, MAX_SUBJECT_CHARACTERS, |_| false)?;
    let template = parse(purpose, subject)?;
    if Placeholder::carried_by(purpose).is_some_and(|carried| template.names(carried)) {
        return Err(TemplateError::SubjectCarries);
    }
    Ok(template)
}

fn check_body(
    purpose: NotificationPurpose,
    body: &str,
    most: usize,
) -> Result<Template, TemplateError> {
    check_text(body, most, |c| matches!(c, '\n' | '\r' | '\t'))?;
    let template = parse(purpose, body)?;
    match Placeholder::carried_by(purpose) {
        Some(carried) if !template.names(carried) => Err(TemplateError::Missing(carried)),
        Some(_) | None => Ok(template),
    }
}

fn check_text(
    text: &str,
    most: usize,
    is_layout: impl Fn(char) -> bool,
) -> Result<(), TemplateError> {
    if text.trim().is_empty() {
        return Err(TemplateError::Empty);
    }
    if text.chars().count() > most {
        return Err(TemplateError::TooLong(most));
    }
    match text
        .char_indices()
        .find(|(_, c)| c.is_control() && !is_layout(*c))
    {
        Some((byte, _)) => Err(TemplateError::ControlCharacter(Place::of(text, byte))),
        None => Ok(()),
    }
}

/// The texts of a clinic's own, for some purposes.
pub(crate) struct OwnTemplates(Vec<notification_template::Model>);

impl OwnTemplates {
    /// One statement.
    pub(crate) async fn read(
        connection: &impl ConnectionTrait,
        organization: OrganizationId,
        purposes: &BTreeSet<NotificationPurpose>,
    ) -> Result<Self, Fault> {
        use notification_template::Column;
        let found = notification_template::Entity::find()
            .filter(Column::OrganizationId.eq(organization))
            .filter(Column::Purpose.is_in(purposes.iter().copied()))
            .all(connection)
            .await?;
        Ok(Self(found))
    }

    /// The words for a notification: the recipient's language, then the clinic's, then English; of each the clinic's own
    /// text before the one that ships.
    ///
    /// # Errors
    /// [`Fault::Corrupt`] when no text exists, not even in English.
    pub(crate) fn wording(
        &self,
        clinic: &organization::Model,
        purpose: NotificationPurpose,
        channel: NotificationChannel,
        language: &str,
    ) -> Result<Wording, Fault> {
        for language in fallbacks(language, &clinic.default_language) {
            let key = TemplateKey {
                purpose,
                channel,
                language,
            };
            let found = match self.find(&key) {
                Some(own) => Wording::check(&key, own.subject.as_deref(), &own.body).ok(),
                None => Wording::built_in(&key),
            };
            if let Some(wording) = found {
                return Ok(wording);
            }
        }
        Err(Fault::Corrupt("notification template"))
    }

    fn find(&self, key: &TemplateKey) -> Option<&notification_template::Model> {
        self.0.iter().find(|own| {
            own.purpose == key.purpose
                && own.channel == entity::Channel::from(key.channel)
                && own.language.eq_ignore_ascii_case(&key.language)
        })
    }
}

/// The languages to try, in order: each tag, then the tag without its region and script.
fn fallbacks(recipient: &str, clinic: &str) -> Vec<String> {
    let mut languages: Vec<String> = Vec::new();
    for tag in [recipient, clinic, texts::ALL[0].language] {
        let primary = tag.split('-').next().unwrap_or_default();
        for language in [tag.to_owned(), primary.to_ascii_lowercase()] {
            if !language.is_empty() && !languages.contains(&language) {
                languages.push(language);
            }
        }
    }
    languages
}

#[cfg(test)]
mod tests {
    use sea_orm::Iterable as _;

    use super::*;

    fn key(purpose: NotificationPurpose, channel: NotificationChannel) -> TemplateKey {
        TemplateKey {
            purpose,
            channel,
            language: "en".to_owned(),
        }
    }

    #[test]
    fn every_text_that_ships_passes_the_check_and_names_its_sender() {
        for texts in texts::ALL {
            for purpose in NotificationPurpose::iter() {
                for channel in NotificationChannel::ALL {
                    let key = TemplateKey {
                        purpose,
                        channel,
                        language: texts.language.to_owned(),
                    };
                    if !travels(purpose, channel) {
                        continue;
                    }
                    let wording = Wording::built_in(&key).unwrap_or_else(|| panic!("{key:?}"));
                    assert!(wording.body.names(Placeholder::ClinicName), "{key:?}");
                }
            }
        }
    }

    #[test]
    fn languages_fall_back_in_an_explicit_order() {
        assert_eq!(fallbacks("es-MX", "fi"), ["es-MX", "es", "fi", "en"]);
        assert_eq!(fallbacks("sv", "en-GB"), ["sv", "en-GB", "en"]);
    }

    #[test]
    fn a_template_must_carry_what_the_notification_is_for() {
        let missing = Wording::check(
            &key(
                NotificationPurpose::NewClinicMessage,
                NotificationChannel::Sms,
            ),
            None,
            "{{ clinic_name }}",
        );
        assert_eq!(
            missing,
            Err((Part::Body, TemplateError::Missing(Placeholder::Link)))
        );
    }

    #[test]
    fn lengths_and_subjects_are_bounded() {
        let sms = key(
            NotificationPurpose::NewClinicMessage,
            NotificationChannel::Sms,
        );
        let email = key(
            NotificationPurpose::NewClinicMessage,
            NotificationChannel::Email,
        );
        let long = format!("{{{{ link }}}}{}", "x".repeat(MAX_SMS_CHARACTERS));
        let refused = |key, subject, body| Wording::check(key, subject, body).unwrap_err().1;
        assert_eq!(
            refused(&sms, None, &long),
            TemplateError::TooLong(MAX_SMS_CHARACTERS)
        );
        assert_eq!(
            refused(&sms, Some("s"), "{{ link }}"),
            TemplateError::Subject
        );
        assert_eq!(refused(&email, None, "{{ link }}"), TemplateError::Subject);
        assert_eq!(
            refused(&email, Some("{{ link }}"), "{{ link }}"),
            TemplateError::SubjectCarries
        );
        assert_eq!(
            refused(&email, Some(" "), "{{ link }}"),
            TemplateError::Empty
        );
        assert!(matches!(
            refused(&email, Some("a\nb"), "{{ link }}"),
            TemplateError::ControlCharacter(_)
        ));
    }
}
