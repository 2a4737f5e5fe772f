//! Small pictures, and pictures that none is made of.

use std::io::Cursor;
use std::sync::Arc;

use entity::{AttachmentStatus, attachment};
use harness::patience::{PATIENCE, until};
use harness::world::World;
use harness::{Backend, scenario};
use image::{ImageFormat, RgbImage};
use serde_json::json;
use tidings::realtime::InProcess;

use super::documents::{document, file};
use super::{patient, row, sender};

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 90]));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A PNG whose header says 30,000 × 30,000 pixels.
fn promise() -> Vec<u8> {
    let mut bytes = picture(4, 4, ImageFormat::Png);
    bytes[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
    let checksum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

async fn inspected(world: &World, bytes: &[u8]) -> attachment::Model {
    let id = sender(world, "Nora")
        .upload(&patient(world, "Paul"), "a.png", bytes)
        .await;
    until(PATIENCE * 3, "the inspection", async || {
        let row = row(world, &id).await?;
        (row.status != AttachmentStatus::Pending).then_some(row)
    })
    .await
}

async fn in_a_world(story: impl AsyncFnOnce(&World)) {
    scenario::bounded(async {
        let broker = Arc::new(InProcess::default());
        let world = World::start_with(Backend::Sqlite, broker, |source| source).await;
        story(&world).await;
        world.finish().await;
    })
    .await;
}

/// Every kind of picture has a small one, which is served like a file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_have_small_ones() {
    in_a_world(async |world| {
        for format in [
            ImageFormat::Png,
            ImageFormat::Jpeg,
            ImageFormat::Gif,
            ImageFormat::WebP,
        ] {
            let row = inspected(world, &picture(640, 480, format)).await;
            let size = (row.thumbnail_width, row.thumbnail_height);
            assert_eq!(size, (Some(320), Some(240)), "{format:?}");
        }
        let row = inspected(world, &picture(30, 20, ImageFormat::Png)).await;
        let document = document(
            world,
            "Nora",
            "Paul",
            &row.id.to_public(),
            json!({ "kind": "IMAGE" }),
        )
        .await;
        let file = file(world, "Nora", &document).await;
        let small = &file["thumbnail"];
        assert_eq!(
            (&small["width"], &small["height"]),
            (&json!(30), &json!(20))
        );
        let client = &world.node.client;
        let url = client.url(small["url"].as_str().unwrap());
        let response = client.http().get(url).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "image/jpeg");
        let bytes = response.bytes().await.unwrap();
        assert_eq!(image::load_from_memory(&bytes).unwrap().width(), 30);
    })
    .await;
}

/// A picture that would fill the memory, one that is cut off, and one that is also something else: kept as files, without
/// a small picture.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bombs_have_none() {
    in_a_world(async |world| {
        let mut cut = picture(640, 480, ImageFormat::Png);
        cut.truncate(500);
        let mut polyglot = picture(640, 480, ImageFormat::Gif);
        polyglot.truncate(40);
        polyglot.extend_from_slice(b"<script>alert(1)</script>");
        for (what, bytes) in [
            ("a bomb", promise()),
            ("a cut picture", cut),
            ("a polyglot", polyglot),
        ] {
            let row = inspected(world, &bytes).await;
            assert_eq!(
                (row.status, row.thumbnail_length),
                (AttachmentStatus::Unscanned, None),
                "{what}"
            );
            assert!(row.media_type.unwrap().starts_with("image/"), "{what}");
        }
    })
    .await;
}
