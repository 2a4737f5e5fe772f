//! Consent wordings and consents.

use async_graphql::{
    Context, Description, InputObject, Object, SimpleObject,
    connection::{Connection, EmptyFields},
};
use chrono::{DateTime, Utc};
use entity::consent;

use super::{
    context::ContextExt as _,
    error::{ApiResult, UserError, UserErrorCode},
    page::{List, Opaque, PageArguments, connection},
};
use crate::domain::{
    invitations::{
        self, ConsentText, ConsentWording as Wording, MAX_CONSENT_CHARACTERS, PublishError,
    },
    policy,
};

/// What a patient agreed to.
#[derive(Clone, Description)]
pub struct Consent(pub consent::Model);

#[Object(use_type_description)]
impl Consent {
    /// The version of the wording.
    async fn wording_version(&self) -> i32 {
        self.0.wording_version
    }

    /// The language in which the patient read the wording, as a BCP 47 tag.
    async fn language(&self) -> &str {
        &self.0.wording_language
    }

    /// When the patient agreed.
    async fn granted_at(&self) -> DateTime<Utc> {
        self.0.granted_at
    }

    /// Where the patient agreed, such as `PORTAL_INVITATION`.
    async fn source(&self) -> &str {
        &self.0.source
    }
}

/// A wording in one language.
#[derive(SimpleObject)]
pub struct ConsentWordingText {
    /// BCP 47 tag.
    pub language: String,
    /// What patients agree to.
    pub text: String,
}

/// A version of what patients agree to when they accept an invitation. It never changes; a new text is a new version.
#[derive(Description)]
pub struct ConsentWording(Wording);

#[Object(use_type_description)]
impl ConsentWording {
    /// Counts from 1.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was published.
    async fn published_at(&self) -> DateTime<Utc> {
        self.0.published_at
    }

    /// The texts, in the order of their languages.
    async fn texts(&self) -> Vec<ConsentWordingText> {
        let texts = self.0.texts.iter();
        texts
            .map(|text| ConsentWordingText {
                language: text.language.clone(),
                text: text.text.clone(),
            })
            .collect()
    }
}

/// A text to publish.
#[derive(InputObject)]
pub struct ConsentWordingTextInput {
    /// BCP 47 tag, such as `en` or `pt-BR`.
    pub language: String,
    /// What patients agree to, in at most 20,000 characters.
    pub text: String,
}

/// The next version of the wording.
#[derive(InputObject)]
pub struct PublishConsentWordingInput {
    /// One text for each language; the clinic's own language has to be among them.
    pub texts: Vec<ConsentWordingTextInput>,
}

/// A published wording.
#[derive(SimpleObject)]
pub struct PublishConsentWordingPayload {
    /// The wording; null when there was an error.
    pub consent_wording: Option<ConsentWording>,
    /// What went wrong: `BLANK`, `TOO_LONG` or `INVALID`.
    pub errors: Vec<UserError>,
}

/// Consent wordings.
#[derive(Default)]
pub struct ConsentQuery;

#[Object]
impl ConsentQuery {
    /// The versions of the consent wording, the newest first. Until the clinic publishes one of its own, the first
    /// invitation makes a built-in one version 1. Administrators only.
    async fn consent_wordings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning; 25 when nothing is said, 100 at most.")]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, ConsentWording, EmptyFields, EmptyFields>> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let list = List {
            name: "consent wordings",
            owner: administrator.organization().0,
        };
        let slice = PageArguments::new(first, after, last, before).slice(list)?;
        let page = invitations::wordings(ctx.core(), &administrator, &slice).await?;
        Ok(connection(
            list,
            page,
            |wording| i64::from(wording.version),
            ConsentWording,
        ))
    }
}

/// Publishing wordings.
#[derive(Default)]
pub struct ConsentMutation;

#[Object]
impl ConsentMutation {
    /// Publishes the next version of the consent wording. Patients who accept an invitation from then on agree to it;
    /// earlier consents stay as they were given. Administrators only.
    async fn publish_consent_wording(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The texts.")] input: PublishConsentWordingInput,
    ) -> ApiResult<PublishConsentWordingPayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let texts = input.texts.into_iter().map(|text| ConsentText {
            language: text.language,
            text: text.text,
        });
        let outcome =
            invitations::publish_wording(ctx.core(), &administrator, texts.collect()).await;
        Ok(match outcome {
            Ok(wording) => PublishConsentWordingPayload {
                consent_wording: Some(ConsentWording(wording)),
                errors: Vec::new(),
            },
            Err(error) => PublishConsentWordingPayload {
                consent_wording: None,
                errors: vec![publish_error(error)?],
            },
        })
    }
}

fn publish_error(error: PublishError) -> ApiResult<UserError> {
    let at = |place: usize, part: &str, code, message: String| UserError {
        code,
        field: Some(vec!["texts".to_owned(), place.to_string(), part.to_owned()]),
        message,
    };
    Ok(match error {
        PublishError::Blank(place) => at(
            place,
            "text",
            UserErrorCode::Blank,
            "A text must not be empty.".to_owned(),
        ),
        PublishError::TooLong(place) => at(
            place,
            "text",
            UserErrorCode::TooLong,
            format!("A text has at most {MAX_CONSENT_CHARACTERS} characters."),
        ),
        PublishError::Language(place) => at(
            place,
            "language",
            UserErrorCode::Invalid,
            "The language is not a BCP 47 tag, or stands there twice.".to_owned(),
        ),
        PublishError::TooMany => UserError::at(
            "texts",
            UserErrorCode::TooLong,
            "There are more languages than a wording can have.",
        ),
        PublishError::DefaultMissing { language } => UserError::at(
            "texts",
            UserErrorCode::Blank,
            format!("A text in the clinic's own language, {language}, is missing."),
        ),
        PublishError::Fault(fault) => return Err(fault.into()),
    })
}
