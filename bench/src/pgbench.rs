//! The statements of one send, run by PostgreSQL's own load generator: the raw limit of sends.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::{failure::Failure, sends::Load, world::SENDING};

/// What came out.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Transactions {
    /// Sends, each a transaction of its own.
    pub per_second: f64,
    /// The mean.
    pub mean_ms: f64,
}

/// Runs the script with as many clients as the load has connections.
pub async fn run(
    program: &Path,
    script: &Path,
    url: &str,
    clinics: usize,
    load: Load,
) -> Result<Transactions, Failure> {
    let failed = |why: String| Failure::Program {
        program: "pgbench",
        why,
    };
    let clients = load.connections.to_string();
    let people = SENDING.first().map_or(0, |clinic| clinic.patients);
    let output = Command::new(program)
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
        .args(["--client", &clients])
        .args(["--time", &load.measure.as_secs().max(1).to_string()])
        .args(["--define", &format!("clinics={clinics}")])
        .args(["--define", &format!("people={people}")])
        .args(["--define", "turn=0"])
        .arg("--file")
        .arg(script)
        .arg(url)
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| failed(format!("{}: {error}", program.display())))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let number = |name: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    match (number("tps = "), number("latency average = ")) {
        (Some(per_second), Some(mean_ms)) => Ok(Transactions {
            per_second,
            mean_ms,
        }),
        _ => Err(failed(said.into_owned())),
    }
}
