//! What is remarkable of a patient's words, found when they are stored: urgent ones (NEW-8), and a wish to get no more texts
//! that is no command (TXT-4). Neither stops the message or answers it; staff are told.

use entity::PersonKind;

use super::batch::Batch;
use crate::domain::{
    settings::Settings,
    texting::keywords::{self, Reading},
};

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
