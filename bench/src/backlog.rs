//! Messages that are stored already and that nobody was told of: fan-out is measured with them, so that it does not wait for
//! a commit of each. Their events lie in a table beside the log. Telling of some appends their events to the log in one
//! statement and sends one message, whose doorbell makes the server read on.

use std::net::SocketAddr;

use sea_orm::{ConnectionTrait as _, Statement};
use tidings::domain::store::Store;

use crate::{
    failure::Failure,
    fanout::Fan,
    seed,
    sends::{self, Author, BODY_BYTES},
    world::{LISTENING, PANEL},
};

/// Stored messages of the clinic that listens.
pub struct Backlog {
    store: Store,
    /// Messages that are told of at once, with the one that is sent.
    chunk: usize,
    left: usize,
    /// Up to which position was told.
    head: i64,
    /// The key of the next message that is sent.
    key: u64,
}

impl Backlog {
    /// Stores so many chunks. One statement for messages and one for events.
    pub async fn store(url: &str, fan: Fan, chunks: usize) -> Result<Self, Failure> {
        let store = seed::open(url).await?;
        let chunk = fan.chunk();
        let backend = store.backend();
        let head = format!(
            "select head from event_log where organization_id = '{}'",
            LISTENING.id().0
        );
        let row = store
            .reader()
            .query_one_raw(Statement::from_string(backend, head))
            .await?;
        let head = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
        let aside = "create table backlog (like event, primary key (position))".to_owned();
        for text in [
            aside,
            messages(fan, chunk, chunks),
            events(fan, chunk, chunks),
        ] {
            store
                .writer()
                .execute_raw(Statement::from_string(backend, text))
                .await?;
        }
        store.writer().execute_unprepared("analyze").await?;
        Ok(Self {
            store,
            chunk,
            left: chunks,
            head,
            key: 1 << 40,
        })
    }

    /// Whether there is nothing left to tell of.
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Tells of the next chunk.
    pub async fn tell(&mut self, address: SocketAddr, authors: &[Author]) -> Result<(), Failure> {
        let last = self.head + self.chunk as i64 - 1;
        let statement = format!(
            "with told as (insert into event select * from backlog where position > {} and position <= {last}) \
             update event_log set head = {last} where organization_id = '{}'",
            self.head,
            LISTENING.id().0
        );
        self.store.writer().execute_unprepared(&statement).await?;
        sends::exactly(address, authors, self.key, 1).await?;
        self.key += 1;
        self.head = last + 1;
        self.left -= 1;
        Ok(())
    }

    /// Lets go of the database.
    pub async fn close(self) {
        self.store.close().await;
    }
}

/// The id of a kind whose number is an SQL expression; see [`crate::world`].
fn id(kind: u32, number: &str) -> String {
    let clinic = u64::from(LISTENING.number) << 20;
    format!("('{kind:08x}-0000-7000-8000-' || lpad(to_hex({clinic} + {number}), 12, '0'))::uuid")
}

/// The rows of the backlog: position `n` and the number `p` of the patient who writes. The last place of each chunk is left
/// for the message that is sent.
fn rows(fan: Fan, chunk: usize, chunks: usize) -> String {
    let patient = match fan {
        Fan::Panel => format!("n % {}", LISTENING.patients),
        Fan::Everybody => "0".to_owned(),
    };
    let organization = LISTENING.id().0;
    format!(
        "(select n, {patient} as p from (select head + i as n, i from event_log, generate_series(1, {}) as i \
         where organization_id = '{organization}' and i % {chunk} <> 0) as places) as places",
        chunk * chunks
    )
}

fn messages(fan: Fan, chunk: usize, chunks: usize) -> String {
    let body = "I feel a little better than yesterday. ".repeat(8);
    format!(
        "insert into message (organization_id, id, conversation_id, seq, visible_seq, author_kind, author_id, author_ordinal, kind, \
         channel, body, attachment_count, idempotency_key, position, created_at) \
         select '{organization}', {message}, {conversation}, 1000000 + n, 1000000 + n, 'PATIENT', {patient}, 1, 'MESSAGE', 'PORTAL', \
         '{body}', 0, 'backlog-' || n, n, now() from {rows}",
        organization = LISTENING.id().0,
        message = id(9, "n"),
        conversation = id(4, "p"),
        patient = id(3, "p"),
        body = &body[..BODY_BYTES],
        rows = rows(fan, chunk, chunks),
    )
}

/// All of the patient's panel are alerted.
fn events(fan: Fan, chunk: usize, chunks: usize) -> String {
    let staff = id(2, &format!("(p * {PANEL} + place) % {}", LISTENING.staff));
    format!(
        "insert into backlog (organization_id, position, kind, conversation_id, patient_id, message_id, actor_kind, actor_id, audience, \
         created_at) \
         select '{organization}', n, 'MESSAGE_POSTED', {conversation}, {patient}, {message}, 'PATIENT', {patient}, \
         (select decode(string_agg('01' || replace({staff}::text, '-', ''), ''), 'hex') from generate_series(0, {last}) as place), \
         now() from {rows}",
        organization = LISTENING.id().0,
        conversation = id(4, "p"),
        patient = id(3, "p"),
        message = id(9, "n"),
        last = PANEL - 1,
        rows = rows(fan, chunk, chunks),
    )
}
