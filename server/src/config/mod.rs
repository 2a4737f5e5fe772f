//! Typed and validated configuration. Every key has a default that works, and secrets never print.

mod assemble;
mod attachments;
mod keys;
mod reader;
mod source;
mod values;

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

use chrono::TimeDelta;
use ipnet::IpNet;

use crate::{
    domain::{
        secret::{Secret, ServerSecret},
        texts::AllowedGateways,
    },
    http::transport::Limits,
};
pub use attachments::{Attachments, FileStore, S3, Scanner};
use reader::Reader;
pub use source::Source;
pub use values::{DatabaseUrl, PublicUrl};

/// How the server is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// How people reach the server; none means the address that it listens on.
    pub public_url: Option<PublicUrl>,
    /// Where files are kept.
    pub data_dir: PathBuf,
    /// Where the data is.
    pub database_url: DatabaseUrl,
    /// How many connections to PostgreSQL are kept.
    pub database_connections: u32,
    /// Whether pending migrations are run before serving.
    pub migrate_on_start: bool,
    /// What keys are derived from.
    pub secret: SecretSource,
    /// What is served over HTTP, and to whom.
    pub web: Web,
    /// When messages to be delivered are kept for reading instead of leaving.
    pub development_outbox: DevelopmentOutbox,
    /// The mail server, where there is one.
    pub mail: Option<Mail>,
    /// The gateways for texts that administrators of clinics may name.
    pub sms_gateways: AllowedGateways,
    /// What is done with files.
    pub attachments: Attachments,
    /// How long events can be resumed from.
    pub event_retention: TimeDelta,
    /// How long it is on record who downloaded a file.
    pub download_records: TimeDelta,
    /// How long a stop may take.
    pub shutdown_grace: Duration,
    /// What is logged.
    pub log: Log,
    effective: Vec<(&'static str, String)>,
}

/// What is served over HTTP, and to whom.
#[derive(Clone, Debug)]
pub struct Web {
    /// Origins beside the public URL's whose pages may use the API.
    pub allowed_origins: Vec<String>,
    /// Proxies whose word about a client's address counts.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether the page with GraphiQL is served.
    pub graphiql: bool,
    /// Whether clients may ask for the schema.
    pub introspection: bool,
    /// How long an answer may take.
    pub request_timeout: Duration,
    /// The most connections at once.
    pub connections: usize,
    /// The most connections of one source at once.
    pub connections_per_source: usize,
    /// What requests and connections may cost.
    pub limits: Limits,
}

/// The mail server that notifications leave by.
#[derive(Clone, Debug)]
pub struct Mail {
    /// `smtp://` or `smtps://`, with user and password where the server wants them.
    pub url: Secret,
    /// What stands in `From`.
    pub from: String,
    /// A certificate authority beside those of the system, in PEM.
    pub ca_file: Option<PathBuf>,
}

/// When messages to be delivered are kept for reading instead of leaving. What is kept holds codes and links in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DevelopmentOutbox {
    /// In a demonstration, whose people exist nowhere.
    InDemonstration,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where the server's secret comes from.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// It was given.
    Given(ServerSecret),
    /// It stands in a file, which must exist.
    File(PathBuf),
    /// It stands in a file, which is made on the first start.
    Generated(PathBuf),
}

/// What is logged.
#[derive(Clone, Debug)]
pub struct Log {
    /// Directives for targets and levels.
    pub filter: String,
    /// For people or for programs.
    pub format: LogFormat,
}

/// The form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// A value that is wrong, with the place where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    place: String,
    text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

/// Everything that is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
#[error("the configuration is wrong:{}", .0.iter().map(|p| format!("\n  {p}")).collect::<String>())]
pub struct ConfigError(Vec<Problem>);

impl Config {
    /// Checks all that was set.
    ///
    /// # Errors
    /// Every problem, each with its key, its value unless that is secret, and what is allowed.
    pub fn read(source: Source) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(source);
        let config = assemble::config(&mut reader);
        match config {
            Some(config) if reader.problems.is_empty() => Ok(config),
            _ => Err(ConfigError(reader.problems)),
        }
    }

    /// Every key with the value that counts, secrets masked.
    pub fn effective(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.effective
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
    }

    /// What is allowed, and most likely not what an operator of a clinic's server wants.
    #[must_use]
    pub fn warnings(&self) -> Vec<&'static str> {
        let mut warnings = Vec::new();
        if self.development_outbox == DevelopmentOutbox::Always {
            warnings.push(
                "the development outbox is on: nothing leaves, and codes and links are kept in clear",
            );
            return warnings;
        }
        if self.mail.is_some() && self.public_url.is_none() {
            warnings.push(
                "public_url is not set: the links in e-mails lead to the address that is listened on, which patients most likely do not reach",
            );
        }
        if self.mail.is_none() {
            warnings.push(
                "smtp.url is not set: e-mails cannot be sent, and end among the dead letters",
            );
        }
        warnings
    }
}

#[cfg(test)]
mod tests;
