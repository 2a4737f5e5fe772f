//! `/uploads`: files arrive by the tus protocol 1.0, in as many requests as it takes.
//!
//! An upload's address holds the id of the attachment that it becomes. Only its sender can use it.

mod announce;
mod answer;
mod headers;
mod pass;
mod refusal;
mod send;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, Method, StatusCode},
    middleware,
    response::{IntoResponse as _, Response},
    routing::any,
};
use entity::AttachmentId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

pub(in crate::http) use self::pass::pages;
use self::{answer::Answer, headers::check_version, refusal::Refusal};
use super::{bearer, transport::AllowedOrigins};
use crate::domain::{
    attachments,
    core::Core,
    policy::{Denied, UploadInHand},
    viewer::Viewer,
};

/// How many files a node sends at once.
const MOST_SENT_AT_ONCE: usize = 256;

const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

/// What the routes of files need. Clones share everything.
#[derive(Clone)]
pub(crate) struct FileSite {
    core: Core,
    origins: AllowedOrigins,
    places_to_send: Arc<Semaphore>,
}

impl FileSite {
    /// For this domain, and web pages of these origins.
    pub(crate) fn new(core: Core, origins: AllowedOrigins) -> Self {
        Self {
            core,
            origins,
            places_to_send: Arc::new(Semaphore::new(MOST_SENT_AT_ONCE)),
        }
    }

    /// The domain's surroundings.
    pub(in crate::http) fn core(&self) -> &Core {
        &self.core
    }

    /// A place for sending a file; none when too many are on their way.
    pub(in crate::http) fn place_to_send(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places_to_send).try_acquire_owned().ok()
    }

    /// Cancelled when the server stops.
    pub(in crate::http) fn stopping(&self) -> CancellationToken {
        self.core.files.intake().stopping()
    }

    /// Stops taking bytes, and waits until what came is stored.
    pub(crate) async fn drain(&self) {
        self.core.files.intake().drain().await;
    }
}

/// `/uploads` and `/uploads/{id}`.
pub(super) fn routes(site: FileSite) -> Router {
    Router::new()
        .route("/uploads", any(collection))
        .route("/uploads/{id}", any(single))
        .layer(middleware::from_fn_with_state(site.clone(), pass::pages))
        .with_state(site)
}

async fn collection(State(site): State<FileSite>, request: Request) -> Response {
    let outcome = match *request.method() {
        Method::OPTIONS => Ok(Answer::abilities(site.core.files.rules().max_bytes)),
        Method::POST => announce::announce(&site, request).await,
        _ => Err(Refusal::Method("POST, OPTIONS")),
    };
    answered(outcome)
}

async fn single(
    State(site): State<FileSite>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let method = match request.headers().get(METHOD_OVERRIDE) {
        Some(name) if request.method() == Method::POST => {
            Method::from_bytes(name.as_bytes()).unwrap_or_default()
        }
        Some(_) | None => request.method().clone(),
    };
    let outcome = match method {
        Method::OPTIONS => Ok(Answer::abilities(site.core.files.rules().max_bytes)),
        Method::HEAD => stands(&site, &id, request).await,
        Method::PATCH => send::send(&site, &id, request).await,
        Method::DELETE => give_up(&site, &id, request).await,
        _ => Err(Refusal::Method("HEAD, PATCH, DELETE, OPTIONS")),
    };
    answered(outcome)
}

fn answered(outcome: Result<Answer, Refusal>) -> Response {
    outcome.map_or_else(Refusal::into_response, Answer::into_response)
}

/// How far an upload has come.
async fn stands(site: &FileSite, id: &str, request: Request) -> Result<Answer, Refusal> {
    let (_, upload) = open(site, id, request.headers()).await?;
    Ok(Answer::new(StatusCode::OK)
        .length(upload.attachment())
        .progress(upload.attachment()))
}

async fn give_up(site: &FileSite, id: &str, request: Request) -> Result<Answer, Refusal> {
    let (_, upload) = open(site, id, request.headers()).await?;
    if attachments::terminate(&site.core, &upload).await? {
        Ok(Answer::new(StatusCode::NO_CONTENT))
    } else {
        Err(Refusal::InUse)
    }
}

/// The sender of a request and their upload.
async fn open(
    site: &FileSite,
    id: &str,
    headers: &HeaderMap,
) -> Result<(Viewer, UploadInHand), Refusal> {
    check_version(headers)?;
    let viewer = bearer::viewer(&site.core, headers).await?;
    let id = AttachmentId::from_public(id).ok_or(Refusal::NotFound)?;
    match attachments::upload(&site.core, &viewer, id).await {
        Ok(upload) => Ok((viewer, upload)),
        // Whoever sent it is told that it is too late, as long as the server still knows.
        Err(Denied::NotFound) if attachments::has_run_out(&site.core, &viewer, id).await? => {
            Err(Refusal::Gone)
        }
        Err(denied) => Err(denied.into()),
    }
}
