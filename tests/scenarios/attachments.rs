//! Files: how they arrive, what they turn out to be, and who gets them.

mod arriving;
mod away;
mod cut_off;
pub(crate) mod documents;
mod downloading;
mod ending;
mod full;
mod inspecting;
mod large;
mod multipart;
mod policies;
mod reading;
mod records;
mod refusing;
mod resuming;
mod scanner;
mod sending;
mod sweeping;
mod thumbnails;
mod unfinished;

use entity::{AttachmentId, AttachmentStatus, UnscannedBecause, attachment};
use harness::tus::Sender;
use harness::world::World;
use sea_orm::{ActiveModelTrait, EntityTrait, Set};

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

/// Lets a file have come so far.
async fn set_status(
    world: &World,
    id: &str,
    (status, because): (AttachmentStatus, Option<UnscannedBecause>),
) {
    let row = attachment::ActiveModel {
        organization_id: Set(world.clinic.organization),
        id: Set(AttachmentId::from_public(id).unwrap()),
        status: Set(status),
        unscanned_because: Set(because),
        // Nobody inspects it meanwhile.
        leased_by: Set(None),
        due_at: Set(world.hands.now() + chrono::TimeDelta::days(1)),
        ..Default::default()
    };
    row.update(world.node.app.core.store.writer())
        .await
        .unwrap();
}

/// Bytes that are readable text, and tell their place.
fn text(length: usize) -> Vec<u8> {
    (0_u64..)
        .flat_map(|line| format!("{line:07}\n").into_bytes())
        .take(length)
        .collect()
}
