//! What notification templates can name (NOT-5), and what is wrong with those that name something else.

use entity::NotificationPurpose;

use crate::domain::{
    people::values::NotificationChannel,
    placeholders::{self, Place, PlaceholderError, Placeholders},
};

/// What a template can stand for. None of it is personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Placeholder {
    /// The clinic's name.
    ClinicName,
    /// The telephone number that the clinic gives to patients, or what else it tells them of reaching it.
    ClinicPhone,
    /// The link that leads to signing in.
    Link,
    /// The one-time code for signing in.
    Code,
}

impl Placeholders for Placeholder {
    const ALL: &'static [Self] = &[Self::ClinicName, Self::ClinicPhone, Self::Link, Self::Code];

    fn name(self) -> &'static str {
        match self {
            Self::ClinicName => "clinic_name",
            Self::ClinicPhone => "clinic_phone",
            Self::Link => "link",
            Self::Code => "code",
        }
    }
}

impl Placeholder {
    /// What a notification of this purpose carries: a code, a link, or nothing but its words.
    #[must_use]
    pub const fn carried_by(purpose: NotificationPurpose) -> Option<Self> {
        Some(match purpose {
            NotificationPurpose::SignInCode => Self::Code,
            NotificationPurpose::CaseClosed => return None,
            NotificationPurpose::NewPatientMessage
            | NotificationPurpose::UnreadReminder
            | NotificationPurpose::UrgentPatientMessage
            | NotificationPurpose::TextingChanged
            | NotificationPurpose::AttentionNeeded
            | NotificationPurpose::ScheduledMessageStopped
            | NotificationPurpose::ReminderIncomplete
            | NotificationPurpose::TextNotDelivered
            | NotificationPurpose::NewClinicMessage
            | NotificationPurpose::Invitation
            | NotificationPurpose::CaseAssigned
            | NotificationPurpose::PasswordReset => Self::Link,
        })
    }

    /// Whether a template for this purpose can name it.
    #[must_use]
    pub fn allowed_in(self, purpose: NotificationPurpose) -> bool {
        match self {
            Self::ClinicName => true,
            Self::ClinicPhone => purpose == NotificationPurpose::CaseClosed,
            Self::Link | Self::Code => Some(self) == Self::carried_by(purpose),
        }
    }
}

/// A template that was read.
pub(super) type Template = placeholders::Template<Placeholder>;

/// Reads a template for a purpose.
pub(super) fn parse(purpose: NotificationPurpose, source: &str) -> Result<Template, TemplateError> {
    Ok(Template::parse(source, |placeholder| {
        placeholder.allowed_in(purpose)
    })?)
}

/// Whether what has this purpose is sent that way: what answers a text is a text.
pub(super) fn travels(purpose: NotificationPurpose, channel: NotificationChannel) -> bool {
    purpose != NotificationPurpose::CaseClosed || channel == NotificationChannel::Sms
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A placeholder that does not exist, or not for this purpose, or something that is none.
    #[error(transparent)]
    Placeholder(#[from] PlaceholderError),
    /// Without it the notification is worth nothing to its reader.
    #[error("the placeholder `{{{{ {} }}}}` is missing", .0.name())]
    Missing(Placeholder),
    /// Nothing but white space.
    #[error("the text is empty")]
    Empty,
    /// Longer than allowed.
    #[error("the text is longer than {0} characters")]
    TooLong(usize),
    /// A line break where one line is asked for, or another character that cannot be sent.
    #[error("a control character at {0} cannot be sent")]
    ControlCharacter(Place),
    /// A text message has none, and an e-mail needs one.
    #[error("an e-mail has a subject, and a text message has none")]
    Subject,
    /// It is a text message, whatever else is.
    #[error("this is sent by text message only")]
    Channel,
    /// The link or code must not stand where it would be shown in lists and on lock screens.
    #[error("the subject names only the clinic")]
    SubjectCarries,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_belongs_to_signing_in_only() {
        let error = parse(NotificationPurpose::NewClinicMessage, "{{ code }}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`code` at line 1, column 1 is not a placeholder; there are `clinic_name` and `link`"
        );
        assert!(parse(NotificationPurpose::SignInCode, "{{ code }}").is_ok());
        assert!(parse(NotificationPurpose::SignInCode, "{{ link }}").is_err());
    }

    #[test]
    fn what_answers_by_itself_carries_no_link() {
        let purpose = NotificationPurpose::CaseClosed;
        assert!(parse(purpose, "{{ clinic_name }} {{ clinic_phone }}").is_ok());
        assert!(parse(purpose, "{{ link }}").is_err());
        assert!(parse(NotificationPurpose::NewClinicMessage, "{{ clinic_phone }}").is_err());
    }

    #[test]
    fn nobody_can_be_named() {
        assert!(parse(NotificationPurpose::NewClinicMessage, "{{ patient_name }}").is_err());
    }
}
