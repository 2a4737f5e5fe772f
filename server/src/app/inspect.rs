//! The worker that inspects files, and whom it asks.

use std::{path::PathBuf, sync::Arc};

use super::Workers;
use crate::{
    config::{Attachments, Scanner},
    domain::core::Core,
    inspection::{Clamd, Inspector, ScannerAddress, ThumbnailMaker},
};

/// A worker for this configuration; it does nothing yet.
pub(super) fn inspector(
    settings: &Attachments,
    core: &Core,
    program: Option<PathBuf>,
) -> Arc<Inspector> {
    let scanner = settings.scanner.clone().map(|scanner| {
        Clamd::new(match scanner {
            Scanner::Tcp(address) => ScannerAddress::Tcp(address),
            Scanner::Unix(path) => ScannerAddress::Unix(path),
        })
    });
    let thumbnails = program.map(ThumbnailMaker::new);
    Arc::new(Inspector::new(core.clone(), scanner, thumbnails))
}

/// Lets the worker run until the workers are stopped.
pub(super) fn start(workers: &Workers, inspector: &Arc<Inspector>) {
    let inspector = Arc::clone(inspector);
    let stop = workers.stop.clone();
    workers
        .tasks
        .spawn(async move { inspector.run(&stop).await });
}
