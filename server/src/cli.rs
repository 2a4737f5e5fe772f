//! The command line.

mod config_check;
mod create_organization;
mod demo;
mod schema;
mod serve;

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use tokio::runtime::Runtime;

use create_organization::NewClinic;

use crate::{
    app::{self, DatabaseError, StartError},
    config::{Config, ConfigError, Source},
    domain::{fault::Fault, organizations::FoundingError, people::values::Wrong},
    telemetry, thumbnail,
};

/// Messaging between clinics and their patients, over GraphQL.
#[derive(Parser)]
#[command(name = "tidings", version, about)]
struct CommandLine {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Common {
    /// The configuration file [default: $TIDINGS_CONFIG, or tidings.toml where there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve,
    /// Run the server with a small clinic to try it on, in a database of its own
    Demo,
    /// Bring the database up to date
    Migrate,
    /// Add an organization with its first administrator, and print the link where they choose a password
    CreateOrganization(NewClinic),
    /// Print the GraphQL schema
    Schema,
    /// Make a small picture of the picture on the standard input; the server runs this by itself
    #[command(hide = true)]
    Thumbnail,
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Check all settings and print those that count, secrets masked
    Check,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Found(#[from] FoundingError),
    #[error("these values cannot be taken:{}", .0.iter().map(|w| format!("\n  {}: {}", w.field, w.problem)).collect::<String>())]
    Wrong(Vec<Wrong>),
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error(transparent)]
    Thumbnail(#[from] thumbnail::Failure),
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Failure {
    /// 2 for what the caller wrote, 1 for what went wrong.
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Config(_) | Self::Wrong(_) => ExitCode::from(2),
            Self::Start(_)
            | Self::Database(_)
            | Self::Found(_)
            | Self::Fault(_)
            | Self::Thumbnail(_)
            | Self::Io(_) => ExitCode::FAILURE,
        }
    }
}

/// Does what the process's arguments say.
#[must_use]
pub fn run() -> ExitCode {
    let line = CommandLine::parse();
    match obey(line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Where even that cannot be written, the exit code still tells.
            let _ = writeln!(io::stderr(), "tidings: {failure}");
            failure.exit_code()
        }
    }
}

fn obey(line: CommandLine) -> Result<(), Failure> {
    let source = || Source::of_process(line.common.config.as_deref());
    match line.command {
        Command::Schema => schema::print(),
        Command::Thumbnail => Ok(thumbnail::make()?),
        Command::Config(ConfigCommand::Check) => config_check::print(&Config::read(source())?),
        Command::Serve => {
            let config = begin(source())?;
            Runtime::new()?.block_on(serve::serve(config))
        }
        Command::Demo => {
            let config = begin(demo::defaults(source()))?;
            Runtime::new()?.block_on(demo::serve(config))
        }
        Command::CreateOrganization(new) => {
            let config = begin(source())?;
            Runtime::new()?.block_on(create_organization::create(&config, new))
        }
        Command::Migrate => {
            let config = begin(source())?;
            Ok(Runtime::new()?.block_on(app::migrate(&config))?)
        }
    }
}

/// Reads the configuration and begins to log.
fn begin(source: Source) -> Result<Config, Failure> {
    let config = Config::read(source)?;
    telemetry::start(&config.log);
    Ok(config)
}
