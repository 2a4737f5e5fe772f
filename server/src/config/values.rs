//! Values with a form of their own. Those that can hold a password do not print it.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr as _,
};

use sqlx::{ConnectOptions as _, postgres::PgConnectOptions, sqlite::SqliteConnectOptions};

use crate::domain::store::Database;

/// The address that people and their programs know the server by: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    pub(super) const ALLOWED: &str =
        "http:// or https:// with a host and at most a port, such as https://tidings.example";

    /// Takes a URL that has no path, query or user.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let uri: axum::http::Uri = text.parse().ok()?;
        let has_scheme = matches!(uri.scheme_str(), Some("http" | "https"));
        let authority = uri.authority()?;
        let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        (has_scheme && is_bare && !authority.as_str().contains('@') && !authority.host().is_empty())
            .then(|| Self(text.trim_end_matches('/').to_owned()))
    }

    /// The URL of an address that is listened on; all interfaces are named by the one that never leaves the machine.
    #[must_use]
    pub fn of(address: SocketAddr) -> Self {
        let ip = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
        };
        Self(format!("http://{}", SocketAddr::new(ip, address.port())))
    }

    /// The URL without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, for what is named after the installation, such as message ids.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self
            .0
            .split_once("://")
            .map_or(self.0.as_str(), |(_, rest)| rest);
        if authority.starts_with('[') {
            return authority.split_inclusive(']').next().unwrap_or(authority);
        }
        authority.split(':').next().unwrap_or(authority)
    }

    /// Whether browsers come by TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

/// Where the data is.
#[derive(Clone)]
pub struct DatabaseUrl {
    place: Place,
    shown: String,
}

#[derive(Clone)]
enum Place {
    File(PathBuf),
    Server(Box<PgConnectOptions>),
}

impl DatabaseUrl {
    pub(super) const ALLOWED: &str =
        "sqlite:// with the path of a file, or postgres://user:password@host:port/database";

    /// Reads a URL.
    pub(super) fn new(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("sqlite://") {
            // Other tools need this to make the file; here it is made anyway.
            let path = path.strip_suffix("?mode=rwc").unwrap_or(path);
            let is_file = !path.is_empty() && !path.contains(['?', ':']) && !path.ends_with('/');
            return is_file.then(|| Self::file(Path::new(path)));
        }
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return None;
        }
        let options = PgConnectOptions::from_str(text).ok()?;
        Some(Self {
            shown: mask_password(text),
            place: Place::Server(Box::new(options)),
        })
    }

    /// A SQLite file.
    pub(super) fn file(path: &Path) -> Self {
        Self {
            shown: format!("sqlite://{}", path.display()),
            place: Place::File(path.to_owned()),
        }
    }

    /// The file, where it is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::File(path) => Some(path),
            Place::Server(_) => None,
        }
    }

    /// How to open it. Statements are not logged: slow ones would be, with their text.
    #[must_use]
    pub fn database(&self) -> Database {
        match &self.place {
            Place::File(path) => Database::Sqlite(Box::new(
                SqliteConnectOptions::new()
                    .filename(path)
                    .disable_statement_logging(),
            )),
            Place::Server(options) => Database::Postgres(Box::new(
                options.as_ref().clone().disable_statement_logging(),
            )),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// A URL as it may be shown: the password and all parameters are masked.
pub(super) fn mask_password(url: &str) -> String {
    let (url, has_parameters) = match url.split_once('?') {
        Some((url, _)) => (url, true),
        None => (url, false),
    };
    let masked = match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, rest)), Some((_, host))) => {
            let user = rest.split([':', '@']).next().unwrap_or_default();
            format!("{scheme}://{user}:***@{host}")
        }
        _ => url.to_owned(),
    };
    if has_parameters {
        masked + "?***"
    } else {
        masked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked() {
        for (url, shown) in [
            (
                "postgres://tidings:pass:w@rd@db:5432/tidings?sslmode=require",
                "postgres://tidings:***@db:5432/tidings?***",
            ),
            (
                "smtps://mailer:geheim@mail.example",
                "smtps://mailer:***@mail.example",
            ),
            ("smtp://mail.example:25", "smtp://mail.example:25"),
        ] {
            assert_eq!(mask_password(url), shown);
        }
        let url = DatabaseUrl::new("postgres://tidings:geheim@db/tidings").unwrap();
        assert!(!format!("{url:?} {url}").contains("geheim"));
    }

    #[test]
    fn a_database_is_a_file_or_a_postgres_server() {
        assert_eq!(
            DatabaseUrl::new("sqlite:///var/lib/tidings.db")
                .unwrap()
                .path(),
            Some(Path::new("/var/lib/tidings.db"))
        );
        for wrong in [
            "",
            "sqlite://",
            "sqlite://:memory:",
            "sqlite://a.db?mode=memory",
            "mysql://x/y",
            "tidings.db",
        ] {
            assert!(DatabaseUrl::new(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_public_url_is_an_origin() {
        assert_eq!(
            PublicUrl::new("https://a.example/").unwrap().as_str(),
            "https://a.example"
        );
        assert_eq!(
            PublicUrl::new("http://127.0.0.1:80").unwrap().host(),
            "127.0.0.1"
        );
        assert_eq!(PublicUrl::new("http://[::1]:80").unwrap().host(), "[::1]");
        for wrong in [
            "",
            "a.example",
            "ftp://a.example",
            "https://a.example/app",
            "https://u@a.example",
            "https://a.example?x",
        ] {
            assert!(PublicUrl::new(wrong).is_none(), "{wrong}");
        }
    }
}
