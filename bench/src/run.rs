//! A whole run: each measurement next to its raw limit, so that both meet the same machine in the same mood.

use std::{fs, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

use crate::{
    databases::Filled,
    failure::Failure,
    fanout::{self, Fan},
    idle,
    pgbench::{self, Transactions},
    process, relayed, reminders,
    report::{FanRow, Machine, ReminderRow, Report, SendRow, say, tell},
    seed,
    sends::{self, Author, Load, Sends},
    server::Server,
    world::{self, SENDING, Tokens},
};

/// What is measured, where, and for how long.
#[derive(Args)]
pub struct Options {
    /// The server under test
    #[arg(long)]
    server: PathBuf,
    /// An existing folder for throw-away files
    #[arg(long)]
    directory: PathBuf,
    /// A PostgreSQL server on which databases may be made and dropped
    #[arg(long)]
    postgres: Option<String>,
    /// Measure SQLite too
    #[arg(long)]
    sqlite: bool,
    /// The program of the name
    #[arg(long, default_value = "pgbench")]
    pgbench: PathBuf,
    /// What it runs
    #[arg(long, default_value = "bench/pgbench/send.sql")]
    script: PathBuf,
    /// Less than two minutes instead of less than ten, with less certain results
    #[arg(long)]
    quick: bool,
    /// Only these parts
    #[arg(long, value_delimiter = ',')]
    only: Vec<Part>,
    /// Where to write the results for programs
    #[arg(long)]
    json: Option<PathBuf>,
}

/// A part of a run.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Sends,
    Fanout,
    Idle,
    Reminders,
}

const CONNECTIONS: [usize; 2] = [16, 64];

/// Connections that send while deliveries are counted.
const PUBLISHERS: usize = 64;

/// Sockets of both ends in one process, and some more.
const OPEN_FILES: u64 = 6000;

/// Measures and prints.
pub async fn run(mut options: Options) -> Result<(), Failure> {
    // The server runs in the folder of throw-away files.
    options.server = options.server.canonicalize()?;
    options.directory = options.directory.canonicalize()?;
    if process::open_files()? < OPEN_FILES {
        return Err(Failure::Program {
            program: "ulimit",
            why: format!("{OPEN_FILES} open files are needed: run `ulimit -n {OPEN_FILES}` first"),
        });
    }
    let mut databases = Vec::new();
    let mut version = None;
    if let Some(server) = &options.postgres {
        tell(format_args!("filling PostgreSQL"));
        let seeded = Filled::postgres(server).await?;
        version = Some(seeded.version().await?);
        databases.push(seeded);
    }
    if options.sqlite {
        tell(format_args!("filling SQLite"));
        databases.push(Filled::sqlite(&options.directory).await?);
    }
    let mut report = Report {
        machine: Machine::here(version)?,
        sends: Vec::new(),
        fan_out: Vec::new(),
        idle: None,
        reminders: Vec::new(),
    };
    if options.measures(Part::Sends) {
        for database in &databases {
            measure_sends(&options, database, &mut report).await?;
        }
    }
    if options.measures(Part::Reminders) {
        for database in &databases {
            measure_reminders(&options, database, &mut report).await?;
        }
    }
    if let Some(database) = databases.first() {
        if options.measures(Part::Fanout) {
            measure_fan_out(&options, database, &mut report).await?;
        }
        if options.measures(Part::Idle) {
            measure_idle(&options, database, &mut report).await?;
        }
    }
    say(format_args!("{report}"))?;
    if let Some(file) = &options.json {
        fs::write(file, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(())
}

impl Options {
    fn measures(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    fn load(&self, connections: usize) -> Load {
        let (warm_up, measure) = if self.quick { (1, 3) } else { (3, 12) };
        Load {
            connections,
            warm_up: Duration::from_secs(warm_up),
            measure: Duration::from_secs(measure),
        }
    }
}

async fn measure_sends(
    options: &Options,
    database: &Filled,
    report: &mut Report,
) -> Result<(), Failure> {
    for clinics in [1, SENDING.len()] {
        for connections in CONNECTIONS {
            let name = database.name();
            tell(format_args!(
                "sends: {name}, {clinics} clinics, {connections} connections"
            ));
            let load = options.load(connections);
            let (server, cpu_us) = measure_server(options, database, clinics, load).await?;
            report.sends.push(SendRow {
                database: name.to_owned(),
                clinics,
                connections,
                server,
                cpu_us,
                pgbench: measure_limit(options, database, clinics, load).await?,
            });
        }
    }
    Ok(())
}

/// The server stops before its limit is measured: it may still have notifications to deliver.
async fn measure_server(
    options: &Options,
    database: &Filled,
    clinics: usize,
    load: Load,
) -> Result<(Sends, f64), Failure> {
    let url = database.copy("sends").await?;
    let tokens = tokens(&url).await?;
    let authors = Author::everybody(&tokens, SENDING.get(..clinics).unwrap_or_default())?;
    let server = Server::start(&options.server, &url, &options.directory).await?;
    let before = process::processor_time(server.pid)?;
    let sent = sends::load(server.address, &authors, 0, load, None).await?;
    let took = process::processor_time(server.pid)?.saturating_sub(before);
    server.stop().await?;
    let cpu_us = took.as_secs_f64() * 1e6 / sent.confirmed.max(1) as f64;
    Ok((sent, cpu_us))
}

async fn measure_limit(
    options: &Options,
    database: &Filled,
    clinics: usize,
    load: Load,
) -> Result<Option<Transactions>, Failure> {
    match database {
        Filled::Postgres { .. } => {
            let url = database.copy("pgbench").await?;
            let (program, script) = (&options.pgbench, &options.script);
            let limit = pgbench::run(program, script, &url, clinics, load).await?;
            Ok(Some(limit))
        }
        Filled::Sqlite { .. } => Ok(None),
    }
}

async fn measure_fan_out(
    options: &Options,
    database: &Filled,
    report: &mut Report,
) -> Result<(), Failure> {
    let load = options.load(PUBLISHERS);
    for fan in [Fan::Panel, Fan::Everybody] {
        tell(format_args!("fan-out to {}", fan.size()));
        let url = database.copy("fanout").await?;
        let tokens = tokens(&url).await?;
        let server = Server::start(&options.server, &url, &options.directory).await?;
        let (delivered, frame) = fanout::of_backlog(&server, &tokens, &url, fan, load).await?;
        server.stop().await?;
        let relay = relayed::relay(fan, &frame, load).await?;
        let url = database.copy("fanout").await?;
        let server = Server::start(&options.server, &url, &options.directory).await?;
        let of_sends = fanout::of_sends(&server, &tokens, fan, load).await?;
        server.stop().await?;
        report.fan_out.push(FanRow {
            fan,
            server: delivered,
            relay,
            of_sends,
        });
    }
    Ok(())
}

async fn measure_idle(
    options: &Options,
    database: &Filled,
    report: &mut Report,
) -> Result<(), Failure> {
    tell(format_args!("memory of idle subscriptions"));
    let url = database.copy("idle").await?;
    let tokens = tokens(&url).await?;
    let server = Server::start(&options.server, &url, &options.directory).await?;
    report.idle = Some(idle::measure(&server, &tokens).await?);
    server.stop().await
}

/// Once undisturbed, and once with a server that is killed when a third has left.
async fn measure_reminders(
    options: &Options,
    database: &Filled,
    report: &mut Report,
) -> Result<(), Failure> {
    let name = database.name();
    tell(format_args!("reminders: {name}"));
    let start = async |url: &str| Server::start(&options.server, url, &options.directory).await;
    let url = database.copy("reminders").await?;
    let template = reminders::prepare(&url).await?;
    let all = tokens(&url).await?;
    let server = start(&url).await?;
    let undisturbed = reminders::measure(&server, &all, template).await?;
    server.stop().await?;

    tell(format_args!("reminders: {name}, killed in the middle"));
    let url = database.copy("reminders_killed").await?;
    let template = reminders::prepare(&url).await?;
    let all = tokens(&url).await?;
    let server = start(&url).await?;
    let begun = reminders::begin(&server, &all, template).await?;
    server.stop().await?;
    let server = start(&url).await?;
    let killed = reminders::finish(&server, &all, &url, begun).await?;
    server.stop().await?;
    report.reminders.push(ReminderRow {
        database: name.to_owned(),
        undisturbed,
        killed,
    });
    Ok(())
}

/// The connection that comes with the tokens' surroundings is idle, and goes with them.
async fn tokens(url: &str) -> Result<Tokens, Failure> {
    Ok(Tokens::new(world::core(seed::open(url).await?)?))
}
