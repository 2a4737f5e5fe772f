//! Reading on and typing.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::{ConversationId, MessageId};

use super::{context::ContextExt as _, error::ApiResult, id::read_id};
use crate::{
    domain::{conversations, policy},
    realtime::SignalKind,
};

/// How far the viewer has read.
#[derive(InputObject)]
pub struct MarkReadInput {
    /// The conversation.
    conversation_id: ID,
    /// The last message that the viewer has seen. A cursor that is further already stays.
    message_id: ID,
}

/// What is left unread.
#[derive(SimpleObject)]
pub struct MarkReadPayload {
    /// The number of the last message that the viewer has seen.
    sequence: i64,
    /// How many messages of the conversation they have not seen.
    unread_count: i64,
}

/// Whether the viewer types.
#[derive(InputObject)]
pub struct SetTypingInput {
    /// The conversation.
    conversation_id: ID,
    /// True while typing; repeat it every few seconds. False when it stops.
    typing: bool,
}

/// An answer without content.
#[derive(SimpleObject)]
pub struct SetTypingPayload {
    /// Always true: others who have the conversation open are told, if they can be reached.
    accepted: bool,
}

/// Reading in conversations.
#[derive(Default)]
pub struct ReadingMutation;

#[Object]
impl ReadingMutation {
    /// Moves the viewer's read cursor of a conversation to a message. Cursors only move forward.
    async fn mark_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How far the viewer has read.")] input: MarkReadInput,
    ) -> ApiResult<MarkReadPayload> {
        let viewer = ctx.viewer().await?;
        let conversation = read_id(ConversationId::from_public, &input.conversation_id)?;
        let message = read_id(MessageId::from_public, &input.message_id)?;
        let core = ctx.core();
        let in_view = policy::read_conversation(core.store.reader(), &viewer, conversation).await?;
        let read = conversations::mark_read(core, &in_view, message).await?;
        Ok(MarkReadPayload {
            sequence: read.seq,
            unread_count: read.unread.0,
        })
    }

    /// Tells whoever has the conversation open that the viewer types. Nothing is stored.
    async fn set_typing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whether the viewer types.")] input: SetTypingInput,
    ) -> ApiResult<SetTypingPayload> {
        let viewer = ctx.viewer().await?;
        let conversation = read_id(ConversationId::from_public, &input.conversation_id)?;
        let in_view =
            policy::read_conversation(ctx.core().store.reader(), &viewer, conversation).await?;
        let kind = if input.typing {
            SignalKind::Typing
        } else {
            SignalKind::StoppedTyping
        };
        ctx.realtime()
            .signal(in_view.organization(), in_view.id(), viewer.person(), kind);
        Ok(SetTypingPayload { accepted: true })
    }
}
