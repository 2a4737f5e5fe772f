//! What a clinic decides about files, for every state that a file may be in.

use entity::{AttachmentStatus, UnscannedBecause};
use harness::canary::{self, Secret};
use harness::on_both_databases;
use harness::world::World;
use serde_json::{Value, json};

use super::documents::{document, file};
use super::refusing::decide;
use super::sending::send;
use super::{patient, sender, set_status};

/// Every state of a file that has arrived.
const STATES: [(AttachmentStatus, Option<UnscannedBecause>); 6] = [
    (AttachmentStatus::Pending, None),
    (AttachmentStatus::Clean, None),
    (
        AttachmentStatus::Unscanned,
        Some(UnscannedBecause::NoScanner),
    ),
    (
        AttachmentStatus::Unscanned,
        Some(UnscannedBecause::NotWhole),
    ),
    (AttachmentStatus::Infected, None),
    (AttachmentStatus::Refused, None),
];

const SENT: &str = "";
const NOT_INSPECTED: &str = "FILE_NOT_INSPECTED";
const NOT_SCANNED: &str = "FILE_NOT_SCANNED";
const INFECTED: &str = "FILE_INFECTED";
const NOT_USABLE: &str = "FILE_NOT_USABLE";

/// Policies, each with what becomes of the states in their order: how sending ends, and whether the file is given out.
fn policies() -> [(Value, [(&'static str, bool); 6]); 6] {
    let policy = |attach: bool, serve: bool, unscanned: &str| json!({ "attachPending": attach, "servePending": serve, "unscanned": unscanned });
    let bad = [(INFECTED, false), (NOT_USABLE, false)];
    let after = |pending, without, partly| [pending, (SENT, true), without, partly, bad[0], bad[1]];
    [
        (
            policy(true, false, "WITHOUT_SCANNER"),
            after((SENT, false), (SENT, true), (NOT_SCANNED, false)),
        ),
        (
            policy(false, false, "WITHOUT_SCANNER"),
            after((NOT_INSPECTED, false), (SENT, true), (NOT_SCANNED, false)),
        ),
        (
            policy(true, true, "WITHOUT_SCANNER"),
            after((SENT, true), (SENT, true), (NOT_SCANNED, false)),
        ),
        (
            policy(false, true, "ALWAYS"),
            after((NOT_INSPECTED, true), (SENT, true), (SENT, true)),
        ),
        (
            policy(true, false, "NEVER"),
            after((SENT, false), (NOT_SCANNED, false), (NOT_SCANNED, false)),
        ),
        (
            policy(true, false, "ALWAYS"),
            after((SENT, false), (SENT, true), (SENT, true)),
        ),
    ]
}

on_both_databases! {
    /// Sending asks, a new link asks, and a link that was given before asks again: all three say the same.
    async fn each_state_meets_each_policy(world: &World) {
        let upload = sender(world, "Nora").upload(&patient(world, "Paul"), "a.txt", b"hello").await;
        let document = document(world, "Nora", "Paul", &upload, json!({})).await;
        set_status(world, &upload, (AttachmentStatus::Clean, None)).await;
        let given = file(world, "Nora", &document).await["downloadUrl"].as_str().unwrap().to_owned();
        canary::remember(Secret::Link, given.rsplit('/').next().unwrap());
        let client = &world.node.client;
        for (policy, expected) in policies() {
            decide(world, json!({ "attachments": policy })).await;
            for (state, (refusal, given_out)) in STATES.into_iter().zip(expected) {
                set_status(world, &upload, state).await;
                let sent = send(world, "Nora", world.chat, json!({ "chartDocumentIds": [document] })).await;
                let code = sent["errors"][0]["code"].as_str().unwrap_or_default();
                let shown = file(world, "Nora", &document).await;
                let served = client.http().get(client.url(&given)).send().await.unwrap().status();
                let observed = (code, shown["downloadUrl"].is_string(), served == 200);
                assert_eq!(observed, (refusal, given_out, given_out), "{state:?} under {policy}");
            }
        }
    }

    /// Whoever sees a file that is withheld is told why no scanner has seen it.
    async fn the_reason_is_told(world: &World) {
        const WHY: &str = "query ($id: ID!) { uploadedAttachment(id: $id) { status unscannedBecause downloadUrl } }";
        let upload = sender(world, "Nora").upload(&patient(world, "Paul"), "a.txt", b"hello").await;
        for (because, word, given_out) in [
            (UnscannedBecause::NoScanner, "NO_SCANNER", true),
            (UnscannedBecause::NotWhole, "NOT_WHOLE", false),
        ] {
            set_status(world, &upload, (AttachmentStatus::Unscanned, Some(because))).await;
            let file = world.data("Nora", WHY, json!({ "id": upload })).await["uploadedAttachment"].take();
            assert_eq!((&file["status"], &file["unscannedBecause"]), (&json!("UNSCANNED"), &json!(word)));
            assert_eq!(file["downloadUrl"].is_string(), given_out);
        }
    }
}
