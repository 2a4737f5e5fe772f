//! Opens the store of files.

use std::{sync::Arc, time::Duration};

use object_store::{
    ClientOptions, ObjectStore, RetryConfig, aws::AmazonS3Builder, local::LocalFileSystem,
};

use super::{full_bucket::Listening, private_files};
use crate::{
    config::{Attachments, FileStore, S3},
    domain::attachments::Files,
};

/// For opening a connection to a store.
const CONNECT: Duration = Duration::from_secs(5);
/// Between two pieces that a store sends. A file may take as long as its reader does.
const READ: Duration = Duration::from_secs(30);
/// For all attempts at one request together.
const RETRY: Duration = Duration::from_secs(20);

/// Why files cannot be stored.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The folder cannot be made or used.
    #[error("the folder for attachments cannot be used: {0}")]
    Folder(#[from] std::io::Error),
    /// The settings do not name a store.
    #[error("attachments.store, or what stands beside it, is wrong: {0}")]
    Store(#[from] object_store::Error),
}

/// Opens the store of files. A remote one is first asked when it is needed.
pub(super) fn open(settings: &Attachments) -> Result<Files, FilesError> {
    let rules = settings.rules.clone();
    match &settings.store {
        FileStore::Folder(folder) => {
            private_files::make_folder(folder)?;
            let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
            Ok(Files::new(Arc::new(store), rules).in_folder(folder.clone()))
        }
        FileStore::S3(s3) => Ok(Files::new(Arc::new(bucket(s3)?), rules)),
    }
}

fn bucket(s3: &S3) -> Result<impl ObjectStore, object_store::Error> {
    let options = ClientOptions::new()
        .with_connect_timeout(CONNECT)
        .with_read_timeout(READ)
        .with_timeout_disabled();
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&s3.bucket)
        .with_region(&s3.region)
        .with_retry(RetryConfig {
            max_retries: 3,
            retry_timeout: RETRY,
            ..RetryConfig::default()
        })
        .with_client_options(options)
        .with_http_connector(Listening::default())
        .with_allow_http(s3.allow_http);
    if let Some(endpoint) = &s3.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    if let Some((id, key)) = &s3.key {
        builder = builder
            .with_access_key_id(id.reveal())
            .with_secret_access_key(key.reveal());
    }
    builder.build()
}
