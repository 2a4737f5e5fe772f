//! `/files/{token}`: downloads by short-lived links. Every refusal is the same: there is no such file.

mod disposition;
mod range;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware,
    response::{IntoResponse as _, Response},
    routing::any,
};
use entity::FileForm;
use futures_util::{Stream, StreamExt as _, stream};
use tokio::sync::OwnedSemaphorePermit;

use self::range::{Wanted, wanted};
use super::{
    layers,
    transport::source,
    uploads::{self, FileSite},
};
use crate::domain::{
    attachments::{self, Download, DownloadError, FilesFault},
    fault::Fault,
    secret::Secret,
    source::Source,
};

/// What keeps a browser from making anything of a file but a file.
const INERT: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        header::CONTENT_SECURITY_POLICY,
        "sandbox; default-src 'none'; frame-ancestors 'none'",
    ),
    (header::CACHE_CONTROL, "private, no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
];

/// `/files/{token}`.
pub(super) fn routes(site: FileSite) -> Router {
    Router::new()
        .route("/files/{token}", any(serve))
        .layer(middleware::from_fn_with_state(site.clone(), uploads::pages))
        .with_state(site)
}

async fn serve(
    State(site): State<FileSite>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    match parts.method {
        Method::OPTIONS => return StatusCode::NO_CONTENT.into_response(),
        Method::GET | Method::HEAD => {}
        _ => {
            return layers::refusal(
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                "This address does not take that method.",
            );
        }
    }
    let from = source(&parts);
    let token = Secret::new(token);
    match answer(&site, &token, &parts.method, &parts.headers, from).await {
        Ok(response) => response,
        Err(DownloadError::NotFound) => layers::refusal(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            "There is no such file, or the link has run out.",
        ),
        Err(DownloadError::Fault(fault)) => {
            tracing::error!(error.class = fault.class(), "a file could not be served");
            layers::refusal(
                StatusCode::SERVICE_UNAVAILABLE,
                "UNAVAILABLE",
                "The file cannot be served now; try again later.",
            )
        }
    }
}

async fn answer(
    site: &FileSite,
    token: &Secret,
    method: &Method,
    asked: &HeaderMap,
    from: Source,
) -> Result<Response, DownloadError> {
    let download = attachments::follow(site.core(), token).await?;
    let length = download.length();
    let mut headers = describe(&download);
    let range = match wanted(asked, &headers[header::ETAG], length) {
        Wanted::Whole => 0..length,
        Wanted::Part(range) => {
            let content = format!("bytes {}-{}/{length}", range.start, range.end - 1);
            insert(&mut headers, header::CONTENT_RANGE, content);
            range
        }
        Wanted::Nothing => {
            let mut headers = HeaderMap::new();
            insert(
                &mut headers,
                header::CONTENT_RANGE,
                format!("bytes */{length}"),
            );
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
        }
    };
    let status = if headers.contains_key(header::CONTENT_RANGE) {
        StatusCode::PARTIAL_CONTENT
    } else {
        StatusCode::OK
    };
    let bytes = range.end - range.start;
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
    if method == Method::HEAD {
        return Ok((status, headers).into_response());
    }
    let place = site.place_to_send().ok_or(Fault::Stopping)?;
    download.record(site.core(), from).await?;
    let body = match download.form() {
        FileForm::Thumbnail => {
            let whole = site.core().files.thumbnail(download.place(), length);
            let whole = whole.await.map_err(Fault::from)?;
            let part = usize::try_from(range.start)
                .ok()
                .zip(usize::try_from(range.end).ok());
            Body::from(part.map_or(Bytes::new(), |(start, end)| whole.slice(start..end)))
        }
        FileForm::Original => {
            let pieces = site.core().files.stream(download.place(), range);
            stream(Box::pin(pieces), place, site).await?
        }
    };
    Ok((status, headers, body).into_response())
}

/// A body of pieces. The first one is waited for, so that a store that is away is told before anything else is.
async fn stream(
    mut pieces: impl Stream<Item = Result<Bytes, FilesFault>> + Send + Unpin + 'static,
    place: OwnedSemaphorePermit,
    site: &FileSite,
) -> Result<Body, Fault> {
    let first = pieces.next().await.transpose()?;
    let stop = site.stopping();
    let pieces = stream::iter(first.map(Ok))
        .chain(pieces)
        .take_until(async move { stop.cancelled().await })
        .inspect(move |_| {
            let _kept_until_the_end = &place;
        });
    Ok(Body::from_stream(pieces))
}

fn describe(download: &Download) -> HeaderMap {
    let attachment = download.attachment();
    let (media_type, name) = match download.form() {
        FileForm::Thumbnail => ("image/jpeg", "thumbnail.jpg"),
        FileForm::Original => (
            attachment
                .media_type
                .as_deref()
                .unwrap_or("application/octet-stream"),
            attachment.file_name.reveal(),
        ),
    };
    let media_type = match media_type {
        "text/plain" => "text/plain; charset=utf-8",
        other => other,
    };
    let mut headers = HeaderMap::new();
    for (name, value) in INERT {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    insert(&mut headers, header::CONTENT_TYPE, media_type.to_owned());
    insert(
        &mut headers,
        header::CONTENT_DISPOSITION,
        disposition::attachment(name),
    );
    // A file never changes, so its id is as good as a checksum.
    let tag = format!("\"{}\"", attachment.id.to_public());
    insert(&mut headers, header::ETAG, tag);
    headers
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}
