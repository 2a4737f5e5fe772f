//! How the connection to the mail server is protected.

use std::{net::Ipv4Addr, path::Path};

use lettre::transport::smtp::{
    self,
    client::{Certificate, Tls, TlsParameters},
};
use url::{Host, Url};

use crate::delivery::{MailSettings, MailSettingsError};

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encryption {
    /// From the first byte.
    Wrapped,
    /// STARTTLS, or nothing is sent.
    Required,
    /// STARTTLS where the server offers it.
    Opportunistic,
    None,
}

impl Encryption {
    pub(super) fn of(url: &Url) -> Result<Self, MailSettingsError> {
        let host = url.host().ok_or(MailSettingsError::Url)?;
        let mut tls = None;
        for (key, value) in url.query_pairs() {
            match &*key {
                "tls" => tls = Some(value),
                _ => return Err(MailSettingsError::Url),
            }
        }
        match (url.scheme(), tls.as_deref()) {
            ("smtps", None) => Ok(Self::Wrapped),
            ("smtp", Some("required")) => Ok(Self::Required),
            ("smtp", Some("opportunistic")) => Ok(Self::Opportunistic),
            ("smtp", Some("none")) => Ok(Self::None),
            ("smtp", None) if is_loopback(&host) => Ok(Self::None),
            ("smtp", None) => Ok(Self::Required),
            ("smtp" | "smtps", Some(_)) => Err(MailSettingsError::Tls),
            _ => Err(MailSettingsError::Url),
        }
    }

    pub(super) const fn default_port(self) -> u16 {
        match self {
            Self::Wrapped => smtp::SUBMISSIONS_PORT,
            Self::Required | Self::Opportunistic => smtp::SUBMISSION_PORT,
            Self::None => smtp::SMTP_PORT,
        }
    }

    pub(super) fn parameters(
        self,
        host: &str,
        settings: &MailSettings,
    ) -> Result<Tls, MailSettingsError> {
        Ok(match self {
            Self::None => Tls::None,
            Self::Wrapped => Tls::Wrapper(tls_parameters(host, settings)?),
            Self::Required => Tls::Required(tls_parameters(host, settings)?),
            Self::Opportunistic => Tls::Opportunistic(tls_parameters(host, settings)?),
        })
    }
}

/// Whether a text names a mail server and a way to reach it.
pub(crate) fn names_mail_server(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let has_host = url.host_str().is_some_and(|host| !host.is_empty());
        has_host && Encryption::of(&url).is_ok()
    })
}

/// Whether a file holds certificates of authorities that mail servers are to be trusted by.
pub(crate) fn holds_certificates(file: &Path) -> bool {
    std::fs::read_to_string(file).is_ok_and(|pem| {
        // A file without any certificate can be read too.
        pem.contains("-----BEGIN CERTIFICATE-----") && Certificate::from_pem(pem.as_bytes()).is_ok()
    })
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        // Outside of the schemes of browsers, this crate takes an IPv4 address for a name.
        Host::Domain(name) => {
            *name == "localhost"
                || name
                    .parse::<Ipv4Addr>()
                    .is_ok_and(|address| address.is_loopback())
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn tls_parameters(host: &str, settings: &MailSettings) -> Result<TlsParameters, MailSettingsError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(file) = &settings.ca_file {
        let unusable = |error: String| MailSettingsError::Certificates(error);
        let pem = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
        let certificates =
            Certificate::from_pem(&pem).map_err(|error| unusable(error.to_string()))?;
        builder = builder.add_root_certificate(certificates);
    }
    builder
        .build()
        .map_err(|error| MailSettingsError::Certificates(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encryption(url: &str) -> Result<Encryption, MailSettingsError> {
        Encryption::of(&Url::parse(url).unwrap())
    }

    #[test]
    fn encryption_is_asked_for_unless_the_server_is_this_machine() {
        assert_eq!(
            encryption("smtp://mail.example").unwrap(),
            Encryption::Required
        );
        for local in ["smtp://127.0.0.1:2525", "smtp://[::1]:25"] {
            assert_eq!(encryption(local).unwrap(), Encryption::None, "{local}");
        }
        assert_eq!(
            encryption("smtps://mail.example").unwrap(),
            Encryption::Wrapped
        );
        assert_eq!(
            encryption("smtp://mail.example?tls=opportunistic").unwrap(),
            Encryption::Opportunistic
        );
        for bad in [
            "smtp://mail.example?tls=maybe",
            "smtps://mail.example?tls=none",
            "http://mail.example",
            "smtp://mail.example?starttls=1",
        ] {
            assert!(encryption(bad).is_err(), "{bad}");
        }
    }
}
