//! The malware scanner of the run, which knows one harmless test file, and scanners that tests stop and start.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::{env, fs};

use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::patience::{PATIENCE, until, within};
use crate::process::free_address;
use crate::run::{self, Folder};

fn given(variable: &str) -> String {
    env::var(variable).unwrap_or_else(|_| {
        panic!("this test needs clamd ({variable} is not set): run the tests with ./tests/run, which starts what they need")
    })
}

/// Where the scanner listens, as the configuration takes it.
pub fn address() -> String {
    given("TIDINGS_TEST_CLAMD")
}

/// A scanner of a test's own. It ends with its value.
pub struct Daemon {
    configuration: PathBuf,
    address: SocketAddr,
    child: Child,
}

impl Daemon {
    /// Starts one that is set up like that of the run.
    pub async fn start() -> Self {
        let address = free_address();
        let of_run = fs::read_to_string(given("TIDINGS_TEST_CLAMD_CONFIGURATION")).unwrap();
        let port = format!("TCPSocket {}", address.port());
        let lines = of_run.lines().map(|line| {
            if line.trim_start().starts_with("TCPSocket") {
                port.as_str()
            } else {
                line
            }
        });
        let name = format!("clamd-{}.conf", run::unique_name());
        let configuration = run::folder(Folder::Scratch).join(name);
        fs::write(&configuration, lines.collect::<Vec<_>>().join("\n")).unwrap();
        let child = spawn(&configuration);
        let daemon = Self {
            configuration,
            address,
            child,
        };
        daemon.ready().await;
        daemon
    }

    /// Where it listens, before and after a stop.
    pub fn address(&self) -> String {
        format!("tcp://{}", self.address)
    }

    /// Ends it, as a crash would.
    pub async fn stop(&mut self) {
        self.child.start_kill().unwrap();
        let ended = within(PATIENCE, "the scanner's end", self.child.wait());
        ended.await.unwrap();
    }

    /// Starts it again at the same address; it must have ended before.
    pub async fn start_again(&mut self) {
        self.child = spawn(&self.configuration);
        self.ready().await;
    }

    /// Starts it again with higher limits; it must have ended before.
    pub async fn start_reading_more(&mut self) {
        let before = fs::read_to_string(&self.configuration).unwrap();
        let after = before.replace("StreamMaxLength 2M", "StreamMaxLength 8M");
        assert_ne!(before, after, "the limit of the run is known");
        fs::write(&self.configuration, after).unwrap();
        self.start_again().await;
    }

    async fn ready(&self) {
        until(PATIENCE * 3, "the scanner", async || {
            TcpStream::connect(self.address).await.ok()
        })
        .await;
    }
}

fn spawn(configuration: &Path) -> Child {
    Command::new(given("TIDINGS_TEST_CLAMD_PROGRAM"))
        .arg("-c")
        .arg(configuration)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// The test file of EICAR, put together here so that no scanner takes this file for it.
pub fn eicar() -> Vec<u8> {
    let parts = [
        r"X5O!P%@AP[4\PZX54(P^)7CC)7}$",
        "EICAR-STANDARD-",
        "ANTIVIRUS-TEST-FILE!",
        "$H+H*",
    ];
    parts.concat().into_bytes()
}
