//! Presets: sets of ordinary settings that reproduce how a certain product works (PEO-9).

use entity::{Channel, ConversationKind, Replies};

use super::SettingsChanges;
use crate::domain::{
    conversations::{Alerted, Compose, OnClosed, Receipts, RuleChanges, Starts},
    settings::AccessPolicy,
};

/// A set of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Careportal: reminders from templates.
    Reminders,
    /// ThoroughCare: one chat of each patient with their care team.
    CareTeamChat,
    /// CHR: secure messages that the clinic begins.
    ClinicFirst,
    /// Klinik: contact requests with a chat by text while somebody works on them.
    CaseChat,
}

impl Preset {
    /// The settings that it names.
    #[must_use]
    pub fn changes(self) -> SettingsChanges {
        let base = SettingsChanges {
            portal: Some(true),
            scheduling: Some(self != Self::Reminders),
            reminders_per_patient_and_day: Some(None),
            portal_chat: Some(self == Self::CareTeamChat),
            texting: Some(matches!(self, Self::CareTeamChat | Self::CaseChat)),
            ..SettingsChanges::default()
        };
        match self {
            Self::Reminders => SettingsChanges {
                access: Some(AccessPolicy::Organization),
                patient_channels: Some(vec![Channel::Sms]),
                rules: vec![
                    not_offered(ConversationKind::SecureMessage),
                    not_offered(ConversationKind::Case),
                    (ConversationKind::Announcement, reminders()),
                ],
                ..base
            },
            Self::CareTeamChat => SettingsChanges {
                access: Some(AccessPolicy::TeamPlusSearch),
                patient_channels: Some(vec![Channel::Email, Channel::Sms]),
                unread_reminder_minutes: Some(24 * 60),
                rules: vec![
                    (ConversationKind::CareTeamChat, care_team_chat()),
                    not_offered(ConversationKind::SecureMessage),
                    not_offered(ConversationKind::Case),
                    not_offered(ConversationKind::Announcement),
                ],
                ..base
            },
            Self::ClinicFirst => SettingsChanges {
                access: Some(AccessPolicy::Organization),
                patient_channels: Some(vec![Channel::Email, Channel::Sms]),
                rules: vec![
                    (ConversationKind::SecureMessage, secure_messages()),
                    not_offered(ConversationKind::Case),
                    not_offered(ConversationKind::Announcement),
                ],
                ..base
            },
            Self::CaseChat => SettingsChanges {
                access: Some(AccessPolicy::Organization),
                patient_channels: Some(vec![Channel::Sms]),
                rules: vec![
                    not_offered(ConversationKind::CareTeamChat),
                    not_offered(ConversationKind::SecureMessage),
                    (ConversationKind::Case, cases()),
                    not_offered(ConversationKind::Announcement),
                ],
                ..base
            },
        }
    }
}

fn not_offered(kind: ConversationKind) -> (ConversationKind, RuleChanges) {
    let changes = RuleChanges {
        offered: Some(false),
        ..RuleChanges::default()
    };
    (kind, changes)
}

fn reminders() -> RuleChanges {
    RuleChanges {
        offered: Some(true),
        starts: Some(Starts::Staff),
        replies: Some(Replies::None),
        compose: Some(Compose::TemplateOnly),
        patient_uploads: Some(false),
        receipts: Some(Receipts::None),
        on_closed: Some(OnClosed::Reject),
        alerted: Some(Alerted::Subscribers),
    }
}

fn care_team_chat() -> RuleChanges {
    RuleChanges {
        offered: Some(true),
        starts: Some(Starts::Anyone),
        replies: Some(Replies::WhileOpen),
        compose: Some(Compose::Free),
        patient_uploads: Some(true),
        receipts: Some(Receipts::None),
        on_closed: Some(OnClosed::Reject),
        alerted: Some(Alerted::Team),
    }
}

fn secure_messages() -> RuleChanges {
    RuleChanges {
        offered: Some(true),
        starts: Some(Starts::Staff),
        replies: Some(Replies::WhileOpen),
        compose: Some(Compose::Free),
        patient_uploads: Some(false),
        receipts: Some(Receipts::None),
        on_closed: Some(OnClosed::Reject),
        alerted: Some(Alerted::Subscribers),
    }
}

fn cases() -> RuleChanges {
    RuleChanges {
        offered: Some(true),
        starts: Some(Starts::Anyone),
        replies: Some(Replies::WhileOpen),
        compose: Some(Compose::Free),
        patient_uploads: Some(false),
        receipts: Some(Receipts::None),
        on_closed: Some(OnClosed::AutoReply),
        alerted: Some(Alerted::Team),
    }
}
