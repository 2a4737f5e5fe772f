//! Messages as the API shows them.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::OrganizationId;

use super::{
    attachment::Attachment,
    case_loaders::BroughtKey,
    context::ContextExt as _,
    error::ApiResult,
    id::{LogPosition, public_id},
    loaders::load,
    message_files::files_of,
    participant::known_staff,
    reminder::MessageOrigin,
    reminder_loaders::TemplateKey,
    staff_member::StaffMember,
    text::{self, Text},
};
use crate::domain::{event_log::Position, messages::MessageView, viewer::Viewer};

/// How many characters of a message an alert shows.
const PREVIEW_CHARACTERS: usize = 120;

/// Which kind of person somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::PersonKind")]
pub enum PersonKind {
    /// A person who works at the clinic.
    Staff,
    /// A person whom the clinic cares for.
    Patient,
}

/// What stands in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::MessageKind")]
pub enum MessageKind {
    /// A message that patient and staff see.
    Message,
    /// An internal note that only staff see. It never alerts the patient and never counts as an answer.
    Note,
}

/// The way that a message or notification travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::Channel")]
pub enum Channel {
    /// The patient portal or the staff application.
    Portal,
    /// A text message.
    Sms,
    /// An e-mail. It carries notifications only, never a message.
    Email,
}

/// Who wrote a message.
#[derive(Clone, Debug, SimpleObject)]
pub struct Author {
    /// The id of the staff member or patient.
    id: ID,
    /// Which kind of person it is.
    kind: PersonKind,
    /// The full name.
    name: String,
    /// What a staff member is, such as "Nurse"; null for patients.
    profession: Option<String>,
}

/// A message or internal note.
#[derive(Clone, Description)]
pub struct Message(pub Arc<MessageView>);

impl Message {
    /// The beginning of the message on one line; where only files were sent, how many. What they are called is not said:
    /// previews are shown on locked screens.
    pub fn preview(&self) -> String {
        let body = self.0.message.body.reveal();
        if body.is_empty() {
            return match self.0.message.attachment_count {
                1 => "[1 file]".to_owned(),
                count => format!("[{count} files]"),
            };
        }
        let mut preview = String::with_capacity(PREVIEW_CHARACTERS + 4);
        let line = body
            .split_whitespace()
            .flat_map(|word| [" ", word])
            .skip(1)
            .flat_map(str::chars);
        for (number, character) in line.enumerate() {
            if number == PREVIEW_CHARACTERS {
                preview.push('…');
                break;
            }
            preview.push(character);
        }
        preview
    }

    fn organization(&self) -> OrganizationId {
        self.0.message.organization_id
    }
}

#[Object(use_type_description)]
impl Message {
    /// The id.
    pub async fn id(&self) -> ID {
        ID(self.0.message.id.to_public())
    }

    /// The conversation in which it stands.
    async fn conversation_id(&self) -> ID {
        ID(self.0.message.conversation_id.to_public())
    }

    /// Its number in the conversation, without gaps. Patients see no notes, and their numbers do not count them.
    async fn sequence(&self, ctx: &Context<'_>) -> ApiResult<i64> {
        let viewer = ctx.viewer().await?;
        Ok(self.0.number_for(viewer.person().kind()))
    }

    /// A message, or an internal note.
    async fn kind(&self) -> MessageKind {
        self.0.message.kind.into()
    }

    /// Who wrote it.
    async fn author(&self) -> Author {
        let author = &self.0.author;
        Author {
            id: ID(public_id(author.person)),
            kind: author.person.kind().into(),
            name: author.name.reveal().to_owned(),
            profession: author.profession.clone(),
        }
    }

    /// Who brought it in the patient's name, as another system that signs in as a staff member does with what a case begins
    /// with; null where its author wrote it here, and for the patient, who sees `Case.source`.
    async fn brought_by(&self, ctx: &Context<'_>) -> ApiResult<Option<StaffMember>> {
        let message = &self.0.message;
        // Nothing but the first message of a case can be brought.
        if message.seq != 1 || message.author_kind != entity::PersonKind::Patient {
            return Ok(None);
        }
        let key = BroughtKey(message.organization_id, message.conversation_id);
        known_staff(ctx, message.organization_id, load(ctx, key).await?).await
    }

    /// By which way it came.
    async fn channel(&self) -> Channel {
        self.0.message.channel.into()
    }

    /// Whether it holds words of a patient that the clinic treats as urgent.
    async fn urgent(&self) -> bool {
        self.0.message.urgent
    }

    /// Whether the patient's words sound as if they wanted no more texts: a wish that does nothing by itself. Null for the
    /// patient.
    async fn opt_out_wish(&self, ctx: &Context<'_>) -> ApiResult<Option<bool>> {
        match &*ctx.viewer().await? {
            Viewer::Patient(_) => Ok(None),
            Viewer::Staff(_) => Ok(Some(self.0.message.opt_out_wish)),
        }
    }

    /// Whether the patient wrote it when the conversation had ended: it is kept, and nobody may have read it.
    async fn after_close(&self) -> bool {
        self.0.message.after_close
    }

    /// What it is about, where it has a title of its own, as announcements do.
    async fn title(&self) -> Option<&str> {
        self.0.message.title.as_ref().map(|title| title.reveal())
    }

    /// The text as plain text of at most 20,000 characters: exactly as it was written, or the plain form of `html`. Empty
    /// where only files were sent.
    async fn body(&self, ctx: &Context<'_>) -> ApiResult<&str> {
        let body = self.0.message.body.reveal();
        ctx.budget().write(body.len())?;
        Ok(body)
    }

    /// Formatted text as HTML that was cleaned: headings, bold, italics, strikethrough, lists, tables, alignment and links.
    /// It runs and loads nothing. Null where the text was written without formatting.
    async fn html(&self, ctx: &Context<'_>) -> ApiResult<Option<&str>> {
        let html = self.0.message.html.as_ref().map(|html| html.reveal());
        ctx.budget().write(html.map_or(0, str::len))?;
        Ok(html)
    }

    /// The texts that carried it, with how far each has come. Empty where none did, and for patients.
    async fn texts(&self, ctx: &Context<'_>) -> ApiResult<Vec<Text>> {
        text::of_message(ctx, &self.0).await
    }

    /// The approved text from which it was made; null when its words are the author's own, and for patients.
    async fn origin(&self, ctx: &Context<'_>) -> ApiResult<Option<MessageOrigin>> {
        let message = &self.0.message;
        let (Some(template), Some(language), Some(version)) = (
            message.template_id,
            &message.template_language,
            message.template_version,
        ) else {
            return Ok(None);
        };
        match &*ctx.viewer().await? {
            Viewer::Patient(_) => Ok(None),
            Viewer::Staff(_) => Ok(Some(MessageOrigin {
                key: TemplateKey(message.organization_id, template),
                language: language.clone(),
                version,
            })),
        }
    }

    /// Its files, in the order in which they were attached. Each says how far its inspection has come; when that ends,
    /// `conversationEvents` tells it.
    async fn attachments(&self, ctx: &Context<'_>) -> ApiResult<Vec<Attachment>> {
        files_of(ctx, &self.0).await
    }

    /// When it was stored.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.message.created_at
    }

    /// The position of its event in the clinic's log. A client that has fetched a message and then meets its event on a
    /// subscription knows it by this.
    async fn position(&self) -> LogPosition {
        LogPosition::new(Position(self.0.message.position), self.organization())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::messages::Author;

    fn message(body: &str) -> Message {
        let id = uuid::Uuid::nil();
        Message(Arc::new(MessageView {
            message: entity::message::Model {
                organization_id: OrganizationId(id),
                id: entity::MessageId(id),
                conversation_id: entity::ConversationId(id),
                seq: 1,
                visible_seq: 1,
                author_kind: entity::PersonKind::Patient,
                author_id: id,
                author_ordinal: 1,
                kind: entity::MessageKind::Message,
                channel: entity::Channel::Portal,
                title: None,
                body: entity::MessageBody::new(body),
                html: None,
                template_id: None,
                template_language: None,
                template_version: None,
                urgent: false,
                opt_out_wish: false,
                after_close: false,
                attachment_count: 2,
                idempotency_key: "k".to_owned(),
                position: 1,
                created_at: DateTime::UNIX_EPOCH,
            },
            author: Author {
                person: entity::PersonId::Patient(entity::PatientId(id)),
                name: entity::PersonName::new("A"),
                profession: None,
            },
        }))
    }

    #[test]
    fn a_preview_is_one_short_line() {
        assert_eq!(message(" two\n lines ").preview(), "two lines");
        let long = message(&"ä".repeat(500)).preview();
        assert_eq!(long.chars().count(), PREVIEW_CHARACTERS + 1);
        assert!(long.ends_with('…'));
        assert_eq!(message("").preview(), "[2 files]");
    }
}
