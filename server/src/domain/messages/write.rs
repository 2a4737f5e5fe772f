//! Writing a batch of messages in one transaction.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{
    ConversationId, MessageId, MessageKind, OrganizationId, PersonId, PersonKind, message,
};
use sea_orm::DatabaseTransaction;

use super::{
    Author, Draft, SendError, Sent, batch::Batch, enclosed::Enclosed, missed::Missed,
    post_office::Letter,
};
use crate::domain::{
    answers::call_for_unheard,
    conversations::{self, can_be_closed},
    core::Core,
    event_log::{Position, append, reserve},
    fault::Fault,
    notifications,
    policy::{CanEnclose, CanPost, Intent, PostRefused, decide_posts},
    settings::{AttachmentSettings, Settings},
    templates,
};

/// Where each letter's outcome comes from.
enum Outcome {
    New(usize, Option<Author>),
    /// What another letter of the batch asks for too.
    Repeated(usize),
    Earlier(Box<message::Model>),
    Refused(SendError),
}

/// What was found out for a batch before its letters are sorted.
struct Known<'a> {
    settings: &'a AttachmentSettings,
    missed: Missed,
    enclosed: Enclosed,
}

/// Stores the letters that may be stored and tells the outcome of each, in order. Nothing is stored when it fails.
pub(super) async fn write_batch(
    core: &Core,
    organization: OrganizationId,
    letters: &[Letter],
) -> Result<Vec<Result<Sent, SendError>>, Fault> {
    let now = core.clock.now();
    let tx = core.store.begin().await?;
    let intents: Vec<_> = letters.iter().map(intent).collect();
    let (settings, decisions) = decide_posts(&tx, organization, now, &intents).await?;
    let missed = Missed::find(&tx, organization, letters).await?;
    let earlier = decisions.iter().map(|decision| {
        let can_post = decision.as_ref().ok()?;
        Some(can_post.earlier())
    });
    let with_earlier = letters.iter().zip(earlier);
    let with_earlier = with_earlier.filter_map(|(letter, earlier)| Some((letter, earlier?)));
    let enclosed = Enclosed::find(&tx, organization, with_earlier).await?;
    let mut known = Known {
        settings: &settings.attachments,
        missed,
        enclosed,
    };
    let (mut fresh, outcomes) = sort(core, now, letters, decisions, &mut known);
    if !fresh.messages.is_empty() {
        let newest = store(core, &tx, organization, now, &settings, &mut fresh).await?;
        tx.commit().await?;
        core.doorbell.ring(organization, newest);
    }
    Ok(outcomes
        .into_iter()
        .map(|outcome| outcome.settle(&fresh))
        .collect())
}

/// Stores the messages of a batch with all that they cause, except the commit; gives the position of the newest. Six
/// statements, seven when somebody is to be told, two more each for templates and for files, and three each for texts and for
/// cases; two more for urgent messages that alert nobody.
pub(super) async fn store(
    core: &Core,
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    now: DateTime<Utc>,
    settings: &Settings,
    fresh: &mut Batch,
) -> Result<Position, Fault> {
    let concerned = fresh.conversations();
    fresh.join_cases(tx, organization, now).await?;
    let followers = conversations::followers(tx, organization, settings, &concerned).await?;
    fresh.number_by_author(tx, organization).await?;
    fresh.mark_remarkable(settings);
    fresh.expect_answers(now, settings, &followers)?;
    fresh.raise_conversations(tx, organization, now).await?;
    fresh.move_cases(tx, organization, now).await?;
    fresh.queue_texts(core, tx, organization, now).await?;
    notifications::enqueue_for_messages(core, tx, now, settings, &fresh.caused(&followers)).await?;
    templates::count(tx, organization, now, &fresh.templates()).await?;
    fresh.claim_files(tx, organization, now).await?;
    let mut events = fresh.events(&followers);
    events.extend(fresh.events_of_cases());
    let unheard = fresh.unheard(&followers);
    events.extend(call_for_unheard(core, tx, (organization, now), settings, &unheard).await?);
    let first = reserve(tx, organization, events.len()).await?;
    fresh.insert(tx, first).await?;
    fresh.insert_files(tx).await?;
    append(tx, organization, first, now, &events).await?;
    Ok(Position(first.0 + events.len() as i64 - 1))
}

/// Stores the first message of a conversation within the transaction that begins it; gives its position too. Seven
/// statements, two more for a template, and four more for files.
///
/// # Errors
/// [`SendError::Files`] when one of its files cannot be sent, and any failure of the database.
pub(crate) async fn write_first(
    core: &Core,
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    settings: &Settings,
    author: PersonId,
    draft: Draft,
    can_post: &CanPost,
) -> Result<(message::Model, Position), SendError> {
    let organization = can_post.conversation().organization_id;
    let letter = Letter { author, draft };
    let enclosed = Enclosed::find(tx, organization, [(&letter, None)]).await?;
    let files = enclosed.admit(&letter, can_post, &settings.attachments, now)?;
    let mut batch = Batch::default();
    batch.add(core, now, &letter, can_post);
    batch.enclose(files);
    let position = store(core, tx, organization, now, settings, &mut batch).await?;
    let message = batch.messages.pop().ok_or(Fault::Corrupt("batch"))?;
    Ok((message, position))
}

/// Messages that are stored within a transaction that does more than that.
#[derive(Default)]
pub(crate) struct Bundle(Batch);

impl Bundle {
    /// Takes a message; gives the id that it will have.
    pub(crate) fn add(
        &mut self,
        core: &Core,
        now: DateTime<Utc>,
        (author, draft): (PersonId, Draft),
        can_post: &CanPost,
    ) -> Option<MessageId> {
        let index = self.0.add(core, now, &Letter { author, draft }, can_post);
        self.0.messages.get(index).map(|message| message.id)
    }

    /// Puts files with the message that was taken last.
    pub(crate) fn enclose(&mut self, files: Vec<CanEnclose>) {
        self.0.enclose(files);
    }

    /// Stores the messages with all that they cause, except the commit. The log's lock is held from then on, so this comes
    /// last. Gives the position of the newest. Seven statements and two for files, none without messages.
    pub(crate) async fn store(
        mut self,
        core: &Core,
        tx: &DatabaseTransaction,
        organization: OrganizationId,
        now: DateTime<Utc>,
        settings: &Settings,
    ) -> Result<Option<Position>, Fault> {
        if self.0.messages.is_empty() {
            return Ok(None);
        }
        let newest = store(core, tx, organization, now, settings, &mut self.0).await?;
        Ok(Some(newest))
    }
}

fn intent(letter: &Letter) -> Intent {
    Intent {
        author: letter.author,
        conversation: letter.draft.conversation,
        kind: letter.draft.kind,
        from_template: letter.draft.is_from_template(),
        way: letter.draft.way(letter.author.kind()),
        idempotency_key: letter.draft.idempotency_key.clone(),
    }
}

impl Outcome {
    fn settle(self, fresh: &Batch) -> Result<Sent, SendError> {
        match self {
            Self::New(index, author) => fresh
                .messages
                .get(index)
                .map(|message| Sent {
                    message: message.clone(),
                    author,
                    replayed: false,
                })
                .ok_or(SendError::NotFound),
            Self::Repeated(index) => fresh
                .messages
                .get(index)
                .map(|message| Sent {
                    message: message.clone(),
                    author: None,
                    replayed: true,
                })
                .ok_or(SendError::NotFound),
            Self::Earlier(message) => Ok(Sent {
                message: *message,
                author: None,
                replayed: true,
            }),
            Self::Refused(error) => Err(error),
        }
    }
}

/// Tells new messages from repeated and refused ones, and numbers the new ones within their conversations.
fn sort(
    core: &Core,
    now: DateTime<Utc>,
    letters: &[Letter],
    decisions: Vec<Result<CanPost, PostRefused>>,
    known: &mut Known<'_>,
) -> (Batch, Vec<Outcome>) {
    let mut fresh = Batch::default();
    let mut keys: HashMap<(ConversationId, PersonKind, &str), usize> = HashMap::new();
    let mut outcomes = Vec::with_capacity(letters.len());
    for (letter, decision) in letters.iter().zip(decisions) {
        let key = (
            letter.draft.conversation,
            letter.author.kind(),
            letter.draft.idempotency_key.as_str(),
        );
        outcomes.push(match decision {
            Err(refused) => Outcome::Refused(refused.into()),
            Ok(can_post) => match (can_post.earlier(), keys.get(&key)) {
                (Some(earlier), _) if known.repeats(earlier, letter) => {
                    Outcome::Earlier(Box::new(earlier.clone()))
                }
                (Some(_), _) => Outcome::Refused(SendError::KeyReused),
                (None, Some(&index)) => match fresh.messages.get(index) {
                    Some(first) if known.repeats(first, letter) => Outcome::Repeated(index),
                    Some(_) | None => Outcome::Refused(SendError::KeyReused),
                },
                (None, None) => match known.admit(&fresh, letter, &can_post, now) {
                    Ok(files) => {
                        let index = fresh.add(core, now, letter, &can_post);
                        if let Some(message) = fresh.enclose(files) {
                            known.enclosed.hold(message, letter);
                        }
                        keys.insert(key, index);
                        Outcome::New(index, can_post.author().cloned())
                    }
                    Err(refused) => Outcome::Refused(refused),
                },
            },
        });
    }
    (fresh, outcomes)
}

impl Known<'_> {
    /// Whether a new message may be stored after those of the batch: it is its author's turn, no colleague has answered
    /// since the author looked, and its files can be sent.
    fn admit(
        &self,
        fresh: &Batch,
        letter: &Letter,
        can_post: &CanPost,
        now: DateTime<Utc>,
    ) -> Result<Vec<CanEnclose>, SendError> {
        if letter.draft.kind == MessageKind::Message {
            let says_who_answers = letter.draft.allow_reply.is_some();
            if says_who_answers && !can_be_closed(can_post.conversation().kind) {
                return Err(SendError::RepliesFixed);
            }
            can_post.check_turn(letter.author.kind(), fresh.so_far(can_post))?;
            self.missed.check(letter, &fresh.messages)?;
        }
        self.enclosed.admit(letter, can_post, self.settings, now)
    }

    /// Whether the letter asks for what is already there.
    fn repeats(&self, message: &message::Model, letter: &Letter) -> bool {
        letter.draft.says(message) && self.enclosed.repeats(message, letter)
    }
}
