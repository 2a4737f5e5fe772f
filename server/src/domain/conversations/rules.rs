//! How the kinds of conversation differ: policy as data (PEO-9).
//!
//! Nothing else in the program asks for a conversation's kind to decide what may happen in it; it asks for its rules.

use entity::{ConversationKind, PersonKind, Replies};
use serde::{Deserialize, Serialize};

/// Who may write the first message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Starts {
    /// Only staff.
    Staff,
    /// Only the patient.
    Patient,
    /// Either.
    Anyone,
}

impl Starts {
    /// Whether this side may write first.
    #[must_use]
    pub const fn admits(self, side: PersonKind) -> bool {
        match self {
            Self::Anyone => true,
            Self::Staff => matches!(side, PersonKind::Staff),
            Self::Patient => matches!(side, PersonKind::Patient),
        }
    }
}

/// What staff may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Compose {
    /// Only what an approved template says (ANN-2).
    TemplateOnly,
    /// Their own words.
    Free,
}

/// Who is shown how far the others have read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Receipts {
    /// Nobody.
    None,
    /// Staff see how far the patient has read.
    Staff,
    /// Staff and patient see it of each other.
    Both,
}

impl Receipts {
    /// Whether this side is shown how far the other has read.
    #[must_use]
    pub const fn shown_to(self, side: PersonKind) -> bool {
        match self {
            Self::None => false,
            Self::Staff => matches!(side, PersonKind::Staff),
            Self::Both => true,
        }
    }
}

/// What happens when the patient writes in a closed conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OnClosed {
    /// It is refused (SEC-6).
    Reject,
    /// It is kept for staff, and the patient is told how to reach the clinic (CASE-3).
    AutoReply,
}

/// Whom a patient's message alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Alerted {
    /// The participants: those to whom the conversation is addressed.
    Subscribers,
    /// The patient's care team panel, and the participants.
    Team,
}

/// The rules of one kind of conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whether the organization has conversations of this kind.
    pub offered: bool,
    /// Who may write first.
    pub starts: Starts,
    /// Whether the patient may answer, where the conversation itself does not say (SEC-5).
    pub replies: Replies,
    /// What staff may write.
    pub compose: Compose,
    /// Whether patients may attach files (SEC-4).
    pub patient_uploads: bool,
    /// Who sees how far the others have read.
    pub receipts: Receipts,
    /// What happens when the patient writes after the end.
    pub on_closed: OnClosed,
    /// Whom a patient's message alerts.
    pub alerted: Alerted,
}

impl Rules {
    /// The rules of a kind of which the organization has changed nothing. Whether the care-team chat is offered is a setting
    /// of its own (CHAT-2).
    #[must_use]
    pub const fn of(kind: ConversationKind) -> Self {
        let chat = Self {
            offered: true,
            starts: Starts::Anyone,
            replies: Replies::WhileOpen,
            compose: Compose::Free,
            patient_uploads: true,
            receipts: Receipts::None,
            on_closed: OnClosed::Reject,
            alerted: Alerted::Team,
        };
        match kind {
            ConversationKind::CareTeamChat => chat,
            ConversationKind::SecureMessage => Self {
                starts: Starts::Staff,
                patient_uploads: false,
                alerted: Alerted::Subscribers,
                ..chat
            },
            ConversationKind::Case => Self {
                patient_uploads: false,
                on_closed: OnClosed::AutoReply,
                ..chat
            },
            ConversationKind::Announcement => Self {
                starts: Starts::Staff,
                replies: Replies::None,
                patient_uploads: false,
                alerted: Alerted::Subscribers,
                ..chat
            },
        }
    }

    /// These rules with what is given in their place.
    #[must_use]
    pub fn with(self, changes: &RuleChanges) -> Self {
        Self {
            offered: changes.offered.unwrap_or(self.offered),
            starts: changes.starts.unwrap_or(self.starts),
            replies: changes.replies.unwrap_or(self.replies),
            compose: changes.compose.unwrap_or(self.compose),
            patient_uploads: changes.patient_uploads.unwrap_or(self.patient_uploads),
            receipts: changes.receipts.unwrap_or(self.receipts),
            on_closed: changes.on_closed.unwrap_or(self.on_closed),
            alerted: changes.alerted.unwrap_or(self.alerted),
        }
    }
}

/// What an organization has decided otherwise for one kind of conversation; none leaves a rule as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RuleChanges {
    /// See [`Rules::offered`].
    pub offered: Option<bool>,
    /// See [`Rules::starts`].
    pub starts: Option<Starts>,
    /// See [`Rules::replies`].
    pub replies: Option<Replies>,
    /// See [`Rules::compose`].
    pub compose: Option<Compose>,
    /// See [`Rules::patient_uploads`].
    pub patient_uploads: Option<bool>,
    /// See [`Rules::receipts`].
    pub receipts: Option<Receipts>,
    /// See [`Rules::on_closed`].
    pub on_closed: Option<OnClosed>,
    /// See [`Rules::alerted`].
    pub alerted: Option<Alerted>,
}

impl RuleChanges {
    /// Takes what `newer` says in place of what these say.
    pub fn overlay(&mut self, newer: Self) {
        self.offered = newer.offered.or(self.offered);
        self.starts = newer.starts.or(self.starts);
        self.replies = newer.replies.or(self.replies);
        self.compose = newer.compose.or(self.compose);
        self.patient_uploads = newer.patient_uploads.or(self.patient_uploads);
        self.receipts = newer.receipts.or(self.receipts);
        self.on_closed = newer.on_closed.or(self.on_closed);
        self.alerted = newer.alerted.or(self.alerted);
    }
}

/// What an organization has decided otherwise, for each kind of conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct KindRules {
    /// For the care-team chat.
    pub care_team_chat: RuleChanges,
    /// For secure messages.
    pub secure_message: RuleChanges,
    /// For cases.
    pub case: RuleChanges,
    /// For announcements.
    pub announcement: RuleChanges,
}

impl KindRules {
    /// What was decided for a kind.
    #[must_use]
    pub const fn of(&self, kind: ConversationKind) -> &RuleChanges {
        match kind {
            ConversationKind::CareTeamChat => &self.care_team_chat,
            ConversationKind::SecureMessage => &self.secure_message,
            ConversationKind::Case => &self.case,
            ConversationKind::Announcement => &self.announcement,
        }
    }

    /// What was decided for a kind, to be changed.
    pub const fn of_mut(&mut self, kind: ConversationKind) -> &mut RuleChanges {
        match kind {
            ConversationKind::CareTeamChat => &mut self.care_team_chat,
            ConversationKind::SecureMessage => &mut self.secure_message,
            ConversationKind::Case => &mut self.case,
            ConversationKind::Announcement => &mut self.announcement,
        }
    }
}

/// The first rule that makes no sense for a kind, by its name in the API, and why.
#[must_use]
pub const fn misfit(kind: ConversationKind, rules: &Rules) -> Option<(&'static str, &'static str)> {
    let announced = matches!(kind, ConversationKind::Announcement);
    let by_staff = announced || matches!(kind, ConversationKind::SecureMessage);
    let is_case = matches!(kind, ConversationKind::Case);
    if announced && !matches!(rules.replies, Replies::None) {
        return Some((
            "rules.replies",
            "another kind: announcements are not answered",
        ));
    }
    if by_staff && !matches!(rules.starts, Starts::Staff) {
        return Some(("rules.starts", "another kind: only staff begin these"));
    }
    if !is_case && matches!(rules.on_closed, OnClosed::AutoReply) {
        return Some(("rules.onClosed", "the kind `CASE`"));
    }
    None
}

/// Whether conversations of a kind end (SEC-6, CASE-3). A patient has the others for good.
#[must_use]
pub const fn can_be_closed(kind: ConversationKind) -> bool {
    match kind {
        ConversationKind::SecureMessage | ConversationKind::Case => true,
        ConversationKind::CareTeamChat | ConversationKind::Announcement => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_decided_keeps_its_rule() {
        let changes = RuleChanges {
            replies: Some(Replies::Once),
            ..RuleChanges::default()
        };
        let rules = Rules::of(ConversationKind::SecureMessage).with(&changes);
        assert_eq!(rules.replies, Replies::Once);
        assert_eq!(rules.starts, Starts::Staff);
    }

    #[test]
    fn announcements_are_not_answered() {
        let rules = Rules::of(ConversationKind::Announcement);
        assert_eq!(rules.replies, Replies::None);
        assert!(!rules.starts.admits(PersonKind::Patient));
    }
}
