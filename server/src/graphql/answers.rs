//! Until when patients can expect an answer, and whether anybody hears them.

use async_graphql::{
    Context, Description, ID, InputObject, Object, SimpleObject, connection::Connection,
};
use chrono::{DateTime, Utc};
use entity::{ConversationId, MessageId, StaffId, answer_mark};

use super::{
    context::ContextExt as _,
    conversation::Conversation,
    conversation_queries::open,
    error::{ApiError, ApiResult},
    id::read_id,
    loaders::{OwnerKey, load},
    page::{List, Opaque, PageArguments, connection},
    participant::staff_member,
    patient::Patient,
    rules::ConversationKind,
    staff_member::StaffMember,
};
use crate::domain::{
    answers::{self, AnswerChanges, Unattended},
    event_log::{Position, bounds},
    fault::Fault,
    policy,
    settings::Settings,
    viewer::Viewer,
};

/// What a patient can expect who writes now.
#[derive(SimpleObject)]
pub struct ExpectedAnswer {
    /// Until when the clinic expects to answer.
    by: DateTime<Utc>,
    /// Whether the clinic is open now.
    open: bool,
    /// When the clinic opens next; null while it is open.
    opens_at: Option<DateTime<Utc>>,
}

/// What a patient can expect who writes now in a conversation of a kind; none where the clinic says nothing of it.
pub fn expected_now(
    ctx: &Context<'_>,
    viewer: &Viewer,
    kind: entity::ConversationKind,
) -> ApiResult<Option<ExpectedAnswer>> {
    let now = ctx.core().clock.now();
    let expected = answers::expected(viewer.settings(), viewer.time_zone(), kind, now)?;
    Ok(expected.map(|expected| ExpectedAnswer {
        by: expected.by,
        open: expected.open_at <= now,
        opens_at: Some(expected.open_at).filter(|at| *at > now),
    }))
}

/// How long the clinic takes to answer in conversations of a kind.
#[derive(Clone, Debug, SimpleObject)]
pub struct AnswerTime {
    /// The kind.
    kind: ConversationKind,
    /// After how many minutes of opening time patients can expect an answer.
    minutes: u32,
}

impl AnswerTime {
    /// What the clinic has said.
    pub fn all(settings: &Settings) -> Vec<Self> {
        let rules = settings.all_rules();
        rules
            .filter_map(|(kind, _)| {
                let minutes = settings.answers.minutes(kind)?;
                Some(Self {
                    kind: kind.into(),
                    minutes,
                })
            })
            .collect()
    }
}

/// How long the clinic takes to answer in conversations of a kind.
#[derive(InputObject)]
pub struct AnswerTimeInput {
    /// The kind; not `ANNOUNCEMENT`.
    kind: ConversationKind,
    /// After how many minutes of opening time patients can expect an answer, 1 to 40,320. Null says nothing of it.
    minutes: Option<u32>,
}

/// What to change about answers.
///
/// # Errors
/// [`ApiError::BadInput`] when an id is none of a staff member.
pub fn changes(
    times: Option<Vec<AnswerTimeInput>>,
    contacts: Option<Vec<ID>>,
) -> ApiResult<AnswerChanges> {
    let minutes = times.unwrap_or_default().into_iter();
    let contacts = contacts.map(|ids| {
        let ids = ids.iter();
        ids.map(|id| read_id(StaffId::from_public, id)).collect()
    });
    Ok(AnswerChanges {
        minutes: minutes
            .map(|time| (time.kind.into(), time.minutes))
            .collect(),
        escalation: contacts.transpose()?,
    })
}

/// An open conversation in which nobody would be alerted of what the patient writes.
#[derive(Clone, Description)]
pub struct UnattendedConversation {
    found: Unattended,
    position: Position,
}

#[Object(use_type_description)]
impl UnattendedConversation {
    /// Since when nobody would be alerted.
    async fn since(&self) -> DateTime<Utc> {
        self.found.since
    }

    /// Since when the patient waits for an answer; null while they do not.
    async fn waiting_since(&self) -> Option<DateTime<Utc>> {
        self.found.conversation.unanswered_since
    }

    /// Whose conversation it is.
    async fn patient(&self, ctx: &Context<'_>) -> ApiResult<Patient> {
        let conversation = &self.found.conversation;
        let key = OwnerKey(conversation.organization_id, conversation.patient_id);
        let patient = load(ctx, key).await?;
        patient
            .map(Patient)
            .ok_or_else(|| ApiError::from(Fault::Corrupt("patient of a conversation")))
    }

    /// The conversation; null for who is no clinician.
    async fn conversation(&self) -> Option<Conversation> {
        let in_view = self.found.in_view.clone();
        in_view.map(|in_view| Conversation::alone(in_view, self.position).among_others())
    }
}

/// That somebody has said that what the patient wrote needs no answer, or was answered otherwise.
#[derive(Clone, Description)]
pub struct AnswerMark(pub answer_mark::Model);

#[Object(use_type_description)]
impl AnswerMark {
    /// The number of the last message of which it was said: what stands after it waits for an answer.
    async fn sequence(&self) -> i64 {
        self.0.seq
    }

    /// Who said it.
    async fn marked_by(&self, ctx: &Context<'_>) -> ApiResult<StaffMember> {
        staff_member(ctx, self.0.organization_id, self.0.staff_id).await
    }

    /// When.
    async fn marked_at(&self) -> DateTime<Utc> {
        self.0.marked_at
    }
}

/// Up to where a conversation needs no answer.
#[derive(InputObject)]
pub struct MarkAnsweredInput {
    /// The conversation.
    conversation_id: ID,
    /// The last message that the viewer has seen. What comes after it goes on waiting.
    message_id: ID,
}

/// The conversation as it is now.
#[derive(SimpleObject)]
pub struct MarkAnsweredPayload {
    /// The conversation, with `waitingSince` null unless something waits that stands after the message.
    conversation: Conversation,
}

/// Changes about answers.
#[derive(Default)]
pub struct AnswerMutation;

#[Object]
impl AnswerMutation {
    /// "No answer needed": says that what the patient wrote up to a message needs none, as "Thanks!", or was answered otherwise,
    /// as by telephone. Nobody waits for an answer to it any more, and nobody is told that it is overdue. The patient has none
    /// to expect (`expectedAnswerBy`), and is not told why. Also for what was written after the end of a conversation. It moves
    /// no read cursor, and is no first answer of a case. For clinicians.
    async fn mark_answered(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Up to where no answer is needed.")] input: MarkAnsweredInput,
    ) -> ApiResult<MarkAnsweredPayload> {
        let viewer = ctx.viewer().await?;
        let clinician = policy::clinician(&viewer)?;
        let id = read_id(ConversationId::from_public, &input.conversation_id)?;
        let upto = read_id(MessageId::from_public, &input.message_id)?;
        answers::mark_answered(ctx.core(), &clinician, id, upto).await?;
        let conversation = open(ctx.core(), &viewer, id).await?;
        Ok(MarkAnsweredPayload { conversation })
    }
}

/// Queries about answers.
#[derive(Default)]
pub struct AnswerQuery;

#[Object]
impl AnswerQuery {
    /// Open conversations in which nobody would be alerted of what the patient writes: all who stood on the panel or took part
    /// are gone, restricted, or have "New patient message" off, or the patient has written and nobody was there. The one that
    /// has been so longest comes first. For clinicians and administrators, of the patients whom they reach.
    async fn unattended_conversations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in which the patient waits for an answer.", default)]
        waiting: bool,
        #[graphql(desc = "How many from the beginning, at most 100. 25 by default.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, UnattendedConversation>> {
        let keeper = policy::record_keeper(&*ctx.viewer().await?)?;
        let list = List {
            name: "unattended conversations",
            owner: keeper.organization().0,
        };
        let slice = PageArguments::new(first, after, last, before).slice(list)?;
        let reader = ctx.core().store.reader();
        let position = bounds(reader, keeper.organization()).await?.head;
        let page = answers::unattended(reader, &keeper, waiting, &slice).await?;
        Ok(connection(list, page, Unattended::cursor, |found| {
            UnattendedConversation { found, position }
        }))
    }
}
