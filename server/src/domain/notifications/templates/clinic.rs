//! The templates that a clinic edits (SEC-7, NOT-5).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::{
    Channel, NotificationPurpose, OrganizationId,
    notification_template::{self, Column},
    organization,
};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, DatabaseTransaction, EntityTrait as _,
    Iterable as _, ModelTrait as _, PaginatorTrait as _, QueryFilter as _,
};

use super::{
    Notice, Part, Rendered, TemplateError, TemplateKey, Wording, history::keep, parse::travels,
    texts,
};
use crate::domain::{
    core::Core,
    fault::Fault,
    people::values::{self, NotificationChannel},
    policy::AsAdministrator,
    secret::Secret,
    settings::Settings,
    store::sql,
};

/// The most templates that a clinic can have of its own.
const MAX_OWN: u64 = 500;

/// A template as the clinic's administrators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateView {
    /// Which one.
    pub key: TemplateKey,
    /// The text in force: of an e-mail.
    pub subject: Option<String>,
    /// The text in force.
    pub body: String,
    /// When the clinic wrote its own; none while the text that ships is in force.
    pub own_since: Option<DateTime<Utc>>,
}

/// Why a template was not stored.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The language is not a BCP 47 tag.
    #[error("the language is not a BCP 47 tag")]
    BadLanguage,
    /// The text cannot be used.
    #[error("{1}")]
    Text(Part, TemplateError),
    /// The clinic has too many already.
    #[error("a clinic has at most {MAX_OWN} templates of its own")]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<sea_orm::DbErr> for SaveError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Fault(error.into())
    }
}

impl TemplateKey {
    /// Names a template, with the language in its usual spelling.
    ///
    /// # Errors
    /// [`SaveError::BadLanguage`].
    pub fn new(
        purpose: NotificationPurpose,
        channel: NotificationChannel,
        language: &str,
    ) -> Result<Self, SaveError> {
        Ok(Self {
            purpose,
            channel,
            language: values::language(language).map_err(|_| SaveError::BadLanguage)?,
        })
    }
}

/// All templates in force: those that ship, and the clinic's own in their place or beside them. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn list(
    core: &Core,
    administrator: &AsAdministrator,
) -> Result<Vec<TemplateView>, Fault> {
    let mut views = BTreeMap::new();
    for texts in texts::ALL {
        for purpose in NotificationPurpose::iter() {
            for channel in NotificationChannel::ALL {
                let key = TemplateKey {
                    purpose,
                    channel,
                    language: texts.language.to_owned(),
                };
                views.extend(shipped(&key).map(|view| (key, view)));
            }
        }
    }
    let own = notification_template::Entity::find()
        .filter(Column::OrganizationId.eq(administrator.organization()))
        .all(core.store.reader())
        .await?;
    views.extend(
        own.into_iter()
            .filter_map(own_view)
            .map(|view| (view.key.clone(), view)),
    );
    Ok(views.into_values().collect())
}

fn shipped(key: &TemplateKey) -> Option<TemplateView> {
    if !travels(key.purpose, key.channel) {
        return None;
    }
    let texts = texts::ALL
        .into_iter()
        .find(|texts| texts.language == key.language)?;
    let (subject, body) = texts.get(key.purpose, key.channel);
    Some(TemplateView {
        key: key.clone(),
        subject: subject.map(str::to_owned),
        body: body.to_owned(),
        own_since: None,
    })
}

fn own_view(row: notification_template::Model) -> Option<TemplateView> {
    Some(TemplateView {
        key: TemplateKey {
            purpose: row.purpose,
            channel: NotificationChannel::of(row.channel)?,
            language: row.language,
        },
        subject: row.subject,
        body: row.body,
        own_since: Some(row.updated_at),
    })
}

/// Checks and stores a template of the clinic's own, and keeps what it was before. Six statements.
///
/// # Errors
/// See [`SaveError`].
pub async fn save(
    core: &Core,
    administrator: &AsAdministrator,
    key: TemplateKey,
    subject: Option<String>,
    body: String,
) -> Result<TemplateView, SaveError> {
    Wording::check(&key, subject.as_deref(), &body)
        .map_err(|(part, e)| SaveError::Text(part, e))?;
    let now = core.clock.now();
    let tx = core.store.begin().await?;
    lock(&tx, administrator.organization()).await?;
    let (own, others) = own_and_others(&tx, administrator.organization(), &key).await?;
    if others >= MAX_OWN {
        return Err(SaveError::TooMany);
    }
    let before = own.or_else(|| shipped(&key));
    keep(core, &tx, administrator, &key, before, false).await?;
    tx.execute_raw(sql(
            &tx,
            "insert into notification_template (organization_id, purpose, channel, language, subject, body, updated_by, updated_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (organization_id, purpose, channel, language) do update \
             set subject = excluded.subject, body = excluded.body, updated_by = excluded.updated_by, updated_at = excluded.updated_at",
            [
                administrator.organization().into(),
                key.purpose.into(),
                Channel::from(key.channel).into(),
                key.language.clone().into(),
                subject.clone().into(),
                body.clone().into(),
                administrator.staff().into(),
                now.into(),
            ],
        ))
    .await?;
    tx.commit().await?;
    Ok(TemplateView {
        key,
        subject,
        body,
        own_since: Some(now),
    })
}

/// Holds the organization's row until the commit, so that texts are changed one after the other and none is lost to the
/// history.
async fn lock(tx: &DatabaseTransaction, organization: OrganizationId) -> Result<(), Fault> {
    tx.execute_raw(sql(
        tx,
        "update organization set name = name where id = $1",
        [organization.into()],
    ))
    .await?;
    Ok(())
}

/// The clinic's own template, and how many others it has.
async fn own_and_others(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    key: &TemplateKey,
) -> Result<(Option<TemplateView>, u64), Fault> {
    let this = Condition::all()
        .add(Column::Purpose.eq(key.purpose))
        .add(Column::Channel.eq(Channel::from(key.channel)))
        .add(Column::Language.eq(key.language.as_str()));
    let all = notification_template::Entity::find().filter(Column::OrganizationId.eq(organization));
    let own = all.clone().filter(this.clone()).one(tx).await?;
    let others = all.filter(this.not()).count(tx).await?;
    Ok((own.and_then(own_view), others))
}

/// Removes a clinic's own template, so that the text that ships is in force again; gives that text, or none where nothing
/// ships in this language. What it was before is kept. Two statements, and three more where the clinic had its own.
///
/// # Errors
/// Any failure of the database.
pub async fn reset(
    core: &Core,
    administrator: &AsAdministrator,
    key: &TemplateKey,
) -> Result<Option<TemplateView>, Fault> {
    let organization = administrator.organization();
    let tx = core.store.begin().await?;
    lock(&tx, organization).await?;
    let row = notification_template::Entity::find_by_id((
        organization,
        key.purpose,
        Channel::from(key.channel),
        key.language.clone(),
    ))
    .one(&tx)
    .await?;
    if let Some(own) = row {
        let before = own_view(own.clone());
        own.delete(&tx).await?;
        keep(core, &tx, administrator, key, before, true).await?;
        tx.commit().await?;
    }
    Ok(shipped(key))
}

/// Shows what a template would send, with an example link or code. One statement.
///
/// # Errors
/// See [`SaveError`].
pub async fn preview(
    core: &Core,
    administrator: &AsAdministrator,
    key: &TemplateKey,
    subject: Option<&str>,
    body: &str,
) -> Result<Rendered, SaveError> {
    let wording =
        Wording::check(key, subject, body).map_err(|(part, e)| SaveError::Text(part, e))?;
    let clinic = organization::Entity::find_by_id(administrator.organization())
        .one(core.store.reader())
        .await?
        .ok_or(Fault::Corrupt("organization row"))?;
    let notice = match key.purpose {
        NotificationPurpose::SignInCode => Notice::with_code(&clinic, Secret::new("123456")),
        NotificationPurpose::CaseClosed => {
            let settings = Settings::from_stored(clinic.settings.clone())?;
            Notice::of_clinic(&clinic, &settings.contact)
        }
        NotificationPurpose::NewPatientMessage
        | NotificationPurpose::UnreadReminder
        | NotificationPurpose::UrgentPatientMessage
        | NotificationPurpose::TextingChanged
        | NotificationPurpose::AttentionNeeded
        | NotificationPurpose::ScheduledMessageStopped
        | NotificationPurpose::ReminderIncomplete
        | NotificationPurpose::TextNotDelivered
        | NotificationPurpose::NewClinicMessage
        | NotificationPurpose::Invitation
        | NotificationPurpose::CaseAssigned
        | NotificationPurpose::PasswordReset => {
            Notice::with_link(&clinic, Secret::new("https://portal.example/l/example"))
        }
    };
    Ok(wording.render(&notice))
}
