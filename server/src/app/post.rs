//! The workers that let messages leave and empty the outbox, and where it delivers to.

use std::sync::Arc;

use super::{Purpose, Workers};
use crate::{
    config::{Config, DevelopmentOutbox, PublicUrl},
    delivery::{MailSettings, MailSettingsError, MailTransport, Nudge, TextGateways, Worker},
    dispatch::Dispatcher,
    domain::{
        core::{Core, Outlets},
        notifications::LinkBase,
    },
    http::webhooks::WebhookSite,
};

/// Whether messages are kept in the development outbox instead of leaving. Outside a demonstration that is only so when
/// somebody asked for it: what is kept holds codes and links in clear, and whoever waits for one gets none.
pub(super) const fn keeps_messages(config: &Config, purpose: Purpose) -> bool {
    match (config.development_outbox, purpose) {
        (DevelopmentOutbox::Always, _)
        | (DevelopmentOutbox::InDemonstration, Purpose::Demonstration) => true,
        (DevelopmentOutbox::InDemonstration, Purpose::Production)
        | (DevelopmentOutbox::Never, _) => false,
    }
}

/// What notifications can be handed to.
pub(super) const fn outlets(config: &Config, purpose: Purpose) -> Outlets {
    let kept = keeps_messages(config, purpose);
    Outlets {
        emails: kept || config.mail.is_some(),
        // Elsewhere it is for each clinic to have a gateway.
        texts: kept,
    }
}

/// Why the worker cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The mail server is set up wrongly.
    #[error("smtp.url, smtp.from or smtp.ca_file is wrong: {0}")]
    Mail(#[from] MailSettingsError),
    /// No client for HTTP is to be had: the system has no certificates, for example.
    #[error("gateways for texts cannot be called: there is no client for HTTP")]
    Texts,
}

/// A worker for this configuration; it does nothing yet.
pub(super) fn worker(
    config: &Config,
    keeps_messages: bool,
    public_url: &PublicUrl,
    core: &Core,
    nudge: Nudge,
) -> Result<Arc<Worker>, PostError> {
    let mail = match &config.mail {
        _ if keeps_messages => MailTransport::DevelopmentOutbox,
        None => MailTransport::Missing,
        Some(mail) => {
            let settings = MailSettings {
                url: mail.url.clone(),
                from: mail.from.clone(),
                ca_file: mail.ca_file.clone(),
            };
            MailTransport::smtp(&settings, public_url.host())?
        }
    };
    let allowed = config.sms_gateways.clone();
    let gateways =
        TextGateways::new(public_url.as_str(), allowed, keeps_messages).ok_or(PostError::Texts)?;
    Ok(Arc::new(Worker::new(
        core.clone(),
        LinkBase::new(public_url.as_str()),
        mail,
        gateways,
        nudge,
    )))
}

/// Where gateways tell what they have to tell; what came in is worked on at once.
pub(super) fn webhooks(core: &Core, public_url: &PublicUrl, nudge: Nudge) -> WebhookSite {
    WebhookSite::new(core.clone(), public_url.as_str(), move || {
        nudge.text_arrived();
    })
}

/// Lets the worker run until the workers are stopped, and a dispatcher beside it.
pub(super) fn start(workers: &Workers, worker: &Arc<Worker>, core: &Core) {
    let worker = Arc::clone(worker);
    let stop = workers.stop.clone();
    workers.tasks.spawn(async move { worker.run(&stop).await });
    let dispatcher = Dispatcher::new(core.clone());
    let stop = workers.stop.clone();
    workers
        .tasks
        .spawn(async move { dispatcher.run(&stop).await });
}
