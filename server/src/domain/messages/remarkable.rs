//! What is remarkable of a patient's words, found when they are stored: urgent ones (NEW-8), and a wish to get no more texts
//! that is no command (TXT-4). Neither stops the message or answers it; staff are told with
//! priority.

use entity::{PersonKind, message};

use super::batch::Batch;
use crate::domain::{
    settings::Settings,
    texting::keywords::{self, Reading},
};

/// Whether a patient's message alerts before all others: by its urgent words, or because it sounds as if the patient wanted no
/// more texts, which somebody should decide before more are sent.
pub(crate) fn has_priority(message: &message::Model) -> bool {
    message.author_kind == PersonKind::Patient && (message.urgent || message.opt_out_wish)
}

impl Batch {
    /// Marks the patients' messages of the batch.
    pub(super) fn mark_remarkable(&mut self, settings: &Settings) {
        let theirs = |kind| kind == PersonKind::Patient;
        if !self
            .messages
            .iter()
            .any(|message| theirs(message.author_kind))
        {
            return;
        }
        let urgent = settings.urgent_phrases();
        for message in &mut self.messages {
            if theirs(message.author_kind) {
                let words = message.body.reveal();
                message.urgent = urgent.occur_in(words);
                message.opt_out_wish = match keywords::read(words) {
                    Reading::Stop | Reading::NearMiss => true,
                    Reading::Start | Reading::Help | Reading::Other => false,
                };
            }
        }
    }
}
