//! What people write and read in the story, each at its time.

use bytes::Bytes;
use entity::{AttachmentId, MessageId, MessageKind, PatientId};
use futures_util::{StreamExt as _, stream};

use super::{
    during::{During as _, SeedError},
    seed::Clinic,
    story::{File, Step, What},
};
use crate::domain::{
    attachments::{self, IncomingFile},
    conversations,
    core::Core,
    messages::{self, Draft, Enclosure, Enclosures},
    policy,
    viewer::Viewer,
};

impl Clinic<'_> {
    /// One step of the story, at the time of `core`.
    pub(super) async fn take(&mut self, core: &Core, step: &Step) -> Result<(), SeedError> {
        let (chat, patient) = (step.chat, step.patient);
        match step.what {
            What::PatientWrites(text) => self.write(core, chat, patient, Said::message(text)).await,
            What::StaffWrites(key, text) => self.write(core, chat, key, Said::message(text)).await,
            What::StaffSends(key, text, file) => {
                let said = Said {
                    file: Some(file),
                    ..Said::message(text)
                };
                self.write(core, chat, key, said).await
            }
            What::Note(key, text) => {
                let said = Said {
                    kind: MessageKind::Note,
                    ..Said::message(text)
                };
                self.write(core, chat, key, said).await
            }
            What::StaffReads(key) => {
                let upto = self.chats.get(chat).and_then(|c| c.last_for_staff);
                self.read(core, chat, key, upto).await
            }
            What::PatientReads => {
                let upto = self.chats.get(chat).and_then(|c| c.last_for_patient);
                self.read(core, chat, patient, upto).await
            }
            What::PatientAsks(reason) => self.open(core, step, None, reason).await,
            What::StaffTakesCall(key, reason) => self.open(core, step, Some(key), reason).await,
            What::Assigns(key, to) => self.assign(core, chat, key, to).await,
            What::Moves(key, to) => self.move_case(core, chat, key, to).await,
        }
    }

    async fn write(
        &mut self,
        core: &Core,
        chat: &str,
        author: &str,
        said: Said,
    ) -> Result<(), SeedError> {
        let viewer = self.viewer(author)?.clone();
        let chat = self
            .chats
            .get_mut(chat)
            .ok_or("there is none")
            .during("finding a conversation")?;
        let key = core.entropy.uuid(core.clock.now()).to_string();
        let mut draft = Draft::new(chat.id, said.kind, said.text.to_owned(), key)
            .during("writing a message")?;
        if let Some(file) = said.file {
            let upload = upload(core, &viewer, chat.patient, file).await?;
            let files = Enclosures::new([Enclosure::Upload(upload)]).during("sending a file")?;
            draft = draft.enclosing(files);
        }
        let sent = messages::send(core, &viewer, draft)
            .await
            .during("writing a message")?;
        chat.last_for_staff = Some(sent.message.id);
        if said.kind == MessageKind::Message {
            chat.last_for_patient = Some(sent.message.id);
        }
        Ok(())
    }

    async fn read(
        &self,
        core: &Core,
        chat: &str,
        reader: &str,
        upto: Option<MessageId>,
    ) -> Result<(), SeedError> {
        let (Some(chat), Some(upto)) = (self.chats.get(chat), upto) else {
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

/// What somebody writes.
struct Said {
    kind: MessageKind,
    text: &'static str,
    file: Option<&'static File>,
}

impl Said {
    fn message(text: &'static str) -> Self {
        Self {
            kind: MessageKind::Message,
            text,
            file: None,
        }
    }
}

async fn upload(
    core: &Core,
    viewer: &Viewer,
    patient: PatientId,
    file: &'static File,
) -> Result<AttachmentId, SeedError> {
    let rules = core.files.rules();
    let can = policy::may_upload(core.store.reader(), viewer, patient, rules)
        .await
        .during("uploading a file")?;
    let bytes = stream::iter([Ok(Bytes::from_static(file.bytes))]).boxed();
    let incoming = IncomingFile {
        file_name: file.name.to_owned(),
        bytes,
    };
    let place = core
        .files
        .intake()
        .place(viewer)
        .ok_or("too many files arrive")
        .during("uploading a file")?;
    let stored = attachments::store(core, can, place, incoming, None)
        .await
        .during("uploading a file")?;
    Ok(stored.id)
}
