//! The texts that ship with Tidings, one file a language.

mod de;
mod en;
mod es;
mod fi;
mod fr;
mod sv;

use entity::NotificationPurpose;

use crate::domain::people::values::NotificationChannel;

/// The texts of one language.
pub(super) struct Texts {
    /// BCP 47 tag.
    pub(super) language: &'static str,
    new_patient_message: Text,
    unread_reminder: Text,
    urgent_patient_message: Text,
    texting_changed: Text,
    attention_needed: Text,
    scheduled_message_stopped: Text,
    case_assigned: Text,
    reminder_incomplete: Text,
    text_not_delivered: Text,
    /// By text message only.
    case_closed: &'static str,
    new_clinic_message: Text,
    invitation: Text,
    sign_in_code: Text,
    password_reset: Text,
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
    /// Subject and body.
    pub(super) fn get(
        &self,
        purpose: NotificationPurpose,
        channel: NotificationChannel,
    ) -> (Option<&'static str>, &'static str) {
        let text = match purpose {
            NotificationPurpose::NewPatientMessage => &self.new_patient_message,
            NotificationPurpose::UnreadReminder => &self.unread_reminder,
            NotificationPurpose::UrgentPatientMessage => &self.urgent_patient_message,
            NotificationPurpose::TextingChanged => &self.texting_changed,
            NotificationPurpose::AttentionNeeded => &self.attention_needed,
            NotificationPurpose::ScheduledMessageStopped => &self.scheduled_message_stopped,
            NotificationPurpose::CaseAssigned => &self.case_assigned,
            NotificationPurpose::ReminderIncomplete => &self.reminder_incomplete,
            NotificationPurpose::TextNotDelivered => &self.text_not_delivered,
            NotificationPurpose::CaseClosed => return (None, self.case_closed),
            NotificationPurpose::NewClinicMessage => &self.new_clinic_message,
            NotificationPurpose::Invitation => &self.invitation,
            NotificationPurpose::SignInCode => &self.sign_in_code,
            NotificationPurpose::PasswordReset => &self.password_reset,
        };
        match channel {
            NotificationChannel::Email => (Some(text.subject), text.email),
            NotificationChannel::Sms => (None, text.sms),
        }
    }
}
