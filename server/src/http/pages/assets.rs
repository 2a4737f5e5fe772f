//! Files that are part of the program.

use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::{Embed, EmbeddedFile};

use crate::http::layers;

#[derive(Embed)]
#[folder = "assets/static"]
struct Assets;

/// What the pages need that every server has.
const ALWAYS: [&str; 2] = ["pages/tidings.css", "pages/link.js"];

/// `/assets/…`. Without GraphiQL only the files of the other pages are served.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(graphiql: bool) -> Router<S> {
    Router::new().route(
        "/assets/{*path}",
        get(async move |Path(path): Path<String>, headers: HeaderMap| {
            if graphiql || ALWAYS.contains(&path.as_str()) {
                serve(&path, &headers)
            } else {
                nothing()
            }
        }),
    )
}

fn nothing() -> Response {
    layers::refusal(
        StatusCode::NOT_FOUND,
        "NOT_FOUND",
        "There is nothing at this address.",
    )
}

/// A file as it is, or the compressed form that stands in its place: every browser takes that.
fn serve(path: &str, headers: &HeaderMap) -> Response {
    let (file, is_compressed) = match Assets::get(path) {
        Some(file) => (file, false),
        None => match Assets::get(&format!("{path}.gz")) {
            Some(file) => (file, true),
            None => return nothing(),
        },
    };
    let tag = tag(&file);
    let mut response = if headers.get(header::IF_NONE_MATCH) == Some(&tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        file.data.into_response()
    };
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(path)));
    answer.insert(header::ETAG, tag);
    // The browser keeps the file, and asks each time whether it is still the same.
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if is_compressed {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn tag(file: &EmbeddedFile) -> HeaderValue {
    let digits: String = file.metadata.sha256_hash()[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    HeaderValue::try_from(format!("\"{digits}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    }
}
