//! The load generator of Tidings. `bench/run` starts what it needs; `docs/performance.md` says how to read it.

mod backlog;
mod databases;
mod failure;
mod fanout;
mod frame;
mod history;
mod http;
mod idle;
mod pgbench;
mod process;
mod receivers;
mod relay;
mod relayed;
mod reminders;
mod report;
mod run;
mod seed;
mod sends;
mod server;
mod world;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use failure::Failure;

/// The load generator of Tidings.
#[derive(Parser)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure a server against the raw limits of the same machine
    Run(run::Options),
    /// Fill an empty database with the clinics that are measured
    Seed {
        /// sqlite:// or postgres://
        url: String,
    },
    /// Relay WebSocket messages and do nothing else: the raw limit of fan-out
    Relay(relay::Options),
    /// Print the table of an earlier run again
    Show {
        /// What `run --json` wrote
        file: PathBuf,
    },
}

fn main() -> ExitCode {
    let outcome = match CommandLine::parse().command {
        Command::Run(options) => single_threaded(run::run(options)),
        Command::Seed { url } => single_threaded(seed::seed(&url)),
        Command::Relay(options) => multi_threaded(relay::serve(options)),
        Command::Show { file } => report::show(&file),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            report::complain(&failure);
            ExitCode::FAILURE
        }
    }
}

/// The generator takes one thread for what sends and one for what receives, to leave the cores to the server.
fn single_threaded(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

/// The relay runs as the server does.
fn multi_threaded(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work)
}
