//! Results, as a table for people and as JSON for programs.

use std::{
    fmt::{self, Write as _},
    fs,
    io::{self, Write as _},
    path::Path,
};

use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    fanout::{Fan, FanOut},
    idle::Idle,
    pgbench::Transactions,
    process::kibibytes,
    reminders::{Killed, Reminders},
    sends::Sends,
};

/// A whole run.
#[derive(Serialize, Deserialize)]
pub struct Report {
    /// On what.
    pub machine: Machine,
    /// Durable sends.
    pub sends: Vec<SendRow>,
    /// Deliveries to many.
    pub fan_out: Vec<FanRow>,
    /// Memory.
    pub idle: Option<Idle>,
    /// One reminder to many.
    #[serde(default)]
    pub reminders: Vec<ReminderRow>,
}

/// What it was measured on.
#[derive(Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// How many of its threads there are for everything together.
    pub cores: usize,
    /// All memory.
    pub memory_gib: f64,
    /// The kernel's version.
    pub kernel: String,
    /// The database's version.
    pub postgres: Option<String>,
    /// How many threads wanted a processor in the minute before. Figures of a machine that others use are worth little.
    pub busy: f64,
}

/// Sends under one load.
#[derive(Serialize, Deserialize)]
pub struct SendRow {
    /// `PostgreSQL` or `SQLite`
    pub database: String,
    /// Over how many clinics the people are spread.
    pub clinics: usize,
    /// Connections, each with one send under way.
    pub connections: usize,
    /// Through the server.
    pub server: Sends,
    /// Processor time of the server for each send, and for the notifications that it delivers meanwhile.
    pub cpu_us: f64,
    /// The same statements, one send a transaction, by pgbench.
    pub pgbench: Option<Transactions>,
}

/// Fan-out of one width.
#[derive(Serialize, Deserialize)]
pub struct FanRow {
    /// How wide.
    pub fan: Fan,
    /// Through the server.
    pub server: FanOut,
    /// The same frames by the relay.
    pub relay: FanOut,
    /// Through the server, as messages are sent.
    pub of_sends: FanOut,
}

/// One reminder to many, on one kind of database.
#[derive(Serialize, Deserialize)]
pub struct ReminderRow {
    /// `PostgreSQL` or `SQLite`
    pub database: String,
    /// By a server that is left alone.
    pub undisturbed: Reminders,
    /// By one that is killed in the middle, and one that goes on.
    pub killed: Killed,
}

impl Machine {
    /// This machine.
    pub fn here(postgres: Option<String>) -> Result<Self, Failure> {
        let processors = fs::read_to_string("/proc/cpuinfo")?;
        let processor = processors
            .lines()
            .find(|line| line.starts_with("model name"))
            .and_then(|line| line.split_once(": "))
            .map_or("unknown", |(_, name)| name)
            .to_owned();
        let memory = kibibytes(&fs::read_to_string("/proc/meminfo")?, "MemTotal:");
        Ok(Self {
            processor,
            cores: std::thread::available_parallelism()?.get(),
            memory_gib: memory.unwrap_or(0) as f64 / f64::from(1 << 20),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?
                .trim()
                .to_owned(),
            postgres,
            busy: busy()?,
        })
    }
}

fn busy() -> Result<f64, Failure> {
    let text = fs::read_to_string("/proc/loadavg")?;
    let minute = text.split_whitespace().next().and_then(|n| n.parse().ok());
    minute.ok_or_else(|| Failure::answer("/proc", &text))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine {
            processor,
            cores,
            memory_gib,
            kernel,
            postgres,
            busy,
        } = &self.machine;
        let postgres = postgres.as_deref().unwrap_or("no PostgreSQL");
        writeln!(
            f,
            "{processor}, {cores} cores, {memory_gib:.0} GiB, Linux {kernel}, {postgres}, load {busy:.1} before\n"
        )?;
        self.write_sends(f)?;
        self.write_fan_out(f)?;
        self.write_reminders(f)?;
        self.write_idle(f)
    }
}

impl Report {
    fn write_sends(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sends.is_empty() {
            return Ok(());
        }
        f.write_str(
            "| durable sends | clinics | connections | sends/s | p50 ms | p99 ms | CPU µs each | pgbench/s | ratio |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|---:|\n",
        )?;
        for row in &self.sends {
            let server = &row.server;
            let (limit, ratio) = row.pgbench.map_or_else(Default::default, |limit| {
                (
                    format!("{:.0}", limit.per_second),
                    format!("{:.2}", server.per_second / limit.per_second),
                )
            });
            writeln!(
                f,
                "| {} | {} | {} | {:.0} | {:.1} | {:.1} | {:.0} | {limit} | {ratio} |",
                row.database,
                row.clinics,
                row.connections,
                server.per_second,
                server.p50_ms,
                server.p99_ms,
                row.cpu_us,
            )?;
        }
        f.write_char('\n')
    }

    fn write_fan_out(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.fan_out.is_empty() {
            return Ok(());
        }
        f.write_str(
            "| fan-out to 1,000 sockets | delivered/s | relay/s | ratio | CPU µs each | relay µs | as sent/s | CPU µs each | bytes | missing |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
        )?;
        for FanRow {
            fan,
            server,
            relay,
            of_sends,
        } in &self.fan_out
        {
            writeln!(
                f,
                "| each message to {} | {:.0} | {:.0} | {:.2} | {:.1} | {:.1} | {:.0} | {:.1} | {} | {} |",
                fan.size(),
                server.per_second,
                relay.per_second,
                server.per_second / relay.per_second,
                server.cpu_us,
                relay.cpu_us,
                of_sends.per_second,
                of_sends.cpu_us,
                server.frame_bytes,
                server.missing + of_sends.missing,
            )?;
        }
        f.write_char('\n')
    }

    fn write_reminders(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.reminders.is_empty() {
            return Ok(());
        }
        f.write_str(
            "| one reminder | patients | queued s | left s | MiB before | MiB at most | killed at | missing | doubled |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|---:|\n",
        )?;
        let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        for ReminderRow {
            database,
            undisturbed,
            killed,
        } in &self.reminders
        {
            writeln!(
                f,
                "| {database} | {} | {:.2} | {:.1} | {:.1} | {:.1} | {} | {} | {} |",
                undisturbed.patients,
                undisturbed.queued_s,
                undisturbed.left_s,
                mebibytes(undisturbed.before_bytes),
                mebibytes(undisturbed.most_bytes),
                killed.at,
                killed.missing,
                killed.doubled,
            )?;
        }
        f.write_char('\n')
    }

    fn write_idle(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(idle) = &self.idle else {
            return Ok(());
        };
        let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        f.write_str("| memory | |\n|---|---:|\n")?;
        writeln!(
            f,
            "| idle server | {:.1} MiB |\n| with {} subscriptions | {:.1} MiB |\n| one subscription | {:.1} KiB |",
            mebibytes(idle.alone_bytes),
            idle.subscriptions,
            mebibytes(idle.full_bytes),
            idle.bytes_each() / 1024.0,
        )
    }
}

/// Prints the table of an earlier run again.
pub fn show(file: &Path) -> Result<(), Failure> {
    let report: Report = serde_json::from_slice(&fs::read(file)?)?;
    say(format_args!("{report}"))
}

/// Writes a line to the output.
pub fn say(line: fmt::Arguments<'_>) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    Ok(output.flush()?)
}

/// Writes what is being done, for whoever waits.
pub fn tell(line: fmt::Arguments<'_>) {
    // Nobody is there to be told that nobody is there.
    let _ = writeln!(io::stderr().lock(), "bench: {line}");
}

/// Writes why a run ended early.
pub fn complain(failure: &Failure) {
    tell(format_args!("{failure}"));
}
