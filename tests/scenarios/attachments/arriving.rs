//! What is taken, and what is refused with which code.

use entity::{AttachmentStatus, attachment};
use harness::canary;
use harness::on_both_databases;
use harness::tus::{Sender, encoded, id_of, said};
use harness::world::World;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::{patient, row, sender, text};

async fn refused(sender: &Sender, patient: &str, bytes: &[u8]) -> (u16, Option<String>) {
    let said = sender
        .announce_with(bytes, &[("patientId", patient), ("filename", "a.png")])
        .await;
    (said.status, said.code)
}

on_both_databases! {
    /// A nurse sends a file in one request; it is named and typed by what it is, not by what it is called.
    async fn a_file_arrives_in_one_request(world: &World) {
        let nora = sender(world, "Nora");
        let bytes = text(10_000);
        let id = nora.upload(&patient(world, "Paul"), "../../\u{202e}report.exe", &bytes).await;
        let row = row(world, &id).await.unwrap();
        assert_eq!(row.file_name.reveal(), canary::name("report.exe"));
        assert_eq!(row.media_type.as_deref(), Some("text/plain"));
        assert_eq!((row.length, row.received), (10_000, 10_000));
        assert_ne!(row.status, AttachmentStatus::Uploading);
        assert_eq!(row.patient_id, world.patient("Paul"));
    }

    /// What is not allowed is refused with a code, whatever it is called, and leaves nothing that could be used.
    async fn files_of_other_types_are_refused(world: &World) {
        let nora = sender(world, "Nora");
        let paul = patient(world, "Paul");
        let not_allowed = (415, Some("TYPE_NOT_ALLOWED".to_owned()));
        for bytes in [
            &b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"[..],
            b"<!doctype html><script>alert(1)</script>",
            b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff",
            b"PK\x03\x04\x14\0\0\0\x08\0bomb",
            b"nothing\0known",
        ] {
            assert_eq!(refused(&nora, &paul, bytes).await, not_allowed);
        }
    }

    /// Nothing, too much, more than was announced, and what is no upload at all.
    async fn bad_uploads_have_an_answer_each(world: &World) {
        let nora = sender(world, "Nora");
        let paul = patient(world, "Paul");
        let metadata = [("patientId", paul.as_str())];
        let code = |code: &str| Some(code.to_owned());

        let empty = nora.announce(0, &metadata).await;
        assert_eq!((empty.status, empty.code), (400, code("FILE_EMPTY")));
        let long = nora.announce(26_214_401, &metadata).await;
        assert_eq!((long.status, long.code), (413, code("FILE_TOO_LONG")));
        let nameless = nora.announce(1, &[]).await;
        assert_eq!((nameless.status, nameless.code), (400, code("BAD_REQUEST")));
        let unknown = nora.announce(1, &[("patientId", "pat_00000000000000000000000000000000")]).await;
        assert_eq!((unknown.status, unknown.code), (404, code("NOT_FOUND")));
        let foreign = nora.announce(1, &[("patientId", &world.patient("Silja").to_public())]).await;
        assert_eq!((foreign.status, foreign.code), (404, code("NOT_FOUND")));

        let begun = nora.announce(10, &metadata).await;
        let place = begun.location.unwrap();
        let longer = nora.send(&place, 0, "12345678901").await;
        assert_eq!((longer.status, longer.code), (413, code("FILE_TOO_LONG")));
        let elsewhere = nora.send(&place, 5, "67890").await;
        assert_eq!((elsewhere.status, elsewhere.code, elsewhere.offset), (409, code("OFFSET_MISMATCH"), Some(0)));
        let untyped = nora.request("PATCH", &place).header("upload-offset", 0).body("1").send().await.unwrap();
        assert_eq!(said(untyped).await.code, code("UNSUPPORTED_MEDIA_TYPE"));
        let client = &world.node.client;
        let other_version = client.http().patch(client.url(&place)).header("tus-resumable", "0.2.2").send().await.unwrap();
        assert_eq!((other_version.status().as_u16(), other_version.headers()["tus-version"].as_bytes()), (412, &b"1.0.0"[..]));
    }

    /// A wrong checksum leaves the upload where it was; the right one moves it on.
    async fn checksums_are_checked(world: &World) {
        let nora = sender(world, "Nora");
        let begun = nora.announce(5, &[("patientId", &patient(world, "Paul"))]).await;
        let place = begun.location.unwrap();
        // The SHA-1 of "hello".
        let right = "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=";
        let wrong = nora.bytes(&place, 0).header("upload-checksum", right).body("hallo");
        let wrong = said(wrong.send().await.unwrap()).await;
        assert_eq!((wrong.status, wrong.code.as_deref()), (460, Some("CHECKSUM_MISMATCH")));
        assert_eq!(nora.stands(&place).await.offset, Some(0));
        let right = nora.bytes(&place, 0).header("upload-checksum", right).body("hello");
        let right = said(right.send().await.unwrap()).await;
        assert_eq!((right.status, right.offset), (204, Some(5)));
    }

    /// Only clinicians within reach upload about a patient, besides the patient.
    async fn only_who_may_uploads(world: &World) {
        let paul = patient(world, "Paul");
        let metadata = [("patientId", paul.as_str())];
        for (name, status) in [("Nora", 201), ("Dora", 201), ("Rita", 404), ("Ada", 403), ("Paul", 201), ("Petra", 404), ("Sten", 404), ("Silja", 404)] {
            assert_eq!(sender(world, name).announce(1, &metadata).await.status, status, "{name}");
        }
        let nobody = world.node.client.http().post(world.node.client.url("/uploads"));
        let nobody = nobody.header("tus-resumable", "1.0.0").header("upload-length", 1).send().await.unwrap();
        assert_eq!(nobody.status(), 401);
    }

    /// Where the clinic takes files from patients, they send them about themselves, as long as it allows.
    async fn patients_upload_where_the_clinic_lets_them(world: &World) {
        const SET: &str = "mutation ($input: UpdateSettingsInput!) { updateSettings(input: $input) { errors { code } } }";
        let set = async |input: serde_json::Value| world.data("Ada", SET, json!({ "input": input })).await;
        set(json!({ "attachments": { "patientMaxBytes": 1000 } })).await;
        let paul = sender(world, "Paul");
        let sent = paul.announce_with(b"hello", &[("filename", "a.txt")]).await;
        let row = row(world, &id_of(&sent.location.unwrap())).await.unwrap();
        assert_eq!((row.patient_id, row.uploaded_by_id), (world.patient("Paul"), world.patient("Paul").0));
        let long = paul.announce(1001, &[]).await;
        assert_eq!((long.status, long.code.as_deref()), (413, Some("FILE_TOO_LONG")));
        let others = paul.announce(5, &[("patientId", &patient(world, "Petra"))]).await;
        assert_eq!(others.status, 404);
        set(json!({ "rules": [{ "kind": "CARE_TEAM_CHAT", "patientUploads": false }] })).await;
        let off = paul.announce(5, &[]).await;
        assert_eq!((off.status, off.code.as_deref()), (403, Some("PATIENT_UPLOADS_OFF")));
    }

    /// Somebody else's upload does not exist, in the same words as one that never was.
    async fn an_upload_is_its_senders_alone(world: &World) {
        let begun = sender(world, "Nora").announce(5, &[("patientId", &patient(world, "Paul"))]).await;
        let place = begun.location.unwrap();
        let never = "/uploads/att_00000000000000000000000000000000";
        for name in ["Nils", "Ada", "Paul", "Sten"] {
            let other = sender(world, name);
            assert_eq!(other.stands(&place).await, other.stands(never).await);
            assert_eq!(other.send(&place, 0, "hello").await, other.send(never, 0, "hello").await);
            assert_eq!(other.give_up(&place).await, other.give_up(never).await);
        }
        assert_eq!(sender(world, "Nora").stands(&place).await.offset, Some(0));
    }

    /// Pages of foreign origins are kept out, and those of the server's own may read what the protocol says.
    async fn foreign_pages_upload_nothing(world: &World) {
        let client = &world.node.client;
        let ask = |origin: String| client.http().request(reqwest::Method::OPTIONS, client.url("/uploads")).header("origin", origin).send();
        let foreign = ask("https://evil.example".to_owned()).await.unwrap();
        assert_eq!(foreign.status(), 403);
        let own = ask(world.node.app.public_url.as_str().to_owned()).await.unwrap();
        assert_eq!(own.status(), 204);
        assert_eq!(own.headers()["tus-max-size"], "26214400");
        let exposed = own.headers()["access-control-expose-headers"].to_str().unwrap();
        assert!(exposed.contains("upload-offset") && exposed.contains("location"));
    }

    /// Fifty files that nothing makes use of are enough for one person.
    async fn files_that_nobody_uses_do_not_pile_up(world: &World) {
        let nora = sender(world, "Nora");
        let metadata = [("patientId", patient(world, "Paul"))];
        let metadata = metadata.each_ref().map(|(name, value)| (*name, value.as_str()));
        let mut last = String::new();
        for _ in 0..50 {
            last = nora.announce(1, &metadata).await.location.unwrap();
        }
        let more = nora.announce(1, &metadata).await;
        assert_eq!((more.status, more.code.as_deref()), (429, Some("TOO_MANY_FILES")));
        assert!(row(world, &id_of(&last)).await.is_some());
        assert_eq!(json!(sender(world, "Nils").announce(1, &metadata).await.status), 201);
        // Whoever gives one up can begin another at once, whenever the bytes go.
        assert_eq!(nora.give_up(&last).await.status, 204);
        assert_eq!(nora.announce(1, &metadata).await.status, 201);
    }

    /// An upload that is refused together with its first bytes leaves nothing: its sender never learns where it is.
    async fn what_is_refused_with_its_beginning_leaves_nothing(world: &World) {
        let nora = sender(world, "Nora");
        let metadata = format!("patientId {}", encoded(&patient(world, "Paul")));
        let begin = |checksum: &str, length: u64| {
            let request = nora.request("POST", "/uploads").header("upload-metadata", &metadata).header("upload-length", length);
            request.header("content-type", "application/offset+octet-stream").header("upload-checksum", checksum).body("hallo")
        };
        // The SHA-1 of "hello".
        let other = "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=";
        for (checksum, length, status, code) in [
            (other, 5, 460, "CHECKSUM_MISMATCH"), ("sha1 nonsense", 5, 400, "BAD_REQUEST"), (other, 4, 413, "FILE_TOO_LONG"),
        ] {
            let refused = said(begin(checksum, length).send().await.unwrap()).await;
            assert_eq!((refused.status, refused.code.as_deref()), (status, Some(code)));
        }
        let waiting = attachment::Entity::find()
            .filter(attachment::Column::OrganizationId.eq(world.clinic.organization))
            .filter(attachment::Column::Disposal.is_null());
        assert_eq!(waiting.all(world.node.app.core.store.reader()).await.unwrap(), []);
    }
}
