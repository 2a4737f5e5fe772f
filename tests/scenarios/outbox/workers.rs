//! Workers that empty the outbox, and the mail servers that they are told of.

use std::path::Path;

use tidings::delivery::{MailSettings, MailTransport, Nudge, TextGateways, Worker};
use tidings::domain::core::Core;
use tidings::domain::notifications::LinkBase;
use tidings::domain::secret::Secret;

/// A mail server.
pub(super) fn mail(url: &str) -> MailTransport {
    let settings = MailSettings {
        url: Secret::new(url),
        from: "Clinic <no-reply@clinic.example>".to_owned(),
        ca_file: None,
    };
    MailTransport::smtp(&settings, "tidings.example").unwrap()
}

/// A mail server whose certificate is from an authority of its own.
pub(super) fn mail_trusting(url: &str, authority: &Path) -> MailTransport {
    let settings = MailSettings {
        url: Secret::new(url),
        from: "Clinic <no-reply@clinic.example>".to_owned(),
        ca_file: Some(authority.to_owned()),
    };
    MailTransport::smtp(&settings, "tidings.example").unwrap()
}

/// A mail server that nobody has started.
pub(super) fn nobody_listens() -> MailTransport {
    mail("smtp://127.0.0.1:1?tls=none")
}

pub(super) fn link_base() -> LinkBase {
    LinkBase::new("https://tidings.example")
}

fn gateways(keeps_messages: bool) -> TextGateways {
    TextGateways::new(
        "https://tidings.example",
        Default::default(),
        keeps_messages,
    )
    .unwrap()
}

/// A worker of a node that can send nothing.
pub(super) fn worker_without_ways(core: &Core) -> Worker {
    Worker::new(
        core.clone(),
        link_base(),
        MailTransport::Missing,
        gateways(false),
        Nudge::default(),
    )
}

/// A worker of another node.
pub(super) fn worker(core: &Core, mail: MailTransport) -> Worker {
    Worker::new(
        core.clone(),
        link_base(),
        mail,
        gateways(true),
        Nudge::default(),
    )
}
