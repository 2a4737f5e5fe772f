//! The wordings that patients agree to. A version never changes once it is published.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::{OrganizationId, consent_wording};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Value,
};

use super::built_in;
use crate::domain::{
    core::Core,
    fault::Fault,
    page::{Direction, Page, Slice},
    policy::AsAdministrator,
    store::{Sql, sql},
};

/// A wording in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentText {
    /// BCP 47 tag.
    pub language: String,
    /// The text.
    pub text: String,
}

/// A version of the wording, in all its languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentWording {
    /// Counts from 1.
    pub version: i32,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// In order of the languages.
    pub texts: Vec<ConsentText>,
}

pub(super) async fn newest_version(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
) -> Result<i32, Fault> {
    let newest = consent_wording::Entity::find()
        .select_only()
        .column_as(consent_wording::Column::Version.max(), "version")
        .filter(consent_wording::Column::OrganizationId.eq(organization))
        .into_tuple::<Option<i32>>()
        .one(connection)
        .await?;
    Ok(newest.flatten().unwrap_or(0))
}

pub(super) async fn insert(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    wording: &ConsentWording,
) -> Result<(), Fault> {
    let mut insert = Sql::new(
        "insert into consent_wording (organization_id, version, language, text, created_at) values ",
    );
    insert.rows(wording.texts.iter().map(|text| -> [Value; 5] {
        [
            organization.into(),
            wording.version.into(),
            text.language.as_str().into(),
            text.text.as_str().into(),
            wording.published_at.into(),
        ]
    }));
    insert.push(" on conflict (organization_id, version, language) do nothing");
    tx.execute_raw(insert.on(tx)).await?;
    Ok(())
}

/// Makes the built-in wording version 1, if the organization has none yet. Two statements at most.
pub(super) async fn ensure_any(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    if newest_version(tx, organization).await? > 0 {
        return Ok(());
    }
    let wording = ConsentWording {
        version: 1,
        published_at: now,
        texts: built_in::TEXTS
            .iter()
            .map(|(language, text)| ConsentText {
                language: (*language).to_owned(),
                text: (*text).to_owned(),
            })
            .collect(),
    };
    insert(tx, organization, &wording).await
}

/// The wording that holds now. One statement.
pub(super) async fn current(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
) -> Result<Option<ConsentWording>, Fault> {
    let rows = connection
        .query_all_raw(sql(
            connection,
            "select w.version, w.language, w.text, w.created_at from consent_wording w where w.organization_id = $1 \
             and w.version = (select max(n.version) from consent_wording n where n.organization_id = $1) order by w.language",
            [organization.into()],
        ))
        .await?;
    let mut wording: Option<ConsentWording> = None;
    for row in rows {
        let text = ConsentText {
            language: row.try_get("", "language")?,
            text: row.try_get("", "text")?,
        };
        match &mut wording {
            Some(wording) => wording.texts.push(text),
            None => {
                wording = Some(ConsentWording {
                    version: row.try_get("", "version")?,
                    published_at: row.try_get("", "created_at")?,
                    texts: vec![text],
                });
            }
        }
    }
    Ok(wording)
}

impl ConsentWording {
    /// The text in the first of these languages that there is one in, then in English, then in any.
    pub(super) fn in_language(&self, wanted: &[&str]) -> Option<&ConsentText> {
        let exactly = |tag: &str| self.texts.iter().find(|text| text.language == tag);
        wanted
            .iter()
            .find_map(|tag| exactly(tag).or_else(|| exactly(tag.split('-').next()?)))
            .or_else(|| exactly("en"))
            .or_else(|| self.texts.first())
    }
}

/// The versions of the wording, the newest first. Two statements.
///
/// # Errors
/// Any failure of the database.
pub async fn wordings(
    core: &Core,
    administrator: &AsAdministrator,
    slice: &Slice<i64>,
) -> Result<Page<ConsentWording>, Fault> {
    let connection = core.store.reader();
    let organization = administrator.organization();
    let mut select = Sql::new(
        "select distinct version, created_at from consent_wording where organization_id = ",
    );
    select.bind(organization);
    if let Some(after) = slice.after {
        select.push(" and version < ").bind(after);
    }
    if let Some(before) = slice.before {
        select.push(" and version > ").bind(before);
    }
    select.push(match slice.direction {
        Direction::Forward => " order by version desc limit ",
        Direction::Backward => " order by version limit ",
    });
    select.bind(slice.fetch());
    let mut versions = Vec::new();
    for row in connection.query_all_raw(select.on(connection)).await? {
        versions.push(ConsentWording {
            version: row.try_get("", "version")?,
            published_at: row.try_get("", "created_at")?,
            texts: Vec::new(),
        });
    }
    let mut page = slice.page(versions);
    let wanted: BTreeSet<_> = page.items.iter().map(|wording| wording.version).collect();
    let texts = consent_wording::Entity::find()
        .filter(consent_wording::Column::OrganizationId.eq(organization))
        .filter(consent_wording::Column::Version.is_in(wanted))
        .order_by_asc(consent_wording::Column::Language)
        .all(connection)
        .await?;
    for row in texts {
        if let Some(wording) = page.items.iter_mut().find(|w| w.version == row.version) {
            wording.texts.push(ConsentText {
                language: row.language,
                text: row.text,
            });
        }
    }
    Ok(page)
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
    fn the_language_falls_back_in_an_explicit_order() {
        let wording = ConsentWording {
            version: 1,
            published_at: DateTime::UNIX_EPOCH,
            texts: ["de", "en", "pt-BR"].map(text).to_vec(),
        };
        let chosen = |wanted: &[&str]| wording.in_language(wanted).unwrap().language.clone();
        assert_eq!(chosen(&["pt-BR", "de"]), "pt-BR");
        assert_eq!(chosen(&["de-AT", "en"]), "de");
        assert_eq!(chosen(&["sv", "de"]), "de");
        assert_eq!(chosen(&["sv", "fi"]), "en");
    }

    #[test]
    fn the_built_in_wording_has_an_english_text() {
        assert!(
            built_in::TEXTS
                .iter()
                .any(|(language, _)| *language == "en")
        );
    }
}
