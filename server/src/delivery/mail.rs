//! E-mail: a mail server, or the development outbox.

use std::path::PathBuf;

use super::smtp::Smtp;
use crate::domain::secret::Secret;

/// How to reach the mail server.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// `smtp://user:password@host:port?tls=required`, or `smtps://…`. `tls` is `required` (STARTTLS or nothing),
    /// `opportunistic` (STARTTLS where the server offers it) or `none`. Without it, `required`; on a loopback address,
    /// `none`. It holds a password.
    pub url: Secret,
    /// The sender, such as `Riverside Clinic <no-reply@clinic.example>`.
    pub from: String,
    /// Certificates in PEM form that are trusted besides those of the operating system.
    pub ca_file: Option<PathBuf>,
}

/// What is wrong with the settings. The texts name no password.
#[derive(Debug, thiserror::Error)]
pub enum MailSettingsError {
    /// Not `smtp://…` or `smtps://…`.
    #[error("the mail server is given as smtp://user:password@host:port or smtps://…")]
    Url,
    /// An unknown `tls`.
    #[error("tls is `required`, `opportunistic` or `none`, and is left out with smtps://")]
    Tls,
    /// The sender cannot be read.
    #[error("the sender is an e-mail address, or a name followed by an address in angle brackets")]
    From,
    /// The file of certificates cannot be used.
    #[error("the certificate file cannot be used: {0}")]
    Certificates(String),
}

/// Who takes e-mails.
#[derive(Clone)]
pub enum MailTransport {
    /// A mail server.
    Smtp(Box<Smtp>),
    /// Nobody: they are kept in the development outbox.
    DevelopmentOutbox,
    /// Nobody: no mail server is set, and none is sent.
    Missing,
}

impl MailTransport {
    /// A mail server; `host` is the name that message ids end with. Nothing is sent yet, and the server need not be there. To be called within a tokio runtime, in which
    /// a task looks after the connections.
    ///
    /// # Errors
    /// See [`MailSettingsError`].
    pub fn smtp(settings: &MailSettings, host: &str) -> Result<Self, MailSettingsError> {
        Ok(Self::Smtp(Box::new(Smtp::new(settings, host)?)))
    }
}
