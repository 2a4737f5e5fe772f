//! A server with two clinics and the people that stories are about.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{ConversationId, PatientId, PersonId, Roles, StaffId};
use serde_json::{Value, json};
use tidings::app::{App, Surroundings};
use tidings::config::{Config, Source};
use tidings::domain::clock::Clock;
use tidings::domain::event_log::bounds;
use tidings::domain::settings::Settings;
use tidings::realtime::{Broker, InProcess};

use crate::client::{Answer, GraphqlClient};
use crate::run::{self, Folder};
use crate::seed::Seed;
use crate::ws::{Subscriber, Subscription};
use crate::{Backend, TestDatabase, canary, logs, process};

/// The time of a world. It stands still unless a story moves it.
#[derive(Clone, Debug)]
pub struct Hands(Arc<AtomicI64>);

impl Hands {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_800_000_000_000_000)))
    }

    /// Moves the time on.
    pub fn advance(&self, by: TimeDelta) {
        self.0
            .fetch_add(by.num_microseconds().unwrap(), Ordering::SeqCst);
    }

    /// What the clocks of the world show.
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::SeqCst)).unwrap()
    }

    fn clock(&self) -> Clock {
        let hands = self.clone();
        Clock::new(move || hands.now())
    }
}

/// A running node.
pub struct Node {
    /// The server.
    pub app: App,
    /// Speaks to it over HTTP.
    pub client: GraphqlClient,
}

impl Node {
    /// Connects over WebSocket with a token.
    pub async fn connect(&self, token: &str) -> Subscriber {
        Subscriber::connect(self.app.address, Some(token)).await
    }
}

/// Somebody of the story.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Who they are.
    pub person: PersonId,
    /// Their access token.
    pub token: String,
    /// How errors call them.
    pub name: &'static str,
}

/// A server with two clinics. The first has Nora and Nils, nurses on Paul's team; Dora, a doctor off every team; Rita, a
/// nurse who is restricted from Paul's program; Ada, who administers and sees no messages; Paul and Petra, patients. The
/// second has Sten, a nurse, and Silja, a patient on whose team he is.
pub struct World {
    /// The node that stories use unless they need two.
    pub node: Node,
    /// The time.
    pub hands: Hands,
    /// The first clinic.
    pub clinic: Seed,
    /// The second clinic.
    pub other_clinic: Seed,
    /// Paul's chat.
    pub chat: ConversationId,
    /// Petra's chat, which has no team.
    pub petras_chat: ConversationId,
    /// Silja's chat, in the other clinic.
    pub foreign_chat: ConversationId,
    /// Everybody, by name.
    pub actors: BTreeMap<&'static str, Actor>,
    /// The database of the world.
    pub database: TestDatabase,
}

impl World {
    /// Starts a server on a database of its own and lets the people in.
    pub async fn start(backend: Backend) -> Self {
        Self::start_with(backend, Arc::new(InProcess::default()), |source| source).await
    }

    /// The same with another broker and other settings.
    pub async fn start_with(
        backend: Backend,
        broker: Arc<dyn Broker>,
        configure: impl FnOnce(Source) -> Source,
    ) -> Self {
        logs::capture();
        let database = TestDatabase::migrated(backend).await;
        let hands = Hands::new();
        let node = node(&database, &hands, broker, configure).await;
        let clinic = Seed::clinic(&node.app.core, &Settings::default()).await;
        let other_clinic = Seed::clinic(&node.app.core, &Settings::default()).await;
        let mut world = Self {
            node,
            hands,
            chat: ConversationId(uuid::Uuid::nil()),
            petras_chat: ConversationId(uuid::Uuid::nil()),
            foreign_chat: ConversationId(uuid::Uuid::nil()),
            actors: BTreeMap::new(),
            database,
            clinic,
            other_clinic,
        };
        world.populate().await;
        world
    }

    async fn populate(&mut self) {
        let clinic = self.clinic.clone();
        let nora = clinic.staff("Nora", "Nurse", Roles::CLINICIAN).await;
        let nils = clinic.staff("Nils", "Nurse", Roles::CLINICIAN).await;
        let dora = clinic.staff("Dora", "Doctor", Roles::CLINICIAN).await;
        let rita = clinic.staff("Rita", "Nurse", Roles::CLINICIAN).await;
        let ada = clinic
            .staff("Ada", "Administrator", Roles::ADMINISTRATOR)
            .await;
        let (paul, chat) = clinic.patient("Paul").await;
        let (petra, petras_chat) = clinic.patient("Petra").await;
        for nurse in [nora, nils] {
            clinic.join(paul, nurse).await;
        }
        clinic.restricted_program(paul, rita).await;
        let sten = self
            .other_clinic
            .staff("Sten", "Nurse", Roles::CLINICIAN)
            .await;
        let (silja, foreign_chat) = self.other_clinic.patient("Silja").await;
        self.other_clinic.join(silja, sten).await;
        (self.chat, self.petras_chat, self.foreign_chat) = (chat, petras_chat, foreign_chat);
        for (name, id) in [
            ("Nora", nora),
            ("Nils", nils),
            ("Dora", dora),
            ("Rita", rita),
            ("Ada", ada),
        ] {
            self.let_in(name, PersonId::Staff(id), &clinic).await;
        }
        for (name, id) in [("Paul", paul), ("Petra", petra)] {
            self.let_in(name, PersonId::Patient(id), &clinic).await;
        }
        let other = self.other_clinic.clone();
        self.let_in("Sten", PersonId::Staff(sten), &other).await;
        self.let_in("Silja", PersonId::Patient(silja), &other).await;
    }

    async fn let_in(&mut self, name: &'static str, person: PersonId, clinic: &Seed) {
        let token = clinic.token(person).await;
        self.actors.insert(
            name,
            Actor {
                person,
                token,
                name,
            },
        );
    }

    /// Another node on the same database.
    pub async fn second_node(&self, broker: Arc<dyn Broker>) -> Node {
        node(&self.database, &self.hands, broker, |source| source).await
    }

    /// Somebody of the story.
    pub fn actor(&self, name: &str) -> &Actor {
        self.actors
            .get(name)
            .unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    /// The id of a staff member of the story.
    pub fn staff(&self, name: &str) -> StaffId {
        match self.actor(name).person {
            PersonId::Staff(id) => id,
            PersonId::Patient(_) => panic!("{name} is a patient"),
        }
    }

    /// The id of a patient of the story.
    pub fn patient(&self, name: &str) -> PatientId {
        match self.actor(name).person {
            PersonId::Patient(id) => id,
            PersonId::Staff(_) => panic!("{name} is of the staff"),
        }
    }

    /// Where the first clinic's log stands, in the form for clients.
    pub async fn head(&self) -> String {
        let log = bounds(self.node.app.core.store.reader(), self.clinic.organization)
            .await
            .unwrap();
        log.head.to_public(self.clinic.organization)
    }

    /// Asks or does something as somebody.
    pub async fn ask(&self, name: &str, operation: &str, variables: Value) -> Answer {
        self.node
            .client
            .execute(operation, variables, Some(&self.actor(name).token))
            .await
    }

    /// Asks something that succeeds, and gives its data.
    pub async fn data(&self, name: &str, operation: &str, variables: Value) -> Value {
        self.ask(name, operation, variables).await.into_data()
    }

    /// Writes a message and gives the payload.
    pub async fn send(&self, name: &str, chat: ConversationId, text: &str) -> Value {
        self.send_with_key(name, chat, text, &run::unique_name())
            .await
    }

    /// Writes a message with an idempotency key and gives the payload.
    pub async fn send_with_key(
        &self,
        name: &str,
        chat: ConversationId,
        text: &str,
        key: &str,
    ) -> Value {
        let input = json!({ "conversationId": chat.to_public(), "body": canary::message(text), "idempotencyKey": key });
        self.ask(name, SEND, json!({ "input": input }))
            .await
            .field("sendMessage")
    }

    /// Writes a note and gives the payload.
    pub async fn note(&self, name: &str, chat: ConversationId, text: &str) -> Value {
        let input = json!({ "conversationId": chat.to_public(), "body": canary::message(text), "idempotencyKey": run::unique_name() });
        self.ask(name, NOTE, json!({ "input": input }))
            .await
            .field("addNote")
    }

    /// Reads a chat up to a message and gives what is left unread.
    pub async fn read(&self, name: &str, chat: ConversationId, message: &Value) -> i64 {
        let input = json!({ "conversationId": chat.to_public(), "messageId": message["id"] });
        let operation = "mutation ($input: MarkReadInput!) { markRead(input: $input) { sequence unreadCount } }";
        self.ask(name, operation, json!({ "input": input }))
            .await
            .field("markRead")["unreadCount"]
            .as_i64()
            .unwrap()
    }

    /// Opens a socket as somebody.
    pub async fn connect(&self, name: &str) -> Subscriber {
        self.node.connect(&self.actor(name).token).await
    }

    /// Stops the server, keeps what must be searched for canaries, and clears up.
    pub async fn finish(self) {
        process::save_metrics(&format!("http://{}", self.node.app.address)).await;
        self.node.app.shutdown().await;
        self.database.finish().await;
    }
}

/// Sends a message.
pub const SEND: &str = "mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
    message { id sequence body position author { name kind profession } channel kind createdAt }
    position replayed errors { code field message } } }";

const NOTE: &str = "mutation ($input: AddNoteInput!) { addNote(input: $input) {
    message { id sequence kind position } position replayed errors { code field message } } }";

/// Watches alerts after a position, or from now on.
pub async fn alerts(subscriber: &Subscriber, after: Option<&str>) -> Subscription {
    let operation = "subscription ($after: Position) { messageAlerts(after: $after) { __typename
        ... on MessageAlert { position preview unreadCount patient { name } message { id body author { name } } conversation { id } }
        ... on Resync { position reason } } }";
    subscriber
        .subscribe(operation, json!({ "after": after }))
        .await
}

/// Watches a conversation after a position, or from now on.
pub async fn events(
    subscriber: &Subscriber,
    chat: ConversationId,
    after: Option<&str>,
) -> Subscription {
    let operation = "subscription ($id: ID!, $after: Position) { conversationEvents(conversationId: $id, after: $after) { __typename
        ... on MessagePosted { position unreadCount message { id body sequence kind } }
        ... on ReadCursorMoved { position unreadCount }
        ... on ReceiptMoved { position receipt { personId sequence } }
        ... on ConversationChanged { position conversation { status } }
        ... on PatientChanged { position patient { id } }
        ... on Resync { position reason } } }";
    subscriber
        .subscribe(operation, json!({ "id": chat.to_public(), "after": after }))
        .await
}

/// Watches the inbox after a position, or from now on.
pub async fn inbox(subscriber: &Subscriber, after: Option<&str>) -> Subscription {
    let operation = "subscription ($after: Position) { inboxChanges(after: $after) { __typename
        ... on InboxChanged { position counts { conversations messages } conversation { id unreadCount } }
        ... on Resync { position reason } } }";
    subscriber
        .subscribe(operation, json!({ "after": after }))
        .await
}

/// Starts a node on a database.
pub async fn node(
    database: &TestDatabase,
    hands: &Hands,
    broker: Arc<dyn Broker>,
    configure: impl FnOnce(Source) -> Source,
) -> Node {
    let data = run::folder(Folder::Scratch).join(format!("data-{}", run::unique_name()));
    let source = Source::defaults()
        .with("listen", "127.0.0.1:0")
        .with("database_url", database.url())
        .with("data_dir", data.display().to_string())
        .with(
            "secret_key",
            "0123456789abcdef0123456789abcdef0123456789abcdef",
        )
        .with("graphiql", "true")
        .with("development_outbox", "on");
    let config = Config::read(configure(source))
        .unwrap_or_else(|error| panic!("the configuration is wrong: {error}"));
    let surroundings = Surroundings {
        clock: hands.clock(),
        broker,
        program: run::built_program(),
        ..Surroundings::default()
    };
    let app = App::start(config, surroundings)
        .await
        .unwrap_or_else(|error| panic!("the server does not start: {error}"));
    let client = GraphqlClient::new(format!("http://{}", app.address));
    Node { app, client }
}
