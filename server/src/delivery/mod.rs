//! The outbox worker, and what it hands notifications to: mail servers and gateways.

mod breaker;
mod gateway;
mod gather;
mod handover;
mod lane;
mod mail;
mod report;
mod sms;
mod smtp;
mod texts;
mod worker;

pub use mail::{MailSettings, MailSettingsError, MailTransport};
pub use report::{Report, TextReport};
pub use sms::{SmsGateway, TextGateways};
pub(crate) use smtp::{holds_certificates, names_mail_server};
pub use texts::TextWorker;
pub use worker::{Nudge, Worker};

/// Why a mail server or gateway did not take a notification. The texts are classes, without personal data.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// It will never take this one: the address does not exist, for example.
    #[error("refused: {0}")]
    Refused(String),
    /// It may take this one later.
    #[error("deferred: {0}")]
    Deferred(String),
    /// It takes nothing now, whatever it is given.
    #[error("unreachable: {0}")]
    Unreachable(String),
}
