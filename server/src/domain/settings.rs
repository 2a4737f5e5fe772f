//! What an organization has decided: policy as data (PEO-9).

use std::sync::Arc;

use entity::{CasePriority, Channel, ConversationKind, UnscannedBecause};
use sea_orm::Iterable as _;
use serde::{Deserialize, Serialize};

use super::{
    answers::AnswerSettings,
    conversations::{KindRules, Rules},
    fault::Fault,
    opening_hours::OpeningHours,
    urgent_words::{Phrases, UrgentWords},
};

/// Which patients a staff member's lists and searches reach (PEO-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccessPolicy {
    /// Lists and searches reach the whole organization.
    Organization,
    /// Lists show the patients on whose panel one stands; a search finds the others.
    TeamPlusSearch,
    /// Only the patients on whose panel one stands exist.
    Team,
}

/// What happens when a message template has no text in the patient's language nor in the clinic's (ANN-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TemplateFallback {
    /// The patient gets nothing, and staff are told.
    Refuse,
    /// The patient gets it in the language in which it was written.
    SourceLanguage,
}

/// How patients reach the clinic by other means than messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContactInformation {
    /// As patients should dial it.
    pub phone: Option<String>,
    /// As patients should write it.
    pub email: Option<String>,
    /// Anything else, such as opening hours.
    pub text: Option<String>,
}

/// Which files can be used that were inspected and that no malware scanner has seen whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UnscannedUse {
    /// None.
    Never,
    /// Those that were inspected where there is no scanner. What a scanner could not read whole is held back: so are bombs
    /// made and encrypted archives.
    WithoutScanner,
    /// All.
    Always,
}

impl UnscannedUse {
    /// Whether a file can be used that is unscanned for this reason.
    #[must_use]
    pub fn admits(self, because: Option<UnscannedBecause>) -> bool {
        match self {
            Self::Never => false,
            Self::WithoutScanner => because == Some(UnscannedBecause::NoScanner),
            Self::Always => true,
        }
    }
}

/// What may be done with files (SEC-4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AttachmentSettings {
    /// The most bytes of a file that a patient sends.
    pub patient_max_bytes: u32,
    /// The types of files that patients send, such as `image/jpeg`; empty means all that the server takes.
    pub patient_types: Vec<String>,
    /// The most files of one message.
    pub message_max_files: u32,
    /// The most files of one message that a patient sends.
    pub patient_message_max_files: u32,
    /// The most bytes that the files of one message have together.
    pub message_max_bytes: u32,
    /// Whether files can be sent while they wait for their inspection.
    pub attach_pending: bool,
    /// Whether files can be downloaded while they wait for their inspection.
    pub serve_pending: bool,
    /// Which files can be sent and downloaded that no malware scanner has seen whole.
    pub unscanned: UnscannedUse,
}

impl Default for AttachmentSettings {
    fn default() -> Self {
        Self {
            patient_max_bytes: 10 * 1024 * 1024,
            patient_types: Vec::new(),
            message_max_files: 10,
            patient_message_max_files: 5,
            message_max_bytes: 100 * 1024 * 1024,
            attach_pending: true,
            serve_pending: false,
            unscanned: UnscannedUse::WithoutScanner,
        }
    }
}

/// How long the first answer to a case may take, in minutes of opening hours, for each priority; none sets no target (CASE-6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FirstAnswerMinutes {
    /// For low priority.
    pub low: Option<u32>,
    /// For normal priority.
    pub normal: Option<u32>,
    /// For high priority.
    pub high: Option<u32>,
    /// For urgent cases.
    pub urgent: Option<u32>,
}

impl FirstAnswerMinutes {
    /// The target for a priority.
    #[must_use]
    pub const fn of(&self, priority: CasePriority) -> Option<u32> {
        match priority {
            CasePriority::Low => self.low,
            CasePriority::Normal => self.normal,
            CasePriority::High => self.high,
            CasePriority::Urgent => self.urgent,
        }
    }
}

/// The settings of an organization. Unknown keys of a newer version are left alone; missing ones take the default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Settings {
    /// Whether patients have a portal at all (SEC-1).
    pub portal: bool,
    /// Whether enrolled patients have "Chat with my care team" (CHAT-2).
    pub portal_chat: bool,
    /// Whether staff can text with patients (TXT-1).
    pub texting: bool,
    /// Which patients staff members reach (PEO-5).
    pub access: AccessPolicy,
    /// How patients reach the clinic by other means.
    pub contact: ContactInformation,
    /// How long several messages to a patient are gathered into one notification, in seconds (NOT-2).
    pub notification_window_seconds: u32,
    /// How long a patient's message stays unread before staff are reminded, in minutes (NOT-1).
    pub unread_reminder_minutes: u32,
    /// What may be done with files (SEC-4).
    pub attachments: AttachmentSettings,
    /// The region, such as `US`, whose way of dialling phone numbers without a country code have.
    pub default_region: String,
    /// The ways by which patients are notified, the preferred one first. A patient's own choice counts among these.
    pub patient_channels: Vec<Channel>,
    /// What was decided otherwise for the kinds of conversation.
    pub rules: KindRules,
    /// What happens when a message template has no text in the patient's language nor in the clinic's (ANN-2).
    pub template_fallback: TemplateFallback,
    /// Whether messages and reminders can be set for a later time (NEW-5).
    pub scheduling: bool,
    /// Words of patients that are urgent; none takes the built-in lists (NEW-8).
    pub urgent_words: Option<Vec<UrgentWords>>,
    /// The most reminders that a patient gets on one day of their own; none sets no limit (ANN-7).
    pub reminders_per_patient_and_day: Option<u32>,
    /// How long the first answer to a case may take (CASE-6).
    pub first_answer_minutes: FirstAnswerMinutes,
    /// When the clinic is open; none where it always is.
    pub opening_hours: Option<OpeningHours>,
    /// What is decided about answers (NEW-3, NEW-4).
    pub answers: AnswerSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            portal: true,
            portal_chat: true,
            texting: false,
            access: AccessPolicy::TeamPlusSearch,
            contact: ContactInformation::default(),
            notification_window_seconds: 120,
            unread_reminder_minutes: 24 * 60,
            attachments: AttachmentSettings::default(),
            default_region: "US".to_owned(),
            patient_channels: vec![Channel::Email, Channel::Sms],
            rules: KindRules::default(),
            template_fallback: TemplateFallback::Refuse,
            scheduling: true,
            urgent_words: None,
            reminders_per_patient_and_day: None,
            first_answer_minutes: FirstAnswerMinutes::default(),
            opening_hours: None,
            answers: AnswerSettings::default(),
        }
    }
}

impl Settings {
    /// Whether a patient with these on file can be notified.
    #[must_use]
    pub fn reaches(&self, email: bool, phone: bool) -> bool {
        self.patient_channels.iter().any(|channel| match channel {
            Channel::Email => email,
            Channel::Sms => phone,
            Channel::Portal => false,
        })
    }

    /// Whether the care-team chat is offered in the portal (CHAT-2).
    #[must_use]
    pub const fn has_portal_chat(&self) -> bool {
        self.portal && self.portal_chat
    }

    /// The rules of every kind of conversation.
    pub fn all_rules(&self) -> impl Iterator<Item = (ConversationKind, Rules)> {
        ConversationKind::iter().map(|kind| (kind, self.rules(kind)))
    }

    /// The rules of a kind of conversation.
    #[must_use]
    pub fn rules(&self, kind: ConversationKind) -> Rules {
        let rules = Rules::of(kind).with(self.rules.of(kind));
        match kind {
            ConversationKind::CareTeamChat => Rules {
                offered: rules.offered && (self.has_portal_chat() || self.texting),
                ..rules
            },
            ConversationKind::SecureMessage
            | ConversationKind::Case
            | ConversationKind::Announcement => rules,
        }
    }

    /// The urgent words of all languages, to be looked for.
    pub(crate) fn urgent_phrases(&self) -> Arc<Phrases> {
        match &self.urgent_words {
            Some(lists) => {
                let phrases = lists.iter().flat_map(|list| &list.phrases);
                Arc::new(Phrases::of(phrases.map(String::as_str)))
            }
            None => Phrases::built_in(),
        }
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`Fault::Corrupt`] when it is not what [`Self::to_stored`] writes.
    pub fn from_stored(value: serde_json::Value) -> Result<Self, Fault> {
        serde_json::from_value(value).map_err(|_| Fault::Corrupt("organization settings"))
    }

    /// The stored form.
    ///
    /// # Errors
    /// Never in practice: all fields have a JSON form.
    pub fn to_stored(&self) -> Result<serde_json::Value, Fault> {
        serde_json::to_value(self).map_err(|_| Fault::Corrupt("organization settings"))
    }
}
