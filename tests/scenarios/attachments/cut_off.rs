//! Files that come with an operation and break off in the middle.

use chrono::TimeDelta;
use entity::{AttachmentDisposal, AttachmentStatus, attachment};
use harness::on_both_databases;
use harness::patience::{PATIENCE, until};
use harness::run;
use harness::tus::id_of;
use harness::world::World;
use reqwest::Response;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Value;
use tidings::domain::attachments::{self, SEGMENT_BYTES};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::multipart::{BOUNDARY, one};
use super::resuming::held;
use super::{patient, sender, text};

/// How many files a node takes in at once.
const PLACES: usize = 32;

/// The files of the clinic that have begun and not ended.
async fn arriving(world: &World) -> Vec<attachment::Model> {
    attachment::Entity::find()
        .filter(attachment::Column::OrganizationId.eq(world.clinic.organization))
        .filter(attachment::Column::Status.eq(AttachmentStatus::Uploading))
        .all(world.node.app.core.store.reader())
        .await
        .unwrap()
}

/// A request whose file stops in the middle and waits there. It ends with what is given.
fn begin(
    world: &World,
    name: &str,
    length: usize,
) -> (oneshot::Sender<()>, JoinHandle<reqwest::Result<Response>>) {
    let client = &world.node.client;
    let mut body = one(&patient(world, "Paul"), "notes.txt", &text(length));
    // The end of the form is what does not come.
    body.truncate(body.len() - BOUNDARY.len() - 12);
    let (hold, released) = oneshot::channel();
    let request = client
        .http()
        .post(client.url("/graphql"))
        .bearer_auth(&world.actor(name).token)
        .header("accept", "application/graphql-response+json")
        .header("graphql-require-preflight", "1")
        .header(
            "content-type",
            format!("multipart/form-data; boundary={BOUNDARY}"),
        )
        .body(held(body, released));
    (hold, tokio::spawn(request.send()))
}

on_both_databases! {
    /// The client goes away while its file arrives: nobody can go on with it, so it is given up at once, and the next sweep leaves
    /// nothing of it.
    async fn a_client_that_goes_away_leaves_nothing(world: &World) {
        let (hold, sending) = begin(world, "Nora", 2 * SEGMENT_BYTES as usize);
        let begun = until(PATIENCE, "the first segment", async || {
            arriving(world).await.into_iter().find(|file| file.received > 0)
        })
        .await;
        assert_eq!(begun.expires_at, Some(world.hands.now() + TimeDelta::hours(1)), "also when the server is killed now");
        sending.abort();
        drop(hold);
        until(PATIENCE, "its end", async || {
            let file = arriving(world).await.pop()?;
            (file.disposal == Some(AttachmentDisposal::Whole) && file.leased_by.is_none()).then_some(())
        })
        .await;
        assert_eq!(attachments::sweep(&world.node.app.core).await.unwrap(), 1);
        assert_eq!(arriving(world).await, []);
    }

    /// Files that come with operations and those that come by the tus protocol have the same places: when all are taken,
    /// either way is told to try again, and goes on as soon as one is free.
    async fn all_ways_share_the_places(world: &World) {
        let names = ["Nora", "Nils"];
        let mut requests: Vec<_> = (0..PLACES).map(|number| begin(world, names[number % 2], 100)).collect();
        until(PATIENCE, "all places to be taken", async || (arriving(world).await.len() == PLACES).then_some(())).await;
        let (_hold, more) = begin(world, "Nora", 100);
        let refused: Value = more.await.unwrap().unwrap().json().await.unwrap();
        assert_eq!(refused["errors"][0]["extensions"]["code"], "RATE_LIMITED");
        let nora = sender(world, "Nora");
        let paul = patient(world, "Paul");
        let announced = nora.announce(5, &[("patientId", paul.as_str()), ("filename", &run::unique_name())]).await;
        let place = announced.location.unwrap();
        let refused = nora.send(&place, 0, "hello").await;
        assert_eq!((refused.status, refused.code.as_deref()), (503, Some("UNAVAILABLE")));

        let (hold, sending) = requests.pop().unwrap();
        sending.abort();
        drop(hold);
        until(PATIENCE, "a free place", async || (nora.send(&place, 0, "hello").await.status == 204).then_some(())).await;
        assert!(arriving(world).await.iter().all(|file| file.id.to_public() != id_of(&place)));
        for (hold, sending) in requests {
            drop(hold);
            let _ = sending.await;
        }
    }
}
