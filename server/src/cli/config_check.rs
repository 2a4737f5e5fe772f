//! `tidings config check`.

use std::io::{self, Write as _};

use super::Failure;
use crate::config::Config;

/// Prints every key with the value that counts, and warnings to the standard error stream.
pub(super) fn print(config: &Config) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for (key, value) in config.effective() {
        writeln!(out, "{key} = {value}")?;
    }
    out.flush()?;
    for warning in config.warnings() {
        writeln!(io::stderr(), "tidings: warning: {warning}")?;
    }
    Ok(())
}
