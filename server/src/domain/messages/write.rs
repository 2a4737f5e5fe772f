//! Writing a batch of messages in one transaction.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{ConversationId, OrganizationId, PersonKind, message};

use super::{SendError, Sent, batch::Batch, post_office::Letter};
use crate::domain::{
    core::Core,
    event_log::{Position, append, reserve},
    fault::Fault,
    notifications, panel,
    policy::{CanPost, Intent, PostRefused, decide_posts},
};

/// Where each letter's outcome comes from.
enum Outcome {
    New(usize),
    Earlier(message::Model),
    Refused(SendError),
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
    let (settings, decisions) = decide_posts(&tx, organization, &intents).await?;
    let (mut fresh, outcomes) = sort(core, now, letters, decisions);
    if !fresh.messages.is_empty() {
        let panels = panel::of_patients(&tx, organization, &fresh.patients()).await?;
        fresh.number_by_author(&tx, organization).await?;
        fresh.raise_conversations(&tx, organization, now).await?;
        notifications::enqueue_for_messages(core, &tx, now, &settings, &fresh.caused(&panels))
            .await?;
        let first = reserve(&tx, organization, fresh.messages.len()).await?;
        fresh.insert(&tx, first).await?;
        append(&tx, organization, first, now, &fresh.events(&panels)).await?;
        tx.commit().await?;
        core.doorbell.ring(
            organization,
            Position(first.0 + fresh.messages.len() as i64 - 1),
        );
    }
    Ok(outcomes
        .into_iter()
        .map(|outcome| outcome.settle(&fresh))
        .collect())
}

fn intent(letter: &Letter) -> Intent {
    Intent {
        author: letter.author,
        conversation: letter.draft.conversation,
        kind: letter.draft.kind,
        idempotency_key: letter.draft.idempotency_key.clone(),
    }
}

impl Outcome {
    fn settle(self, fresh: &Batch) -> Result<Sent, SendError> {
        match self {
            Self::New(index) => fresh
                .messages
                .get(index)
                .map(|message| Sent {
                    message: message.clone(),
                    replayed: false,
                })
                .ok_or(SendError::NotFound),
            Self::Earlier(message) => Ok(Sent {
                message,
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
                (Some(earlier), _) if repeats(earlier, letter) => Outcome::Earlier(earlier.clone()),
                (Some(_), _) => Outcome::Refused(SendError::KeyReused),
                (None, Some(&index)) => match fresh.messages.get(index) {
                    Some(first) if repeats(first, letter) => Outcome::New(index),
                    Some(_) | None => Outcome::Refused(SendError::KeyReused),
                },
                (None, None) => {
                    keys.insert(key, fresh.messages.len());
                    Outcome::New(fresh.add(core, now, letter, &can_post))
                }
            },
        });
    }
    (fresh, outcomes)
}

/// Whether the letter asks for what is already there.
fn repeats(message: &message::Model, letter: &Letter) -> bool {
    message.kind == letter.draft.kind && message.body == letter.draft.body
}
