//! `tidings serve`.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

use super::Failure;
use crate::{
    app::{App, Surroundings},
    config::Config,
};

pub(super) async fn serve(config: Config) -> Result<(), Failure> {
    let has_mail = config.mail.is_some();
    let app = App::start(config, Surroundings::default()).await?;
    announce(&app);
    if !has_mail {
        warn_of_missing_mail();
    }
    until_asked_to_stop().await?;
    tracing::info!("stopping");
    app.shutdown().await;
    Ok(())
}

fn announce(app: &App) {
    tracing::info!(
        listen.address = %app.address,
        public_url = app.public_url.as_str(),
        "serving"
    );
}

fn warn_of_missing_mail() {
    tracing::warn!("no mail server is set: notifications stay in the development outbox");
}

/// Waits for SIGTERM or SIGINT.
pub(super) async fn until_asked_to_stop() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
