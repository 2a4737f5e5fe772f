//! The domain without a server, on a database of its own: for properties of the log and of counts, which many small
//! steps must keep.

use chrono::{DateTime, Utc};
use entity::{ConversationId, OrganizationId, PatientId, PersonId, Roles, StaffId};
use tidings::domain::attachments::Files;
use tidings::domain::clock::Clock;
use tidings::domain::core::{Core, Doorbell, Outlets};
use tidings::domain::entropy::Entropy;
use tidings::domain::messages::PostOffice;
use tidings::domain::secret::ServerSecret;
use tidings::domain::sessions::{self, Passwords};
use tidings::domain::settings::Settings;
use tidings::domain::store::{Database, Store};
use tidings::domain::viewer::Viewer;

use crate::seed::Seed;
use crate::{Backend, TestDatabase};

/// The moment at which everything in a laboratory happens.
pub fn moment() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// One clinic with two nurses on the team of one patient.
pub struct Laboratory {
    /// The domain's surroundings.
    pub core: Core,
    /// The clinic.
    pub organization: OrganizationId,
    /// The nurses.
    pub nurses: [StaffId; 2],
    /// The patient.
    pub patient: PatientId,
    /// The patient's chat.
    pub conversation: ConversationId,
    seed: Seed,
    database: TestDatabase,
}

impl Laboratory {
    /// Sets one up.
    pub async fn start(backend: Backend) -> Self {
        let database = TestDatabase::migrated(backend).await;
        let core = open(&database).await;
        let seed = Seed::clinic(&core, &Settings::default()).await;
        let nurses = [
            seed.staff("Nora", "Nurse", Roles::CLINICIAN).await,
            seed.staff("Nils", "Nurse", Roles::CLINICIAN).await,
        ];
        let (patient, conversation) = seed.patient("Paul").await;
        for nurse in nurses {
            seed.join(patient, nurse).await;
        }
        Self {
            core,
            organization: seed.organization,
            nurses,
            patient,
            conversation,
            seed,
            database,
        }
    }

    /// Another node on the same database.
    pub async fn second_node(&self) -> Core {
        open(&self.database).await
    }

    /// The viewer that a person is.
    pub async fn viewer(&self, person: PersonId) -> Viewer {
        let claims = self.seed.session(person).await;
        sessions::viewer(&self.core, &claims).await.unwrap()
    }

    /// Clears up.
    pub async fn finish(self) {
        self.core.post_office.close().await;
        self.core.store.close().await;
        self.database.finish().await;
    }
}

pub(crate) async fn open(database: &TestDatabase) -> Core {
    let options = match database.backend() {
        Backend::Sqlite => Database::Sqlite(Box::new(database.url().parse().unwrap())),
        Backend::Postgres => Database::Postgres(Box::new(database.url().parse().unwrap())),
    };
    Core {
        store: Store::open(options, 8).await.unwrap(),
        files: Files::in_memory(),
        clock: Clock::new(moment),
        entropy: Entropy::system(),
        secret: ServerSecret::new(vec![7; 32]).unwrap(),
        passwords: Passwords::default(),
        doorbell: Doorbell::silent(),
        post_office: PostOffice::default(),
        outlets: Outlets::ALL,
    }
}
