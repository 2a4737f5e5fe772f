//! A clinic with a nurse, a doctor and a patient, whose clock stands still.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    BirthDate, Channel, ConversationId, EmailAddress, OrganizationId, PanelRole, PatientId,
    PersonName, PhoneNumber, Roles, StaffId, StaffStatus, conversation, development_message,
    event_log, organization, panel_member, patient, staff_member,
};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _,
};

use harness::{Backend, TestDatabase, canary};
use tidings::{
    delivery::{MailTransport, Worker},
    domain::{
        clock::Clock,
        core::{Core, Doorbell, Outlets},
        entropy::Entropy,
        messages::PostOffice,
        secret::ServerSecret,
        settings::Settings,
        store::{Database, Store},
    },
};

use super::workers::worker;

/// Stands in every name, address and message of the clinic; nothing that is sent may hold it, but for the address itself.
pub(super) const CANARY: &str = "kanarienvogel";

pub(super) struct Clinic {
    pub(super) core: Core,
    pub(super) now: Arc<Mutex<DateTime<Utc>>>,
    pub(super) worker: Worker,
    pub(super) organization: OrganizationId,
    pub(super) nurse: StaffId,
    pub(super) doctor: StaffId,
    pub(super) patient: PatientId,
    pub(super) conversation: ConversationId,
    /// None of a neighbour, who lives in another's.
    database: Option<TestDatabase>,
}

impl Clinic {
    /// The nurse is on the patient's care team, the doctor is not.
    pub(super) async fn start(backend: Backend) -> Self {
        let database = TestDatabase::migrated(backend).await;
        let options = match backend {
            Backend::Sqlite => Database::Sqlite(Box::new(database.url().parse().unwrap())),
            Backend::Postgres => Database::Postgres(Box::new(database.url().parse().unwrap())),
        };
        let store = Store::open(options, 8).await.unwrap();
        let now = Arc::new(Mutex::new(
            DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
        ));
        let clock = {
            let now = Arc::clone(&now);
            Clock::new(move || *now.lock().unwrap())
        };
        let core = Core {
            store,
            files: tidings::domain::attachments::Files::in_memory(),
            clock,
            entropy: Entropy::system(),
            secret: ServerSecret::new(vec![7; 32]).unwrap(),
            passwords: Default::default(),
            doorbell: Doorbell::silent(),
            post_office: PostOffice::default(),
            outlets: Outlets::ALL,
        };
        let clinic = Self::on(core, now, Some(database));
        clinic.fill("riverside").await;
        clinic
    }

    /// Another clinic in the same database.
    pub(super) async fn neighbour(&self) -> Self {
        let neighbour = Self::on(self.core.clone(), Arc::clone(&self.now), None);
        neighbour.fill("hillside").await;
        neighbour
    }

    fn on(core: Core, now: Arc<Mutex<DateTime<Utc>>>, database: Option<TestDatabase>) -> Self {
        let id = || core.entropy.uuid(core.clock.now());
        Self {
            organization: OrganizationId(id()),
            nurse: StaffId(id()),
            doctor: StaffId(id()),
            patient: PatientId(id()),
            conversation: ConversationId(id()),
            worker: worker(&core, MailTransport::DevelopmentOutbox),
            core: core.clone(),
            now,
            database,
        }
    }

    /// Clears up.
    pub(super) async fn finish(self) {
        self.core.post_office.close().await;
        let texts = development_message::Entity::find()
            .filter(development_message::Column::Channel.eq(Channel::Sms))
            .all(self.core.store.reader())
            .await
            .unwrap();
        for text in texts {
            canary::keep_text(text.text.reveal());
        }
        self.core.store.close().await;
        if let Some(database) = self.database {
            database.finish().await;
        }
    }

    async fn fill(&self, slug: &str) {
        let at = self.core.clock.now();
        let db = self.core.store.writer();
        organization::Model {
            id: self.organization,
            name: "Riverside <Clinic>".to_owned(),
            slug: slug.to_owned(),
            time_zone: "UTC".to_owned(),
            default_language: "en".to_owned(),
            settings: Settings::default().to_stored().unwrap(),
            created_at: at,
        }
        .into_active_model()
        .insert(db)
        .await
        .unwrap();
        event_log::Model {
            organization_id: self.organization,
            head: 0,
            pruned_through: 0,
        }
        .into_active_model()
        .insert(db)
        .await
        .unwrap();
        for (staff, word) in [(self.nurse, "nurse"), (self.doctor, "doctor")] {
            let email = EmailAddress::new(format!("{word}@clinic.example"));
            staff_member::Model {
                organization_id: self.organization,
                id: staff,
                name: PersonName::new(format!("{word} {CANARY}")),
                profession: word.to_owned(),
                email: email.clone(),
                email_key: email,
                phone: Some(PhoneNumber::new("+14155550100")),
                roles: Roles::CLINICIAN.with(Roles::ADMINISTRATOR),
                status: StaffStatus::Active,
                language: "en".to_owned(),
                notify_new_message: true,
                notify_unread: true,
                notify_texting: false,
                notify_channel: Channel::Email,
                created_at: at,
            }
            .into_active_model()
            .insert(db)
            .await
            .unwrap();
        }
        self.fill_patient(at).await;
    }

    async fn fill_patient(&self, at: DateTime<Utc>) {
        let db = self.core.store.writer();
        let email = EmailAddress::new("patient@home.example");
        patient::Model {
            organization_id: self.organization,
            id: self.patient,
            name: PersonName::new(format!("Ada {CANARY}")),
            date_of_birth: BirthDate(NaiveDate::from_ymd_opt(1970, 1, 1).unwrap()),
            phone: Some(PhoneNumber::new("+14155550101")),
            email: Some(email.clone()),
            email_key: Some(email),
            language: "es-MX".to_owned(),
            time_zone: "UTC".to_owned(),
            portal_allowed: true,
            enrolled_at: Some(at),
            notify_channel: None,
            created_at: at,
        }
        .into_active_model()
        .insert(db)
        .await
        .unwrap();
        conversation::Model::care_team_chat(self.organization, self.conversation, self.patient, at)
            .into_active_model()
            .insert(db)
            .await
            .unwrap();
        self.join(self.nurse).await;
    }

    /// More patients with a chat, on whose care team the nurse is.
    pub(super) async fn admit(&self, count: usize) -> Vec<(PatientId, ConversationId)> {
        let (db, at) = (self.core.store.writer(), self.core.clock.now());
        let found = patient::Entity::find_by_id((self.organization, self.patient));
        let template = found.one(db).await.unwrap().unwrap();
        let mut admitted = Vec::new();
        for number in 0..count {
            let id = PatientId(self.core.entropy.uuid(at));
            let chat = ConversationId(self.core.entropy.uuid(at));
            let email = EmailAddress::new(format!("patient{number}@home.example"));
            let mut row = patient::Model {
                id,
                email: Some(email.clone()),
                email_key: Some(email),
                ..template.clone()
            }
            .into_active_model();
            row.name = Set(PersonName::new(format!("Bea {CANARY}")));
            row.insert(db).await.unwrap();
            conversation::Model::care_team_chat(self.organization, chat, id, at)
                .into_active_model()
                .insert(db)
                .await
                .unwrap();
            self.join_panel_of(id, self.nurse).await;
            admitted.push((id, chat));
        }
        admitted
    }

    /// Puts a staff member on the patient's care team.
    pub(super) async fn join(&self, staff: StaffId) {
        self.join_panel_of(self.patient, staff).await;
    }

    async fn join_panel_of(&self, patient: PatientId, staff: StaffId) {
        panel_member::Model {
            organization_id: self.organization,
            patient_id: patient,
            staff_id: staff,
            role: PanelRole::CareTeam,
            joined_at: self.core.clock.now(),
        }
        .into_active_model()
        .insert(self.core.store.writer())
        .await
        .unwrap();
    }

    /// Changes a staff member's record.
    pub(super) async fn change_staff(
        &self,
        staff: StaffId,
        change: impl FnOnce(&mut staff_member::ActiveModel),
    ) {
        let mut row = staff_member::ActiveModel {
            organization_id: Set(self.organization),
            id: Set(staff),
            ..Default::default()
        };
        change(&mut row);
        row.update(self.core.store.writer()).await.unwrap();
    }

    /// Changes the patient's record.
    pub(super) async fn change_patient(&self, change: impl FnOnce(&mut patient::ActiveModel)) {
        let mut row = patient::ActiveModel {
            organization_id: Set(self.organization),
            id: Set(self.patient),
            ..Default::default()
        };
        change(&mut row);
        row.update(self.core.store.writer()).await.unwrap();
    }

    /// Gives the patient another e-mail address.
    pub(super) async fn give_address(&self, address: &str) {
        let address = EmailAddress::new(address);
        self.change_patient(|row| {
            row.email = Set(Some(address.clone()));
            row.email_key = Set(Some(address));
        })
        .await;
    }
}
