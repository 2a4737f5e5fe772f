//! An S3-compatible store on a free port, which keeps its buckets in a folder.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::Body;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tidings::config::Source;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::run::{self, Folder};

const KEY_ID: &str = "AKIATESTTESTTESTTEST";
const KEY: &str = "a-key-that-opens-nothing-else-anywhere";

/// What a store says to whoever writes: a status, and a code in the body.
type Refusal = (StatusCode, &'static str);

/// A store. It ends with its value.
pub struct S3Store {
    address: SocketAddr,
    folder: PathBuf,
    service: S3Service,
    manners: Arc<Manners>,
    running: Mutex<CancellationToken>,
}

/// How a store deals with whoever writes.
#[derive(Default)]
struct Manners {
    refusal: Mutex<Option<Refusal>>,
    late: watch::Sender<bool>,
}

impl S3Store {
    /// Starts one with the bucket `files`.
    pub async fn start() -> Self {
        let folder = run::folder(Folder::Scratch).join(format!("s3-{}", run::unique_name()));
        std::fs::create_dir_all(folder.join("files")).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(&folder).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY_ID, KEY));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let store = Self {
            address: listener.local_addr().unwrap(),
            folder,
            service: service.build(),
            manners: Arc::default(),
            running: Mutex::default(),
        };
        store.serve(listener);
        store
    }

    fn serve(&self, listener: TcpListener) {
        let running = CancellationToken::new();
        *self.running.lock().unwrap() = running.clone();
        let (service, manners) = (self.service.clone(), Arc::clone(&self.manners));
        tokio::spawn(async move {
            while let Some(Ok((stream, _))) = running.run_until_cancelled(listener.accept()).await {
                let connection = connection(stream, service.clone(), Arc::clone(&manners));
                let running = running.clone();
                tokio::spawn(async move { running.run_until_cancelled(connection).await });
            }
        });
    }

    /// Lets a server keep its files here.
    pub fn used_by(&self, source: Source) -> Source {
        source
            .with("attachments.store", "s3://files")
            .with(
                "attachments.s3_endpoint",
                format!("http://{}", self.address),
            )
            .with("attachments.s3_allow_http", "true")
            .with("attachments.s3_access_key_id", KEY_ID)
            .with("attachments.s3_secret_access_key", KEY)
    }

    /// The folder of the bucket.
    pub fn bucket(&self) -> PathBuf {
        self.folder.join("files")
    }

    /// Takes nothing more from whoever writes, and says so; none takes it again.
    pub fn refuse(&self, refusal: Option<Refusal>) {
        *self.manners.refusal.lock().unwrap() = refusal;
    }

    /// Takes what is written and stores it only when that is over, whether or not anybody waits for it by then.
    pub fn dawdle(&self, late: bool) {
        self.manners.late.send_replace(late);
    }

    /// Lets nobody in any more, and those who are in out.
    pub fn stop(&self) {
        self.running.lock().unwrap().cancel();
    }

    /// Lets people in again, at the same address.
    pub async fn start_again(&self) {
        let address = self.address;
        let bound =
            crate::patience::until(crate::patience::PATIENCE, "the store's port", async || {
                TcpListener::bind(address).await.ok()
            });
        let listener = bound.await;
        self.serve(listener);
    }
}

/// Stores what was written when the time has come, also when its writer is gone.
async fn store_late(
    service: S3Service,
    request: Request<Incoming>,
    mut late: watch::Receiver<bool>,
) {
    let (head, body) = request.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    tokio::spawn(async move {
        late.wait_for(|late| !late).await.unwrap();
        service
            .call(Request::from_parts(head, Body::from(bytes)))
            .await
            .unwrap();
    });
}

async fn connection(stream: TcpStream, service: S3Service, manners: Arc<Manners>) {
    let answer = service_fn(move |request: Request<Incoming>| {
        let refused = *manners.refusal.lock().unwrap();
        let late = manners.late.subscribe();
        let service = service.clone();
        async move {
            if *late.borrow() && request.method() == Method::PUT {
                store_late(service, request, late).await;
                std::future::pending::<()>().await;
                unreachable!("nobody answers");
            }
            if let (Some((status, code)), &Method::PUT) = (refused, request.method()) {
                // Who is refused in the middle of a sentence may not hear why.
                let _ = request.into_body().collect().await;
                let text = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code></Error>");
                let mut response = Response::new(Body::from(text));
                *response.status_mut() = status;
                return Ok::<_, Infallible>(response);
            }
            let answer = service.call(request.map(Body::from)).await;
            Ok(answer.unwrap_or_else(|_| {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                response
            }))
        }
    });
    let builder = Builder::new(TokioExecutor::new());
    // A client that goes away in the middle is no failure of the store.
    let _ = builder.serve_connection(TokioIo::new(stream), answer).await;
}

impl Drop for S3Store {
    fn drop(&mut self) {
        self.stop();
    }
}
