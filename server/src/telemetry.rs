//! The log of the process.

use std::io::{self, IsTerminal as _};

use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::filter_fn, fmt, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::config::{Log, LogFormat};

/// Begins to log to the standard error stream, panics too.
pub fn start(log: &Log) {
    report_panics();
    // The filter was checked when the configuration was read.
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_default();
    let lines = match log.format {
        LogFormat::Text => fmt::layer()
            .with_ansi(io::stderr().is_terminal())
            .with_writer(io::stderr)
            .boxed(),
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(io::stderr)
            .boxed(),
    };
    // Fails only when the process logs already.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(filter_fn(is_ours_or_quiet)))
        .with(filter)
        .try_init();
}

/// Where a thread panicked, without what it said: that may hold anything.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map_or_else(String::new, ToString::to_string);
        tracing::error!(panic.place = place, "a thread panicked");
    }));
}

/// Libraries write headers, statements and mails into their detailed levels, so those stay off whatever is asked for.
fn is_ours_or_quiet(metadata: &Metadata<'_>) -> bool {
    let is_ours = metadata
        .target()
        .split("::")
        .next()
        .is_some_and(|name| matches!(name, "tidings" | "entity" | "migration"));
    is_ours || *metadata.level() <= Level::INFO
}
