//! The clinic as the API shows it.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use entity::organization;

use super::{
    answers::{AnswerTime, ExpectedAnswer, expected_now},
    attachment_settings::AttachmentSettings,
    context::ContextExt as _,
    error::{ApiError, ApiResult},
    first_answers::FirstAnswerMinutes,
    opening_hours::OpeningHours,
    rules::{ConversationKind, ConversationRules},
    staff_member::NotificationChannel,
    urgent_words::UrgentWords,
};
use crate::domain::{
    organizations,
    settings::{self, Settings},
    viewer::Viewer,
};

/// Which patients a staff member's lists and searches reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "settings::AccessPolicy")]
pub enum AccessPolicy {
    /// Lists and searches reach the whole clinic.
    Organization,
    /// Lists show the patients on whose panel one stands; a search finds the others.
    TeamPlusSearch,
    /// Only the patients on whose panel one stands exist.
    Team,
}

/// What happens when a message template has no text in the patient's language nor in the clinic's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "settings::TemplateFallback")]
pub enum TemplateFallback {
    /// The patient gets nothing, and staff are told.
    Refuse,
    /// The patient gets it in the language in which it was written.
    SourceLanguage,
}

/// How patients reach the clinic by other means than messages.
#[derive(Clone, Debug, SimpleObject)]
pub struct ContactInformation {
    /// The telephone number, as patients should dial it.
    phone: Option<String>,
    /// The e-mail address.
    email: Option<String>,
    /// Anything else, such as opening hours.
    text: Option<String>,
}

impl From<settings::ContactInformation> for ContactInformation {
    fn from(contact: settings::ContactInformation) -> Self {
        Self {
            phone: contact.phone,
            email: contact.email,
            text: contact.text,
        }
    }
}

/// What the clinic has decided. For staff.
#[derive(Clone, Debug, SimpleObject)]
pub struct OrganizationSettings {
    /// Whether patients have a portal at all.
    portal: bool,
    /// Whether enrolled patients have "Chat with my care team".
    portal_chat: bool,
    /// Whether staff can text with patients.
    texting: bool,
    /// Which patients staff members reach.
    access: AccessPolicy,
    /// How long several messages to a patient are gathered into one notification, in seconds.
    notification_window_seconds: u32,
    /// How long a patient's message stays unread before staff are reminded, in minutes.
    unread_reminder_minutes: u32,
    /// What may be done with files.
    attachments: AttachmentSettings,
    /// The region, such as `US`, whose way of dialling phone numbers without a country code have.
    default_region: String,
    /// The ways by which patients are notified, the preferred one first.
    patient_channels: Vec<NotificationChannel>,
    /// The rules of each kind of conversation.
    rules: Vec<ConversationRules>,
    /// What happens when a message template has no text in the patient's language nor in the clinic's.
    template_fallback: TemplateFallback,
    /// Whether messages and reminders can be set for a later time.
    scheduling: bool,
    /// Words of patients that are urgent, whatever the hour: a message that holds one alerts everybody whose conversation it
    /// is. The lists of all languages count for every message.
    urgent_words: Vec<UrgentWords>,
    /// The most reminders that a patient gets on one day, by the clocks of their own time zone; null sets no limit.
    reminders_per_patient_and_day: Option<u32>,
    /// After how much opening time patients can expect an answer, for the kinds of conversation of which the clinic has said
    /// so.
    expected_answers: Vec<AnswerTime>,
    /// The staff members who are told of what nobody else has looked after; without any the administrators are.
    escalation_contact_ids: Vec<ID>,
    /// How long the first answer to a case may take.
    first_answer_minutes: FirstAnswerMinutes,
}

impl From<&Settings> for OrganizationSettings {
    fn from(settings: &Settings) -> Self {
        let channels = settings.patient_channels.iter().copied();
        let escalation = settings.answers.escalation.iter();
        Self {
            portal: settings.portal,
            portal_chat: settings.portal_chat,
            texting: settings.texting,
            access: settings.access.into(),
            notification_window_seconds: settings.notification_window_seconds,
            unread_reminder_minutes: settings.unread_reminder_minutes,
            attachments: (&settings.attachments).into(),
            default_region: settings.default_region.clone(),
            patient_channels: channels.filter_map(NotificationChannel::of).collect(),
            rules: settings
                .all_rules()
                .map(|(kind, rules)| ConversationRules::new(kind, rules))
                .collect(),
            template_fallback: settings.template_fallback.into(),
            scheduling: settings.scheduling,
            urgent_words: UrgentWords::of(settings),
            reminders_per_patient_and_day: settings.reminders_per_patient_and_day,
            expected_answers: AnswerTime::all(settings),
            escalation_contact_ids: escalation.map(|id| ID(id.to_public())).collect(),
            first_answer_minutes: settings.first_answer_minutes.into(),
        }
    }
}

/// A clinic.
#[derive(Clone, Description)]
pub struct Organization {
    model: Arc<organization::Model>,
    settings: Arc<Settings>,
}

impl TryFrom<organization::Model> for Organization {
    type Error = ApiError;

    fn try_from(model: organization::Model) -> ApiResult<Self> {
        Ok(Self {
            settings: Arc::new(Settings::from_stored(model.settings.clone())?),
            model: Arc::new(model),
        })
    }
}

#[Object(use_type_description)]
impl Organization {
    /// The id.
    pub(super) async fn id(&self) -> ID {
        ID(self.model.id.to_public())
    }

    /// The name, as patients read it in notifications.
    async fn name(&self) -> &str {
        &self.model.name
    }

    /// The short name that people type when they sign in.
    async fn slug(&self) -> &str {
        &self.model.slug
    }

    /// The IANA time zone.
    async fn time_zone(&self) -> &str {
        &self.model.time_zone
    }

    /// The BCP 47 tag of the language that stands in when a person's own has no text.
    async fn default_language(&self) -> &str {
        &self.model.default_language
    }

    /// How patients reach the clinic by other means than messages.
    async fn contact(&self) -> ContactInformation {
        self.settings.contact.clone().into()
    }

    /// Whether patients have a portal at all.
    async fn portal(&self) -> bool {
        self.settings.portal
    }

    /// Whether enrolled patients have "Chat with my care team".
    async fn portal_chat(&self) -> bool {
        self.settings.portal_chat
    }

    /// When the clinic is open; null where it always is.
    async fn opening_hours(&self) -> Option<OpeningHours> {
        self.settings.opening_hours.as_ref().map(Into::into)
    }

    /// What a patient can expect who writes now in a conversation of this kind; null where the clinic says nothing of it.
    async fn expected_answer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The kind of conversation.")] kind: ConversationKind,
    ) -> ApiResult<Option<ExpectedAnswer>> {
        expected_now(ctx, &*ctx.viewer().await?, kind.into())
    }

    /// What the clinic has decided; null for patients.
    async fn settings(&self, ctx: &Context<'_>) -> ApiResult<Option<OrganizationSettings>> {
        match &*ctx.viewer().await? {
            Viewer::Patient(_) => Ok(None),
            Viewer::Staff(_) => Ok(Some(self.settings.as_ref().into())),
        }
    }
}

/// Queries of the clinic.
#[derive(Default)]
pub struct OrganizationQuery;

#[Object]
impl OrganizationQuery {
    /// The clinic of the viewer.
    async fn organization(&self, ctx: &Context<'_>) -> ApiResult<Organization> {
        let viewer = ctx.viewer().await?;
        organizations::of(ctx.core().store.reader(), viewer.organization())
            .await?
            .try_into()
    }
}
