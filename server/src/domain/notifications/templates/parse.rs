//! What notification templates can name (NOT-5), and what is wrong with those that name something else.

use entity::NotificationPurpose;

use crate::domain::placeholders::{self, Place, PlaceholderError, Placeholders};

/// What a template can stand for. None of it is personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Placeholder {
    /// The clinic's name.
    ClinicName,
    /// The link that leads to signing in.
    Link,
    /// The one-time code for signing in.
    Code,
}

impl Placeholders for Placeholder {
    const ALL: &'static [Self] = &[Self::ClinicName, Self::Link, Self::Code];

    fn name(self) -> &'static str {
        match self {
            Self::ClinicName => "clinic_name",
            Self::Link => "link",
            Self::Code => "code",
        }
    }
}

impl Placeholder {
    /// What a notification of this purpose carries: a code, or a link.
    #[must_use]
    pub const fn carried_by(purpose: NotificationPurpose) -> Self {
        match purpose {
            NotificationPurpose::SignInCode => Self::Code,
            NotificationPurpose::NewPatientMessage
            | NotificationPurpose::UnreadReminder
            | NotificationPurpose::UrgentPatientMessage
            | NotificationPurpose::TextingChanged
            | NotificationPurpose::AttentionNeeded
            | NotificationPurpose::ScheduledMessageStopped
            | NotificationPurpose::NewClinicMessage
            | NotificationPurpose::Invitation
            | NotificationPurpose::PasswordReset => Self::Link,
        }
    }

    /// Whether a template for this purpose can name it.
    #[must_use]
    pub fn allowed_in(self, purpose: NotificationPurpose) -> bool {
        self == Self::ClinicName || self == Self::carried_by(purpose)
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
    fn nobody_can_be_named() {
        assert!(parse(NotificationPurpose::NewClinicMessage, "{{ patient_name }}").is_err());
    }
}
