//! Everything that servers in the test's own process log, in a file that is searched for canaries at the run's end.

use std::fs::OpenOptions;
use std::sync::{Mutex, Once};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::run::{self, Folder};

/// What is logged: far more than in production, so that nothing private hides behind a level.
pub const FILTER: &str = "info,tidings=trace,entity=trace,migration=trace";

/// Sends the log of this process to the run's folder. Called again, it does nothing.
pub fn capture() {
    static CAPTURED: Once = Once::new();
    CAPTURED.call_once(|| {
        let path = run::folder(Folder::Logs).join(format!("in-process-{}.log", std::process::id()));
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let file = file.unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        tracing_subscriber::fmt()
            .json()
            .with_env_filter(EnvFilter::new(FILTER))
            .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
            .with_writer(Mutex::new(file))
            .init();
    });
}
