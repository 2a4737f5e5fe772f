//! Approving and retiring texts.

use entity::{
    MessageTemplateId, StaffId, TemplateTextState, message_template, message_template_text as text,
};
use sea_orm::{ActiveModelTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _};

use super::{
    read::{current_texts_of, lock},
    save::{approved, newest},
};
use crate::domain::{
    core::Core,
    fault::Fault,
    people::values,
    policy::{AsAdministrator, Denied},
};

/// Why a text was not approved or retired.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// It is not in the state in which this can be done.
    #[error("the text is {}", .0.word())]
    State(TemplateTextState),
    /// Somebody has stored a newer version.
    #[error("the version is not the newest")]
    Outdated(Box<text::Model>),
    /// It was translated from an older source than the one that is approved.
    #[error("the translation is stale")]
    Stale,
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

impl From<sea_orm::DbErr> for ReviewError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Denied(error.into())
    }
}

impl From<Fault> for ReviewError {
    fn from(fault: Fault) -> Self {
        Self::Denied(fault.into())
    }
}

/// Approves the newest version of a text, which takes the place of the one that was approved before. Four statements, and
/// one more where there was one.
///
/// # Errors
/// See [`ReviewError`].
pub async fn approve(
    core: &Core,
    administrator: &AsAdministrator,
    template: MessageTemplateId,
    language: &str,
    version: i32,
) -> Result<(message_template::Model, text::Model), ReviewError> {
    let organization = administrator.organization();
    let (by, now) = (administrator.staff(), core.clock.now());
    let tx = core.store.begin().await?;
    let template = lock(&tx, organization, template).await?;
    let mut draft = find(&tx, &template, language, version).await?;
    let texts = current_texts_of(&tx, organization, template.id).await?;
    if draft.state != TemplateTextState::Draft {
        return Err(ReviewError::State(draft.state));
    }
    if let Some(newer) = newest(&texts, &draft.language).filter(|newest| newest.version > version) {
        return Err(ReviewError::Outdated(Box::new(newer.clone())));
    }
    let source = approved(&texts, &template.source_language);
    if source.is_some_and(|source| is_older(&draft, source)) {
        return Err(ReviewError::Stale);
    }
    if let Some(before) = approved(&texts, &draft.language) {
        store(&tx, retired(before.clone(), by, now)).await?;
    }
    draft.state = TemplateTextState::Approved;
    draft.approved_by = Some(by);
    draft.approved_at = Some(now);
    let approved = store(&tx, draft).await?;
    tx.commit().await?;
    Ok((template, approved))
}

/// Retires an approved text: nothing is sent from it any more. Without its source text a template is not sent at all. Three
/// statements.
///
/// # Errors
/// See [`ReviewError`].
pub async fn retire(
    core: &Core,
    administrator: &AsAdministrator,
    template: MessageTemplateId,
    language: &str,
    version: i32,
) -> Result<(message_template::Model, text::Model), ReviewError> {
    let tx = core.store.begin().await?;
    let template = lock(&tx, administrator.organization(), template).await?;
    let text = find(&tx, &template, language, version).await?;
    if text.state != TemplateTextState::Approved {
        return Err(ReviewError::State(text.state));
    }
    let by = administrator.staff();
    let text = store(&tx, retired(text, by, core.clock.now())).await?;
    tx.commit().await?;
    Ok((template, text))
}

/// Whether a translation was made of an older source than this.
pub(super) fn is_older(translation: &text::Model, source: &text::Model) -> bool {
    translation
        .source_version
        .is_some_and(|version| version < source.version)
}

fn retired(mut text: text::Model, by: StaffId, now: chrono::DateTime<chrono::Utc>) -> text::Model {
    text.state = TemplateTextState::Retired;
    text.retired_by = Some(by);
    text.retired_at = Some(now);
    text
}

async fn find(
    tx: &DatabaseTransaction,
    template: &message_template::Model,
    language: &str,
    version: i32,
) -> Result<text::Model, Denied> {
    let language = values::language(language).map_err(|_| Denied::NotFound)?;
    let key = (template.organization_id, template.id, language, version);
    text::Entity::find_by_id(key)
        .one(tx)
        .await?
        .ok_or(Denied::NotFound)
}

async fn store(tx: &DatabaseTransaction, text: text::Model) -> Result<text::Model, Fault> {
    let row = text.clone().into_active_model().reset_all();
    row.update(tx).await?;
    Ok(text)
}
