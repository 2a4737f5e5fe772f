//! The loop that accepts connections. It is our own because the stock one takes as many as come, and gives a slow client
//! all the time it wants to send its headers and to read its answer.

mod places;
mod socket;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

use places::{Place, Places};
use socket::Socket;

/// For the headers of a request, and for the next request on an open connection.
const HEADERS: Duration = Duration::from_secs(30);
/// After the system refused a connection for want of something, such as file handles.
const BREATH: Duration = Duration::from_millis(100);

/// What connections are held to.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    /// The most at once.
    pub(crate) connections: usize,
    /// The most of one source at once.
    pub(crate) connections_per_source: usize,
    /// Proxies, which come for many clients.
    pub(crate) trusted_proxies: Arc<[IpNet]>,
    /// How long a peer may take nothing of what is written to it.
    pub(crate) stall: Duration,
}

/// Serves until `stop` is cancelled and the running requests have ended. Aborting it ends them where they are.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    stop: CancellationToken,
) {
    let connections = TaskTracker::new();
    let aborted = CancellationToken::new();
    let _aborts_with_this_task = aborted.clone().drop_guard();
    let stall = bounds.stall;
    let places = Places::new(bounds);
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, peer)) => {
                let Some(place) = place(&places, peer.ip()) else {
                    continue;
                };
                // Small answers leave at once; where that cannot be set, they leave later.
                let _ = stream.set_nodelay(true);
                let socket = Socket::new(stream, place, stall);
                let conversation = converse(socket, peer, router.clone(), stop.clone());
                let aborted = aborted.clone();
                connections.spawn(async move { aborted.run_until_cancelled(conversation).await });
            }
            Err(error) => {
                tracing::warn!(error.kind = ?error.kind(), "accepting a connection failed");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// A place for a connection. One that gets none is closed unheard: an answer would cost what there is too little of.
fn place(places: &Places, peer: IpAddr) -> Option<Place> {
    places
        .take(peer)
        .inspect_err(|full| {
            metrics::counter!("tidings_connections_refused_total", "limit" => full.limit())
                .increment(1);
        })
        .ok()
}

async fn converse(
    socket: Socket<TcpStream>,
    peer: SocketAddr,
    router: Router,
    stop: CancellationToken,
) {
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let outcome = match stop.run_until_cancelled(connection.as_mut()).await {
        Some(outcome) => outcome,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        // Clients that vanish or talk nonsense are not this server's trouble.
        tracing::debug!(
            connection.incomplete = error.is_incomplete_message(),
            connection.timeout = error.is_timeout(),
            connection.parse = error.is_parse(),
            "a connection broke"
        );
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Bytes, routing::get};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        task::JoinHandle,
    };

    use super::*;

    /// More than the buffers of a connection on one machine take.
    const LONG: usize = 64 * 1024 * 1024;
    const LONG_ENOUGH: Duration = Duration::from_secs(10);

    async fn started() -> (SocketAddr, JoinHandle<()>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let long = Bytes::from(vec![0; LONG]);
        let router = Router::new().route("/", get(move || async move { long }));
        let bounds = Bounds {
            connections: 10,
            connections_per_source: 1,
            trusted_proxies: [].into(),
            stall: LONG_ENOUGH,
        };
        let serving = serve(listener, router, bounds, CancellationToken::new());
        (address, tokio::spawn(serving))
    }

    /// Asks, and reads no more than the beginning of the answer.
    async fn begun(address: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut beginning = [0; 12];
        stream.read_exact(&mut beginning).await.unwrap();
        assert_eq!(&beginning, b"HTTP/1.1 200");
        stream
    }

    /// How much still comes before the connection ends, one way or the other.
    async fn rest(mut stream: TcpStream) -> usize {
        let mut rest = Vec::new();
        let read = tokio::time::timeout(LONG_ENOUGH, stream.read_to_end(&mut rest));
        let _ = read.await.expect("the connection ends");
        rest.len()
    }

    #[tokio::test]
    async fn a_source_gets_no_more_connections_than_it_may_have() {
        let (address, server) = started().await;
        let _first = begun(address).await;
        let second = TcpStream::connect(address).await.unwrap();
        assert_eq!(rest(second).await, 0);
        server.abort();
    }

    #[tokio::test]
    async fn aborting_ends_the_connections() {
        let (address, server) = started().await;
        let stuck = begun(address).await;
        server.abort();
        assert!(server.await.unwrap_err().is_cancelled());
        assert!(rest(stuck).await < LONG);
    }
}
