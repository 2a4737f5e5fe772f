//! The last step of the test command: looks for canaries in what the run has left.
#![allow(
    clippy::print_stdout,
    reason = "it is a command, and this is its answer"
)]

use std::env;
use std::path::Path;
use std::process::ExitCode;

use harness::canary::search;

const USAGE: &str = "usage: canary-search DIRECTORY [--whole]";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (directory, whole) = match arguments.as_slice() {
        [directory] => (directory, false),
        [directory, option] if option == "--whole" => (directory, true),
        _ => {
            println!("{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    let report = match search(Path::new(directory)) {
        Ok(report) => report,
        Err(error) => {
            println!("canary search: cannot read {directory}: {error}");
            return ExitCode::FAILURE;
        }
    };
    for finding in &report.findings {
        println!("canary search: found {finding}");
    }
    let searched: Vec<String> = report
        .files
        .iter()
        .map(|(folder, count)| format!("{folder} {count}"))
        .collect();
    println!(
        "canary search: {} found; files searched: {}",
        report.findings.len(),
        searched.join(", ")
    );
    let empty = if whole {
        report.empty_folders()
    } else {
        Vec::new()
    };
    if !empty.is_empty() {
        println!(
            "canary search: proves nothing, because the whole suite has left no {}",
            empty.join(" and no ")
        );
    }
    if report.findings.is_empty() && empty.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
