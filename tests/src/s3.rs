//! An S3-compatible store on a free port, which keeps its buckets in a folder.

use std::path::PathBuf;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tidings::config::Source;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::run::{self, Folder};

const KEY_ID: &str = "AKIATESTTESTTESTTEST";
const KEY: &str = "a-key-that-opens-nothing-else-anywhere";

/// A running store. It ends with its value.
pub struct S3Store {
    endpoint: String,
    folder: PathBuf,
    server: JoinHandle<()>,
}

impl S3Store {
    /// Starts one with the bucket `files`.
    pub async fn start() -> Self {
        let folder = run::folder(Folder::Scratch).join(format!("s3-{}", run::unique_name()));
        std::fs::create_dir_all(folder.join("files")).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(&folder).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY_ID, KEY));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    let builder = Builder::new(TokioExecutor::new());
                    let connection = builder.serve_connection(TokioIo::new(stream), service);
                    // A client that goes away in the middle is no failure of the store.
                    let _ = connection.await;
                });
            }
        });
        Self {
            endpoint,
            folder,
            server,
        }
    }

    /// Lets a server keep its files here.
    pub fn used_by(&self, source: Source) -> Source {
        source
            .with("attachments.store", "s3://files")
            .with("attachments.s3_endpoint", &self.endpoint)
            .with("attachments.s3_allow_http", "true")
            .with("attachments.s3_access_key_id", KEY_ID)
            .with("attachments.s3_secret_access_key", KEY)
    }

    /// The folder of the bucket.
    pub fn bucket(&self) -> PathBuf {
        self.folder.join("files")
    }

    /// Lets nobody in any more.
    pub fn stop(&self) {
        self.server.abort();
    }
}

impl Drop for S3Store {
    fn drop(&mut self) {
        self.stop();
    }
}
