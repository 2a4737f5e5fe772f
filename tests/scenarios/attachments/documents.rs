//! Documents of a patient's chart.

use harness::canary;
use harness::on_both_databases;
use harness::world::World;
use serde_json::{Value, json};
use tidings::domain::attachments;

use super::{row, sender};

const CREATE: &str = "mutation ($input: CreateChartDocumentInput!) { createChartDocument(input: $input) {
    document { id title kind date createdBy { id } attachment { id status } } errors { code field } } }";
const REMOVE: &str = "mutation ($input: RemoveChartDocumentInput!) { removeChartDocument(input: $input) { documentId } }";
const LIST: &str = "query ($id: ID!, $kind: DocumentKind, $from: Date, $to: Date, $first: Int, $after: String) {
    chartDocuments(patientId: $id, kind: $kind, from: $from, to: $to, first: $first, after: $after) {
        nodes { id date kind } pageInfo { hasNextPage endCursor } } }";

fn input(patient: &str, upload: &str, more: Value) -> Value {
    let mut input = json!({
        "patientId": patient, "attachmentId": upload, "kind": "LETTER", "date": "2026-03-01", "title": canary::name("Letter"),
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        input[key] = value.clone();
    }
    json!({ "input": input })
}

/// Puts an uploaded file into a chart; gives the id of the document.
pub(crate) async fn document(
    world: &World,
    name: &str,
    patient: &str,
    upload: &str,
    more: Value,
) -> String {
    let patient = world.patient(patient).to_public();
    let made = world
        .ask(name, CREATE, input(&patient, upload, more))
        .await
        .field("createChartDocument");
    assert_eq!(made["errors"], json!([]));
    made["document"]["id"].as_str().unwrap().to_owned()
}

/// The file of a document of Paul's, as somebody sees it.
pub(super) async fn file(world: &World, name: &str, document: &str) -> Value {
    let query = "query ($id: ID!) { chartDocuments(patientId: $id) { nodes { id attachment {
        id fileName mediaType byteLength status sha256 downloadUrl thumbnail { width height url } } } } }";
    let patient = world.patient("Paul").to_public();
    let mut data = world.data(name, query, json!({ "id": patient })).await;
    let nodes = data["chartDocuments"]["nodes"].as_array_mut().unwrap();
    let found = nodes.iter_mut().find(|node| node["id"] == document);
    found.unwrap()["attachment"].take()
}

async fn list(world: &World, more: Value) -> Vec<String> {
    let mut variables = json!({ "id": world.patient("Paul").to_public() });
    for (key, value) in more.as_object().into_iter().flatten() {
        variables[key] = value.clone();
    }
    let data = world.data("Nora", LIST, variables).await;
    let nodes = data["chartDocuments"]["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| node["date"].as_str().unwrap().to_owned())
        .collect()
}

on_both_databases! {
    /// A chart is listed by kind and by day, the newest first, page by page.
    async fn a_chart_is_listed_by_kind_and_day(world: &World) {
        let nora = sender(world, "Nora");
        let paul = world.patient("Paul").to_public();
        for (day, kind) in [("2026-01-05", "LETTER"), ("2026-02-01", "LAB_RESULT"), ("2026-03-01", "LETTER"), ("2026-02-01", "FORM")] {
            let upload = nora.upload(&paul, "a.txt", b"hello").await;
            document(world, "Nora", "Paul", &upload, json!({ "date": day, "kind": kind })).await;
        }
        assert_eq!(list(world, json!({})).await, ["2026-03-01", "2026-02-01", "2026-02-01", "2026-01-05"]);
        assert_eq!(list(world, json!({ "kind": "LETTER" })).await, ["2026-03-01", "2026-01-05"]);
        assert_eq!(list(world, json!({ "from": "2026-02-01", "to": "2026-02-28" })).await, ["2026-02-01", "2026-02-01"]);
        let first = world.data("Nora", LIST, json!({ "id": paul, "first": 2 })).await;
        let page = &first["chartDocuments"]["pageInfo"];
        assert_eq!(page["hasNextPage"], true);
        let rest = list(world, json!({ "first": 2, "after": page["endCursor"] })).await;
        assert_eq!(rest, ["2026-02-01", "2026-01-05"]);
    }

    /// What cannot be put into a chart is refused with a code at its field.
    async fn only_usable_files_go_into_a_chart(world: &World) {
        let nora = sender(world, "Nora");
        let (paul, petra) = (world.patient("Paul").to_public(), world.patient("Petra").to_public());
        let mistake = async |input: Value| {
            let mut made = world.ask("Nora", CREATE, input).await.field("createChartDocument");
            made["errors"].take()
        };
        let upload = nora.upload(&paul, "a.txt", b"hello").await;
        assert_eq!(mistake(input(&paul, &upload, json!({ "title": " " }))).await, json!([{ "code": "BLANK", "field": ["title"] }]));
        assert_eq!(mistake(input(&petra, &upload, json!({}))).await, json!([{ "code": "FILE_NOT_USABLE", "field": ["attachmentId"] }]));
        let begun = nora.announce(10, &[("patientId", &paul)]).await;
        let begun = harness::tus::id_of(&begun.location.unwrap());
        assert_eq!(mistake(input(&paul, &begun, json!({}))).await, json!([{ "code": "FILE_NOT_USABLE", "field": ["attachmentId"] }]));
        document(world, "Nora", "Paul", &upload, json!({})).await;
        assert_eq!(mistake(input(&paul, &upload, json!({}))).await, json!([{ "code": "TAKEN", "field": ["attachmentId"] }]));
        let nobodys = world.ask("Nils", CREATE, input(&paul, &upload, json!({}))).await;
        assert_eq!(nobodys.codes(), ["NOT_FOUND"]);
    }

    /// What is in a chart does not run out; what is taken out of it goes with the next sweep.
    async fn a_document_lasts_until_it_is_removed(world: &World) {
        let upload = sender(world, "Nora").upload(&world.patient("Paul").to_public(), "a.txt", b"hello").await;
        let document = document(world, "Nora", "Paul", &upload, json!({})).await;
        world.hands.advance(chrono::TimeDelta::days(400));
        let core = &world.node.app.core;
        attachments::sweep(core).await.unwrap();
        assert!(row(world, &upload).await.is_some());
        let token = world.clinic.token(world.actor("Nils").person).await;
        let remove = json!({ "input": { "documentId": document } });
        let gone = world.node.client.execute(REMOVE, remove.clone(), Some(&token)).await;
        assert_eq!(gone.field("removeChartDocument")["documentId"], document);
        attachments::sweep(core).await.unwrap();
        assert_eq!(row(world, &upload).await, None);
        let again = world.node.client.execute(REMOVE, remove, Some(&token)).await;
        assert_eq!(again.codes(), ["NOT_FOUND"]);
    }
}
