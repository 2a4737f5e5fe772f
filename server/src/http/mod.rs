//! What Tidings answers over HTTP.

mod bearer;
mod files;
pub(crate) mod health;
mod layers;
pub(crate) mod metrics;
mod pages;
pub(crate) mod server;
pub mod transport;
pub(crate) mod uploads;
pub(crate) mod webhooks;

use std::{sync::Arc, time::Duration};

use axum::{Router, http::StatusCode, middleware};
use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusHandle;
use tower_http::catch_panic::CatchPanicLayer;

use self::{
    health::Health,
    transport::{AllowedOrigins, RequestIds},
    uploads::FileSite,
    webhooks::WebhookSite,
};
use crate::{demo::Demonstration, domain::core::Core};

/// What the routes beside GraphQL need.
pub(crate) struct Site {
    /// The domain's surroundings.
    pub(crate) core: Core,
    /// Whether the page with GraphiQL is served.
    pub(crate) graphiql: bool,
    /// The demonstration that pages show, where it is one.
    pub(crate) demonstration: Option<Demonstration>,
    /// From which web pages the API is used.
    pub(crate) origins: AllowedOrigins,
    /// Whether browsers come by TLS.
    pub(crate) https: bool,
    /// Proxies whose word about a client's address counts.
    pub(crate) trusted_proxies: Arc<[IpNet]>,
    /// How long an answer may take.
    pub(crate) request_timeout: Duration,
    /// Tells whether the server can answer.
    pub(crate) health: Health,
    /// What was counted.
    pub(crate) metrics: PrometheusHandle,
    /// Names requests.
    pub(crate) ids: RequestIds,
    /// What is done with files.
    pub(crate) files: FileSite,
    /// What gateways for texts tell.
    pub(crate) webhooks: WebhookSite,
}

/// All routes, with what every answer passes through.
pub(crate) fn router(site: Site, graphql: Router) -> Router {
    Router::new()
        .merge(graphql)
        .merge(health::routes(site.health))
        .merge(metrics::routes(site.metrics))
        .merge(webhooks::routes(site.webhooks))
        .merge(pages::routes(
            site.graphiql,
            site.core,
            site.demonstration,
            site.origins,
        ))
        .fallback(async || {
            layers::refusal(
                StatusCode::NOT_FOUND,
                "NOT_FOUND",
                "There is nothing at this address.",
            )
        })
        .method_not_allowed_fallback(async || {
            layers::refusal(
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                "This address does not take that method.",
            )
        })
        .layer(middleware::from_fn_with_state(
            site.request_timeout,
            layers::limit_time,
        ))
        // Files take as long as they take, and have limits of their own.
        .merge(uploads::routes(site.files.clone()))
        .merge(files::routes(site.files))
        // The last one added is the first that a request meets.
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(middleware::from_fn(layers::trace))
        .layer(middleware::from_fn_with_state(
            site.ids,
            transport::identify,
        ))
        .layer(middleware::from_fn_with_state(
            site.trusted_proxies,
            layers::locate,
        ))
        .layer(middleware::from_fn_with_state(site.https, layers::guard))
}
