//! Who waits for an answer with the messages of a batch, and until when they can expect it (NEW-3, NEW-4).

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{ConversationId, PersonId};

use super::batch::{Batch, Counters};
use crate::domain::{
    answers::expected, conversations::Followers, fault::Fault, policy::CanPost, settings::Settings,
};

impl Counters {
    /// A message has been written that both sides see.
    pub(super) fn waits_or_is_answered(
        &mut self,
        now: DateTime<Utc>,
        author: PersonId,
        can_post: &CanPost,
    ) {
        match author {
            PersonId::Staff(_) => {
                self.stretch.end();
                self.heard_in = None;
            }
            PersonId::Patient(_) => {
                if self.stretch.begins() {
                    self.stretch.begin(now);
                }
                self.heard_in = can_post.time_zone().map(str::to_owned);
            }
        }
    }
}

impl Batch {
    /// Finds out until when patients who have begun to wait can expect an answer, and whether anybody was alerted.
    pub(super) fn expect_answers(
        &mut self,
        now: DateTime<Utc>,
        settings: &Settings,
        followers: &HashMap<ConversationId, Followers>,
    ) -> Result<(), Fault> {
        for (id, counters) in &mut self.conversations {
            let (Some(zone), Some(since)) = (&counters.heard_in, counters.stretch.began()) else {
                continue;
            };
            // The end was told to them, and nothing else is promised.
            if since == now && counters.is_open {
                let expected = expected(settings, zone, counters.kind, now)?;
                counters
                    .stretch
                    .promise(expected.map(|expected| expected.by));
            }
            let followers = followers.get(id);
            let by_anybody = followers.is_some_and(Followers::anybody_alerted);
            counters.stretch.heard(now, by_anybody);
        }
        Ok(())
    }
}
