//! The real program as a process: started, killed at any moment, and started again in the same place.

use std::env;
use std::fs::{File, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use reqwest::StatusCode;
use tokio::process::{Child, Command};

use crate::patience::{until, within};
use crate::run::{self, Folder};
use crate::{TestDatabase, logs};

/// Starting includes the migrations, on a machine that is busy with other tests.
const LONGEST_START: Duration = Duration::from_secs(60);

/// Stopping includes the requests that are under way.
const LONGEST_STOP: Duration = Duration::from_secs(30);

/// How to run the program.
#[derive(Clone, Debug)]
pub struct ServerProcess {
    name: String,
    address: SocketAddr,
    before: Vec<String>,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

impl ServerProcess {
    /// `tidings serve` on a free port, with a data folder of its own and the database of the test.
    pub fn on(database: &TestDatabase) -> Self {
        let name = run::unique_name();
        let address = free_address();
        let data = run::folder(Folder::Scratch).join(format!("data-{name}"));
        let environment = [
            ("TIDINGS_LISTEN", address.to_string()),
            ("TIDINGS_DATABASE_URL", database.url().to_owned()),
            ("TIDINGS_DATA_DIR", data.display().to_string()),
            ("TIDINGS_PUBLIC_URL", format!("http://{address}")),
            ("TIDINGS_LOG", logs::FILTER.to_owned()),
        ];
        let environment = environment
            .map(|(key, value)| (key.to_owned(), value))
            .to_vec();
        Self {
            name,
            address,
            before: Vec::new(),
            arguments: vec!["serve".to_owned()],
            environment,
        }
    }

    /// The same with a setting more, or another value for it.
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.environment.retain(|(known, _)| known != key);
        self.environment.push((key.to_owned(), value.into()));
        self
    }

    /// The same with other arguments than `serve`.
    pub fn with_arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments = arguments
            .iter()
            .map(|&argument| argument.to_owned())
            .collect();
        self
    }

    /// The same with a data folder that is a file system of its own, with so many mebibytes, which goes with the process.
    /// The operating system must let the tests have namespaces of their own.
    pub fn with_small_disk(mut self, mebibytes: u32) -> Self {
        let folder = run::folder(Folder::Scratch).join(format!("disk-{}", self.name));
        std::fs::create_dir_all(&folder)
            .unwrap_or_else(|error| panic!("cannot make {}: {error}", folder.display()));
        let folder = folder.display().to_string();
        let mount =
            format!("mount -t tmpfs -o size={mebibytes}m,mode=700 tmpfs \"$0\" && exec \"$@\"");
        let before = [
            "unshare",
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
        ];
        self.before = before.map(str::to_owned).to_vec();
        self.before.extend([mount, folder.clone()]);
        self.with("TIDINGS_DATA_DIR", folder)
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The file that the program's output goes to; every start appends to it.
    pub fn log_file(&self) -> PathBuf {
        run::folder(Folder::Logs).join(format!("process-{}.log", self.name))
    }

    /// Starts the server and waits until it is ready.
    pub async fn start(self) -> RunningServer {
        let child = self.spawn();
        let mut running = RunningServer {
            process: self,
            child,
        };
        running.wait_until_ready().await;
        running
    }

    /// Runs the program to its end, for commands that have one.
    pub async fn run(self) -> ExitStatus {
        let mut child = self.spawn();
        within(LONGEST_START, "the program's end", child.wait())
            .await
            .expect("a child can be waited for")
    }

    fn spawn(&self) -> Child {
        let program = run::server_binary().display().to_string();
        let mut words = self.before.iter().chain([&program]).chain(&self.arguments);
        let mut command = Command::new(words.next().unwrap_or(&program));
        for (key, _) in
            env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("TIDINGS_"))
        {
            command.env_remove(key);
        }
        command
            .args(words)
            .envs(self.environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(self.open_log())
            .stderr(self.open_log())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {program}: {error}"))
    }

    fn open_log(&self) -> File {
        let path = self.log_file();
        let file = OpenOptions::new().create(true).append(true).open(&path);
        file.unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()))
    }
}

/// A server that was ready when it was last started. Dropping it kills it.
#[derive(Debug)]
pub struct RunningServer {
    process: ServerProcess,
    child: Child,
}

impl RunningServer {
    /// Where the server listens, before and after a restart.
    pub fn address(&self) -> SocketAddr {
        self.process.address
    }

    /// Where the server's pages are.
    pub fn url(&self) -> String {
        format!("http://{}", self.process.address)
    }

    /// The file that the server's output goes to.
    pub fn log_file(&self) -> PathBuf {
        self.process.log_file()
    }

    /// The process id, while the server runs.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("the server runs")
    }

    /// What the system says of its memory in KiB, such as `VmRSS:` now and `VmHWM:` at the most.
    pub fn memory(&self, what: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with(what)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Ends the server between any two instructions, as a power cut would.
    pub async fn kill_nine(&mut self) {
        self.child.start_kill().expect("the server can be killed");
        within(LONGEST_STOP, "the killed server's end", self.child.wait())
            .await
            .expect("a child can be waited for");
    }

    /// Lets the server write no file beyond so many bytes. What tries to is killed by the operating system in the middle
    /// of its write, and a restart lifts the limit.
    pub async fn limit_files(&self, bytes: u64) {
        let done = Command::new("prlimit")
            .arg("--pid")
            .arg(self.pid().to_string())
            .arg(format!("--fsize={bytes}"))
            .status()
            .await;
        assert!(done.expect("`prlimit` can be run").success());
    }

    /// Waits for the end of a server that is being killed.
    pub async fn ended(&mut self) -> ExitStatus {
        within(LONGEST_STOP, "the server's end", self.child.wait())
            .await
            .expect("a child can be waited for")
    }

    /// Asks the server to end, and waits until it has.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.save_metrics().await;
        let asked = Command::new("kill")
            .arg("-TERM")
            .arg(self.pid().to_string())
            .status()
            .await;
        assert!(
            asked.expect("`kill` can be run").success(),
            "the server had ended by itself"
        );
        self.ended().await
    }

    /// Starts the server again, on the same port and data; it must have ended before.
    pub async fn restart(&mut self) {
        self.child = self.process.spawn();
        self.wait_until_ready().await;
    }

    /// Keeps what `/metrics` says now, for the search at the run's end.
    pub async fn save_metrics(&self) {
        save_metrics(&self.url()).await;
    }

    async fn wait_until_ready(&mut self) {
        let ready = format!("{}/readyz", self.url());
        let log = self.process.log_file();
        let child = &mut self.child;
        until(LONGEST_START, "the server's readiness", async || {
            if let Some(status) = child.try_wait().expect("a child can be asked") {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                panic!(
                    "the server ended with {status} instead of becoming ready; it said:\n{said}"
                );
            }
            let answer = reqwest::get(&ready).await.ok()?;
            (answer.status() == StatusCode::OK).then_some(())
        })
        .await;
    }
}

/// Keeps what the server at `url` says on `/metrics`, for the search at the run's end.
pub async fn save_metrics(url: &str) {
    let answer = reqwest::get(format!("{url}/metrics"))
        .await
        .expect("the server answers on /metrics");
    let metrics = answer.text().await.expect("metrics are text");
    let path = run::folder(Folder::Metrics).join(format!("{}.txt", run::unique_name()));
    std::fs::write(&path, metrics)
        .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}

/// An address that nobody listens on. Another program could take it meanwhile, but ports are given out in turn.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.local_addr().expect("a listener has an address")
}
