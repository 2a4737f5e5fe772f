//! Adding templates, and changing what staff find them by.

use entity::{MessageTemplateId, message_template};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    PaginatorTrait as _, QueryFilter as _,
};

use super::{MAX_TEMPLATES, read::lock};
use crate::domain::{
    core::Core,
    people::values::{self, Check, MAX_NAME_CHARACTERS, Problem, Wrong, is_taken, takes_refusals},
    policy::{AsAdministrator, Denied},
};

/// Why a template was not stored.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Values that cannot be taken.
    #[error("values cannot be taken")]
    Invalid(Vec<Wrong>),
    /// The clinic has too many already.
    #[error("a clinic has at most {MAX_TEMPLATES} templates")]
    TooMany,
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

takes_refusals!(TemplateError);

/// What to change of a template; none leaves a value as it is.
#[derive(Debug, Default)]
pub struct TemplateChanges {
    /// Its name.
    pub name: Option<String>,
    /// Its category, or the removal of it.
    pub category: Option<Option<String>>,
}

fn name(text: &str) -> Result<String, Problem> {
    values::line(text, MAX_NAME_CHARACTERS)
}

/// Adds a template, which has no text yet. Its name is unique, so that the same request twice adds one. Two statements.
///
/// # Errors
/// [`TemplateError::Invalid`], also when the name is taken; [`TemplateError::TooMany`].
pub async fn create(
    core: &Core,
    administrator: &AsAdministrator,
    new_name: &str,
    category: Option<&str>,
    source_language: &str,
) -> Result<message_template::Model, TemplateError> {
    let mut check = Check::default();
    let category = category.filter(|text| !text.trim().is_empty());
    let category = check.given("category", category, name);
    let checked = (
        check.value("name", name(new_name)),
        check.value("sourceLanguage", values::language(source_language)),
    );
    let ((Some(name), Some(source_language)), true) = (checked, check.is_right()) else {
        return Err(check.into_wrong().into());
    };
    let now = core.clock.now();
    let template = message_template::Model {
        organization_id: administrator.organization(),
        id: MessageTemplateId(core.entropy.uuid(now)),
        name,
        category,
        source_language,
        created_by: administrator.staff(),
        created_at: now,
    };
    let tx = core.store.begin().await?;
    let others = message_template::Entity::find()
        .filter(message_template::Column::OrganizationId.eq(administrator.organization()))
        .count(&tx)
        .await?;
    if others >= MAX_TEMPLATES {
        return Err(TemplateError::TooMany);
    }
    unless_taken(template.clone().into_active_model().insert(&tx).await)?;
    tx.commit().await?;
    Ok(template)
}

/// Changes a template's name and category. Two statements.
///
/// # Errors
/// [`TemplateError::Invalid`], also when the name is taken; [`Denied::NotFound`].
pub async fn update(
    core: &Core,
    administrator: &AsAdministrator,
    id: MessageTemplateId,
    changes: &TemplateChanges,
) -> Result<message_template::Model, TemplateError> {
    let mut check = Check::default();
    let new_name = check.given("name", changes.name.as_deref(), name);
    let category = check.change("category", changes.category.as_ref(), name);
    if !check.is_right() {
        return Err(check.into_wrong().into());
    }
    let tx = core.store.begin().await?;
    let mut template = lock(&tx, administrator.organization(), id).await?;
    template.name = new_name.unwrap_or(template.name);
    template.category = category.unwrap_or(template.category);
    let row = template.clone().into_active_model().reset_all();
    unless_taken(row.update(&tx).await)?;
    tx.commit().await?;
    Ok(template)
}

fn unless_taken<T>(stored: Result<T, sea_orm::DbErr>) -> Result<T, TemplateError> {
    stored.map_err(|error| {
        if is_taken(&error) {
            Wrong::new("name", Problem::Taken).into()
        } else {
            error.into()
        }
    })
}
