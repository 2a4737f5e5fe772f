//! A patient as the API shows them: to staff who may open the record, and to the patient.

use std::sync::Arc;

use async_graphql::{Context, Description, ID, Object, connection::Connection};
use chrono::{DateTime, Utc};
use entity::{PanelRole, PatientId, Roles, patient};

use super::{
    consent::Consent,
    context::ContextExt as _,
    conversation::Conversation,
    date::Date,
    error::ApiResult,
    group::Group,
    loaders::{ConsentsKey, GroupsKey, PanelKey, ProgramsKey, load},
    page::{List, Opaque, PageArguments, connection},
    panel::PanelMember,
    program::Program,
    reminder::SentTemplate,
    reminder_loaders::HistoryKey,
    rules::{ConversationKind, ConversationStatus},
    staff_member::NotificationChannel,
    texting::Texting,
    texting_consent::TextingConsent,
    texting_loaders::{TextingConsentsKey, TextingKey},
};
use crate::domain::{
    conversations::{self, ConversationCursor},
    event_log::bounds,
    messages,
    panel::{Member, NotAlerted},
    policy::{self, ConversationFilter, ConversationInView},
    viewer::Viewer,
};

/// A person whom the clinic cares for. Staff see those whom they may open; patients see themselves.
#[derive(Clone, Description)]
pub struct Patient(pub Arc<patient::Model>);

impl From<patient::Model> for Patient {
    fn from(patient: patient::Model) -> Self {
        Self(Arc::new(patient))
    }
}

impl Patient {
    async fn members(&self, ctx: &Context<'_>) -> ApiResult<Arc<[Member]>> {
        let panel = load(ctx, PanelKey(self.0.organization_id, self.0.id)).await?;
        Ok(panel.unwrap_or_default())
    }
}

#[Object(use_type_description)]
impl Patient {
    /// The id.
    pub(super) async fn id(&self) -> ID {
        ID(self.0.id.to_public())
    }

    /// The full name.
    async fn name(&self) -> &str {
        self.0.name.reveal()
    }

    /// The date of birth.
    async fn date_of_birth(&self) -> Date {
        Date(self.0.date_of_birth.0)
    }

    /// The mobile number in E.164, if one is on file.
    async fn phone(&self) -> Option<&str> {
        self.0.phone.as_ref().map(|phone| phone.reveal())
    }

    /// The e-mail address, if one is on file.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_ref().map(|email| email.reveal())
    }

    /// The BCP 47 tag of the language.
    async fn language(&self) -> &str {
        &self.0.language
    }

    /// The IANA time zone.
    async fn time_zone(&self) -> &str {
        &self.0.time_zone
    }

    /// The way of notification that the patient has chosen; null takes whichever is on file, e-mail first.
    async fn notification_channel(&self) -> Option<NotificationChannel> {
        self.0.notify_channel.and_then(NotificationChannel::of)
    }

    /// Whether the clinic lets the patient into the portal.
    async fn portal_allowed(&self) -> bool {
        self.0.portal_allowed
    }

    /// When the patient accepted the invitation into the portal; null while they are not enrolled.
    async fn enrolled_at(&self) -> Option<DateTime<Utc>> {
        self.0.enrolled_at
    }

    /// What the patient agreed to when they enrolled, the newest first.
    async fn consents(&self, ctx: &Context<'_>) -> ApiResult<Vec<Consent>> {
        let consents = load(ctx, ConsentsKey(self.0.organization_id, self.0.id)).await?;
        Ok(consents
            .unwrap_or_default()
            .into_iter()
            .map(Consent)
            .collect())
    }

    /// The enrolment in texting; null for the patient.
    async fn texting(&self, ctx: &Context<'_>) -> ApiResult<Option<Texting>> {
        match &*ctx.viewer().await? {
            Viewer::Patient(_) => Ok(None),
            Viewer::Staff(_) => {
                let standing = load(ctx, TextingKey(self.0.organization_id, self.0.id)).await?;
                Ok(standing.map(Texting))
            }
        }
    }

    /// The newest hundred entries of the ledger of consents to texts, the newest first; null for the patient.
    async fn texting_consents(&self, ctx: &Context<'_>) -> ApiResult<Option<Vec<TextingConsent>>> {
        match &*ctx.viewer().await? {
            Viewer::Patient(_) => Ok(None),
            Viewer::Staff(_) => {
                let key = TextingConsentsKey(self.0.organization_id, self.0.id);
                let entries = load(ctx, key).await?.unwrap_or_default();
                Ok(Some(entries.into_iter().map(TextingConsent).collect()))
            }
        }
    }

    /// The programs that the patient is enrolled in, by name.
    async fn programs(&self, ctx: &Context<'_>) -> ApiResult<Vec<Program>> {
        let programs = load(ctx, ProgramsKey(self.0.organization_id, self.0.id)).await?;
        Ok(programs
            .unwrap_or_default()
            .into_iter()
            .map(Program)
            .collect())
    }

    /// The groups that the patient is in, by name; null for the patient.
    async fn groups(&self, ctx: &Context<'_>) -> ApiResult<Option<Vec<Group>>> {
        match &*ctx.viewer().await? {
            Viewer::Patient(_) => Ok(None),
            Viewer::Staff(_) => {
                let groups = load(ctx, GroupsKey(self.0.organization_id, self.0.id.0)).await?;
                Ok(Some(
                    groups.unwrap_or_default().into_iter().map(Group).collect(),
                ))
            }
        }
    }

    /// Which message templates the patient got, in reminders and in conversations, the newest first: each with how often, when
    /// last and by whom; null for the patient.
    async fn communication_history(
        &self,
        ctx: &Context<'_>,
    ) -> ApiResult<Option<Vec<SentTemplate>>> {
        match &*ctx.viewer().await? {
            Viewer::Patient(_) => Ok(None),
            Viewer::Staff(_) => {
                let history = load(ctx, HistoryKey(self.0.organization_id, self.0.id)).await?;
                let history = history.unwrap_or_default().into_iter();
                Ok(Some(history.map(SentTemplate).collect()))
            }
        }
    }

    /// The conversations with the patient, the newest first: all for clinicians, and those that the portal shows for the
    /// patient.
    async fn conversations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only conversations of these kinds.")] kinds: Option<
            Vec<ConversationKind>,
        >,
        #[graphql(desc = "Only conversations that go on, or only those that have ended.")]
        status: Option<ConversationStatus>,
        #[graphql(
            desc = "How many from the newest, at most 100. 25 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the oldest, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, Conversation>> {
        let viewer = ctx.viewer().await?;
        let reader = ctx.core().store.reader();
        let list = List {
            name: "conversations",
            owner: self.0.id.0,
        };
        let slice = PageArguments::new(first, after, last, before).slice(list)?;
        let filter = ConversationFilter {
            kinds: kinds.map(|kinds| kinds.into_iter().map(Into::into).collect()),
            status: status.map(Into::into),
        };
        let position = bounds(reader, viewer.organization()).await?.head;
        let patient = policy::open_patient(reader, &viewer, self.0.id).await?;
        let page = policy::conversations_of(reader, &viewer, &patient, &filter, &slice).await?;
        let ids: Vec<_> = page.items.iter().map(ConversationInView::id).collect();
        let (organization, person) = (viewer.organization(), viewer.person());
        let unread = conversations::unread_after(reader, organization, &ids, &[person]).await?;
        let latest =
            messages::latest(reader, organization, &ids, person.kind(), ctx.budget()).await?;
        Ok(connection(
            list,
            page,
            |in_view| ConversationCursor::of(in_view.conversation()),
            |in_view| {
                let id = in_view.id();
                let unread = unread.get(&(id, person)).copied().unwrap_or_default();
                let patient = Arc::clone(&self.0);
                Conversation::loaded(in_view, patient, unread, latest.get(&id).cloned(), position)
            },
        ))
    }

    /// The care team panel, the care team first: who is on it or asked to be alerted, and
    /// whether they are being alerted. The patient sees the members of the care team who still work at the clinic.
    async fn panel(&self, ctx: &Context<'_>) -> ApiResult<Vec<PanelMember>> {
        let to_patient = matches!(*ctx.viewer().await?, Viewer::Patient(_));
        let members = self.members(ctx).await?;
        Ok(members
            .iter()
            .filter(|member| {
                !to_patient
                    || member.role == PanelRole::CareTeam
                        && member.not_alerted != Some(NotAlerted::Deactivated)
            })
            .map(|member| PanelMember::new(self.0.organization_id, *member))
            .collect())
    }

    /// Whether the viewer stands in the panel; null for the patient.
    async fn on_panel(&self, ctx: &Context<'_>) -> ApiResult<Option<bool>> {
        match &*ctx.viewer().await? {
            Viewer::Patient(_) => Ok(None),
            Viewer::Staff(staff) => {
                let members = self.members(ctx).await?;
                Ok(Some(
                    members.iter().any(|member| member.staff == staff.id()),
                ))
            }
        }
    }

    /// Whether to offer the viewer to be alerted for this patient, by `becomeNotificationUser`: they are a clinician and do
    /// not stand in the panel. Null for the patient.
    async fn offers_notifications(&self, ctx: &Context<'_>) -> ApiResult<Option<bool>> {
        match &*ctx.viewer().await? {
            Viewer::Patient(_) => Ok(None),
            Viewer::Staff(staff) if !staff.roles().hold(Roles::CLINICIAN) => Ok(Some(false)),
            Viewer::Staff(staff) => {
                let members = self.members(ctx).await?;
                Ok(Some(
                    members.iter().all(|member| member.staff != staff.id()),
                ))
            }
        }
    }
}

/// A patient's record again, after a change that may have hidden it from the viewer. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn if_still_in_view(ctx: &Context<'_>, id: PatientId) -> ApiResult<Option<Patient>> {
    let viewer = ctx.viewer().await?;
    let mut found = policy::open_patients(ctx.core().store.reader(), &viewer, &[id]).await?;
    Ok(found.pop().map(|in_view| in_view.into_patient().into()))
}
