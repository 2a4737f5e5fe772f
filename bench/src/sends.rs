//! Durable sends: `sendMessage` over HTTP, each answered when the message is on disk.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::{
    failure::Failure,
    http::{self, Connection},
    world::{Clinic, PANEL, Tokens},
};

const MUTATION: &str = "mutation Send($input: SendMessageInput!) { sendMessage(input: $input) { \
    message { id sequence createdAt } position replayed errors { code field message } } }";

/// What a stored message is answered with.
const STORED: &str = r#""message":{"id":"msg_"#;

/// 300 bytes, as in the table of others' figures.
pub const BODY_BYTES: usize = 300;

/// Digits of an idempotency key.
const KEY: usize = 24;

/// Someone who writes: a request whose idempotency key is filled in anew each time.
pub struct Author {
    request: Vec<u8>,
    key_at: usize,
}

impl Author {
    /// Someone who writes in one conversation.
    fn new(token: &str, conversation: &str) -> Result<Self, Failure> {
        let placeholder = "K".repeat(KEY);
        let body = "I feel a little better than yesterday. ".repeat(8);
        let request = serde_json::json!({
            "query": MUTATION,
            "variables": { "input": {
                "conversationId": conversation,
                "body": &body[..BODY_BYTES],
                "idempotencyKey": placeholder,
            } },
        });
        let request = http::post(token, &request.to_string());
        let key_at = request
            .find(&placeholder)
            .ok_or_else(|| Failure::answer("the request", "no key"))?;
        Ok(Self {
            request: request.into_bytes(),
            key_at,
        })
    }

    /// A patient who writes in their own chat.
    pub fn patient(tokens: &Tokens, clinic: Clinic, number: u32) -> Result<Self, Failure> {
        let conversation = clinic.conversation(number).to_public();
        Self::new(&tokens.patient(clinic, number)?, &conversation)
    }

    /// A staff member who writes in the chat of a patient on whose panel they stand.
    pub fn staff(tokens: &Tokens, clinic: Clinic, number: u32) -> Result<Self, Failure> {
        // Of the patients whose panels begin at multiples of eight, the one whose panel holds this number.
        let conversation = clinic.conversation(number / PANEL).to_public();
        Self::new(&tokens.staff(clinic, number)?, &conversation)
    }

    /// All people of the clinics, so ordered that any run of them has patients and staff of all clinics.
    pub fn everybody(tokens: &Tokens, clinics: &[Clinic]) -> Result<Vec<Self>, Failure> {
        let mut authors = Vec::new();
        let most = clinics.iter().map(|c| c.patients.max(c.staff)).max();
        for number in 0..most.unwrap_or(0) {
            for clinic in clinics {
                if number < clinic.patients {
                    authors.push(Self::patient(tokens, *clinic, number)?);
                }
                if number < clinic.staff {
                    authors.push(Self::staff(tokens, *clinic, number)?);
                }
            }
        }
        Ok(authors)
    }

    /// The request with a key of its own.
    fn request(&self, key: u64, buffer: &mut Vec<u8>) {
        buffer.clear();
        buffer.extend_from_slice(&self.request);
        let digits = format!("{key:0KEY$}");
        buffer[self.key_at..self.key_at + KEY].copy_from_slice(digits.as_bytes());
    }
}

/// How to load the server.
#[derive(Clone, Copy)]
pub struct Load {
    /// Connections, each with one send under way.
    pub connections: usize,
    /// Before anything counts.
    pub warm_up: Duration,
    /// While everything counts.
    pub measure: Duration,
}

/// What came out.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Sends {
    /// Confirmed messages.
    pub per_second: f64,
    /// Half of the confirmations came faster.
    pub p50_ms: f64,
    /// All but a hundredth came faster.
    pub p99_ms: f64,
    /// A request, head and body.
    pub request_bytes: usize,
    /// An answer, head and body.
    pub answer_bytes: usize,
    /// All confirmed messages, those of the warm-up too.
    pub confirmed: u64,
}

/// What the connections of one load share.
struct Shared<'a> {
    authors: &'a [Author],
    connections: usize,
    first_key: u64,
    begin: Instant,
    end: Instant,
    /// Takes are paid back by whoever sees the message arrive.
    credit: Option<&'a Semaphore>,
    latencies: RefCell<Vec<Duration>>,
    answer_bytes: Cell<usize>,
    confirmed: Cell<u64>,
}

/// Sends so many messages, one after the other.
pub async fn exactly(
    address: SocketAddr,
    authors: &[Author],
    first_key: u64,
    count: usize,
) -> Result<(), Failure> {
    let mut connection = Connection::open(address).await?;
    let mut request = Vec::new();
    for (author, key) in authors.iter().cycle().take(count).zip(first_key..) {
        send(&mut connection, author, key, &mut request).await?;
    }
    Ok(())
}

/// Sends until the time is over, and tells how it went. With `credit`, each send takes a permit for good.
pub async fn load(
    address: SocketAddr,
    authors: &[Author],
    first_key: u64,
    load: Load,
    credit: Option<&Semaphore>,
) -> Result<Sends, Failure> {
    let begin = Instant::now() + load.warm_up;
    let shared = Shared {
        authors,
        connections: load.connections,
        first_key,
        begin,
        end: begin + load.measure,
        credit,
        latencies: RefCell::default(),
        answer_bytes: Cell::default(),
        confirmed: Cell::default(),
    };
    let all = (0..load.connections).map(|number| converse(address, number, &shared));
    futures_util::future::try_join_all(all).await?;
    let mut latencies = shared.latencies.into_inner();
    latencies.sort_unstable();
    Ok(Sends {
        per_second: latencies.len() as f64 / load.measure.as_secs_f64(),
        p50_ms: percentile(&latencies, 0.50),
        p99_ms: percentile(&latencies, 0.99),
        request_bytes: authors.first().map_or(0, |author| author.request.len()),
        answer_bytes: shared.answer_bytes.get(),
        confirmed: shared.confirmed.get(),
    })
}

async fn converse(address: SocketAddr, number: usize, shared: &Shared<'_>) -> Result<(), Failure> {
    let mut connection = Connection::open(address).await?;
    let mut request = Vec::new();
    for turn in (number..).step_by(shared.connections) {
        if let Some(credit) = shared.credit {
            match tokio::time::timeout_at(shared.end.into(), credit.acquire()).await {
                Ok(Ok(permit)) => permit.forget(),
                // The time is over.
                Ok(Err(_)) | Err(_) => return Ok(()),
            }
        }
        let started = Instant::now();
        if started >= shared.end {
            return Ok(());
        }
        let Some(author) = shared.authors.get(turn % shared.authors.len()) else {
            return Ok(());
        };
        let key = shared.first_key + turn as u64;
        let bytes = send(&mut connection, author, key, &mut request).await?;
        let ended = Instant::now();
        shared.confirmed.update(|n| n + 1);
        if ended >= shared.begin && ended < shared.end {
            shared.latencies.borrow_mut().push(ended - started);
            shared.answer_bytes.set(bytes);
        }
    }
    Ok(())
}

/// Sends one message and gives the length of its confirmation.
async fn send(
    connection: &mut Connection,
    author: &Author,
    key: u64,
    request: &mut Vec<u8>,
) -> Result<usize, Failure> {
    author.request(key, request);
    let answer = connection.exchange(request).await?;
    if answer.status != 200 || !answer.body.contains(STORED) {
        return Err(Failure::answer("sendMessage", answer.body));
    }
    Ok(answer.bytes)
}

fn percentile(sorted: &[Duration], part: f64) -> f64 {
    let index = ((sorted.len() as f64 * part) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(index).map_or(0.0, |d| d.as_secs_f64() * 1000.0)
}
