//! How the kinds of conversation differ at a clinic: policy as data.

use async_graphql::{Enum, InputObject, SimpleObject};

use crate::domain::conversations::{self, RuleChanges, Rules};

/// What a conversation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::ConversationKind")]
pub enum ConversationKind {
    /// The one chat that a patient has with their care team.
    CareTeamChat,
    /// A titled message that the clinic begins.
    SecureMessage,
    /// The chat inside a contact request.
    Case,
    /// A reminder that cannot be answered.
    Announcement,
}

/// Whether a conversation goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::ConversationStatus")]
pub enum ConversationStatus {
    /// It goes on.
    Open,
    /// It has ended: nobody writes in it until it is opened again.
    Closed,
}

/// Whether the patient may answer in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::Replies")]
pub enum Replies {
    /// Never.
    None,
    /// One answer to what the clinic has written; the next one when the clinic has written again.
    Once,
    /// As often as they like, as long as the conversation is open.
    WhileOpen,
}

/// Who may write the first message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "conversations::Starts")]
pub enum Starts {
    /// Only staff.
    Staff,
    /// Only the patient.
    Patient,
    /// Either.
    Anyone,
}

/// What staff may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "conversations::Compose")]
pub enum Compose {
    /// Only what an approved template says, and internal notes.
    TemplateOnly,
    /// Their own words.
    Free,
}

/// Who is shown how far the others have read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "conversations::Receipts")]
pub enum Receipts {
    /// Nobody.
    None,
    /// Staff see how far the patient has read.
    Staff,
    /// Staff and patient see it of each other.
    Both,
}

/// What happens when the patient writes in a closed conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "conversations::OnClosed")]
pub enum OnClosed {
    /// It is refused. A text cannot be refused: one to a case is kept and answered as with `AUTO_REPLY`.
    Reject,
    /// It is kept for staff; for cases.
    AutoReply,
}

/// Whom a patient's message alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "conversations::Alerted")]
pub enum Alerted {
    /// The participants: those to whom the conversation is addressed.
    Subscribers,
    /// The patient's care team panel, and the participants.
    Team,
}

/// The rules of one kind of conversation.
#[derive(Clone, Debug, SimpleObject)]
pub struct ConversationRules {
    /// Of which kind.
    kind: ConversationKind,
    /// Whether the clinic has conversations of this kind.
    offered: bool,
    /// Who may write first.
    starts: Starts,
    /// Whether the patient may answer, where the conversation itself does not say.
    replies: Replies,
    /// What staff may write.
    compose: Compose,
    /// Whether patients may attach files.
    patient_uploads: bool,
    /// Who sees how far the others have read.
    receipts: Receipts,
    /// What happens when the patient writes after the end.
    on_closed: OnClosed,
    /// Whom a patient's message alerts.
    alerted: Alerted,
}

impl ConversationRules {
    /// The rules of a kind.
    pub fn new(kind: entity::ConversationKind, rules: Rules) -> Self {
        Self {
            kind: kind.into(),
            offered: rules.offered,
            starts: rules.starts.into(),
            replies: rules.replies.into(),
            compose: rules.compose.into(),
            patient_uploads: rules.patient_uploads,
            receipts: rules.receipts.into(),
            on_closed: rules.on_closed.into(),
            alerted: rules.alerted.into(),
        }
    }
}

/// Rules of one kind of conversation to change. What is left out or null stays as it is.
#[derive(InputObject)]
pub struct ConversationRulesInput {
    /// Of which kind.
    kind: ConversationKind,
    /// Whether the clinic has conversations of this kind. The care-team chat needs the setting `portalChat` or `texting` besides.
    /// Cases are offered only where this was chosen.
    offered: Option<bool>,
    /// Who may write first.
    starts: Option<Starts>,
    /// Whether the patient may answer, where the conversation itself does not say.
    replies: Option<Replies>,
    /// What staff may write.
    compose: Option<Compose>,
    /// Whether patients may attach files.
    patient_uploads: Option<bool>,
    /// Who sees how far the others have read.
    receipts: Option<Receipts>,
    /// What happens when the patient writes after the end.
    on_closed: Option<OnClosed>,
    /// Whom a patient's message alerts.
    alerted: Option<Alerted>,
}

impl From<ConversationRulesInput> for (entity::ConversationKind, RuleChanges) {
    fn from(input: ConversationRulesInput) -> Self {
        let changes = RuleChanges {
            offered: input.offered,
            starts: input.starts.map(Into::into),
            replies: input.replies.map(Into::into),
            compose: input.compose.map(Into::into),
            patient_uploads: input.patient_uploads,
            receipts: input.receipts.map(Into::into),
            on_closed: input.on_closed.map(Into::into),
            alerted: input.alerted.map(Into::into),
        };
        (input.kind.into(), changes)
    }
}
