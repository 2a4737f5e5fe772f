//! What an organization has decided otherwise about its kinds of conversation.

use entity::{ConversationKind, Replies};
use serde::{Deserialize, Serialize};

use super::{Alerted, Compose, OnClosed, Receipts, Starts};

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
