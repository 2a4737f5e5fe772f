//! The domain without a server, on a database of its own: for properties of the log and of counts, which many small
//! steps must keep.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::{
    BirthDate, Channel, ConversationId, ConversationKind, EmailAddress, OrganizationId, PanelRole,
    PatientId, PersonId, PersonName, Roles, SessionId, StaffId, StaffStatus, conversation,
    event_log, organization, panel_member, patient, session, staff_member,
};
use sea_orm::{ActiveModelTrait, IntoActiveModel};
use tidings::domain::{
    clock::Clock,
    core::{Core, Doorbell},
    entropy::Entropy,
    messages::PostOffice,
    secret::ServerSecret,
    sessions::{self, AccessClaims, Passwords},
    settings::Settings,
    store::{Database, Store},
    viewer::Viewer,
};

use crate::{Backend, TestDatabase, canary};

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
    database: TestDatabase,
}

impl Laboratory {
    /// Sets one up.
    pub async fn start(backend: Backend) -> Self {
        let database = TestDatabase::migrated(backend).await;
        let core = open(&database).await;
        let id = |_: &str| core.entropy.uuid(moment());
        let laboratory = Self {
            organization: OrganizationId(id("organization")),
            nurses: [StaffId(id("nurse")), StaffId(id("nurse"))],
            patient: PatientId(id("patient")),
            conversation: ConversationId(id("conversation")),
            database,
            core: core.clone(),
        };
        laboratory.furnish().await;
        laboratory
    }

    /// Another node on the same database.
    pub async fn second_node(&self) -> Core {
        open(&self.database).await
    }

    /// The viewer that a person is.
    pub async fn viewer(&self, person: PersonId) -> Viewer {
        let session = SessionId(self.core.entropy.uuid(moment()));
        let row = session::Model {
            organization_id: self.organization,
            id: session,
            person_kind: person.kind(),
            person_id: person.uuid(),
            created_at: moment(),
            expires_at: moment() + TimeDelta::days(1),
            revoked_at: None,
        };
        row.into_active_model()
            .insert(self.core.store.writer())
            .await
            .unwrap();
        let claims = AccessClaims {
            organization: self.organization,
            person,
            session,
            expires_at: moment() + TimeDelta::days(1),
        };
        sessions::viewer(&self.core, &claims).await.unwrap()
    }

    /// Clears up.
    pub async fn finish(self) {
        self.core.post_office.close().await;
        self.core.store.close().await;
        self.database.finish().await;
    }

    async fn furnish(&self) {
        let writer = self.core.store.writer();
        let clinic = organization::Model {
            id: self.organization,
            name: canary::name("Clinic"),
            slug: "clinic".to_owned(),
            time_zone: "Europe/Helsinki".to_owned(),
            default_language: "en".to_owned(),
            settings: Settings::default().to_stored().unwrap(),
            created_at: moment(),
        };
        clinic.into_active_model().insert(writer).await.unwrap();
        let log = event_log::Model {
            organization_id: self.organization,
            head: 0,
            pruned_through: 0,
        };
        log.into_active_model().insert(writer).await.unwrap();
        self.patient()
            .into_active_model()
            .insert(writer)
            .await
            .unwrap();
        for nurse in self.nurses {
            self.nurse(nurse)
                .into_active_model()
                .insert(writer)
                .await
                .unwrap();
            let member = panel_member::Model {
                organization_id: self.organization,
                patient_id: self.patient,
                staff_id: nurse,
                role: PanelRole::CareTeam,
                joined_at: moment(),
            };
            member.into_active_model().insert(writer).await.unwrap();
        }
        let chat = conversation::Model {
            organization_id: self.organization,
            id: self.conversation,
            kind: ConversationKind::CareTeamChat,
            patient_id: self.patient,
            seq: 0,
            visible_seq: 0,
            activity_at: moment(),
            created_at: moment(),
        };
        chat.into_active_model().insert(writer).await.unwrap();
    }

    fn nurse(&self, id: StaffId) -> staff_member::Model {
        let address = EmailAddress::new(canary::address("nurse"));
        staff_member::Model {
            organization_id: self.organization,
            id,
            name: PersonName::new(canary::name("Nora")),
            profession: "Nurse".to_owned(),
            email: address.clone(),
            email_key: address,
            phone: None,
            roles: Roles::CLINICIAN,
            status: StaffStatus::Active,
            language: "en".to_owned(),
            notify_new_message: true,
            notify_unread: true,
            notify_texting: false,
            notify_channel: Channel::Email,
            created_at: moment(),
        }
    }

    fn patient(&self) -> patient::Model {
        patient::Model {
            organization_id: self.organization,
            id: self.patient,
            name: PersonName::new(canary::name("Paul")),
            date_of_birth: BirthDate(canary::BIRTH_DATE.parse::<NaiveDate>().unwrap()),
            phone: None,
            email: None,
            email_key: None,
            language: "en".to_owned(),
            time_zone: "Europe/Helsinki".to_owned(),
            portal_allowed: true,
            enrolled_at: Some(moment()),
            notify_channel: None,
            created_at: moment(),
        }
    }
}

async fn open(database: &TestDatabase) -> Core {
    let options = match database.backend() {
        Backend::Sqlite => Database::Sqlite(Box::new(database.url().parse().unwrap())),
        Backend::Postgres => Database::Postgres(Box::new(database.url().parse().unwrap())),
    };
    Core {
        store: Store::open(options, 8).await.unwrap(),
        clock: Clock::new(moment),
        entropy: Entropy::system(),
        secret: ServerSecret::new(vec![7; 32]).unwrap(),
        passwords: Passwords::default(),
        doorbell: Doorbell::silent(),
        post_office: PostOffice::default(),
    }
}
