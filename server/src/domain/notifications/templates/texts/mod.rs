//! The texts that ship with Tidings, one file a language.

mod de;
mod en;
mod es;
mod fi;
mod fr;
mod sv;

use entity::{Channel, NotificationPurpose};

/// The texts of one language.
pub(super) struct Texts {
    /// BCP 47 tag.
    pub(super) language: &'static str,
    new_patient_message: Text,
    unread_reminder: Text,
    new_clinic_message: Text,
    invitation: Text,
    password_reset: Text,
    sign_in_code: Text,
}

struct Text {
    subject: &'static str,
    email: &'static str,
    sms: &'static str,
}

/// Every language that ships; the first is the last resort.
pub(super) const ALL: [&Texts; 6] = [
    &en::TEXTS,
    &de::TEXTS,
    &es::TEXTS,
    &fi::TEXTS,
    &fr::TEXTS,
    &sv::TEXTS,
];

impl Texts {
    /// Subject and body; none for the portal, which shows what stands in it.
    pub(super) fn get(
        &self,
        purpose: NotificationPurpose,
        channel: Channel,
    ) -> Option<(Option<&'static str>, &'static str)> {
        let text = match purpose {
            NotificationPurpose::NewPatientMessage => &self.new_patient_message,
            NotificationPurpose::UnreadReminder => &self.unread_reminder,
            NotificationPurpose::NewClinicMessage => &self.new_clinic_message,
            NotificationPurpose::Invitation => &self.invitation,
            NotificationPurpose::PasswordReset => &self.password_reset,
            NotificationPurpose::SignInCode => &self.sign_in_code,
        };
        match channel {
            Channel::Email => Some((Some(text.subject), text.email)),
            Channel::Sms => Some((None, text.sms)),
            Channel::Portal => None,
        }
    }
}
