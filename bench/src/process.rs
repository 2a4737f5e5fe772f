//! What the system knows of a process.

use std::{fs, time::Duration};

use crate::failure::Failure;

/// The unit of processor time in `/proc`, fixed on Linux for programs.
const TICK: Duration = Duration::from_millis(10);

/// The processor time that a process has taken, in all its threads.
pub fn processor_time(pid: u32) -> Result<Duration, Failure> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, in brackets, may hold anything; the fields after it do not.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = |place| fields.split_whitespace().nth(place)?.parse::<u32>().ok();
    match (ticks(11), ticks(12)) {
        (Some(user), Some(system)) => Ok(TICK * (user + system)),
        _ => Err(Failure::answer("/proc", &stat)),
    }
}

/// The memory that a process holds, in bytes.
pub fn resident(pid: u32) -> Result<u64, Failure> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    kibibytes(&status, "VmRSS:")
        .map(|kib| kib * 1024)
        .ok_or_else(|| Failure::answer("/proc", &status))
}

/// The most memory that a process has held, in bytes.
pub fn most_resident(pid: u32) -> Result<u64, Failure> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    kibibytes(&status, "VmHWM:")
        .map(|kib| kib * 1024)
        .ok_or_else(|| Failure::answer("/proc", &status))
}

/// A line of a file of `/proc` that counts in kB.
pub fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// How many files this process may open.
pub fn open_files() -> Result<u64, Failure> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    line.and_then(|line| line.split_whitespace().next())
        .map(|soft| soft.parse().unwrap_or(u64::MAX))
        .ok_or_else(|| Failure::answer("/proc", &limits))
}
