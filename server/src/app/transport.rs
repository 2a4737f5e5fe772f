//! The GraphQL transports, with what they take and for whom.

use std::net::SocketAddr;

use super::{Purpose, authenticate};
use crate::{
    config::{Config, PublicUrl},
    domain::core::Core,
    graphql::{
        live,
        notification::DevelopmentOutboxInUse,
        schema::{Tidings, schema},
        text_gateway::TextSite,
    },
    http::{
        server::Bounds,
        transport::{AllowedOrigins, Settings, Timings, Transport, Vocabulary},
    },
    realtime::Realtime,
};

/// From which web pages the API is used. A demonstration is tried on the machine that it runs on, by whichever of its
/// names somebody types; in production there is one public name.
pub(super) fn origins(
    config: &Config,
    public_url: &PublicUrl,
    address: SocketAddr,
    purpose: Purpose,
) -> AllowedOrigins {
    let port = address.port();
    let own = match purpose {
        Purpose::Production => Vec::new(),
        Purpose::Demonstration => ["127.0.0.1", "localhost", "[::1]"]
            .map(|name| format!("http://{name}:{port}"))
            .into(),
    };
    let all = std::iter::once(public_url.as_str())
        .chain(own.iter().map(String::as_str))
        .chain(config.web.allowed_origins.iter().map(String::as_str));
    // Each was checked when the configuration was read; an origin that slipped through would admit nobody.
    AllowedOrigins::new(all).unwrap_or_default()
}

/// What connections are held to. A peer that takes nothing counts as gone after the same time as one that is silent.
pub(super) fn bounds(config: &Config) -> Bounds {
    Bounds {
        connections: config.web.connections,
        connections_per_source: config.web.connections_per_source,
        trusted_proxies: config.web.trusted_proxies.clone().into(),
        stall: Timings::default().peer,
    }
}

/// The transports with their schema.
pub(super) fn new(
    config: &Config,
    (keeps_messages, public_url): (bool, &PublicUrl),
    origins: AllowedOrigins,
    core: &Core,
    realtime: &Realtime,
) -> Transport<Tidings> {
    let schema = schema(
        core.clone(),
        realtime.clone(),
        DevelopmentOutboxInUse(keeps_messages),
        TextSite {
            allowed: config.sms_gateways.clone(),
            public_url: public_url.as_str().to_owned(),
        },
    );
    let settings = Settings {
        limits: config.web.limits.clone(),
        timings: Timings::default(),
        origins,
        introspection: config.web.introspection,
        // A test holds that the schema can be read; otherwise errors would name nothing, and lists would count as one.
        vocabulary: Vocabulary::read(&schema.sdl()).unwrap_or_default(),
        kept: live::KEPT,
    };
    Transport::new(
        schema,
        authenticate::by_access_token(core.clone(), realtime.clone()),
        authenticate::renewing(),
        core.clock.clone(),
        core.entropy.clone(),
        settings,
    )
}
