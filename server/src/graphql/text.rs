//! Texts (SMS) as the API shows them: how long they are, and where those of a message stand.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject, dataloader::Loader};
use chrono::{DateTime, Utc};
use entity::{MessageId, OrganizationId, text};

use super::{
    context::ContextExt as _,
    error::{ApiError, ApiResult},
    loaders::{PeopleLoader, by_organization, load},
};
use crate::domain::{
    fault::Fault,
    messages::MessageView,
    texts::{self, explanation, texts_of},
    viewer::Viewer,
};

/// About how much memory a text takes while an answer is made.
const TEXT_BYTES: usize = 512;
/// The most characters of a text that is measured: those of the longest message.
const MAX_CHARACTERS: usize = 20_000;

/// How the letters of a text are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::TextEncoding")]
pub enum TextEncoding {
    /// The GSM alphabet: 160 letters in one part, 153 in each of several; some, such as `€`, count twice.
    #[graphql(name = "GSM_7")]
    Gsm7,
    /// Any other letter makes the whole text wide: 70 units in one part, 67 in each of several; emoji count twice.
    #[graphql(name = "UCS_2")]
    Ucs2,
}

/// Which way a text went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::TextDirection")]
pub enum TextDirection {
    /// To the patient.
    Outbound,
    /// From the patient.
    Inbound,
}

/// Where a text stands. It only moves forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::TextState")]
pub enum TextState {
    /// It waits to be handed to the gateway.
    Queued,
    /// The gateway has taken it.
    Sent,
    /// The gateway says that it has arrived.
    Delivered,
    /// It did not arrive, and will not.
    Failed,
    /// It came in.
    Received,
}

/// Why a text did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::TextFailure")]
pub enum TextFailure {
    /// The number has opted out of texts from this clinic.
    OptedOut,
    /// The patient has another number by now.
    NumberChanged,
    /// Another patient has the same number by now, so that nobody can tell who would read it.
    NumberShared,
    /// The number is not one that can be texted.
    InvalidNumber,
    /// The number is a landline.
    Landline,
    /// The phone is off or out of reach.
    Unreachable,
    /// The network does not know the number, or it is not in use any more.
    UnknownSubscriber,
    /// The carrier blocked or filtered the text.
    CarrierBlocked,
    /// The gateway does not let the clinic send, such as for wrong credentials or a wrong sender number.
    GatewayRefused,
    /// The gateway could not be reached for too long.
    GatewayUnavailable,
    /// The clinic has no gateway.
    NoGateway,
    /// The carrier said no more than that it did not arrive.
    Unknown,
}

/// How long a text is, and in how many parts it travels.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct TextLength {
    /// How its letters are counted.
    encoding: TextEncoding,
    /// Septets of GSM-7, or 16-bit units of UCS-2.
    units: u32,
    /// In how many parts it travels, each of which is paid for; 0 for an empty text.
    segments: u32,
    /// How many units more fit into the last part.
    remaining: u32,
}

/// A text that carries a message, in either direction. One that failed is not tried again by itself, and its author is told of it
/// (`attentionAlerts`). To say it all the same, send the message again: by `channel: PORTAL` it stands in the portal, and the patient
/// gets a link by e-mail or text; by `channel: SMS` it is worth another try where the phone was out of reach, the gateway away, or the
/// number has been set right meanwhile.
#[derive(Clone, Description)]
pub struct Text(text::Model);

#[Object(use_type_description)]
impl Text {
    /// The id.
    async fn id(&self) -> ID {
        ID(self.0.id.to_public())
    }

    /// Which way it went.
    async fn direction(&self) -> TextDirection {
        self.0.direction.into()
    }

    /// Where it stands.
    async fn state(&self) -> TextState {
        self.0.state.into()
    }

    /// Why it did not arrive; null unless it failed.
    async fn reason(&self) -> Option<TextFailure> {
        self.0.reason.map(Into::into)
    }

    /// Where it stands and why, as an English sentence for staff.
    async fn explanation(&self) -> &'static str {
        explanation(self.0.state, self.0.reason)
    }

    /// How its letters were counted.
    async fn encoding(&self) -> TextEncoding {
        self.0.encoding.into()
    }

    /// In how many parts it travelled.
    async fn segments(&self) -> i32 {
        self.0.segments
    }

    /// When it was queued, or came in.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it came to stand where it stands.
    async fn changed_at(&self) -> DateTime<Utc> {
        self.0.changed_at
    }
}

/// The texts of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TextsKey(OrganizationId, MessageId);

/// The texts of a message, for staff; none for patients.
///
/// # Errors
/// When the answer would be too long, and any failure of the database.
pub async fn of_message(ctx: &Context<'_>, view: &MessageView) -> ApiResult<Vec<Text>> {
    match &*ctx.viewer().await? {
        Viewer::Patient(_) => return Ok(Vec::new()),
        Viewer::Staff(_) => {}
    }
    let key = TextsKey(view.message.organization_id, view.message.id);
    let texts = load(ctx, key).await?.unwrap_or_default();
    ctx.budget().read(texts.len() * TEXT_BYTES)?;
    Ok(texts.into_iter().map(Text).collect())
}

impl Loader<TextsKey> for PeopleLoader {
    type Value = Vec<text::Model>;
    type Error = Arc<Fault>;

    async fn load(&self, keys: &[TextsKey]) -> Result<HashMap<TextsKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let found = texts_of(self.core.store.reader(), organization, &ids).await?;
            loaded.extend(
                found
                    .into_iter()
                    .map(|(id, texts)| (TextsKey(organization, id), texts)),
            );
        }
        Ok(loaded)
    }
}

/// Queries about texts.
#[derive(Default)]
pub struct TextQuery;

#[Object]
impl TextQuery {
    /// How long a text would be, to be shown before it is sent. Nothing is stored. For whoever is signed in.
    async fn text_length(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the text says, at most 20,000 characters.")] body: String,
    ) -> ApiResult<TextLength> {
        ctx.viewer().await?;
        if body.chars().count() > MAX_CHARACTERS {
            return Err(ApiError::BadInput {
                argument: "body",
                message: format!("It has at most {MAX_CHARACTERS} characters."),
            });
        }
        let length = texts::measure(&body);
        Ok(TextLength {
            encoding: length.encoding.into(),
            units: length.units,
            segments: length.segments,
            remaining: length.remaining,
        })
    }
}
