use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::{Mail, mails_in};
use crate::patience::{PATIENCE, until};
use crate::process::free_address;
use crate::run::{self, Folder};

/// When the conversation with a [`SecureServer`] is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// After STARTTLS; without it nothing is taken.
    StartTls,
    /// From the first byte.
    Implicit,
}

/// A real SMTP server with a certificate from an authority of its own. Dropping it ends it.
#[derive(Debug)]
pub struct SecureServer {
    address: SocketAddr,
    authority: PathBuf,
    maildir: PathBuf,
    _process: Child,
}

impl SecureServer {
    /// Starts a server, and waits until it listens.
    pub async fn start(encryption: Encryption) -> Self {
        let folder = run::folder(Folder::Scratch).join(format!("smtp-{}", run::unique_name()));
        fs::create_dir_all(&folder).expect("a folder can be made");
        let files = certificates(&folder);
        let maildir = run::folder(Folder::Mail).join(run::unique_name());
        let address = free_address();
        let mut command = Command::new(run::python());
        command.args(["-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Mailbox"]);
        command.arg("-l").arg(address.to_string());
        let (certificate, key) = match encryption {
            Encryption::StartTls => ("--tlscert", "--tlskey"),
            Encryption::Implicit => ("--smtpscert", "--smtpskey"),
        };
        command.arg(certificate).arg(&files.certificate);
        command.arg(key).arg(&files.key);
        let log = fs::File::create(folder.join("log")).expect("a file can be made");
        let process = command
            .arg(&maildir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("Python can be run");
        until(PATIENCE * 3, "the SMTP server", async || {
            TcpStream::connect(address).await.ok()
        })
        .await;
        Self {
            address,
            authority: files.authority,
            maildir,
            _process: process,
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of its authority, in PEM.
    pub fn authority(&self) -> &Path {
        &self.authority
    }

    /// The mails to `address` that have arrived so far.
    pub fn mails_to(&self, address: &str) -> Vec<Arc<Mail>> {
        mails_in(&self.maildir, address)
    }
}

struct Files {
    authority: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

/// An authority, and a certificate for the loopback address that it has signed.
fn certificates(folder: &Path) -> Files {
    let mut authority = CertificateParams::new(Vec::new()).expect("no names are fine");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().expect("a key");
    let root = authority
        .self_signed(&authority_key)
        .expect("an authority signs itself");
    let issuer = Issuer::new(authority, authority_key);
    let names = vec![Ipv4Addr::LOCALHOST.to_string(), "localhost".to_owned()];
    let leaf_key = KeyPair::generate().expect("a key");
    let leaf = CertificateParams::new(names)
        .and_then(|params| params.signed_by(&leaf_key, &issuer))
        .expect("an authority signs others");
    let write = |name: &str, kind: &str, der: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, pem(kind, der)).expect("a file can be written");
        path
    };
    Files {
        authority: write("authority.pem", "CERTIFICATE", root.der()),
        certificate: write("server.pem", "CERTIFICATE", leaf.der()),
        key: write("key.pem", "PRIVATE KEY", &leaf_key.serialize_der()),
    }
}

fn pem(kind: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text
        .as_bytes()
        .chunks(64)
        .map(String::from_utf8_lossy)
        .collect();
    format!(
        "-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n",
        lines.join("\n")
    )
}
