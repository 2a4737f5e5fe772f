//! `tidings serve`.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

use super::Failure;
use crate::{
    app::{App, Surroundings},
    config::Config,
};

pub(super) async fn serve(config: Config) -> Result<(), Failure> {
    let warnings = config.warnings();
    let app = App::start(config, surroundings()).await?;
    announce(&app);
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    until_asked_to_stop().await?;
    tracing::info!("stopping");
    app.shutdown().await;
    Ok(())
}

/// The surroundings of this program.
pub(super) fn surroundings() -> Surroundings {
    Surroundings {
        program: std::env::current_exe().ok(),
        ..Surroundings::default()
    }
}

fn announce(app: &App) {
    tracing::info!(
        listen.address = %app.address,
        public_url = app.public_url.as_str(),
        "serving"
    );
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
