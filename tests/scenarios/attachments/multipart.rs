//! Small files that come with the operation that wants them.

use harness::on_both_databases;
use harness::world::World;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{patient, row, text};

const ONE: &str = "mutation ($input: UploadAttachmentInput!) { uploadAttachment(input: $input) {
    attachment { id fileName mediaType byteLength status } errors { code field } } }";
const TWO: &str = "mutation ($a: UploadAttachmentInput!, $b: UploadAttachmentInput!) {
    a: uploadAttachment(input: $a) { attachment { byteLength } errors { code } }
    b: uploadAttachment(input: $b) { attachment { byteLength } errors { code } } }";
pub(super) const BOUNDARY: &str = "the-boundary-between";

/// Parts of a form: a name, the name of a file, the bytes.
fn form(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file_name, bytes) in parts {
        let file_name = file_name
            .map(|name| format!("; filename=\"{name}\""))
            .unwrap_or_default();
        body.extend(
            format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file_name}\r\n\r\n"
            )
            .bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    body
}

pub(super) async fn post(
    world: &World,
    name: &str,
    deliberate: bool,
    body: Vec<u8>,
) -> (u16, Value) {
    let client = &world.node.client;
    let mut request = client
        .http()
        .post(client.url("/graphql"))
        .bearer_auth(&world.actor(name).token)
        .header("accept", "application/graphql-response+json")
        .header(
            "content-type",
            format!("multipart/form-data; boundary={BOUNDARY}"),
        )
        .body(body);
    if deliberate {
        request = request.header("graphql-require-preflight", "1");
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// The answer to a request that says how long its body is, and waits before it sends it.
async fn announce_only(world: &World, length: usize) -> String {
    let mut stream = TcpStream::connect(world.node.app.address).await.unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: tidings.example\r\nconnection: close\r\ngraphql-require-preflight: 1\r\n\
         content-type: multipart/form-data; boundary={BOUNDARY}\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

pub(super) fn one(patient: &str, file_name: &str, bytes: &[u8]) -> Vec<u8> {
    let operations =
        json!({ "query": ONE, "variables": { "input": { "patientId": patient, "file": null } } })
            .to_string();
    form(&[
        ("operations", None, operations.as_bytes()),
        ("map", None, br#"{"0": ["variables.input.file"]}"#),
        ("0", Some(file_name), bytes),
    ])
}

on_both_databases! {
    /// A file comes with its operation, longer than one segment, and is stored like any other.
    async fn a_file_comes_with_its_operation(world: &World) {
        let bytes = text(5_000_000);
        let (status, mut answer) = post(world, "Nora", true, one(&patient(world, "Paul"), "../notes.txt", &bytes)).await;
        assert_eq!((status, &answer["errors"]), (200, &Value::Null));
        let attachment = answer["data"]["uploadAttachment"]["attachment"].take();
        assert_eq!(attachment["byteLength"], 5_000_000);
        assert_eq!((&attachment["fileName"], &attachment["mediaType"]), (&json!("notes.txt"), &json!("text/plain")));
        let row = row(world, attachment["id"].as_str().unwrap()).await.unwrap();
        assert_eq!((row.length, row.received), (5_000_000, 5_000_000));
    }

    /// What cannot be taken is said in the payload.
    async fn bad_files_are_mendable(world: &World) {
        let paul = patient(world, "Paul");
        for (bytes, code) in [(&b""[..], "FILE_EMPTY"), (b"<svg></svg>", "FILE_TYPE_NOT_ALLOWED")] {
            let (_, answer) = post(world, "Nora", true, one(&paul, "a.txt", bytes)).await;
            assert_eq!(answer["data"]["uploadAttachment"]["errors"], json!([{ "code": code, "field": ["file"] }]));
        }
        let (_, foreign) = post(world, "Sten", true, one(&paul, "a.txt", b"hello")).await;
        assert_eq!(foreign["errors"][0]["extensions"]["code"], "NOT_FOUND");
        let alone = json!({ "input": { "patientId": paul, "file": "upload:0" } });
        assert_eq!(world.ask("Nora", ONE, alone).await.codes(), ["BAD_USER_INPUT"]);
    }

    /// A form that a foreign page could send by itself is refused, and so is what is too long or points elsewhere.
    async fn forms_are_bounded_and_deliberate(world: &World) {
        let paul = patient(world, "Paul");
        let (status, answer) = post(world, "Nora", false, one(&paul, "a.txt", b"hello")).await;
        assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (400, &json!("PREFLIGHT_REQUIRED")));
        let refused = announce_only(world, 10_500_000).await;
        assert!(refused.starts_with("HTTP/1.1 413") && refused.contains("uploadBytes"), "{refused}");
        let odd = form(&[("map", None, b"{}"), ("operations", None, b"{}")]);
        assert_eq!(post(world, "Nora", true, odd).await.0, 400);
    }

    /// Two files in one request are told apart, whichever comes first.
    async fn files_are_told_apart(world: &World) {
        let paul = patient(world, "Paul");
        let operations = json!({ "query": TWO, "variables": {
            "a": { "patientId": paul, "file": null }, "b": { "patientId": paul, "file": null },
        } }).to_string();
        for names in [["x", "y"], ["y", "x"]] {
            let files = [(names[0], names[0] == "x"), (names[1], names[1] == "x")]
                .map(|(name, is_a)| (name, Some("a.txt"), if is_a { &b"for a"[..] } else { &b"this is for b"[..] }));
            let body = form(&[
                ("operations", None, operations.as_bytes()),
                ("map", None, br#"{"x": ["variables.a.file"], "y": ["variables.b.file"]}"#),
                files[0],
                files[1],
            ]);
            let (_, answer) = post(world, "Nora", true, body).await;
            assert_eq!(answer["data"]["a"]["attachment"]["byteLength"], 5, "{answer}");
            assert_eq!(answer["data"]["b"]["attachment"]["byteLength"], 13);
        }
    }
}
