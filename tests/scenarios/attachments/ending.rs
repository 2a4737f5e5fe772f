//! How uploads end, and how they do not: too late, with too much, with nothing, or with other bytes than were sent.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use entity::{AttachmentId, attachment};
use futures_util::stream;
use harness::on_both_databases;
use harness::tus::{Sender, id_of, said};
use harness::world::World;
use reqwest::{Body, Response};
use sea_orm::{ActiveModelTrait, Set};
use tidings::domain::attachments;

use super::{patient, row, sender};

const NEVER: &str = "/uploads/att_00000000000000000000000000000000";
const DAY: TimeDelta = TimeDelta::hours(24);

async fn begin(world: &World, length: u64) -> (Sender, String) {
    let nora = sender(world, "Nora");
    let metadata = [("patientId", patient(world, "Paul"))];
    let metadata = metadata
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let begun = nora.announce(length, &metadata).await;
    (nora, begun.location.unwrap())
}

/// When an upload runs out, as the answer says.
fn runs_out(response: &Response) -> DateTime<Utc> {
    let text = response.headers()["upload-expires"].to_str().unwrap();
    DateTime::parse_from_rfc2822(text).unwrap().to_utc()
}

async fn expire(world: &World, place: &str) {
    let row = attachment::ActiveModel {
        organization_id: Set(world.clinic.organization),
        id: Set(AttachmentId::from_public(&id_of(place)).unwrap()),
        expires_at: Set(Some(world.hands.now())),
        ..Default::default()
    };
    row.update(world.node.app.core.store.writer())
        .await
        .unwrap();
}

/// A body whose length nobody says.
fn unmeasured(bytes: &'static [u8]) -> Body {
    let pieces = bytes
        .chunks(4)
        .map(|piece| Ok::<_, std::io::Error>(Bytes::from_static(piece)));
    Body::wrap_stream(stream::iter(pieces.collect::<Vec<_>>()))
}

on_both_databases! {
    /// An upload may rest for a day, which begins anew with each piece; every answer says until when.
    async fn every_answer_says_until_when_an_upload_may_rest(world: &World) {
        let nora = sender(world, "Nora");
        let (_, place) = begin(world, 10).await;
        let asked = nora.request("HEAD", &place).send().await.unwrap();
        assert_eq!(runs_out(&asked), world.hands.now() + DAY);
        world.hands.advance(TimeDelta::minutes(3));
        let asked = nora.request("HEAD", &place).send().await.unwrap();
        assert_eq!(runs_out(&asked), world.hands.now() + DAY - TimeDelta::minutes(3));
        let sent = nora.bytes(&place, 0).body("hello").send().await.unwrap();
        assert_eq!(runs_out(&sent), world.hands.now() + DAY);
        let whole = nora.bytes(&place, 5).body("world").send().await.unwrap();
        assert_eq!(whole.headers().get("upload-expires"), None, "what is whole is no upload any more");
    }

    /// Whoever sent an upload that has run out is told so until it is removed; for everybody else there never was one.
    async fn an_upload_that_has_run_out_is_gone(world: &World) {
        let (nora, place) = begin(world, 10).await;
        nora.send(&place, 0, "hello").await;
        expire(world, &place).await;
        let gone = (410, Some("UPLOAD_EXPIRED"));
        let sent = nora.send(&place, 5, "world").await;
        assert_eq!((sent.status, sent.code.as_deref()), gone);
        assert_eq!(nora.stands(&place).await.status, 410);
        let given_up = nora.give_up(&place).await;
        assert_eq!((given_up.status, given_up.code.as_deref()), gone);
        let nils = sender(world, "Nils");
        assert_eq!(nils.send(&place, 5, "world").await, nils.send(NEVER, 5, "world").await);

        assert_eq!(attachments::sweep(&world.node.app.core).await.unwrap(), 1);
        assert_eq!(row(world, &id_of(&place)).await, None);
        assert_eq!(nora.send(&place, 5, "world").await, nora.send(NEVER, 5, "world").await);
    }

    /// More than was announced is refused however it comes, and the upload takes the right bytes afterwards.
    async fn more_than_was_announced_is_refused(world: &World) {
        let (nora, place) = begin(world, 10).await;
        for body in [Body::from("hello world"), unmeasured(b"hello world")] {
            let longer = nora.send(&place, 0, body).await;
            assert_eq!((longer.status, longer.code.as_deref()), (413, Some("FILE_TOO_LONG")));
            assert_eq!(nora.stands(&place).await.offset, Some(0));
        }
        nora.send(&place, 0, "hello").await;
        assert_eq!(nora.send(&place, 5, unmeasured(b"world!")).await.status, 413);
        assert_eq!(nora.send(&place, 5, unmeasured(b"world")).await.status, 204);
    }

    /// A piece without bytes changes nothing, and whoever comes next need not wait.
    async fn no_bytes_are_a_piece_too(world: &World) {
        let (nora, place) = begin(world, 10).await;
        for (at, bytes) in [(0, ""), (0, "hello"), (5, ""), (5, "world")] {
            let sent = nora.send(&place, at, bytes).await;
            assert_eq!((sent.status, sent.offset), (204, Some(at + bytes.len() as u64)));
        }
        let whole = nora.send(&place, 10, "").await;
        assert_eq!(whole.status, 404, "there is no upload any more, but a file");
    }

    /// A checksum is checked for each piece; a wrong one keeps nothing of its piece and all of those before.
    async fn a_wrong_checksum_costs_its_piece_alone(world: &World) {
        let (nora, place) = begin(world, 10).await;
        nora.send(&place, 0, "hello").await;
        let with = async |checksum: &str, body: &'static str| {
            let request = nora.bytes(&place, 5).header("upload-checksum", checksum).body(body);
            said(request.send().await.unwrap()).await
        };
        // The SHA-256 of "world".
        let right = "sha256 SG6kYiTRu0+2gPNPfJrZao8k7Ii+c+qOWmxlJg6cuKc=";
        let wrong = with(right, "words").await;
        assert_eq!((wrong.status, wrong.code.as_deref()), (460, Some("CHECKSUM_MISMATCH")));
        for malformed in ["md5 fXkwN6B2AYaQs0BLCzPjwA==", "sha256 abc", "sha256", "sha1 %%%"] {
            assert_eq!(with(malformed, "world").await.code.as_deref(), Some("BAD_REQUEST"), "{malformed}");
        }
        assert_eq!(nora.stands(&place).await.offset, Some(5));
        let right = with(right, "world").await;
        assert_eq!((right.status, right.offset), (204, Some(10)));

        let paul = [("patientId", patient(world, "Paul"))];
        let announced = nora.request("POST", "/uploads")
            .header("upload-length", 5)
            .header("upload-metadata", format!("patientId {}", harness::tus::encoded(&paul[0].1)))
            .header("content-type", "application/offset+octet-stream")
            .header("upload-checksum", "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=")
            .body("hallo");
        assert_eq!(said(announced.send().await.unwrap()).await.status, 460);
    }
}
