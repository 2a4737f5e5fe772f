//! Until when patients can expect an answer, and whether anybody hears them.

use async_graphql::{
    Context, Description, ID, InputObject, Object, SimpleObject, connection::Connection,
};
use chrono::{DateTime, Utc};
use entity::StaffId;

use super::{
    context::ContextExt as _,
    conversation::Conversation,
    error::{ApiError, ApiResult},
    id::read_id,
    loaders::{OwnerKey, load},
    page::{List, Opaque, PageArguments, connection},
    patient::Patient,
    rules::ConversationKind,
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
