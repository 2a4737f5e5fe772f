mod session;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use rcgen::CertifiedKey;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use session::Session;

use super::Mail;

/// What a [`RogueServer`] does to its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Takes every mail.
    Accept,
    /// Answers the connection with a code, for example 421.
    RefuseConnection(u16),
    /// Answers each recipient with a code, for example 450 or 550.
    RefuseRecipient(u16),
    /// Answers each recipient with a code and an enhanced status, for example 554 and 5.7.1.
    RefuseRecipientWith(u16, &'static str),
    /// Answers the mail itself with a code, for example 452 or 554.
    RefuseMail(u16),
    /// Takes the mail, and hangs up before saying so.
    HangUpAfterMail,
    /// Takes every mail, but says nothing any more to who names this recipient, and keeps the connection.
    MuteFor(&'static str),
    /// Says nothing at all, and keeps the connection.
    Mute,
}

/// A mail that a [`RogueServer`] took.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The addresses that the client named.
    pub recipients: Vec<String>,
    /// The mail.
    pub mail: Mail,
    /// Whether it came over TLS.
    pub encrypted: bool,
}

/// An SMTP server of a test's own, which can be gone, refuse, stall, or offer STARTTLS with a certificate that nobody
/// trusts.
#[derive(Debug)]
pub struct RogueServer {
    address: SocketAddr,
    state: Arc<State>,
    running: Option<JoinSet<()>>,
}

#[derive(Debug)]
struct State {
    behaviour: Mutex<Behaviour>,
    connections: watch::Sender<usize>,
    deliveries: watch::Sender<Vec<Delivery>>,
    certificate: Option<Arc<ServerConfig>>,
}

impl RogueServer {
    /// Starts a server without encryption.
    pub async fn start(behaviour: Behaviour) -> Self {
        Self::start_on_free_port(behaviour, None).await
    }

    /// Starts a server that offers STARTTLS with a certificate of its own making.
    pub async fn start_with_self_signed_certificate(behaviour: Behaviour) -> Self {
        Self::start_on_free_port(behaviour, Some(self_signed())).await
    }

    async fn start_on_free_port(
        behaviour: Behaviour,
        certificate: Option<Arc<ServerConfig>>,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let state = Arc::new(State {
            behaviour: Mutex::new(behaviour),
            connections: watch::Sender::new(0),
            deliveries: watch::Sender::new(Vec::new()),
            certificate,
        });
        let mut server = Self {
            address,
            state,
            running: None,
        };
        server.listen(listener);
        server
    }

    /// Where the server listens, also while it is gone.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Behaves differently from the next command on.
    pub fn behave(&self, behaviour: Behaviour) {
        *self.state.behaviour.lock().unwrap() = behaviour;
    }

    /// Goes away: open connections break, and new ones are refused.
    pub async fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.shutdown().await;
        }
    }

    /// Comes back on the same port.
    pub fn come_back(&mut self) {
        let socket = TcpSocket::new_v4().expect("a socket can be made");
        socket.set_reuseaddr(true).expect("the option is known");
        socket.bind(self.address).expect("the port is still free");
        self.listen(socket.listen(64).expect("a bound socket can listen"));
    }

    /// How many connections there have been, refused ones included.
    pub fn connections(&self) -> usize {
        *self.state.connections.borrow()
    }

    /// Waits until there have been `count` connections.
    pub async fn wait_for_connections(&self, count: usize) {
        let mut connections = self.state.connections.subscribe();
        let waited = connections.wait_for(|&seen| seen >= count);
        let what = format!("{count} SMTP connection(s)");
        crate::patience::within(crate::patience::PATIENCE, &what, waited)
            .await
            .expect("the server lives");
    }

    /// The mails that were taken, in order; those that only the server knows it took as well.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.state.deliveries.borrow().clone()
    }

    /// Waits until `count` mails were taken.
    pub async fn wait_for_deliveries(&self, count: usize) -> Vec<Delivery> {
        let mut deliveries = self.state.deliveries.subscribe();
        let waited = deliveries.wait_for(|taken| taken.len() >= count);
        let what = format!("{count} SMTP deliveries");
        crate::patience::within(crate::patience::PATIENCE, &what, waited)
            .await
            .expect("the server lives")
            .clone()
    }

    fn listen(&mut self, listener: TcpListener) {
        let state = Arc::clone(&self.state);
        let mut running = JoinSet::new();
        running.spawn(async move {
            let mut sessions = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                state.connections.send_modify(|seen| *seen += 1);
                let state = Arc::clone(&state);
                sessions.spawn(async move {
                    // A client that hangs up ends its session; the test sees that on the client's side.
                    drop(Session::new(&state).serve(stream).await);
                });
            }
        });
        self.running = Some(running);
    }
}

fn self_signed() -> Arc<ServerConfig> {
    let names = vec!["localhost".to_owned(), Ipv4Addr::LOCALHOST.to_string()];
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(names).expect("a certificate");
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider knows current versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key.into())
        .expect("the key belongs to the certificate");
    Arc::new(config)
}
