//! Writing a text: a new version each time, and never over what somebody else has written meanwhile.

use std::collections::BTreeSet;

use entity::{
    MessageTemplateId, TemplateTextState, message_template, message_template_text as text,
};
use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _};

use super::{
    MAX_LANGUAGES, MAX_TITLE_CHARACTERS,
    placeholder::Template,
    read::{current_texts_of, lock},
};
use crate::domain::{
    core::Core,
    people::values::{self, Check, Wrong, takes_refusals},
    placeholders::PlaceholderError,
    policy::{AsAdministrator, Denied},
    rich_text::{RichText, RichTextError, Token, Written, tokens},
};

/// A text as somebody wrote it.
#[derive(Debug)]
pub struct NewText {
    /// Of which template.
    pub template: MessageTemplateId,
    /// BCP 47 tag.
    pub language: String,
    /// The newest version in this language that its author has seen; 0 for none.
    pub seen_version: i32,
    /// From which version of the source text it was translated; none takes the approved one, else the newest.
    pub source_version: Option<i32>,
    /// One line.
    pub title: String,
    /// The body.
    pub body: Written,
}

/// Why a body cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It is no formatted text.
    #[error(transparent)]
    Text(#[from] RichTextError),
    /// It names a placeholder that does not exist.
    #[error(transparent)]
    Placeholder(#[from] PlaceholderError),
    /// What stands for somebody must not get into the address of a link, which others log.
    #[error("a placeholder stands in the address of a link")]
    InLink,
}

/// Why a text was not stored.
#[derive(Debug, thiserror::Error)]
pub enum SaveTextError {
    /// Values that cannot be taken.
    #[error("values cannot be taken")]
    Invalid(Vec<Wrong>),
    /// The title names a placeholder that does not exist.
    #[error("the title: {0}")]
    Title(PlaceholderError),
    /// The body cannot be used.
    #[error("the body: {0}")]
    Body(BodyError),
    /// Somebody has stored another version meanwhile, which is this; or there is none yet.
    #[error("the version is not the newest")]
    Outdated(Option<Box<text::Model>>),
    /// There is nothing yet of which this could be a translation.
    #[error("the source text is missing")]
    NoSource,
    /// The source text has no such version, or this is the source text itself.
    #[error("the source text has no such version")]
    UnknownSourceVersion,
    /// The template has too many languages already.
    #[error("a template has at most {MAX_LANGUAGES} languages")]
    TooManyLanguages,
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

takes_refusals!(SaveTextError);

/// Stores a text as the next version of its language, as a draft. Three statements.
///
/// # Errors
/// See [`SaveTextError`].
pub async fn save(
    core: &Core,
    administrator: &AsAdministrator,
    new: NewText,
) -> Result<(message_template::Model, text::Model), SaveTextError> {
    let (language, title, body) = checked(&new)?;
    let organization = administrator.organization();
    let tx = core.store.begin().await?;
    let template = lock(&tx, organization, new.template).await?;
    let texts = current_texts_of(&tx, organization, new.template).await?;
    let newest = newest(&texts, &language);
    if newest.map_or(0, |text| text.version) != new.seen_version {
        return Err(SaveTextError::Outdated(newest.cloned().map(Box::new)));
    }
    let languages: BTreeSet<_> = texts.iter().map(|text| text.language.as_str()).collect();
    if newest.is_none() && languages.len() >= MAX_LANGUAGES {
        return Err(SaveTextError::TooManyLanguages);
    }
    let source_version = source_version(&template, &texts, &language, new.source_version)?;
    let stored = text::Model {
        organization_id: organization,
        template_id: new.template,
        language,
        version: new.seen_version + 1,
        title,
        html: body.reveal_html().to_owned(),
        text: body.reveal_text().to_owned(),
        source_version,
        state: TemplateTextState::Draft,
        written_by: administrator.staff(),
        written_at: core.clock.now(),
        approved_by: None,
        approved_at: None,
        retired_by: None,
        retired_at: None,
    };
    stored.clone().into_active_model().insert(&tx).await?;
    tx.commit().await?;
    Ok((template, stored))
}

/// The newest version in a language.
pub(super) fn newest<'t>(texts: &'t [text::Model], language: &str) -> Option<&'t text::Model> {
    texts
        .iter()
        .filter(|text| text.language == language)
        .max_by_key(|text| text.version)
}

/// The approved version in a language.
pub(super) fn approved<'t>(texts: &'t [text::Model], language: &str) -> Option<&'t text::Model> {
    texts
        .iter()
        .find(|text| text.language == language && text.state == TemplateTextState::Approved)
}

fn source_version(
    template: &message_template::Model,
    texts: &[text::Model],
    language: &str,
    given: Option<i32>,
) -> Result<Option<i32>, SaveTextError> {
    let source = template.source_language.as_str();
    if language == source {
        return match given {
            None => Ok(None),
            Some(_) => Err(SaveTextError::UnknownSourceVersion),
        };
    }
    let newest = newest(texts, source)
        .ok_or(SaveTextError::NoSource)?
        .version;
    match given {
        None => Ok(Some(
            approved(texts, source).map_or(newest, |text| text.version),
        )),
        Some(given) if (1..=newest).contains(&given) => Ok(Some(given)),
        Some(_) => Err(SaveTextError::UnknownSourceVersion),
    }
}

fn checked(new: &NewText) -> Result<(String, String, RichText), SaveTextError> {
    let mut check = Check::default();
    let language = check.value("language", values::language(&new.language));
    let title = check.value("title", values::line(&new.title, MAX_TITLE_CHARACTERS));
    let (Some(language), Some(title)) = (language, title) else {
        return Err(check.into_wrong().into());
    };
    Template::parse(&title, |_| true).map_err(SaveTextError::Title)?;
    let body = checked_body(&new.body).map_err(SaveTextError::Body)?;
    Ok((language, title, body))
}

fn checked_body(written: &Written) -> Result<RichText, BodyError> {
    let body = RichText::read(written)?;
    // The plain form first: what it says of a wrong place is what an author sees.
    Template::parse(body.reveal_text(), |_| true)?;
    parse_html(body.reveal_html())?;
    let in_link = tokens(body.reveal_html()).any(|token| match token {
        Token::Open { attributes, .. } => {
            let attributes = attributes.to_ascii_lowercase();
            attributes.contains("{{") || attributes.contains("%7b%7b")
        }
        Token::Text(_) | Token::Close { .. } => false,
    });
    if in_link {
        return Err(BodyError::InLink);
    }
    Ok(body)
}

/// Reads a cleaned body. Editors put no-break spaces where somebody types several spaces, also between braces.
pub(super) fn parse_html(html: &str) -> Result<Template, PlaceholderError> {
    Template::parse(&html.replace("&nbsp;", "\u{a0}"), |_| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(html: &str) -> Result<RichText, BodyError> {
        checked_body(&Written::Html(html.to_owned()))
    }

    #[test]
    fn placeholders_stand_in_text_only() {
        assert!(
            body("<p>Dear <b>{{ patient_name }}</b>,&nbsp;{{&nbsp;clinic_name&nbsp;}}</p>").is_ok()
        );
        for link in [
            "<a href='https://a.example/{{ patient_name }}'>x</a>",
            "<a href='https://a.example/?q={{ patient_name }}'>x</a>",
            "<a href='https://a.example/?q={{patient_name}}'>x</a>",
            "<a href='mailto:{{clinic_email}}'>x</a>",
            "https://a.example/{{patient_name}}",
            "www.a.example/?q={{patient_name}}",
        ] {
            assert!(
                body(link).is_err() || !body(link).unwrap().reveal_html().contains("href"),
                "{link}"
            );
        }
        for broken in [
            "{{ <b>patient_name</b> }}",
            "{<b>{ patient_name }}</b>",
            "{{ patient_birthday }}",
            "{{ link }}",
            "{% if x %}a",
            "<table><tr><td>{{ patient</td><td>_name }}</td></tr></table>",
        ] {
            assert!(
                matches!(body(broken), Err(BodyError::Placeholder(_))),
                "{broken}"
            );
        }
    }

    #[test]
    fn markdown_leaves_placeholders_alone() {
        let written = Written::Markdown(
            "{{ sender_name }} of {{ clinic_name }}, *{{ clinic_phone }}*".to_owned(),
        );
        let body = checked_body(&written).unwrap();
        let template = parse_html(body.reveal_html()).unwrap();
        assert_eq!(template.placeholders().count(), 3);
    }
}
