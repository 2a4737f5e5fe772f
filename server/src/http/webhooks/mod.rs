//! What gateways for texts tell: texts that came in, and what became of those that went out.
//!
//! A webhook is believed when it is signed, or names the secret that was agreed upon; otherwise it is answered like any
//! other that is not, and nothing is stored. What is believed is stored before it is acknowledged.

mod kannel;
mod twilio;

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{any, post},
};
use entity::{ProviderMessageId, TextGatewayId, TextGatewayKind, TextId};
use url::form_urlencoded;

use super::layers;
use crate::domain::{
    core::Core,
    fault::Fault,
    texts::{
        arrival::{Arrival, arrive},
        outbox::{OpenGateway, gateway_of_webhook},
        settle::report,
        state::Heard,
    },
};

/// The most bytes of a webhook. The longest text has a few thousand letters.
const MAX_BYTES: usize = 64 * 1024;

/// What webhooks need.
#[derive(Clone)]
pub(crate) struct WebhookSite {
    core: Core,
    /// How gateways know this server. What a request says of that itself is not asked.
    public_url: Arc<str>,
    arrived: Arc<dyn Fn() + Send + Sync>,
}

impl WebhookSite {
    /// Webhooks of a server that is known by `public_url`, and calls `arrived` when a text came in.
    pub(crate) fn new(
        core: Core,
        public_url: &str,
        arrived: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            core,
            public_url: public_url.into(),
            arrived: Arc::new(arrived),
        }
    }
}

/// Why a webhook has no effect.
enum Refused {
    /// It is not from whom it says, or there is no such gateway: both are answered alike.
    Forbidden,
    /// It lacks what it must hold.
    Incomplete,
    /// It is of a type that the gateway does not send.
    MediaType,
    /// It could not be stored; the gateway is to bring it again.
    Fault(Fault),
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// What a gateway reports of a text.
struct Report {
    text: TextId,
    provider: Option<ProviderMessageId>,
    heard: Heard,
    class: Option<String>,
}

/// A webhook as it came.
struct Call {
    method: Method,
    /// Path and query, exactly as they came.
    target: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    /// The value of a parameter of the address.
    fn query(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// The value of a header.
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The type of the body, without its parameters.
    fn media_type(&self) -> Option<&str> {
        let value = self.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        value.split(';').next().map(str::trim)
    }
}

fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

/// `/webhooks/twilio/{gateway}/…` and `/webhooks/kannel/{gateway}/…`.
pub(super) fn routes(site: WebhookSite) -> Router {
    Router::new()
        .route("/webhooks/twilio/{gateway}/status", post(twilio::status))
        .route("/webhooks/twilio/{gateway}/inbound", post(twilio::inbound))
        .route("/webhooks/kannel/{gateway}/status", any(kannel::status))
        .route("/webhooks/kannel/{gateway}/inbound", any(kannel::inbound))
        .layer(DefaultBodyLimit::max(MAX_BYTES))
        .with_state(site)
}

/// The gateway of a webhook, where it is of this kind.
async fn open(site: &WebhookSite, id: &str, kind: TextGatewayKind) -> Result<OpenGateway, Refused> {
    let id = TextGatewayId::from_public(id).ok_or(Refused::Forbidden)?;
    let gateway = gateway_of_webhook(&site.core, id).await?;
    gateway
        .filter(|gateway| gateway.row.kind == kind)
        .ok_or(Refused::Forbidden)
}

/// Stores a text that came in.
async fn take_in(
    site: &WebhookSite,
    gateway: &OpenGateway,
    arrival: &Arrival,
) -> Result<(), Refused> {
    if arrive(&site.core, &gateway.row, arrival).await? {
        (site.arrived)();
    }
    Ok(())
}

/// Takes in what a gateway reports. A report that says nothing new, or is about a text that is not the gateway's, is
/// acknowledged like any other: the gateway would only bring it again.
async fn take_report(
    site: &WebhookSite,
    gateway: &OpenGateway,
    told: Report,
) -> Result<(), Refused> {
    let owner = (gateway.row.organization_id, gateway.row.id);
    let heard = (told.heard, told.class);
    report(&site.core, owner, told.text, told.provider, heard).await?;
    Ok(())
}

/// What is answered: what the gateway takes for an acknowledgement, or a refusal.
fn answered(outcome: Result<Response, Refused>) -> Response {
    match outcome {
        Ok(response) => response,
        Err(Refused::Forbidden) => layers::refusal(
            StatusCode::FORBIDDEN,
            "FORBIDDEN",
            "This webhook is not signed as it must be.",
        ),
        Err(Refused::Incomplete) => layers::refusal(
            StatusCode::BAD_REQUEST,
            "INCOMPLETE",
            "This webhook lacks what it must hold.",
        ),
        Err(Refused::MediaType) => layers::refusal(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "MEDIA_TYPE",
            "This webhook is of a type that is not understood.",
        ),
        Err(Refused::Fault(fault)) => {
            tracing::error!(error.class = fault.class(), "a webhook could not be stored");
            layers::refusal(
                StatusCode::SERVICE_UNAVAILABLE,
                "UNAVAILABLE",
                "This could not be stored; bring it again.",
            )
        }
    }
}

/// An answer of a fixed type.
fn plain(media_type: &'static str, text: &'static str) -> Response {
    let media_type = HeaderValue::from_static(media_type);
    ([(header::CONTENT_TYPE, media_type)], text).into_response()
}

impl<S: Send + Sync> axum::extract::FromRequest<S> for Call {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let method = request.method().clone();
        let uri = request.uri();
        let target = uri
            .path_and_query()
            .map_or_else(String::new, ToString::to_string);
        let query = pairs(uri.query().unwrap_or_default().as_bytes());
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|refused| {
                layers::refusal(
                    refused.status(),
                    "BODY",
                    "The body is too long or could not be read.",
                )
            })?;
        Ok(Self {
            method,
            target,
            query,
            headers,
            body,
        })
    }
}

type Site = State<WebhookSite>;
type Gateway = Path<String>;
