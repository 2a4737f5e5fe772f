//! The gateway for texts of a clinic, as its administrators set it up.

use async_graphql::{
    Context, Description, Enum, ID, InputObject, Object, OneofObject, SimpleObject,
};
use entity::GatewayAccount;

use super::{
    context::ContextExt as _,
    error::{ApiResult, UserError},
    refusal::{Refusal, mendable, settle},
};
use crate::domain::{
    policy,
    secret::Secret,
    texts::{
        AllowedGateways,
        gateways::{self, Connection, Gateway, GatewayRefused, NewGateway},
    },
};

/// What resolvers know of the server's way to gateways.
#[derive(Clone, Debug, Default)]
pub struct TextSite {
    /// The gateways that may be named.
    pub allowed: AllowedGateways,
    /// How gateways reach this server.
    pub public_url: String,
}

/// What a gateway speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::TextGatewayKind")]
pub enum TextGatewayKind {
    /// Twilio, or what speaks its API.
    Twilio,
    /// Kannel's sendsms interface.
    Kannel,
    /// The development outbox: nothing leaves.
    Development,
}

/// What carries the clinic's texts. Its secrets can be written and never read.
#[derive(Clone, Description)]
pub struct TextGateway(Gateway);

#[Object(use_type_description)]
impl TextGateway {
    /// The id.
    async fn id(&self) -> ID {
        ID(self.0.row.id.to_public())
    }

    /// What it speaks.
    async fn kind(&self) -> TextGatewayKind {
        self.0.row.kind.into()
    }

    /// Where it is; null for the development outbox.
    async fn base_url(&self) -> Option<&str> {
        self.0.row.base_url.as_deref()
    }

    /// The account at Twilio or the user of Kannel; null for the development outbox.
    async fn account(&self) -> Option<&str> {
        self.0.row.account.as_ref().map(GatewayAccount::reveal)
    }

    /// The messaging service of Twilio that chooses the sender; null where the clinic's number is named.
    async fn messaging_service_sid(&self) -> Option<&str> {
        self.0.row.messaging_service.as_deref()
    }

    /// The numbers that the clinic texts from, the one that is used unless another is answered first.
    async fn numbers(&self) -> Vec<&str> {
        self.0
            .numbers
            .iter()
            .map(|number| number.reveal())
            .collect()
    }

    /// How many texts leave from one number in a second.
    async fn texts_per_second(&self) -> i32 {
        self.0.row.texts_per_second
    }

    /// Where the gateway is to bring texts that come in. Kannel adds what `docs/texting.md` says, with the webhook secret;
    /// null for the development outbox.
    async fn inbound_url(&self, ctx: &Context<'_>) -> Option<String> {
        let site = ctx.data_unchecked::<TextSite>();
        let kind = match self.0.row.kind {
            entity::TextGatewayKind::Twilio => "twilio",
            entity::TextGatewayKind::Kannel => "kannel",
            entity::TextGatewayKind::Development => return None,
        };
        let id = self.0.row.id.to_public();
        Some(format!("{}/webhooks/{kind}/{id}/inbound", site.public_url))
    }
}

/// An account at Twilio, or at what speaks its API.
#[derive(InputObject)]
pub struct TwilioInput {
    /// Where it is; Twilio itself by default. The operator of the server must have allowed it.
    base_url: Option<String>,
    /// The account's SID.
    account_sid: String,
    /// Its authentication token. It can be left out when the account stays the same, and is never shown again.
    auth_token: Option<String>,
    /// A messaging service that chooses the sender.
    messaging_service_sid: Option<String>,
}

/// A user of Kannel.
#[derive(InputObject)]
pub struct KannelInput {
    /// Where its sendsms interface is, such as `http://127.0.0.1:13013`. The operator of the server must have allowed it.
    base_url: String,
    /// The sendsms user.
    user: String,
    /// The user's password. It can be left out when the user stays the same, and is never shown again.
    password: Option<String>,
    /// 24 to 200 letters and digits that Kannel's calls must name, because Kannel signs nothing. It can be left out when the
    /// user stays the same, and is never shown again.
    webhook_secret: Option<String>,
}

/// The development outbox.
#[derive(InputObject)]
pub struct DevelopmentGatewayInput {
    /// Always true: nothing leaves.
    keep: bool,
}

/// What carries the clinic's texts.
#[derive(OneofObject)]
pub enum TextGatewayInput {
    /// Twilio, or what speaks its API.
    Twilio(TwilioInput),
    /// Kannel.
    Kannel(KannelInput),
    /// The development outbox, on a server that keeps messages instead of sending them.
    Development(DevelopmentGatewayInput),
}

/// How the clinic is to text.
#[derive(InputObject)]
pub struct SetTextGatewayInput {
    /// What carries its texts.
    gateway: TextGatewayInput,
    /// 1 to 50 numbers that it texts from, such as `+12025550143`, or short codes. The first is used unless another is
    /// answered. A number belongs to one clinic of the server.
    numbers: Vec<String>,
    /// How many texts leave from one number in a second, 1 to 1,000.
    #[graphql(default = 1)]
    texts_per_second: u32,
}

/// A gateway, or what must be mended before it can be stored.
#[derive(SimpleObject)]
pub struct TextGatewayPayload {
    /// The gateway as it is stored; null when it was not.
    text_gateway: Option<TextGateway>,
    /// What must be mended.
    errors: Vec<UserError>,
}

/// What became of a gateway that was to be removed.
#[derive(SimpleObject)]
pub struct RemoveTextGatewayPayload {
    /// Whether there was one.
    removed: bool,
}

impl From<TextGatewayInput> for Connection {
    fn from(input: TextGatewayInput) -> Self {
        match input {
            TextGatewayInput::Twilio(twilio) => Self::Twilio {
                base_url: twilio.base_url,
                account_sid: twilio.account_sid,
                auth_token: twilio.auth_token.map(Secret::new),
                messaging_service_sid: twilio.messaging_service_sid,
            },
            TextGatewayInput::Kannel(kannel) => Self::Kannel {
                base_url: kannel.base_url,
                user: kannel.user,
                password: kannel.password.map(Secret::new),
                webhook_secret: kannel.webhook_secret.map(Secret::new),
            },
            TextGatewayInput::Development(_) => Self::Development,
        }
    }
}

impl From<GatewayRefused> for Refusal {
    fn from(error: GatewayRefused) -> Self {
        match error {
            GatewayRefused::Invalid(wrong) => mendable(wrong),
            GatewayRefused::Denied(denied) => Self::Final(denied.into()),
        }
    }
}

/// Queries about gateways.
#[derive(Default)]
pub struct TextGatewayQuery;

#[Object]
impl TextGatewayQuery {
    /// What carries the clinic's texts; null when nothing does. For administrators.
    async fn text_gateway(&self, ctx: &Context<'_>) -> ApiResult<Option<TextGateway>> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let gateway = gateways::gateway(ctx.core(), &administrator).await?;
        Ok(gateway.map(TextGateway))
    }
}

/// Changes of gateways.
#[derive(Default)]
pub struct TextGatewayMutation;

#[Object]
impl TextGatewayMutation {
    /// Sets up what carries the clinic's texts. For the same account its id and webhooks stay; for another one a new gateway
    /// takes its place, and the old one is still heard about texts that it took. For administrators.
    async fn set_text_gateway(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The gateway.")] input: SetTextGatewayInput,
    ) -> ApiResult<TextGatewayPayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let new = NewGateway {
            connection: input.gateway.into(),
            numbers: input.numbers,
            texts_per_second: input.texts_per_second,
        };
        let allowed = &ctx.data_unchecked::<TextSite>().allowed;
        let stored = gateways::set_gateway(ctx.core(), &administrator, allowed, new).await;
        let (gateway, errors) = settle(stored)?;
        Ok(TextGatewayPayload {
            text_gateway: gateway.map(TextGateway),
            errors,
        })
    }

    /// Stops texting: nothing leaves any more, and texts that still wait fail. For administrators.
    async fn remove_text_gateway(&self, ctx: &Context<'_>) -> ApiResult<RemoveTextGatewayPayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let removed = gateways::remove_gateway(ctx.core(), &administrator).await?;
        Ok(RemoveTextGatewayPayload { removed })
    }
}
