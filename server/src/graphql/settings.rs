//! Changing what the clinic has decided.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::{
    answers::{self, AnswerTimeInput},
    attachment_settings::AttachmentSettingsInput,
    context::ContextExt as _,
    error::{ApiError, ApiResult, UserError},
    first_answers::FirstAnswerMinutesInput,
    opening_hours::{self, OpeningHoursInput},
    organization::{AccessPolicy, Organization, TemplateFallback},
    preset::Preset,
    refusal::settle,
    rules::ConversationRulesInput,
    staff_member::NotificationChannel,
    urgent_words::{self, UrgentWordsInput},
};
use crate::domain::{
    organizations::{self, SettingsChanges},
    policy,
};

/// How patients reach the clinic by other means than messages. What is left out stays; null or an empty text removes it.
#[derive(InputObject)]
pub struct ContactInformationInput {
    /// The telephone number, as patients should dial it; at most 100 characters.
    phone: MaybeUndefined<String>,
    /// The e-mail address.
    email: MaybeUndefined<String>,
    /// Anything else, such as opening hours; at most 1,000 characters.
    text: MaybeUndefined<String>,
}

/// What to change of the clinic. What is left out or null stays as it is.
#[derive(InputObject)]
pub struct UpdateSettingsInput {
    /// The name, as patients read it in notifications; 1 to 200 characters.
    name: Option<String>,
    /// The IANA time zone, such as `America/New_York`.
    time_zone: Option<String>,
    /// The BCP 47 tag of the language that stands in when a person's own has no text.
    default_language: Option<String>,
    /// How patients reach the clinic by other means.
    contact: Option<ContactInformationInput>,
    /// Whether patients have a portal at all.
    portal: Option<bool>,
    /// Whether enrolled patients have "Chat with my care team".
    portal_chat: Option<bool>,
    /// Whether staff can text with patients; a number to text from is needed besides.
    texting: Option<bool>,
    /// Which patients staff members reach.
    access: Option<AccessPolicy>,
    /// How long several messages to a patient are gathered into one notification; 0 to 3,600 seconds.
    notification_window_seconds: Option<u32>,
    /// How long a patient's message stays unread before staff are reminded; 1 to 40,320 minutes.
    unread_reminder_minutes: Option<u32>,
    /// What may be done with files.
    attachments: Option<AttachmentSettingsInput>,
    /// The region, such as `US`, whose way of dialling phone numbers without a country code have.
    default_region: Option<String>,
    /// The ways by which patients are notified, the preferred one first; at least one. A patient's own choice counts among
    /// these.
    patient_channels: Option<Vec<NotificationChannel>>,
    /// Rules of kinds of conversation.
    rules: Option<Vec<ConversationRulesInput>>,
    /// What happens when a message template has no text in the patient's language nor in the clinic's.
    template_fallback: Option<TemplateFallback>,
    /// Whether messages and reminders can be set for a later time.
    scheduling: Option<bool>,
    /// Words of patients that are urgent, in all languages: at most 500 phrases. Null takes the built-in lists again.
    urgent_words: MaybeUndefined<Vec<UrgentWordsInput>>,
    /// The most reminders that a patient gets on one day, by the clocks of their own time zone; 1 to 1,000, and null sets no
    /// limit.
    reminders_per_patient_and_day: MaybeUndefined<u32>,
    /// How long the first answer to a case may take. Cases that are open already keep what was said when they were opened.
    first_answer_minutes: Option<FirstAnswerMinutesInput>,
    /// When the clinic is open, in place of all that was said of it. Null says that it always is.
    opening_hours: MaybeUndefined<OpeningHoursInput>,
    /// After how much opening time patients can expect an answer, for kinds of conversation.
    expected_answers: Option<Vec<AnswerTimeInput>>,
    /// The staff members who are told of what nobody else has looked after: at most 20 active clinicians or administrators.
    /// Without any the administrators are told.
    escalation_contact_ids: Option<Vec<ID>>,
}

impl TryFrom<UpdateSettingsInput> for SettingsChanges {
    type Error = ApiError;

    fn try_from(input: UpdateSettingsInput) -> ApiResult<Self> {
        let (phone, email, text) = input
            .contact
            .map(|contact| {
                (
                    contact.phone.into(),
                    contact.email.into(),
                    contact.text.into(),
                )
            })
            .unwrap_or_default();
        Ok(Self {
            name: input.name,
            time_zone: input.time_zone,
            default_language: input.default_language,
            portal: input.portal,
            portal_chat: input.portal_chat,
            texting: input.texting,
            access: input.access.map(Into::into),
            contact_phone: phone,
            contact_email: email,
            contact_text: text,
            notification_window_seconds: input.notification_window_seconds,
            unread_reminder_minutes: input.unread_reminder_minutes,
            attachments: input.attachments.unwrap_or_default().into(),
            default_region: input.default_region,
            patient_channels: input.patient_channels.map(|channels| {
                channels
                    .into_iter()
                    .map(NotificationChannel::stored)
                    .collect()
            }),
            rules: input
                .rules
                .unwrap_or_default()
                .into_iter()
                .map(Into::into)
                .collect(),
            template_fallback: input.template_fallback.map(Into::into),
            scheduling: input.scheduling,
            urgent_words: urgent_words::changes(input.urgent_words),
            reminders_per_patient_and_day: input.reminders_per_patient_and_day.into(),
            first_answers: input.first_answer_minutes.unwrap_or_default().into(),
            opening_hours: opening_hours::changes(input.opening_hours),
            answers: answers::changes(input.expected_answers, input.escalation_contact_ids)?,
        })
    }
}

/// A preset to take.
#[derive(InputObject)]
pub struct ApplyPresetInput {
    /// Which one.
    preset: Preset,
}

/// The changed clinic, or what must be mended before anything is changed.
#[derive(SimpleObject)]
pub struct UpdateSettingsPayload {
    /// The clinic as it is now; null when nothing was changed for an error.
    organization: Option<Organization>,
    /// What must be mended.
    errors: Vec<UserError>,
}

/// Changes of the clinic's settings.
#[derive(Default)]
pub struct SettingsMutation;

#[Object]
impl SettingsMutation {
    /// Changes the clinic and its settings: all that is given, or nothing if something is wrong. For administrators.
    async fn update_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateSettingsInput,
    ) -> ApiResult<UpdateSettingsPayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let stored =
            organizations::update_settings(ctx.core(), &administrator, input.try_into()?).await;
        let (organization, errors) = settle(stored)?;
        Ok(UpdateSettingsPayload {
            organization: organization.map(Organization::try_from).transpose()?,
            errors,
        })
    }

    /// Sets all settings that a preset names; each can be changed afterwards. For administrators.
    async fn apply_preset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which preset.")] input: ApplyPresetInput,
    ) -> ApiResult<UpdateSettingsPayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let changes = organizations::Preset::from(input.preset).changes();
        let stored = organizations::update_settings(ctx.core(), &administrator, changes).await;
        let (organization, errors) = settle(stored)?;
        Ok(UpdateSettingsPayload {
            organization: organization.map(Organization::try_from).transpose()?,
            errors,
        })
    }
}
