//! What an organization's administrators decide.

use entity::{Channel, ConversationKind, EventKind, PersonId, organization};
use sea_orm::{ActiveModelTrait as _, EntityTrait as _, IntoActiveModel as _, QuerySelect as _};

use super::{
    files::{AttachmentChanges, check_files},
    first_answers::{FirstAnswerChanges, check_first_answers},
    urgent_words::check_urgent_words,
};
use crate::domain::{
    answers::{AnswerChanges, Scope, check_answers, check_reached, look_again, require_contacts},
    conversations::{RuleChanges, misfit},
    core::Core,
    event_log::{Change, NewEvent},
    fault::Fault,
    opening_hours::OpeningHours,
    people::values::{self, Check, MAX_NAME_CHARACTERS, Problem, Wrong, takes_refusals},
    policy::{AsAdministrator, Denied},
    settings::{AccessPolicy, Settings, TemplateFallback},
    urgent_words::UrgentWords,
};

/// The longest time for which messages to a patient are gathered: an hour.
const MAX_WINDOW_SECONDS: u32 = 3_600;
/// The longest time before a reminder: four weeks.
const MAX_REMINDER_MINUTES: u32 = 40_320;
/// The highest limit of reminders to a patient on a day.
const MAX_REMINDERS_A_DAY: u32 = 1_000;
/// The most characters of a way to reach the clinic.
const MAX_CONTACT_CHARACTERS: usize = 100;
/// The most characters of the free text about reaching the clinic.
const MAX_CONTACT_TEXT: usize = 1_000;

/// Why the organization was not changed.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Values that cannot be taken.
    #[error("values cannot be taken")]
    Invalid(Vec<Wrong>),
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

takes_refusals!(SettingsError);

/// What to change of an organization and its settings; none leaves a value as it is.
#[derive(Debug, Default)]
pub struct SettingsChanges {
    /// What patients read.
    pub name: Option<String>,
    /// IANA name.
    pub time_zone: Option<String>,
    /// BCP 47 tag.
    pub default_language: Option<String>,
    /// See [`Settings::portal`].
    pub portal: Option<bool>,
    /// See [`Settings::portal_chat`].
    pub portal_chat: Option<bool>,
    /// See [`Settings::texting`].
    pub texting: Option<bool>,
    /// See [`Settings::access`].
    pub access: Option<AccessPolicy>,
    /// The telephone of the clinic, or its removal.
    pub contact_phone: Option<Option<String>>,
    /// The e-mail address of the clinic, or its removal.
    pub contact_email: Option<Option<String>>,
    /// Anything else about reaching the clinic, or its removal.
    pub contact_text: Option<Option<String>>,
    /// See [`Settings::notification_window_seconds`].
    pub notification_window_seconds: Option<u32>,
    /// See [`Settings::unread_reminder_minutes`].
    pub unread_reminder_minutes: Option<u32>,
    /// See [`Settings::attachments`].
    pub attachments: AttachmentChanges,
    /// See [`Settings::default_region`].
    pub default_region: Option<String>,
    /// See [`Settings::patient_channels`].
    pub patient_channels: Option<Vec<Channel>>,
    /// See [`Settings::rules`].
    pub rules: Vec<(ConversationKind, RuleChanges)>,
    /// See [`Settings::template_fallback`].
    pub template_fallback: Option<TemplateFallback>,
    /// See [`Settings::scheduling`].
    pub scheduling: Option<bool>,
    /// The urgent words of all languages, or the built-in lists in their place.
    pub urgent_words: Option<Option<Vec<UrgentWords>>>,
    /// The most reminders of a patient and day, or the removal of that limit.
    pub reminders_per_patient_and_day: Option<Option<u32>>,
    /// See [`Settings::first_answer_minutes`].
    pub first_answers: FirstAnswerChanges,
    /// The opening hours, or that the clinic is always open.
    pub opening_hours: Option<Option<OpeningHours>>,
    /// What is decided about answers.
    pub answers: AnswerChanges,
}

/// Changes an organization and its settings, and keeps what a newer version has stored beside them. Two statements, one more for
/// contacts and one for rules, and two when something changed.
///
/// # Errors
/// See [`SettingsError`].
pub async fn update_settings(
    core: &Core,
    administrator: &AsAdministrator,
    changes: SettingsChanges,
) -> Result<organization::Model, SettingsError> {
    let mut check = Check::default();
    let name = check.given("name", changes.name.as_deref(), |text| {
        values::line(text, MAX_NAME_CHARACTERS)
    });
    let time_zone = check.given("timeZone", changes.time_zone.as_deref(), values::time_zone);
    let language = check.given(
        "defaultLanguage",
        changes.default_language.as_deref(),
        values::language,
    );

    let mut change = Change::begin(core, administrator.organization()).await?;
    let stored = organization::Entity::find_by_id(change.organization())
        .lock_exclusive()
        .one(change.tx())
        .await?
        .ok_or(Fault::Corrupt("organization row"))?;
    let mut settings = Settings::from_stored(stored.settings.clone())?;
    overlay(&mut settings, &changes);
    check_settings(&mut check, &settings);
    check_answers(&mut check, &changes.answers);
    let zone = time_zone.as_deref().unwrap_or(&stored.time_zone);
    // What has been saved before does not keep other settings from being changed.
    if check.is_right() && (changes.opening_hours.is_some() || !changes.answers.minutes.is_empty())
    {
        check_reached(&mut check, &settings, zone, change.now)?;
    }
    require_contacts(
        change.tx(),
        change.organization(),
        &changes.answers,
        &mut check,
    )
    .await?;
    if !check.is_right() {
        return Err(check.into_wrong().into());
    }
    let mut organization = stored.clone();
    organization.name = name.unwrap_or(organization.name);
    organization.time_zone = time_zone.unwrap_or(organization.time_zone);
    organization.default_language = language.unwrap_or(organization.default_language);
    merge(&mut organization.settings, settings.to_stored()?);
    if organization != stored {
        organization
            .clone()
            .into_active_model()
            .reset_all()
            .update(change.tx())
            .await?;
        if !changes.rules.is_empty() {
            // Another rule may say whom the patients' messages alert.
            look_again(&change, Scope::Organization).await?;
        }
        change.record(
            NewEvent::new(EventKind::SettingsChanged).by(PersonId::Staff(administrator.staff())),
        );
        change.commit().await?;
    }
    Ok(organization)
}

fn overlay(settings: &mut Settings, changes: &SettingsChanges) {
    let text = |stored: &mut Option<String>, change: &Option<Option<String>>| {
        if let Some(text) = change {
            *stored = text
                .as_deref()
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_owned);
        }
    };
    text(&mut settings.contact.phone, &changes.contact_phone);
    text(&mut settings.contact.email, &changes.contact_email);
    text(&mut settings.contact.text, &changes.contact_text);
    settings.portal = changes.portal.unwrap_or(settings.portal);
    settings.portal_chat = changes.portal_chat.unwrap_or(settings.portal_chat);
    settings.texting = changes.texting.unwrap_or(settings.texting);
    if let Some(lists) = &changes.urgent_words {
        settings.urgent_words.clone_from(lists);
    }
    settings.access = changes.access.unwrap_or(settings.access);
    settings.template_fallback = changes
        .template_fallback
        .unwrap_or(settings.template_fallback);
    settings.scheduling = changes.scheduling.unwrap_or(settings.scheduling);
    settings.reminders_per_patient_and_day = changes
        .reminders_per_patient_and_day
        .unwrap_or(settings.reminders_per_patient_and_day);
    settings.notification_window_seconds = changes
        .notification_window_seconds
        .unwrap_or(settings.notification_window_seconds);
    settings.unread_reminder_minutes = changes
        .unread_reminder_minutes
        .unwrap_or(settings.unread_reminder_minutes);
    if let Some(hours) = &changes.opening_hours {
        settings.opening_hours.clone_from(hours);
        if let Some(hours) = &mut settings.opening_hours {
            hours.sort();
        }
    }
    changes.answers.overlay(&mut settings.answers);
    changes.attachments.overlay(&mut settings.attachments);
    changes
        .first_answers
        .overlay(&mut settings.first_answer_minutes);
    if let Some(region) = &changes.default_region {
        settings.default_region.clone_from(region);
    }
    if let Some(channels) = &changes.patient_channels {
        settings.patient_channels.clone_from(channels);
        settings.patient_channels.dedup();
    }
    for (kind, rules) in &changes.rules {
        settings.rules.of_mut(*kind).overlay(rules.clone());
    }
}

pub(super) fn check_settings(check: &mut Check, settings: &Settings) {
    check.given("contact.phone", settings.contact.phone.as_deref(), |text| {
        values::line(text, MAX_CONTACT_CHARACTERS)
    });
    check.given(
        "contact.email",
        settings.contact.email.as_deref(),
        values::email_address,
    );
    check.given("contact.text", settings.contact.text.as_deref(), |text| {
        values::text(text, MAX_CONTACT_TEXT)
    });
    check.value(
        "notificationWindowSeconds",
        values::within(settings.notification_window_seconds, 0, MAX_WINDOW_SECONDS),
    );
    check.value(
        "unreadReminderMinutes",
        values::within(settings.unread_reminder_minutes, 1, MAX_REMINDER_MINUTES),
    );
    if let Some(most) = settings.reminders_per_patient_and_day {
        let field = "remindersPerPatientAndDay";
        check.value(field, values::within(most, 1, MAX_REMINDERS_A_DAY));
    }
    check_urgent_words(check, settings.urgent_words.as_deref().unwrap_or_default());
    if settings.patient_channels.is_empty() {
        check.wrong("patientChannels", Problem::Blank);
    }
    for (kind, rules) in settings.all_rules() {
        if let Some((field, needs)) = misfit(kind, &rules) {
            check.wrong(field, Problem::Needs(needs));
        }
    }
    if let Some(hours) = &settings.opening_hours {
        hours.check(check);
    }
    check_files(check, &settings.attachments);
    check_first_answers(check, &settings.first_answer_minutes);
    check.value("defaultRegion", values::region(&settings.default_region));
}

/// Writes the known settings over the stored ones and leaves unknown keys alone, within objects too.
fn merge(stored: &mut serde_json::Value, known: serde_json::Value) {
    match (stored, known) {
        (serde_json::Value::Object(stored), serde_json::Value::Object(known)) => {
            for (key, value) in known {
                merge(stored.entry(key).or_insert(serde_json::Value::Null), value);
            }
        }
        (stored, known) => *stored = known,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_of_a_newer_version_survive() {
        let mut stored =
            json!({"portalChat": true, "newer": 1, "contact": {"phone": "1", "fax": "2"}});
        merge(
            &mut stored,
            json!({"portalChat": false, "contact": {"phone": null}}),
        );
        assert_eq!(
            stored,
            json!({"portalChat": false, "newer": 1, "contact": {"phone": null, "fax": "2"}})
        );
    }
}
