//! Clinics, people and sessions put straight into a database, for stories that begin in the middle.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::{
    BirthDate, Channel, ConversationId, EmailAddress, OrganizationId, PanelRole, PatientId,
    PersonId, PersonName, ProgramId, Roles, SessionId, StaffId, StaffStatus, conversation,
    event_log, organization, panel_member, patient, patient_name_word, patient_program, program,
    session, staff_member, staff_restriction,
};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{ActiveModelBehavior, ActiveModelTrait, EntityTrait, IntoActiveModel};
use tidings::domain::core::Core;
use tidings::domain::people::{search, values};
use tidings::domain::secret::Secret;
use tidings::domain::sessions::{AccessClaims, issue_access_token, verify_access_token};
use tidings::domain::settings::Settings;

use crate::{canary, run};

/// Puts rows of one clinic into the database of a server.
#[derive(Clone)]
pub struct Seed {
    core: Core,
    /// The clinic.
    pub organization: OrganizationId,
    /// What people type when they sign in.
    pub slug: String,
}

impl Seed {
    /// Founds a clinic.
    pub async fn clinic(core: &Core, settings: &Settings) -> Self {
        let now = core.clock.now();
        let id = OrganizationId(core.entropy.uuid(now));
        let seed = Self {
            core: core.clone(),
            organization: id,
            slug: run::unique_name(),
        };
        seed.insert(organization::Model {
            id,
            name: "Riverside Clinic".to_owned(),
            slug: seed.slug.clone(),
            time_zone: "Europe/Helsinki".to_owned(),
            default_language: "en".to_owned(),
            settings: settings.to_stored().unwrap(),
            created_at: now,
        })
        .await;
        seed.insert(event_log::Model {
            organization_id: id,
            head: 0,
            pruned_through: 0,
        })
        .await;
        seed
    }

    /// For more of a clinic that exists.
    pub fn of(core: &Core, organization: OrganizationId) -> Self {
        Self {
            core: core.clone(),
            organization,
            slug: String::new(),
        }
    }

    /// Adds a staff member with an address of their own.
    pub async fn staff(&self, name: &str, profession: &str, roles: Roles) -> StaffId {
        let id = StaffId(self.uuid());
        let address = EmailAddress::new(canary::address(name));
        self.insert(staff_member::Model {
            organization_id: self.organization,
            id,
            name: PersonName::new(canary::name(name)),
            profession: profession.to_owned(),
            email: address.clone(),
            email_key: values::email_key(&address),
            phone: None,
            roles,
            status: StaffStatus::Active,
            language: "en".to_owned(),
            notify_new_message: true,
            notify_unread: true,
            notify_texting: false,
            notify_channel: Channel::Email,
            created_at: self.now(),
        })
        .await;
        id
    }

    /// Adds an enrolled patient with a chat.
    pub async fn patient(&self, name: &str) -> (PatientId, ConversationId) {
        let (id, chat) = (PatientId(self.uuid()), ConversationId(self.uuid()));
        let name = canary::name(name);
        let address = EmailAddress::new(canary::address("patient"));
        self.insert(patient::Model {
            organization_id: self.organization,
            id,
            name: PersonName::new(name.clone()),
            date_of_birth: BirthDate(canary::BIRTH_DATE.parse::<NaiveDate>().unwrap()),
            phone: None,
            email: Some(address.clone()),
            email_key: Some(address),
            language: "en".to_owned(),
            time_zone: "Europe/Helsinki".to_owned(),
            portal_allowed: true,
            enrolled_at: Some(self.now()),
            notify_channel: None,
            created_at: self.now(),
        })
        .await;
        for word in search::words(&name) {
            self.insert(patient_name_word::Model {
                organization_id: self.organization,
                word,
                patient_id: id,
            })
            .await;
        }
        let chat_model =
            conversation::Model::care_team_chat(self.organization, chat, id, self.now());
        self.insert(chat_model).await;
        (id, chat)
    }

    /// Adds a patient who has not accepted an invitation; gives the chat.
    pub async fn patient_before_enrolment(&self, name: &str) -> ConversationId {
        let (id, chat) = self.patient(name).await;
        let change = patient::ActiveModel {
            organization_id: Unchanged(self.organization),
            id: Unchanged(id),
            enrolled_at: Set(None),
            ..Default::default()
        };
        change.update(self.core.store.writer()).await.unwrap();
        chat
    }

    /// Puts a staff member into a patient's panel, as a member of the care team.
    pub async fn join(&self, patient: PatientId, staff: StaffId) {
        self.insert(panel_member::Model {
            organization_id: self.organization,
            patient_id: patient,
            staff_id: staff,
            role: PanelRole::CareTeam,
            joined_at: self.now(),
        })
        .await;
    }

    /// Adds a program with one patient enrolled and one staff member restricted from it.
    pub async fn restricted_program(&self, patient: PatientId, staff: StaffId) -> ProgramId {
        let program_id = ProgramId(self.uuid());
        let organization_id = self.organization;
        self.insert(program::Model {
            organization_id,
            id: program_id,
            name: run::unique_name(),
        })
        .await;
        self.insert(patient_program::Model {
            organization_id,
            patient_id: patient,
            program_id,
        })
        .await;
        self.insert(staff_restriction::Model {
            organization_id,
            staff_id: staff,
            program_id,
        })
        .await;
        program_id
    }

    /// Signs a person in on a new device: what their token would say.
    pub async fn session(&self, person: PersonId) -> AccessClaims {
        let claims = AccessClaims {
            organization: self.organization,
            person,
            session: SessionId(self.uuid()),
            expires_at: self.now() + TimeDelta::days(1),
        };
        self.insert(session::Model {
            organization_id: claims.organization,
            id: claims.session,
            person_kind: person.kind(),
            person_id: person.uuid(),
            created_at: self.now(),
            expires_at: claims.expires_at,
            revoked_at: None,
        })
        .await;
        claims
    }

    /// Signs a person in on a new device and gives the access token.
    pub async fn token(&self, person: PersonId) -> String {
        self.issue(self.session(person).await)
    }

    /// A fresh access token of the session that a token is of.
    pub fn fresh_token(&self, token: &str) -> String {
        self.issue(verify_access_token(&self.core, &Secret::new(token)).unwrap())
    }

    fn issue(&self, claims: AccessClaims) -> String {
        let issued = issue_access_token(
            &self.core,
            claims.organization,
            claims.person,
            claims.session,
            TimeDelta::days(1),
        );
        let token = issued.unwrap().0.reveal().to_owned();
        canary::remember(canary::Secret::Token, &token);
        token
    }

    fn now(&self) -> DateTime<Utc> {
        self.core.clock.now()
    }

    fn uuid(&self) -> uuid::Uuid {
        self.core.entropy.uuid(self.now())
    }

    /// Inserts one row.
    pub async fn insert<M, A>(&self, row: M)
    where
        M: IntoActiveModel<A>,
        A: ActiveModelTrait + ActiveModelBehavior + Send,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        row.into_active_model()
            .insert(self.core.store.writer())
            .await
            .unwrap();
    }
}
