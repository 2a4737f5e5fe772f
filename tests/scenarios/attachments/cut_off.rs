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
use serde_json::json;
use tidings::domain::attachments::{self, SEGMENT_BYTES};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::multipart::{BOUNDARY, one, post};
use super::resuming::held;
use super::{patient, sender, text};

/// How many files of one person a node takes in at once, and how many of one clinic.
const OF_PERSON: usize = 4;
const OF_CLINIC: usize = 16;

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

/// Somebody's next file is refused, with an operation and by the tus protocol; gives the place of the second.
async fn refused_both_ways(world: &World, name: &str, about: &str) -> String {
    let (_, refused) = post(
        world,
        name,
        true,
        one(&patient(world, about), "notes.txt", b"hello"),
    )
    .await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "RATE_LIMITED");
    let (sender, about) = (sender(world, name), patient(world, about));
    let metadata = [
        ("patientId", about.as_str()),
        ("filename", &run::unique_name()),
    ];
    let announced = sender.announce(5, &metadata).await;
    let place = announced.location.unwrap();
    let refused = sender.send(&place, 0, "hello").await;
    assert_eq!(
        (refused.status, refused.code.as_deref()),
        (503, Some("UNAVAILABLE"))
    );
    place
}

async fn end(requests: Vec<(oneshot::Sender<()>, JoinHandle<reqwest::Result<Response>>)>) {
    for (hold, sending) in requests {
        drop(hold);
        let _ = sending.await;
    }
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

    /// One patient holds as many places as one person may. Their next file is told to try again, whichever way it comes, and goes on
    /// as soon as one is free; everybody else's are taken meanwhile.
    async fn who_holds_their_share_keeps_nobody_else_out(world: &World) {
        let mut requests: Vec<_> = (0..OF_PERSON).map(|_| begin(world, "Paul", 100)).collect();
        until(PATIENCE, "all places to be taken", async || (arriving(world).await.len() == OF_PERSON).then_some(())).await;
        let paul = sender(world, "Paul");
        let place = refused_both_ways(world, "Paul", "Paul").await;
        for (name, about) in [("Petra", "Petra"), ("Nora", "Paul")] {
            let (status, answer) = post(world, name, true, one(&patient(world, about), "notes.txt", b"hello")).await;
            assert_eq!((status, &answer["data"]["uploadAttachment"]["errors"]), (200, &json!([])), "{name}");
            sender(world, name).upload(&patient(world, about), "notes.txt", b"hello").await;
        }

        let (hold, sending) = requests.pop().unwrap();
        sending.abort();
        drop(hold);
        until(PATIENCE, "a free place", async || (paul.send(&place, 0, "hello").await.status == 204).then_some(())).await;
        assert!(arriving(world).await.iter().all(|file| file.id.to_public() != id_of(&place)));
        end(requests).await;
    }

    /// Files that come with operations and those that come by the tus protocol have the same places: when all of a clinic are
    /// taken, either way is told to try again; another clinic has its own.
    async fn all_ways_share_the_places(world: &World) {
        let names = ["Nora", "Nils", "Dora", "Paul"];
        let requests: Vec<_> = (0..OF_CLINIC).map(|number| begin(world, names[number % 4], 100)).collect();
        until(PATIENCE, "all places to be taken", async || (arriving(world).await.len() == OF_CLINIC).then_some(())).await;
        refused_both_ways(world, "Petra", "Petra").await;
        sender(world, "Sten").upload(&patient(world, "Silja"), "notes.txt", b"hello").await;
        end(requests).await;
    }
}
