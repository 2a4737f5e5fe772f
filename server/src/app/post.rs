//! The worker that empties the outbox, and where it delivers to.

use std::sync::Arc;

use super::Workers;
use crate::{
    config::{Config, PublicUrl},
    delivery::{MailSettings, MailSettingsError, MailTransport, Nudge, SmsGateway, Worker},
    domain::{core::Core, notifications::LinkBase},
};

/// A worker for this configuration; it does nothing yet.
pub(super) fn worker(
    config: &Config,
    public_url: &PublicUrl,
    core: &Core,
    nudge: Nudge,
) -> Result<Arc<Worker>, MailSettingsError> {
    let mail = match &config.mail {
        Some(mail) if !config.development_outbox => {
            let settings = MailSettings {
                url: mail.url.clone(),
                from: mail.from.clone(),
                ca_file: mail.ca_file.clone(),
            };
            MailTransport::smtp(&settings, public_url.host())?
        }
        Some(_) | None => MailTransport::DevelopmentOutbox,
    };
    Ok(Arc::new(Worker::new(
        core.clone(),
        LinkBase::new(public_url.as_str()),
        mail,
        SmsGateway::DevelopmentOutbox,
        nudge,
    )))
}

/// Lets the worker run until the workers are stopped.
pub(super) fn start(workers: &Workers, worker: &Arc<Worker>) {
    let worker = Arc::clone(worker);
    let stop = workers.stop.clone();
    workers.tasks.spawn(async move { worker.run(&stop).await });
}
