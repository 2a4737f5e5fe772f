//! From the texts of the keys to the typed configuration.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::TimeDelta;
use ipnet::IpNet;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use super::{
    Config, DatabaseUrl, DevelopmentOutbox, Log, LogFormat, Mail, PublicUrl, SecretSource, Web,
    attachments, keys::KEYS, reader::Reader, values,
};
use crate::{
    delivery::{holds_certificates, names_mail_server},
    domain::{
        secret::{Secret, ServerSecret},
        texts::AllowedGateways,
    },
    http::transport::{AllowedOrigins, Limits},
};

/// Reads every key. None when something that has no stand-in is wrong.
pub(super) fn config(reader: &mut Reader) -> Option<Config> {
    let listen = reader.required(
        "listen",
        "an address with a port, such as 127.0.0.1:8080 or [::]:8080",
        |text| text.parse().ok(),
    );
    let public_url = reader.maybe("public_url", PublicUrl::ALLOWED, PublicUrl::new);
    let data_dir = reader.required("data_dir", "the path of a folder", |text| {
        (!text.is_empty()).then(|| PathBuf::from(text))
    });
    let database_url = reader
        .maybe("database_url", DatabaseUrl::ALLOWED, DatabaseUrl::new)
        .or_else(|| Some(DatabaseUrl::file(&data_dir.as_ref()?.join("tidings.db"))));
    let secret = data_dir
        .as_deref()
        .and_then(|folder| secret(reader, folder));
    let attachments = attachments::read(reader, data_dir.as_deref());
    Some(Config {
        database_connections: reader.number("database_connections", 2..=200),
        migrate_on_start: reader.flag("migrate_on_start"),
        web: web(reader),
        development_outbox: development_outbox(reader),
        mail: mail(reader),
        sms_gateways: sms_gateways(reader),
        event_retention: TimeDelta::days(reader.number("event_retention_days", 1..=3650)),
        download_records: TimeDelta::days(reader.number("download_record_days", 1..=36525)),
        shutdown_grace: Duration::from_secs(reader.number("shutdown_grace_seconds", 1..=600)),
        log: log(reader),
        effective: effective(reader),
        listen: listen?,
        public_url,
        data_dir: data_dir?,
        database_url: database_url?,
        secret: secret?,
        attachments: attachments?,
    })
}

fn secret(reader: &mut Reader, folder: &Path) -> Option<SecretSource> {
    let allowed = format!(
        "at least {} characters, such as 64 random hexadecimal digits",
        ServerSecret::MIN_BYTES
    );
    let is_given = reader.optional("secret_key").is_some();
    let given = reader.maybe("secret_key", &allowed, |text| {
        ServerSecret::new(text.as_bytes().to_vec())
    });
    let file = reader.optional("secret_key_file").map(PathBuf::from);
    match (given, file) {
        (Some(_), Some(_)) => {
            reader.refuse("secret_key_file", "empty when secret_key is set");
            None
        }
        (Some(secret), None) => Some(SecretSource::Given(secret)),
        (None, Some(file)) => Some(SecretSource::File(file)),
        (None, None) => (!is_given).then(|| SecretSource::Generated(folder.join("secret.key"))),
    }
}

fn web(reader: &mut Reader) -> Web {
    Web {
        allowed_origins: reader.list(
            "allowed_origins",
            "origins such as https://app.example, separated by commas in the environment",
            |text| AllowedOrigins::new([text]).ok().map(|_| text.to_owned()),
        ),
        trusted_proxies: reader.list(
            "trusted_proxies",
            "addresses or networks such as 10.0.0.0/8, separated by commas in the environment",
            |text| {
                text.parse()
                    .ok()
                    .or_else(|| Some(IpNet::from(text.parse::<IpAddr>().ok()?)))
            },
        ),
        graphiql: reader.flag("graphiql"),
        introspection: reader.flag("introspection"),
        request_timeout: Duration::from_secs(reader.number("request_timeout_seconds", 1..=600)),
        connections: reader.number("limits.connections", 10..=10_000_000),
        connections_per_source: reader.number("limits.connections_per_source", 1..=10_000_000),
        limits: limits(reader),
    }
}

fn limits(reader: &mut Reader) -> Limits {
    Limits {
        body_bytes: reader.number("limits.body_bytes", 1024..=67_108_864),
        query_bytes: reader.number("limits.query_bytes", 256..=67_108_864),
        tokens: reader.number("limits.tokens", 100..=1_000_000),
        // More would let a document exhaust the stack of the thread that reads it.
        nesting: reader.number("limits.nesting", 8..=64),
        depth: reader.number("limits.depth", 3..=64),
        selections: reader.number("limits.selections", 10..=1_000_000),
        complexity: reader.number("limits.complexity", 10..=10_000_000),
        aliases: reader.number("limits.aliases", 0..=100_000),
        root_fields: reader.number("limits.root_fields", 1..=10_000),
        directives: reader.number("limits.directives", 0..=100_000),
        introspection_lists: reader.number("limits.introspection_lists", 1..=20),
        variables: reader.number("limits.variables", 0..=10_000),
        batch: reader.number("limits.batch", 1..=1000),
        upload_bytes: reader.number("limits.upload_bytes", 1024..=1_073_741_824),
        uploads: reader.number("limits.uploads", 1..=100),
        operations_per_connection: reader.number("limits.operations_per_connection", 1..=10_000),
        connections_per_person: reader.number("limits.connections_per_person", 1..=100_000),
        anonymous_connections_per_source: reader
            .number("limits.anonymous_connections_per_source", 0..=1_000_000),
        opening_connections_per_source: reader
            .number("limits.opening_connections_per_source", 1..=1_000_000),
        // A single message of the longest kind must have room, written with escapes.
        answer_bytes: reader.number("limits.answer_bytes", 262_144..=1_073_741_824),
    }
}

fn mail(reader: &mut Reader) -> Option<Mail> {
    let url = reader.maybe(
        "smtp.url",
        "smtp://user:password@host:port or smtps://…, optionally with ?tls=required, opportunistic or none",
        |text| names_mail_server(text).then(|| Secret::new(text)),
    );
    let ca_file = reader.maybe(
        "smtp.ca_file",
        "a file that can be read and holds certificates as PEM",
        |text| Some(PathBuf::from(text)).filter(|file| holds_certificates(file)),
    );
    let url = url?;
    let from = reader.required(
        "smtp.from",
        "an address such as `Tidings <no-reply@tidings.example>`, because smtp.url is set",
        |text| {
            text.parse::<lettre::message::Mailbox>()
                .ok()
                .map(|_| text.to_owned())
        },
    )?;
    Some(Mail { url, from, ca_file })
}

fn sms_gateways(reader: &mut Reader) -> AllowedGateways {
    AllowedGateways::new(reader.list(
        "sms.gateways",
        "addresses of a scheme, a host and at most a port, such as https://api.twilio.com, separated by commas in the environment",
        |text| PublicUrl::new(text).map(|url| url.as_str().to_owned()),
    ))
}

fn development_outbox(reader: &mut Reader) -> DevelopmentOutbox {
    let choice = reader.required("development_outbox", "auto, on or off", |text| match text {
        "auto" => Some(DevelopmentOutbox::InDemonstration),
        "on" => Some(DevelopmentOutbox::Always),
        "off" => Some(DevelopmentOutbox::Never),
        _ => None,
    });
    choice.unwrap_or(DevelopmentOutbox::Never)
}

fn log(reader: &mut Reader) -> Log {
    let filter = reader.required(
        "log",
        "a level (error, warn, info, debug, trace) or directives such as info,tidings=debug",
        |text| is_filter(text).then(|| text.to_owned()),
    );
    let format = reader.required("log_format", "text or json", |text| match text {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    });
    Log {
        filter: filter.unwrap_or_default(),
        format: format.unwrap_or(LogFormat::Text),
    }
}

/// A word by itself must be a level. The library takes any other for the name of a module, and then a slip of the pen
/// would silence everything else.
fn is_filter(text: &str) -> bool {
    let bare = |directive: &&str| !directive.contains(['=', '[']);
    let is_level = |word: &str| word.parse::<LevelFilter>().is_ok();
    text.split(',').filter(bare).all(is_level) && EnvFilter::try_new(text).is_ok()
}

fn effective(reader: &Reader) -> Vec<(&'static str, String)> {
    KEYS.iter()
        .map(|key| {
            let text = reader.text(key.name);
            let shown = match text.as_str() {
                "" => String::new(),
                _ if key.name.ends_with("_url") || key.name.ends_with(".url") => {
                    values::mask_password(&text)
                }
                _ if key.secret => "***".to_owned(),
                _ => text,
            };
            (key.name, shown)
        })
        .collect()
}
