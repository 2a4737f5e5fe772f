//! The server under test, as a process with its defaults.

use std::{
    fs::File,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::Stdio,
    time::Duration,
};

use tokio::{
    process::{Child, Command},
    time::{Instant, sleep},
};

use crate::{
    failure::Failure,
    http::{self, Connection},
    world::SECRET_KEY,
};

const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);

/// A server that answers; dropping it ends it.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// The process.
    pub pid: u32,
    child: Child,
}

impl Server {
    /// Starts `tidings serve` and waits until it is ready.
    pub async fn start(program: &Path, url: &str, directory: &Path) -> Result<Self, Failure> {
        let address = free_address()?;
        let log = directory.join(format!("server-{}.log", address.port()));
        let output = File::create(&log)?;
        let failed = |why: String| Failure::Program {
            program: "tidings",
            why,
        };
        let child = Command::new(program)
            .arg("serve")
            // Settings of the person who measures are not what is measured.
            .env_clear()
            .env("TIDINGS_LISTEN", address.to_string())
            .env("TIDINGS_DATABASE_URL", url)
            .env("TIDINGS_DATA_DIR", directory)
            .env("TIDINGS_SECRET_KEY", SECRET_KEY)
            .env("TIDINGS_DEVELOPMENT_OUTBOX", "on")
            // All that is measured comes from one address.
            .env("TIDINGS_LIMITS_CONNECTIONS", "1000000")
            .env("TIDINGS_LIMITS_CONNECTIONS_PER_SOURCE", "1000000")
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(format!("{}: {error}", program.display())))?;
        let pid = child.id().ok_or_else(|| failed("has ended".to_owned()))?;
        let mut server = Self {
            address,
            pid,
            child,
        };
        let give_up = Instant::now() + PATIENCE;
        while !server.is_ready().await {
            if server.child.try_wait()?.is_some() {
                return Err(failed(std::fs::read_to_string(&log).unwrap_or_default()));
            }
            if Instant::now() > give_up {
                return Err(Failure::Late("starting the server"));
            }
            sleep(LOOK).await;
        }
        Ok(server)
    }

    async fn is_ready(&self) -> bool {
        let Ok(mut connection) = Connection::open(self.address).await else {
            return false;
        };
        let answer = connection.exchange(http::get("/readyz").as_bytes()).await;
        answer.is_ok_and(|answer| answer.status == 200)
    }

    /// A value of `/metrics`.
    pub async fn metric(&self, name: &str) -> Result<f64, Failure> {
        let mut connection = Connection::open(self.address).await?;
        let answer = connection
            .exchange(http::get("/metrics").as_bytes())
            .await?;
        let value = answer.body.lines().find_map(|line| {
            let (found, value) = line.split_once(' ')?;
            (found == name).then(|| value.parse().ok())?
        });
        // What has not happened yet is not listed.
        Ok(value.unwrap_or(0.0))
    }

    /// Ends the server.
    pub async fn stop(mut self) -> Result<(), Failure> {
        Ok(self.child.kill().await?)
    }
}

fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
