//! Kannel as it is installed, with a network that is played by its own test program.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::patience::{until, within};
use crate::run::{self, Folder, required};

/// The user of every [`Kannel`].
pub const USER: &str = "tidings";
/// The user's password.
pub const PASSWORD: &str = "zyxpassword-of-kannel";

/// Starting includes that its two programs find each other, on a machine that is busy with other tests.
const LONGEST: Duration = Duration::from_secs(30);

/// Ports that were free a moment ago: Kannel takes no others.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    admin: u16,
    smsbox: u16,
    network: u16,
    sendsms: u16,
}

impl Ports {
    /// Finds some.
    pub fn free() -> Self {
        let listeners: Vec<_> = (0..4)
            .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap())
            .collect();
        let port = |number: usize| listeners[number].local_addr().unwrap().port();
        Self {
            admin: port(0),
            smsbox: port(1),
            network: port(2),
            sendsms: port(3),
        }
    }

    /// Where texts will be handed over.
    pub fn url(self) -> String {
        format!("http://127.0.0.1:{}", self.sendsms)
    }
}

/// A running Kannel. It ends with the test.
pub struct Kannel {
    ports: Ports,
    _boxes: [Child; 2],
    network: Network,
}

/// The network that Kannel sends to.
struct Network {
    received: watch::Sender<Vec<String>>,
    _program: Child,
    reader: JoinHandle<()>,
}

impl Drop for Network {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Kannel {
    /// Starts one that brings what comes in to `inbound`, by the words of `group = sms-service`. From the network come texts
    /// such as `from to text words`, twenty times one of these, chosen by chance.
    pub async fn start(ports: Ports, inbound: &str, texts: &[&str]) -> Self {
        let folder = run::folder(Folder::Scratch).join(format!("kannel-{}", run::unique_name()));
        std::fs::create_dir_all(&folder).unwrap();
        let configuration = folder.join("kannel.conf");
        std::fs::write(&configuration, configured(ports, inbound)).unwrap();
        let start = |variable: &str, what: &str| {
            Command::new(PathBuf::from(required(variable, what)))
                .arg("-v")
                .arg("4")
                .arg(&configuration)
                .current_dir(&folder)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .kill_on_drop(true)
                .spawn()
                .unwrap()
        };
        let bearerbox = start("TIDINGS_TEST_BEARERBOX", "Kannel's bearerbox");
        listening(ports.smsbox).await;
        listening(ports.network).await;
        let smsbox = start("TIDINGS_TEST_SMSBOX", "Kannel's smsbox");
        listening(ports.sendsms).await;
        Self {
            ports,
            _boxes: [bearerbox, smsbox],
            network: network(ports.network, texts),
        }
    }

    /// Where texts are handed over.
    pub fn url(&self) -> String {
        self.ports.url()
    }

    /// Waits until the network was given so many texts, each as `from to kind words`.
    pub async fn until(&self, count: usize) -> Vec<String> {
        let mut received = self.network.received.subscribe();
        let enough = received.wait_for(|received| received.len() >= count);
        within(LONGEST, "texts in the network", enough)
            .await
            .unwrap()
            .clone()
    }
}

async fn listening(port: u16) {
    until(LONGEST, "a part of Kannel", async || {
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()
    })
    .await;
}

/// Plays the network: it says on its output what it is given.
fn network(port: u16, texts: &[&str]) -> Network {
    let program = PathBuf::from(required("TIDINGS_TEST_FAKESMSC", "Kannel's fakesmsc"));
    let mut program = Command::new(program)
        .args(["-H", "127.0.0.1", "-r", &port.to_string(), "-i", "0.1"])
        .args(["-m", "20"])
        .args(texts)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let received = watch::Sender::new(Vec::new());
    let told = received.clone();
    let output = program.stderr.take().unwrap();
    let reader = tokio::spawn(async move {
        let mut lines = BufReader::new(output).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some((_, text)) = line.split_once("Got message ")
                && let Some((_, text)) = text.split_once('<')
            {
                let text = text.trim_end_matches('>').to_owned();
                told.send_modify(|received| received.push(text));
            }
        }
    });
    Network {
        received,
        _program: program,
        reader,
    }
}

fn configured(ports: Ports, inbound: &str) -> String {
    let Ports {
        admin,
        smsbox,
        network,
        sendsms,
    } = ports;
    format!(
        "group = core
admin-port = {admin}
admin-password = {PASSWORD}
smsbox-port = {smsbox}
box-allow-ip = 127.0.0.1

group = smsc
smsc = fake
smsc-id = fake
host = 127.0.0.1
port = {network}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}

group = sendsms-user
username = {USER}
password = {PASSWORD}
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
{inbound}
"
    )
}
