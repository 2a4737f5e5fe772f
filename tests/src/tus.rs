//! Uploads by the tus protocol, one request at a time.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::header::HeaderMap;
use reqwest::{Body, Method, RequestBuilder, Response};
use serde_json::Value;

use crate::canary;
use crate::client::GraphqlClient;
use crate::world::{Node, World};

/// Somebody who uploads to one node.
#[derive(Clone)]
pub struct Sender {
    client: GraphqlClient,
    token: String,
}

/// What a server says about an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The HTTP status.
    pub status: u16,
    /// `Upload-Offset`.
    pub offset: Option<u64>,
    /// `Location`.
    pub location: Option<String>,
    /// The code of an error.
    pub code: Option<String>,
}

impl Sender {
    /// Somebody of the story, at a node.
    pub fn new(world: &World, node: &Node, name: &str) -> Self {
        Self {
            client: node.client.clone(),
            token: world.actor(name).token.clone(),
        }
    }

    /// A request of the protocol.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client
            .http()
            .request(method, self.client.url(path))
            .bearer_auth(&self.token)
            .header("tus-resumable", "1.0.0")
    }

    /// Announces a file.
    pub async fn announce(&self, length: u64, metadata: &[(&str, &str)]) -> Said {
        let request = self
            .request("POST", "/uploads")
            .header("upload-length", length)
            .header("upload-metadata", encode(metadata));
        said(request.send().await.unwrap()).await
    }

    /// Announces a file and sends all of it in the same request.
    pub async fn announce_with(&self, bytes: &[u8], metadata: &[(&str, &str)]) -> Said {
        let request = self
            .request("POST", "/uploads")
            .header("upload-length", bytes.len())
            .header("upload-metadata", encode(metadata))
            .header("content-type", "application/offset+octet-stream")
            .body(bytes.to_vec());
        said(request.send().await.unwrap()).await
    }

    /// Sends bytes of a file from an offset on.
    pub async fn send(&self, path: &str, offset: u64, bytes: impl Into<Body>) -> Said {
        let request = self.bytes(path, offset).body(bytes);
        said(request.send().await.unwrap()).await
    }

    /// A request that sends bytes, before it has any.
    pub fn bytes(&self, path: &str, offset: u64) -> RequestBuilder {
        self.request("PATCH", path)
            .header("upload-offset", offset)
            .header("content-type", "application/offset+octet-stream")
    }

    /// Asks how far an upload has come.
    pub async fn stands(&self, path: &str) -> Said {
        said(self.request("HEAD", path).send().await.unwrap()).await
    }

    /// Gives an upload up.
    pub async fn give_up(&self, path: &str) -> Said {
        said(self.request("DELETE", path).send().await.unwrap()).await
    }

    /// Uploads a whole file; gives the id of the attachment.
    pub async fn upload(&self, patient: &str, file_name: &str, bytes: &[u8]) -> String {
        let file_name = canary::name(file_name);
        let metadata = [("patientId", patient), ("filename", file_name.as_str())];
        let said = self.announce_with(bytes, &metadata).await;
        assert_eq!(said.status, 201, "{said:?}");
        assert_eq!(said.offset, Some(bytes.len() as u64));
        id_of(&said.location.unwrap())
    }
}

/// The id of the attachment that an upload becomes.
pub fn id_of(location: &str) -> String {
    location.rsplit('/').next().unwrap().to_owned()
}

/// Reads what a server says about an upload.
pub async fn said(response: Response) -> Said {
    let status = response.status().as_u16();
    let headers: HeaderMap = response.headers().clone();
    assert_eq!(headers["tus-resumable"], "1.0.0");
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
    let body = response.text().await.unwrap();
    let code = serde_json::from_str::<Value>(&body)
        .ok()
        .and_then(|body| body["error"]["code"].as_str().map(str::to_owned));
    Said {
        status,
        offset: text("upload-offset").and_then(|offset| offset.parse().ok()),
        location: text("location"),
        code,
    }
}

/// A value of the metadata as the protocol has it.
pub fn encoded(value: &str) -> String {
    STANDARD.encode(value)
}

fn encode(metadata: &[(&str, &str)]) -> String {
    let pairs = metadata
        .iter()
        .map(|(name, value)| format!("{name} {}", encoded(value)));
    pairs.collect::<Vec<_>>().join(",")
}
