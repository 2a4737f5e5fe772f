//! One reminder to ten thousand patients: how long it takes until it is queued and until all of it has left, what the server
//! holds in memory meanwhile, and that a server which is killed in the middle leaves nobody out and writes to nobody twice.

use std::time::Duration;

use entity::{MessageTemplateId, TemplateTextState, message_template, message_template_text};
use sea_orm::{ConnectionTrait as _, Statement};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use crate::{
    failure::Failure,
    http::{self, Connection},
    process::{most_resident, resident},
    seed,
    server::Server,
    world::{self, REMINDED, Tokens},
};

const SEND: &str = "mutation Send($input: SendReminderInput!) { sendReminder(input: $input) { reminder { id } errors { code } } }";
const PROGRESS: &str = "query Progress($id: ID!) { reminder(id: $id) { status sentCount } }";

/// The length of the text: a few sentences.
const TEXT: usize = 600;
/// Until what starting has stirred up has settled.
const SETTLE: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(300);
const LOOK: Duration = Duration::from_millis(100);

/// What came out.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Reminders {
    /// How many patients.
    pub patients: u32,
    /// Until the one call was answered.
    pub queued_s: f64,
    /// From then on until all messages had left.
    pub left_s: f64,
    /// What the server held before.
    pub before_bytes: u64,
    /// The most that it held until the end.
    pub most_bytes: u64,
}

/// What was there after a server had been killed in the middle, and another one had gone on.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Killed {
    /// How many messages had left by then.
    pub at: u32,
    /// Patients without a message.
    pub missing: i64,
    /// Messages beyond one for each patient.
    pub doubled: i64,
}

/// Adds a clinic with so many patients, and gives the template of the reminder.
pub async fn prepare(url: &str) -> Result<MessageTemplateId, Failure> {
    seed::add(url, REMINDED).await?;
    let (store, by) = (seed::open(url).await?, REMINDED.staff_member(0));
    let now = world::core(store.clone())?.clock.now();
    let template = REMINDED.template();
    let text = "Please come and see us, or call to choose another day. ".repeat(TEXT / 50);
    let row = message_template::Model {
        organization_id: REMINDED.id(),
        id: template,
        name: "Reminder".to_owned(),
        category: None,
        source_language: "en".to_owned(),
        created_by: by,
        created_at: now,
    };
    seed::insert(store.writer(), [row]).await?;
    let row = message_template_text::Model {
        organization_id: REMINDED.id(),
        template_id: template,
        language: "en".to_owned(),
        version: 1,
        title: "Your test".to_owned(),
        html: format!("<p>{text}</p>"),
        text,
        source_version: None,
        state: TemplateTextState::Approved,
        written_by: by,
        written_at: now,
        approved_by: Some(by),
        approved_at: Some(now),
        retired_by: None,
        retired_at: None,
    };
    seed::insert(store.writer(), [row]).await?;
    store.close().await;
    Ok(template)
}

/// Measures a server that has just started.
pub async fn measure(
    server: &Server,
    tokens: &Tokens,
    template: MessageTemplateId,
) -> Result<Reminders, Failure> {
    sleep(SETTLE).await;
    let before_bytes = resident(server.pid)?;
    let token = tokens.staff(REMINDED, 0)?;
    let began = Instant::now();
    let reminder = send(server, &token, template).await?;
    let queued = Instant::now();
    wait_for(server, &token, &reminder, REMINDED.patients).await?;
    Ok(Reminders {
        patients: REMINDED.patients,
        queued_s: (queued - began).as_secs_f64(),
        left_s: queued.elapsed().as_secs_f64(),
        before_bytes,
        most_bytes: most_resident(server.pid)?,
    })
}

/// Sends, and tells how many had left when a third of them had: the server is to be killed then.
pub async fn begin(
    server: &Server,
    tokens: &Tokens,
    template: MessageTemplateId,
) -> Result<(String, u32), Failure> {
    let token = tokens.staff(REMINDED, 0)?;
    let reminder = send(server, &token, template).await?;
    let third = REMINDED.patients / 3;
    let sent = wait_for(server, &token, &reminder, third).await?;
    Ok((reminder, sent))
}

/// Waits until the rest has left, and counts what is there.
pub async fn finish(
    server: &Server,
    tokens: &Tokens,
    url: &str,
    (reminder, at): (String, u32),
) -> Result<Killed, Failure> {
    let token = tokens.staff(REMINDED, 0)?;
    wait_for(server, &token, &reminder, REMINDED.patients).await?;
    let store = seed::open(url).await?;
    let reader = store.reader();
    let count = Statement::from_string(
        reader.get_database_backend(),
        "select count(*), count(distinct conversation_id) from message where template_id is not null",
    );
    let row = reader.query_one_raw(count).await?;
    let row = row.ok_or_else(|| Failure::answer("the database", "no count"))?;
    let (messages, patients): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    store.close().await;
    Ok(Killed {
        at,
        missing: i64::from(REMINDED.patients) - patients,
        doubled: messages - patients,
    })
}

/// Sends to all patients in one call; gives the reminder.
async fn send(
    server: &Server,
    token: &str,
    template: MessageTemplateId,
) -> Result<String, Failure> {
    let patients: Vec<_> = (0..REMINDED.patients)
        .map(|number| REMINDED.patient(number).to_public())
        .collect();
    let input = serde_json::json!({
        "templateId": template.to_public(), "patientIds": patients, "idempotencyKey": "benchmark",
    });
    let answer = ask(server, token, SEND, serde_json::json!({ "input": input })).await?;
    let reminder = answer["data"]["sendReminder"]["reminder"]["id"].as_str();
    let unexpected = || Failure::answer("sendReminder", &answer.to_string());
    Ok(reminder.ok_or_else(unexpected)?.to_owned())
}

/// Waits until so many messages have left; gives how many had.
async fn wait_for(
    server: &Server,
    token: &str,
    reminder: &str,
    count: u32,
) -> Result<u32, Failure> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        let variables = serde_json::json!({ "id": reminder });
        let answer = ask(server, token, PROGRESS, variables).await?;
        let sent = answer["data"]["reminder"]["sentCount"].as_u64();
        let unexpected = || Failure::answer("reminder", &answer.to_string());
        let sent = sent.and_then(|sent| u32::try_from(sent).ok());
        let sent = sent.ok_or_else(unexpected)?;
        if sent >= count {
            return Ok(sent);
        }
        if Instant::now() > give_up {
            return Err(Failure::Late("reminders leaving"));
        }
        sleep(LOOK).await;
    }
}

async fn ask(
    server: &Server,
    token: &str,
    query: &str,
    variables: serde_json::Value,
) -> Result<serde_json::Value, Failure> {
    let body = serde_json::json!({ "query": query, "variables": variables }).to_string();
    let mut connection = Connection::open(server.address).await?;
    let answer = connection
        .exchange(http::post(token, &body).as_bytes())
        .await?;
    Ok(serde_json::from_str(answer.body)?)
}
