//! Files: how they arrive, what they turn out to be, and who gets them.

mod arriving;
pub(crate) mod documents;
mod downloading;
mod full;
mod inspecting;
mod large;
mod multipart;
mod reading;
mod refusing;
mod resuming;
mod sending;
mod sweeping;
mod thumbnails;

use entity::{AttachmentId, attachment};
use harness::tus::Sender;
use harness::world::World;
use sea_orm::EntityTrait;

/// Somebody of the story who uploads to the world's node.
fn sender(world: &World, name: &str) -> Sender {
    Sender::new(world, &world.node, name)
}

/// The public id of a patient of the story.
fn patient(world: &World, name: &str) -> String {
    world.patient(name).to_public()
}

/// What the database says of a file of the first clinic.
async fn row(world: &World, id: &str) -> Option<attachment::Model> {
    let id = AttachmentId::from_public(id).unwrap();
    attachment::Entity::find_by_id((world.clinic.organization, id))
        .one(world.node.app.core.store.reader())
        .await
        .unwrap()
}

/// Bytes that are readable text, and tell their place.
fn text(length: usize) -> Vec<u8> {
    (0_u64..)
        .flat_map(|line| format!("{line:07}\n").into_bytes())
        .take(length)
        .collect()
}
