//! Who may write in a conversation, decided in the transaction that writes.

use chrono::{DateTime, Utc};
use entity::{
    Channel, ConversationId, MessageKind, OrganizationId, PersonId, PersonKind, PhoneNumber,
    Replies, conversation, message,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, FromQueryResult as _, QueryResult};

use super::{
    checks::{check_access, check_state, reads_chart},
    post_facts::facts,
    routing::Way,
};
use crate::domain::{
    conversations::{Rules, Texts},
    fault::Fault,
    messages::Author,
    settings::Settings,
};

/// What somebody wants to write.
#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub(crate) author: PersonId,
    pub(crate) conversation: ConversationId,
    pub(crate) kind: MessageKind,
    /// Whether the words come from an approved template.
    pub(crate) from_template: bool,
    pub(crate) way: Way,
    pub(crate) idempotency_key: String,
}

/// The right to write one message in one conversation, found within the transaction that writes it.
#[derive(Clone, Debug)]
pub(crate) struct CanPost {
    pub(super) conversation: conversation::Model,
    pub(super) rules: Rules,
    /// Whether the author may open the patient's chart, and not only the conversation.
    pub(super) reads_chart: bool,
    channel: Channel,
    /// The patient's number, where the message goes by text.
    number: Option<PhoneNumber>,
    earlier: Option<message::Model>,
    author: Option<Author>,
    time_zone: Option<String>,
}

/// What a conversation has come to while messages of the same transaction are stored in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SoFar {
    /// Which side wrote the newest message that the patient sees.
    pub(crate) last_author: Option<PersonKind>,
    /// Whether the patient may answer, where that was said for the conversation.
    pub(crate) replies: Option<Replies>,
    /// By which way the patient wrote last.
    pub(crate) last_patient_channel: Option<Channel>,
}

impl CanPost {
    /// The conversation as it is under the transaction's lock.
    pub(crate) fn conversation(&self) -> &conversation::Model {
        &self.conversation
    }

    /// The right to write the first message of a conversation that policy has let somebody begin.
    pub(super) fn first(conversation: conversation::Model, rules: Rules) -> Self {
        Self {
            conversation,
            rules,
            reads_chart: true,
            channel: Channel::Portal,
            number: None,
            earlier: None,
            author: None,
            time_zone: None,
        }
    }

    /// The same where a patient may write it, who waits for an answer from then on: with the clinic's time zone.
    pub(super) fn first_heard_in(self, zone: &str) -> Self {
        Self {
            time_zone: Some(zone.to_owned()),
            ..self
        }
    }

    /// By which way the message reaches the patient, or came from them.
    pub(crate) fn channel(&self) -> Channel {
        self.channel
    }

    /// The patient's number, where the message goes by text.
    pub(crate) fn number(&self) -> Option<&PhoneNumber> {
        self.number.as_ref()
    }

    /// The clinic's time zone; none for the first message of a conversation that staff begin.
    pub(crate) fn time_zone(&self) -> Option<&str> {
        self.time_zone.as_deref()
    }

    /// What the conversation has come to before the transaction.
    pub(crate) fn so_far(&self) -> SoFar {
        SoFar {
            last_author: self.conversation.last_author_kind,
            replies: self.conversation.replies,
            last_patient_channel: self.conversation.last_patient_channel,
        }
    }

    /// Whether it is this side's turn to write a message that both sides see: who begins, and whether the patient may answer
    /// (SEC-5). What the transaction has stored already counts.
    pub(crate) fn check_turn(&self, side: PersonKind, so_far: SoFar) -> Result<(), PostRefused> {
        if so_far.last_author.is_none() && !self.rules.starts.admits(side) {
            return Err(PostRefused::NotStarted);
        }
        let replies = so_far.replies.unwrap_or(self.rules.replies);
        match (side, replies) {
            (PersonKind::Staff, _) | (PersonKind::Patient, Replies::WhileOpen) => Ok(()),
            // What the patient begins is no reply.
            (PersonKind::Patient, _) if so_far.last_author.is_none() => Ok(()),
            (PersonKind::Patient, Replies::None) => Err(PostRefused::RepliesOff),
            (PersonKind::Patient, Replies::Once) => match so_far.last_author {
                Some(PersonKind::Patient) => Err(PostRefused::AlreadyReplied),
                Some(PersonKind::Staff) | None => Ok(()),
            },
        }
    }

    /// What "allow patient to respond" means here: as the rule for the kind says, or as long as the conversation is open where
    /// the rule is that there are no answers (SEC-5).
    pub(crate) fn replies(&self, allow: bool) -> Replies {
        match (allow, self.rules.replies) {
            (false, _) => Replies::None,
            (true, Replies::None) => Replies::WhileOpen,
            (true, rule @ (Replies::Once | Replies::WhileOpen)) => rule,
        }
    }

    /// Who writes, as readers are to see them; none for the first message of a conversation.
    pub(crate) fn author(&self) -> Option<&Author> {
        self.author.as_ref()
    }

    /// The message that already carries the idempotency key.
    pub(crate) fn earlier(&self) -> Option<&message::Model> {
        self.earlier.as_ref()
    }
}

/// Why somebody may not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PostRefused {
    /// The conversation does not exist for this author.
    NotFound,
    /// Only clinicians write.
    NotClinician,
    /// Only staff write notes.
    NoteByPatient,
    /// The organization has not switched portal chat on.
    PortalChatOff,
    /// The patient is not enrolled in the portal.
    NotEnrolled,
    /// The organization has no patient portal.
    PortalDisabled,
    /// The patient is not allowed into the portal.
    PortalAccessMissing,
    /// Neither an address nor a mobile number of the patient is on file.
    NoContactOnFile,
    /// Only texts would reach the patient, who has opted out of them.
    OptedOut,
    /// The organization does not offer conversations of this kind.
    NotOffered,
    /// The other side has to write first.
    NotStarted,
    /// The patient may not answer.
    RepliesOff,
    /// The patient has answered, and the clinic has not written since.
    AlreadyReplied,
    /// The conversation is closed.
    Closed,
    /// Nobody has begun to work on the case (CASE-1).
    NotInProgress,
    /// Staff write here only what an approved template says.
    TemplateOnly,
}

/// Decides several posts at once, locks their conversations until the commit, and finds messages that already carry
/// the idempotency keys. One statement, however many posts.
pub(crate) async fn decide_posts(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    now: DateTime<Utc>,
    intents: &[Intent],
) -> Result<(Settings, Vec<Result<CanPost, PostRefused>>), Fault> {
    let rows = tx
        .query_all_raw(facts(tx, organization, now, intents))
        .await?;
    let mut answers = vec![Err(PostRefused::NotFound); intents.len()];
    let Some(first) = rows.first() else {
        return Ok((Settings::default(), answers));
    };
    let settings = Settings::from_stored(first.try_get("", "settings")?)?;
    for row in &rows {
        let number = usize::try_from(row.try_get::<i32>("", "n")?)
            .map_err(|_| Fault::Corrupt("post number"))?;
        if let (Some(intent), Some(answer)) = (intents.get(number), answers.get_mut(number)) {
            *answer = decide(&settings, intent, row)?;
        }
    }
    Ok((settings, answers))
}

fn decide(
    settings: &Settings,
    intent: &Intent,
    row: &QueryResult,
) -> Result<Result<CanPost, PostRefused>, Fault> {
    let conversation = conversation::Model::from_query_result(row, "")?;
    if let Err(refused) = check_access(settings, intent, &conversation, row)? {
        return Ok(Err(refused));
    }
    let mut can_post = CanPost {
        channel: Channel::Portal,
        number: None,
        rules: settings.rules(conversation.kind),
        reads_chart: reads_chart(settings, intent, row)?,
        earlier: message::Model::from_query_result_optional(row, "m_")?,
        author: Some(author(intent.author, row)?),
        time_zone: row.try_get("", "clinic_zone")?,
        conversation,
    };
    // Who repeats a request gets what it stored, whatever has changed since. A note needs nobody on the patient's side.
    if can_post.earlier.is_some() || intent.kind == MessageKind::Note {
        return Ok(Ok(can_post));
    }
    let channel = match check_state(settings, intent, &can_post, row)? {
        Ok(channel) => channel,
        Err(refused) => return Ok(Err(refused)),
    };
    if channel == Channel::Sms {
        can_post.number = match can_post.rules.texts {
            Texts::Never => None,
            Texts::Enrolled => row.try_get("", "phone")?,
            Texts::GivenNumber => row.try_get("", "case_number")?,
        };
    }
    can_post.channel = channel;
    Ok(Ok(can_post))
}

/// Whose name stands beside the message. Whoever may write has one; the patient who writes is the conversation's.
fn author(person: PersonId, row: &QueryResult) -> Result<Author, Fault> {
    let (name, profession) = match person {
        PersonId::Staff(_) => ("staff_name", row.try_get("", "staff_profession")?),
        PersonId::Patient(_) => ("patient_name", None),
    };
    Ok(Author {
        person,
        name: row.try_get("", name)?,
        profession,
    })
}
