//! What is done with files: where they are stored, and which are taken.

use std::path::{Path, PathBuf};

use super::reader::Reader;
use crate::domain::{
    attachments::{FileRules, is_known},
    secret::Secret,
};

/// What is done with files.
#[derive(Clone, Debug)]
pub struct Attachments {
    /// Where they are stored.
    pub store: FileStore,
    /// What is taken.
    pub rules: FileRules,
    /// Where the malware scanner listens, if there is one.
    pub scanner: Option<Scanner>,
}

/// Where the malware scanner listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanner {
    /// Host and port.
    Tcp(String),
    /// The path of a socket.
    Unix(PathBuf),
}

/// Where files are stored.
#[derive(Clone, Debug)]
pub enum FileStore {
    /// In a folder of this machine.
    Folder(PathBuf),
    /// In a bucket of an S3-compatible store.
    S3(S3),
}

/// A bucket of an S3-compatible store.
#[derive(Clone, Debug)]
pub struct S3 {
    /// The bucket.
    pub bucket: String,
    /// The store's own address; none means Amazon's.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// The key's id and the key; none means the machine's own credentials.
    pub key: Option<(Secret, Secret)>,
    /// Whether the store may be reached without TLS.
    pub allow_http: bool,
}

/// Reads `[attachments]`. None when something that has no stand-in is wrong.
pub(super) fn read(reader: &mut Reader, data_dir: Option<&Path>) -> Option<Attachments> {
    let bucket = reader.required(
        "attachments.store",
        "file, or s3:// and the name of a bucket",
        |text| match text.strip_prefix("s3://") {
            Some(bucket) => (!bucket.is_empty() && !bucket.contains(['/', '?', '@']))
                .then(|| Some(bucket.to_owned())),
            None => (text == "file").then_some(None),
        },
    );
    let s3 = s3(reader);
    let types = reader.list(
        "attachments.types",
        "media types that this version can tell apart, such as application/pdf",
        |text| is_known(text).then(|| text.to_owned()),
    );
    let rules = FileRules {
        max_bytes: reader.number("attachments.max_bytes", 1..=1 << 40),
        types: types.into_iter().collect(),
    };
    let scanner = reader.maybe(
        "attachments.clamd",
        "tcp://host:port, or unix:/ and the rest of a path",
        |text| match text.split_once(':')? {
            ("tcp", address) => {
                let address = address.strip_prefix("//")?;
                let (host, port) = address.rsplit_once(':')?;
                (!host.is_empty() && port.parse::<u16>().is_ok())
                    .then(|| Scanner::Tcp(address.to_owned()))
            }
            ("unix", path) => path
                .starts_with('/')
                .then(|| Scanner::Unix(PathBuf::from(path))),
            _ => None,
        },
    );
    let store = match bucket? {
        Some(bucket) => FileStore::S3(S3 { bucket, ..s3 }),
        None => FileStore::Folder(data_dir?.join("attachments")),
    };
    Some(Attachments {
        store,
        rules,
        scanner,
    })
}

fn s3(reader: &mut Reader) -> S3 {
    let allow_http = reader.flag("attachments.s3_allow_http");
    let endpoint = reader.maybe(
        "attachments.s3_endpoint",
        "https:// with a host, or http:// where s3_allow_http is true",
        |text| {
            let plain = allow_http && text.starts_with("http://");
            (plain || text.starts_with("https://")).then(|| text.to_owned())
        },
    );
    let id = reader.optional("attachments.s3_access_key_id");
    let key = reader.optional("attachments.s3_secret_access_key");
    if id.is_some() != key.is_some() {
        let lacking = if id.is_none() {
            "attachments.s3_access_key_id"
        } else {
            "attachments.s3_secret_access_key"
        };
        reader.refuse(lacking, "set together with the other of the two");
    }
    S3 {
        bucket: String::new(),
        endpoint,
        region: reader.text("attachments.s3_region"),
        key: id
            .zip(key)
            .map(|(id, key)| (Secret::new(id), Secret::new(key))),
        allow_http,
    }
}
