//! Publishing another wording.

use std::collections::BTreeMap;

use entity::{EventKind, OrganizationId, PersonId};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction};

use super::wording::{ConsentText, ConsentWording, insert, newest_version};
use crate::domain::{
    core::Core,
    event_log::{Change, NewEvent},
    fault::Fault,
    people::values,
    policy::AsAdministrator,
    store::sql,
};

/// The most characters of one text.
pub const MAX_CONSENT_CHARACTERS: usize = 20_000;
/// The most languages of one wording.
const MAX_LANGUAGES: usize = 50;

/// Why a wording is not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A text is empty; with its place in the list.
    #[error("a text is empty")]
    Blank(usize),
    /// A text is too long; with its place in the list.
    #[error("a text is too long")]
    TooLong(usize),
    /// A language is none, or stands there twice; with its place in the list.
    #[error("a language is not valid")]
    Language(usize),
    /// There are more languages than a wording can have.
    #[error("too many languages")]
    TooMany,
    /// The organization's own language, which stands in for all others, is missing.
    #[error("the organization's language is missing")]
    DefaultMissing {
        /// BCP 47 tag.
        language: String,
    },
    /// The server failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<sea_orm::DbErr> for PublishError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Fault(error.into())
    }
}

/// Publishes the next version of the wording. Those who accept an invitation from then on agree to it. Five statements
/// and the commit.
///
/// # Errors
/// See [`PublishError`].
pub async fn publish_wording(
    core: &Core,
    administrator: &AsAdministrator,
    texts: Vec<ConsentText>,
) -> Result<ConsentWording, PublishError> {
    let texts = checked(texts)?;
    let organization = administrator.organization();
    let mut change = Change::begin(core, organization).await?;
    let default_language = lock(change.tx(), organization).await?;
    if !texts.contains_key(&default_language) {
        return Err(PublishError::DefaultMissing {
            language: default_language,
        });
    }
    let version = newest_version(change.tx(), organization).await? + 1;
    let wording = ConsentWording {
        version,
        published_at: change.now,
        texts: texts
            .into_iter()
            .map(|(language, text)| ConsentText { language, text })
            .collect(),
    };
    insert(change.tx(), organization, &wording).await?;
    let by = PersonId::Staff(administrator.staff());
    change.record(NewEvent::new(EventKind::SettingsChanged).by(by));
    change.commit().await?;
    Ok(wording)
}

fn checked(texts: Vec<ConsentText>) -> Result<BTreeMap<String, String>, PublishError> {
    if texts.len() > MAX_LANGUAGES {
        return Err(PublishError::TooMany);
    }
    let mut checked = BTreeMap::new();
    for (place, ConsentText { language, text }) in texts.into_iter().enumerate() {
        let text = text.trim();
        if text.is_empty() {
            return Err(PublishError::Blank(place));
        }
        if text.chars().count() > MAX_CONSENT_CHARACTERS {
            return Err(PublishError::TooLong(place));
        }
        let language = values::language(&language).map_err(|_| PublishError::Language(place))?;
        if checked.insert(language, text.to_owned()).is_some() {
            return Err(PublishError::Language(place));
        }
    }
    Ok(checked)
}

/// Holds the organization's row until the commit, so that two versions cannot get the same number; gives its language.
async fn lock(tx: &DatabaseTransaction, organization: OrganizationId) -> Result<String, Fault> {
    let row = tx
        .query_one_raw(sql(
            tx,
            "update organization set name = name where id = $1 returning default_language",
            [organization.into()],
        ))
        .await?
        .ok_or(Fault::Corrupt("organization of a viewer"))?;
    Ok(row.try_get("", "default_language")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(language: &str) -> ConsentText {
        ConsentText {
            language: language.to_owned(),
            text: format!("in {language}"),
        }
    }

    #[test]
    fn texts_are_checked() {
        assert!(checked(vec![text("en"), text("pt-BR")]).is_ok());
        assert!(matches!(
            checked(vec![text("en"), text("EN")]),
            Err(PublishError::Language(1))
        ));
        for language in ["", "e", "english!", "en-"] {
            assert!(checked(vec![text(language)]).is_err(), "{language}");
        }
    }
}
