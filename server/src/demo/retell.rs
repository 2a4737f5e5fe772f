//! What people write and read in the story, each at its time.

use entity::{MessageId, MessageKind};

use super::{
    during::{During as _, SeedError},
    seed::Clinic,
    story::{Step, What},
};
use crate::domain::{
    conversations,
    core::Core,
    messages::{self, Draft},
    policy,
};

impl Clinic<'_> {
    /// One step of the story, at the time of `core`.
    pub(super) async fn take(&mut self, core: &Core, step: &Step) -> Result<(), SeedError> {
        match step.what {
            What::PatientWrites(text) => {
                self.write(core, step.patient, step.patient, MessageKind::Message, text)
                    .await
            }
            What::StaffWrites(key, text) => {
                self.write(core, step.patient, key, MessageKind::Message, text)
                    .await
            }
            What::Note(key, text) => {
                self.write(core, step.patient, key, MessageKind::Note, text)
                    .await
            }
            What::StaffReads(key) => {
                let upto = self.chats.get(step.patient).and_then(|c| c.last_for_staff);
                self.read(core, step.patient, key, upto).await
            }
            What::PatientReads => {
                let upto = self
                    .chats
                    .get(step.patient)
                    .and_then(|c| c.last_for_patient);
                self.read(core, step.patient, step.patient, upto).await
            }
        }
    }

    async fn write(
        &mut self,
        core: &Core,
        patient: &str,
        author: &str,
        kind: MessageKind,
        text: &str,
    ) -> Result<(), SeedError> {
        let viewer = self.viewer(author)?.clone();
        let chat = self
            .chats
            .get_mut(patient)
            .ok_or("there is none")
            .during("finding a conversation")?;
        let key = core.entropy.uuid(core.clock.now()).to_string();
        let draft = Draft::new(chat.id, kind, text.to_owned(), key).during("writing a message")?;
        let sent = messages::send(core, &viewer, draft)
            .await
            .during("writing a message")?;
        chat.last_for_staff = Some(sent.message.id);
        if kind == MessageKind::Message {
            chat.last_for_patient = Some(sent.message.id);
        }
        Ok(())
    }

    async fn read(
        &self,
        core: &Core,
        patient: &str,
        reader: &str,
        upto: Option<MessageId>,
    ) -> Result<(), SeedError> {
        let (Some(chat), Some(upto)) = (self.chats.get(patient), upto) else {
            return Ok(());
        };
        let in_view = policy::read_conversation(core.store.reader(), self.viewer(reader)?, chat.id)
            .await
            .during("reading a conversation")?;
        conversations::mark_read(core, &in_view, upto)
            .await
            .during("reading a conversation")?;
        Ok(())
    }
}
