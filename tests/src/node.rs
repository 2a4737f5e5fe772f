//! The public conformance suites, which are npm packages.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::patience;

/// Installing and starting is done; what remains is a suite that talks to a server on this machine.
const LONGEST: Duration = Duration::from_secs(120);

/// Runs a script of `tests/node` and returns what it printed; panics with that if the script fails.
pub async fn run(script: &str, arguments: &[&str]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
    assert!(
        folder.join("node_modules").is_dir(),
        "the npm packages of tests/node are not installed: run the tests with ./tests/run"
    );
    let command = Command::new("node")
        .arg(script)
        .args(arguments)
        .current_dir(&folder)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = patience::within(LONGEST, script, command)
        .await
        .expect("node can be started");
    let printed = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.status.success(),
        "{script} ended with {}:\n{printed}",
        output.status
    );
    printed
}
