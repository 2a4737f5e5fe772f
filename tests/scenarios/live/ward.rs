//! A clinic on the real program, which can be killed and whose memory can be measured.

use entity::{ConversationId, OrganizationId, PersonId, Roles};
use harness::client::GraphqlClient;
use harness::process::{RunningServer, ServerProcess};
use harness::run::{self, Folder};
use harness::seed::Seed;
use harness::{Backend, TestDatabase};
use tidings::app::{self, Surroundings};
use tidings::config::{Config, Source};
use tidings::domain::core::Core;
use tidings::domain::event_log::Position;
use tidings::domain::settings::Settings;
use tokio::sync::Mutex;

use super::follower::{Follower, Watched};
use super::writer::Writer;

const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef";

/// What the patient writes last.
pub const PATIENTS_LAST: &str = "the patient's last words";
/// What the nurse writes last.
pub const NURSES_LAST: &str = "the nurse's last words";

/// Paul, a patient, and two nurses on his team, with the real program.
pub struct Ward {
    /// The program.
    pub server: Mutex<RunningServer>,
    /// The clinic.
    pub organization: OrganizationId,
    /// Paul's chat.
    pub chat: ConversationId,
    /// Paul and his token.
    pub paul: (PersonId, String),
    /// The nurses and their tokens.
    pub nurses: [(PersonId, String); 2],
    /// The database, which the program does not have for itself.
    pub database: TestDatabase,
}

impl Ward {
    /// Lets the people in and starts the program.
    pub async fn start(backend: Backend) -> Self {
        let database = TestDatabase::migrated(backend).await;
        let core = open(&database).await;
        let seed = Seed::clinic(&core, &Settings::default()).await;
        let (paul, chat) = seed.patient("Paul").await;
        let mut nurses = Vec::new();
        for name in ["Nora", "Nils"] {
            let nurse = seed.staff(name, "Nurse", Roles::CLINICIAN).await;
            seed.join(paul, nurse).await;
            let nurse = PersonId::Staff(nurse);
            nurses.push((nurse, seed.token(nurse).await));
        }
        let paul = PersonId::Patient(paul);
        let paul = (paul, seed.token(paul).await);
        let organization = seed.organization;
        close(core).await;
        let server = ServerProcess::on(&database)
            .with("TIDINGS_SECRET_KEY", KEY)
            .start()
            .await;
        Self {
            server: Mutex::new(server),
            organization,
            chat,
            paul,
            nurses: nurses.try_into().unwrap(),
            database,
        }
    }

    /// The domain on the same database, in this process.
    pub async fn core(&self) -> Core {
        open(&self.database).await
    }

    /// Somebody who writes in Paul's chat.
    pub async fn writer(&self, token: &str) -> Writer {
        Writer {
            client: GraphqlClient::new(self.server.lock().await.url()),
            token: token.to_owned(),
            chat: self.chat,
        }
    }

    /// Somebody who follows Paul's chat, or their alerts, from the beginning.
    pub async fn follower(&self, who: &(PersonId, String), chat: bool) -> Follower {
        let (person, token) = who;
        let watched = match chat {
            true => Watched::Conversation(self.chat),
            false => Watched::Alerts(*person),
        };
        let last_words = match (watched, person) {
            (Watched::Alerts(_), PersonId::Staff(_)) => PATIENTS_LAST,
            (Watched::Alerts(_) | Watched::Conversation(_), _) => NURSES_LAST,
        };
        let address = self.server.lock().await.address();
        let last_words = harness::canary::message(last_words);
        Follower::new(
            address,
            self.organization,
            token,
            watched,
            Position(0),
            &last_words,
        )
    }

    /// Has the patient and then a nurse write their last words; gives the ids.
    pub async fn last_words(&self) -> [String; 2] {
        let body = harness::canary::message;
        let patient = self.writer(&self.paul.1).await;
        let nurse = self.writer(&self.nurses[0].1).await;
        [
            patient.write(&body(PATIENTS_LAST)).await,
            nurse.write(&body(NURSES_LAST)).await,
        ]
    }

    /// Stops the program and clears up.
    pub async fn finish(self) {
        self.server.into_inner().terminate().await;
        self.database.finish().await;
    }
}

async fn open(database: &TestDatabase) -> Core {
    let data = run::folder(Folder::Scratch).join(format!("data-{}", run::unique_name()));
    let source = Source::defaults()
        .with("database_url", database.url())
        .with("data_dir", data.display().to_string())
        .with("secret_key", KEY);
    let config = Config::read(source).unwrap();
    app::open(&config, &Surroundings::default()).await.unwrap()
}

/// Lets go of the database: a killed program must find it as it left it.
pub async fn close(core: Core) {
    core.post_office.close().await;
    core.store.close().await;
}
