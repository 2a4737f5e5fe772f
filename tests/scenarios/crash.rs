//! Power cuts: nothing that was acknowledged is lost or doubled, and whoever resumes misses nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use entity::{MessageTemplateId, PatientId, PersonId, message};
use futures_util::future::join_all;
use harness::patience::{PATIENCE, until};
use harness::seed::Seed;
use harness::{canary, on_both_databases, run};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::live::follower::{Follower, Parting, whole_log};
use crate::live::ward::{self, Ward};
use crate::live::writer::write_steadily;
use crate::reminders::live::template;
use crate::reminders::many::patients;

/// The most that the memory may grow while one large reminder leaves (in KiB).
const GROWTH: u64 = 64 * 1024;
const PER_SECOND: u32 = 200;

const PAGE: &str = "query ($id: ID!, $after: String) { conversation(id: $id) { messages(first: 100, after: $after) {
    nodes { id } pageInfo { hasNextPage endCursor } } } }";

/// All messages of the chat, as a client reads them.
async fn listed(ward: &Ward) -> Vec<String> {
    let writer = ward.writer(&ward.nurses[0].1).await;
    let (mut ids, mut after) = (Vec::new(), json!(null));
    loop {
        let variables = json!({ "id": ward.chat.to_public(), "after": after });
        let answer = writer.client.execute(PAGE, variables, Some(&writer.token));
        let page = answer.await.field("conversation")["messages"].take();
        let nodes = page["nodes"].as_array().unwrap();
        ids.extend(
            nodes
                .iter()
                .map(|node| node["id"].as_str().unwrap().to_owned()),
        );
        if page["pageInfo"]["hasNextPage"] == false {
            return ids;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// Kills the server at any moment, but never before it has stored a message in this life; gives these messages.
async fn kill_while_they_write(ward: &Ward, stop: &CancellationToken) -> Vec<String> {
    let writer = ward.writer(&ward.nurses[0].1).await;
    let mut random = StdRng::seed_from_u64(9);
    let mut server = ward.server.lock().await;
    let mut stored = Vec::new();
    for life in 0..run::kills() {
        stored.push(
            writer
                .write(&canary::message(&format!("Life {life}")))
                .await,
        );
        sleep(Duration::from_millis(random.random_range(200..1500))).await;
        server.kill_nine().await;
        server.restart().await;
    }
    stop.cancel();
    stored
}

async fn kill_again_and_again(ward: &Ward, stop: &CancellationToken) {
    let mut random = StdRng::seed_from_u64(9);
    let mut server = ward.server.lock().await;
    for _ in 0..run::kills() {
        sleep(Duration::from_millis(random.random_range(200..1500))).await;
        server.kill_nine().await;
        server.restart().await;
    }
    stop.cancel();
}

const SEND: &str = "mutation ($input: SendReminderInput!) { sendReminder(input: $input) { reminder { id } errors { code } } }";
const WAITING: &str = "{ reminders { nodes { status waitingCount sentCount } } }";

/// A template, and patients to send it to.
async fn audience(ward: &Ward, count: usize) -> (MessageTemplateId, Vec<PatientId>) {
    let core = ward.core().await;
    let seed = Seed::of(&core, ward.organization);
    let PersonId::Staff(nora) = ward.nurses[0].0 else {
        panic!("a nurse is of the staff")
    };
    let template = template(&core, &seed, nora).await;
    let count = u32::try_from(count).unwrap();
    let patients = patients(&core, &seed, count).await;
    ward::close(core).await;
    (template, patients)
}

/// How many messages of the newest reminder have left; none while the server is away.
async fn progress(ward: &Ward) -> Option<u64> {
    let writer = ward.writer(&ward.nurses[0].1).await;
    let answer = writer
        .client
        .try_execute(WAITING, json!({}), Some(&writer.token));
    let answer = answer.await.ok()?;
    answer.data["reminders"]["nodes"][0]["sentCount"].as_u64()
}

/// The same request until it is answered; gives the reminder.
async fn send_reminder(ward: &Ward, input: &serde_json::Value) -> String {
    until(PATIENCE * 6, "a reminder to be stored", async || {
        let writer = ward.writer(&ward.nurses[0].1).await;
        let variables = json!({ "input": input });
        let sent = writer
            .client
            .try_execute(SEND, variables, Some(&writer.token));
        let answer = sent.await.ok()?;
        let id = answer.data["sendReminder"]["reminder"]["id"].as_str();
        id.map(str::to_owned)
    })
    .await
}

async fn follow_to_the_end(mut follower: Follower) -> Follower {
    while follower.follow().await == Parting::Lost {
        sleep(Duration::from_millis(20)).await;
    }
    follower
}

on_both_databases! {
    /// The program is killed at any moment, while three people write and six clients listen.
    async fn a_killed_server_loses_and_doubles_nothing(ward: &Ward) {
        let (mut writers, mut followers) = (Vec::new(), Vec::new());
        for who in ward.nurses.iter().chain([&ward.paul]) {
            writers.push(ward.writer(&who.1).await);
            for chat in [true, false] {
                followers.push(ward.follower(who, chat).await);
            }
        }
        let stop = CancellationToken::new();
        let writing = async {
            let mut stored = write_steadily(&writers, PER_SECOND, None, &stop).await;
            stored.extend(ward.last_words().await);
            stored
        };
        let (mut stored, between_kills, followers) = tokio::join!(
            writing,
            kill_while_they_write(ward, &stop),
            join_all(followers.into_iter().map(follow_to_the_end)),
        );
        assert_eq!(between_kills.len(), run::kills());
        assert!(stored.len() > run::kills(), "the others wrote too: {}", stored.len());
        stored.extend(between_kills);

        let acknowledged: BTreeSet<_> = stored.iter().collect();
        assert_eq!(acknowledged.len(), stored.len(), "two writers were given the same message");
        let listed = listed(ward).await;
        assert_eq!(listed.len(), stored.len(), "a message that is stored was sent once");
        assert_eq!(listed.iter().collect::<BTreeSet<_>>(), acknowledged);
        let core = ward.core().await;
        let log = whole_log(&core, ward.organization).await;
        ward::close(core).await;
        for follower in followers {
            assert_eq!(follower.given, follower.watched.of(&log), "{:?}", follower.watched);
        }
        assert_eq!(log.iter().filter(|event| event.what.message.is_some()).count(), stored.len());
    }

    /// The program is killed at any moment while reminders leave: each patient gets each of them exactly once.
    async fn a_killed_server_sends_each_reminder_once(ward: &Ward) {
        const REMINDERS: usize = 12;
        const PATIENTS: usize = 150;
        let (template, patients) = audience(ward, PATIENTS).await;
        let ids: Vec<_> = patients.iter().map(|id| id.to_public()).collect();
        let stop = CancellationToken::new();
        let sending = async {
            let mut sent = BTreeSet::new();
            for number in 0..REMINDERS {
                let input = json!({ "templateId": template.to_public(), "patientIds": ids, "idempotencyKey": format!("k{number}") });
                sent.insert(send_reminder(ward, &input).await);
            }
            sent
        };
        let (sent, ()) = tokio::join!(sending, kill_again_and_again(ward, &stop));
        assert_eq!(sent.len(), REMINDERS);
        let writer = ward.writer(&ward.nurses[0].1).await;
        until(PATIENCE * 6, "all to have left", async || {
            let answer = writer.client.execute(WAITING, json!({}), Some(&writer.token)).await;
            let nodes = answer.field("reminders")["nodes"].take();
            let mut nodes = nodes.as_array()?.iter();
            nodes.all(|node| node["status"] == "DONE" && node["sentCount"] == PATIENTS).then_some(())
        })
        .await;
        let core = ward.core().await;
        let stored = message::Entity::find()
            .filter(message::Column::TemplateId.eq(template))
            .all(core.store.reader())
            .await
            .unwrap();
        ward::close(core).await;
        assert_eq!(stored.len(), REMINDERS * PATIENTS);
        let once: BTreeSet<_> = stored.iter().map(|message| (message.conversation_id, &message.idempotency_key)).collect();
        assert_eq!(once.len(), stored.len());
        let conversations: BTreeSet<_> = stored.iter().map(|message| message.conversation_id).collect();
        assert_eq!(conversations.len(), PATIENTS, "each patient has one conversation of announcements");
    }

    /// One call to many patients. The program is killed again and again while their messages leave, each time when some more
    /// of them have: nobody is left out, and nobody gets it twice. From the call on to the end its memory hardly grows, whichever of
    /// its processes one looks at.
    async fn a_server_killed_in_the_middle_of_one_large_reminder_leaves_nobody_out(ward: &Ward) {
        let patients = if run::long() { 10_000 } else { 1_000 };
        let (template, ids) = audience(ward, patients).await;
        let ids: Vec<_> = ids.iter().map(|id| id.to_public()).collect();
        let input = json!({ "templateId": template.to_public(), "patientIds": ids, "idempotencyKey": "large" });
        progress(ward).await;
        let mut resting = ward.server.lock().await.memory("VmRSS:");
        send_reminder(ward, &input).await;
        let (mut left, mut grown) = (0, 0);
        for _ in 0..run::kills() {
            left = until(PATIENCE * 6, "some more to have left", async || progress(ward).await.filter(|sent| *sent > left)).await;
            let mut server = ward.server.lock().await;
            grown = server.memory("VmHWM:").saturating_sub(resting).max(grown);
            server.kill_nine().await;
            server.restart().await;
            drop(server);
            progress(ward).await;
            resting = ward.server.lock().await.memory("VmRSS:");
        }
        assert!(left < patients as u64, "the last kill came before the end");
        until(PATIENCE * 30, "all to have left", async || progress(ward).await.filter(|sent| *sent == patients as u64)).await;
        // Who asks again whether it was sent, because the answer was lost, is told of the same one.
        send_reminder(ward, &input).await;
        grown = ward.server.lock().await.memory("VmHWM:").saturating_sub(resting).max(grown);
        assert!(grown < GROWTH, "the memory grew by {grown} KiB");
        let core = ward.core().await;
        let stored = message::Entity::find()
            .filter(message::Column::TemplateId.eq(template))
            .all(core.store.reader())
            .await
            .unwrap();
        ward::close(core).await;
        let conversations: BTreeSet<_> = stored.iter().map(|message| message.conversation_id).collect();
        assert_eq!((stored.len(), conversations.len()), (patients, patients));
    }
}
