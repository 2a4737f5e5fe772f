//! How the kinds of conversation differ: policy as data (PEO-9).
//!
//! Nothing else in the program asks for a conversation's kind to decide what may happen in it; it asks for its rules.

use entity::{ConversationKind, PersonKind, Replies};
use serde::{Deserialize, Serialize};

use super::RuleChanges;

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
    /// It is refused (SEC-6). A text cannot be refused: it is kept and answered as by [`Self::AutoReply`].
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

/// Whether conversations are held by text as well, and by which number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// They are not.
    Never,
    /// By the number on file, once the patient has enrolled with it (TXT-3).
    Enrolled,
    /// By the number that was given for the conversation, and else by the one on file; whoever gave it waits for an answer there.
    GivenNumber,
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
    /// Whether they are held by text as well; organizations do not decide this.
    pub texts: Texts,
}

impl Rules {
    /// The rules of a kind of which the organization has changed nothing. Whether the care-team chat is offered also depends on
    /// settings of its own (CHAT-2). Cases are another way of working, which an organization chooses by its preset or by their
    /// rules: they do not begin by themselves in a clinic that was there before them.
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
            texts: Texts::Never,
        };
        match kind {
            ConversationKind::CareTeamChat => Self {
                texts: Texts::Enrolled,
                ..chat
            },
            ConversationKind::SecureMessage => Self {
                starts: Starts::Staff,
                patient_uploads: false,
                alerted: Alerted::Subscribers,
                ..chat
            },
            ConversationKind::Case => Self {
                offered: false,
                patient_uploads: false,
                on_closed: OnClosed::AutoReply,
                texts: Texts::GivenNumber,
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
            texts: self.texts,
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

/// Whether conversations of a kind are closed by themselves (SEC-6). A patient has the others for good, and a case ends by its
/// own status, which closes its conversation with it.
#[must_use]
pub const fn can_be_closed(kind: ConversationKind) -> bool {
    match kind {
        ConversationKind::SecureMessage => true,
        ConversationKind::CareTeamChat
        | ConversationKind::Case
        | ConversationKind::Announcement => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::RuleChanges, *};

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
