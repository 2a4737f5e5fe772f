//! Pages for browsers: the try-it page, and the files that pages are made of.

mod assets;
mod demo;
mod link;

use axum::{
    Router,
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

use super::transport::AllowedOrigins;
use crate::{demo::Demonstration, domain::core::Core};

/// Scripts and styles come from this server only. GraphiQL sets styles from its script, and its fonts and pictures stand
/// in its style sheet.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; \
     font-src data:; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// `/`, `/assets` and `/l`. Without GraphiQL `/` says what this server is, and nothing more.
pub(super) fn routes(
    graphiql: bool,
    core: Core,
    demonstration: Option<Demonstration>,
    origins: AllowedOrigins,
) -> Router {
    let home = if graphiql {
        try_it(demonstration.is_some())
    } else {
        include_str!("../../assets/html/home.html").to_owned()
    };
    let pages = Router::new()
        .route("/", get(async move || page(home)))
        .merge(assets::routes(graphiql))
        .merge(link::routes(core.clone()));
    match demonstration {
        Some(demonstration) => pages.merge(demo::routes(core, demonstration, origins)),
        None => pages,
    }
}

/// The page says whether there are people to ask for, so that it asks in vain nowhere.
fn try_it(of_demonstration: bool) -> String {
    let answer = if of_demonstration { "true" } else { "false" };
    include_str!("../../assets/html/try.html").replace("{{ demonstration }}", answer)
}

/// A page that holds forms for this server, and otherwise is under the policy of all pages.
fn page_with_forms(html: String) -> Response {
    const POLICY: HeaderValue = HeaderValue::from_static(
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'",
    );
    let policy = [(header::CONTENT_SECURITY_POLICY, POLICY)];
    (policy, Html(html)).into_response()
}

/// A page under the policy of all pages.
pub(super) fn page(html: impl Into<String>) -> Response {
    let policy = [(header::CONTENT_SECURITY_POLICY, POLICY)];
    (policy, Html(html.into())).into_response()
}
