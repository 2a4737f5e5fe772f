//! A clinic whose people have addresses and passwords.

use std::net::{IpAddr, Ipv4Addr};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    EmailAddress, LinkId, NotificationPurpose, OneTimeCodeId, OrganizationId, PasswordHash,
    PatientId, PersonId, PhoneNumber, StaffId, credential, organization, patient, staff_member,
};
use harness::laboratory::{Laboratory, moment};
use harness::{Backend, canary};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryResult, Set, Statement,
    Value,
};
use tidings::domain::clock::Clock;
use tidings::domain::core::Core;
use tidings::domain::links::{self, NewLink};
use tidings::domain::secret::Secret;
use tidings::domain::sessions::{
    self, AccessClaims, CodeSignIn, NewPassword, OpenedSession, PasswordSignIn, SignInError,
    SignedIn,
};
use tidings::domain::viewer::Viewer;

/// The address that everything comes from.
pub(crate) const SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// The patient's number.
pub(crate) const PHONE: u16 = 7;

pub(crate) struct Clinic {
    pub(crate) laboratory: Laboratory,
    pub(crate) core: Core,
    pub(crate) organization: OrganizationId,
    pub(crate) slug: String,
    pub(crate) nurse: StaffId,
    pub(crate) nurse_email: String,
    pub(crate) patient: PatientId,
    pub(crate) patient_email: String,
}

impl Clinic {
    pub(crate) async fn start(backend: Backend) -> Self {
        let laboratory = Laboratory::start(backend).await;
        let core = laboratory.core.clone();
        let nurse = laboratory.nurses[0];
        let found = staff_member::Entity::find_by_id((laboratory.organization, nurse))
            .one(core.store.reader())
            .await
            .unwrap()
            .unwrap();
        let slug = organization::Entity::find_by_id(laboratory.organization)
            .one(core.store.reader())
            .await
            .unwrap()
            .unwrap()
            .slug;
        let clinic = Self {
            slug,
            organization: laboratory.organization,
            patient: laboratory.patient,
            patient_email: canary::address("paul"),
            nurse_email: found.email_key.reveal().to_owned(),
            nurse,
            laboratory,
            core,
        };
        clinic
            .give_password(PersonId::Staff(nurse), canary::PASSWORD)
            .await;
        clinic
            .set_contact(clinic.patient, &clinic.patient_email, &canary::phone(PHONE))
            .await;
        clinic
    }

    pub(crate) async fn finish(self) {
        self.laboratory.finish().await;
    }

    /// The same node at a later time.
    pub(crate) fn after(&self, time: TimeDelta) -> Core {
        Core {
            clock: Clock::new(move || moment() + time),
            ..self.core.clone()
        }
    }

    pub(crate) async fn give_password(&self, person: PersonId, password: &str) -> PasswordHash {
        let password = NewPassword::parse(&Secret::new(password), &[]).unwrap();
        let hash = self
            .core
            .passwords
            .hash(&self.core, &password)
            .await
            .unwrap();
        let row = credential::Model {
            organization_id: self.organization,
            person_kind: person.kind(),
            person_id: person.uuid(),
            password_hash: hash.clone(),
            changed_at: moment(),
        };
        let writer = self.core.store.writer();
        row.into_active_model().insert(writer).await.unwrap();
        hash
    }

    pub(crate) async fn set_contact(&self, patient: PatientId, email: &str, phone: &str) {
        let change = patient::ActiveModel {
            organization_id: Set(self.organization),
            id: Set(patient),
            email: Set(Some(EmailAddress::new(email))),
            email_key: Set(Some(EmailAddress::new(email))),
            phone: Set(Some(PhoneNumber::new(phone))),
            ..Default::default()
        };
        change.update(self.core.store.writer()).await.unwrap();
    }

    /// Another patient with the same address and number.
    pub(crate) async fn sibling(&self) -> PatientId {
        let found = patient::Entity::find_by_id((self.organization, self.patient))
            .one(self.core.store.reader())
            .await
            .unwrap()
            .unwrap();
        let id = PatientId(self.core.entropy.uuid(moment()));
        let sibling = patient::Model { id, ..found };
        let writer = self.core.store.writer();
        sibling.into_active_model().insert(writer).await.unwrap();
        id
    }

    /// Runs a statement whose `$1` is the organization.
    pub(crate) async fn run(&self, text: &str) {
        let statement = self.statement(text);
        self.core
            .store
            .writer()
            .execute_raw(statement)
            .await
            .unwrap();
    }

    /// The first row of a statement whose `$1` is the organization.
    pub(crate) async fn row(&self, text: &str) -> Option<QueryResult> {
        let statement = self.statement(text);
        self.core
            .store
            .writer()
            .query_one_raw(statement)
            .await
            .unwrap()
    }

    pub(crate) async fn number(&self, text: &str) -> i64 {
        self.row(text).await.unwrap().try_get_by_index(0).unwrap()
    }

    fn statement(&self, text: &str) -> Statement {
        let organization: Value = self.organization.into();
        Statement::from_sql_and_values(self.core.store.backend(), text, [organization])
    }

    pub(crate) fn with_password(&self, email: &str, password: &str) -> PasswordSignIn {
        PasswordSignIn {
            organization: self.slug.clone(),
            email: Secret::new(email),
            password: Secret::new(password),
            person: None,
            source: SOURCE.into(),
        }
    }

    pub(crate) fn with_code(&self, contact: &str, code: &Secret) -> CodeSignIn {
        CodeSignIn {
            organization: self.slug.clone(),
            contact: Secret::new(contact),
            code: code.clone(),
            person: None,
            new_password: None,
            source: SOURCE.into(),
        }
    }

    /// Asks for a code and reads it as its receiver would.
    pub(crate) async fn request_code(&self, contact: &str) -> Secret {
        self.try_to_request_code(&self.core, &self.slug, contact)
            .await
            .unwrap();
        self.newest_code().await
    }

    pub(crate) async fn try_to_request_code(
        &self,
        core: &Core,
        organization: &str,
        contact: &str,
    ) -> Result<(), SignInError> {
        let request = sessions::CodeRequest {
            organization: organization.to_owned(),
            contact: Secret::new(contact),
            source: SOURCE.into(),
        };
        sessions::request_code(core, &request).await
    }

    pub(crate) async fn newest_code(&self) -> Secret {
        let row = self
            .row(
                "select subject_id from notification where organization_id = $1 and purpose = 'SIGN_IN_CODE' \
                 order by created_at desc, id desc limit 1",
            )
            .await
            .unwrap();
        sessions::code_of(&self.core, OneTimeCodeId(row.try_get_by_index(0).unwrap()))
    }

    /// A link such as a notification carries.
    pub(crate) async fn link(
        &self,
        person: PersonId,
        purpose: NotificationPurpose,
        invitation: Option<entity::InvitationId>,
    ) -> Secret {
        let new = NewLink {
            id: LinkId(self.core.entropy.uuid(moment())),
            person,
            purpose,
            conversation: None,
            invitation,
            expires_at: moment() + links::LIFETIME,
        };
        let writer = self.core.store.writer();
        let token = links::create(&self.core, writer, self.organization, new)
            .await
            .unwrap();
        canary::remember(canary::Secret::Link, token.reveal());
        token
    }

    /// Signs the nurse in.
    pub(crate) async fn nurse_signs_in(&self) -> OpenedSession {
        let request = self.with_password(&self.nurse_email, canary::PASSWORD);
        opened(sessions::sign_in(&self.core, &request).await.unwrap())
    }

    /// The viewer of a session, if it is still open.
    pub(crate) async fn viewer(&self, session: &OpenedSession) -> Option<Viewer> {
        let claims = AccessClaims {
            organization: self.organization,
            person: session.person,
            session: session.session,
            expires_at: session.access_token_expires_at,
        };
        sessions::viewer(&self.core, &claims).await.ok()
    }
}

pub(crate) fn opened(outcome: SignedIn) -> OpenedSession {
    match outcome {
        SignedIn::Opened(session) => {
            canary::remember(canary::Secret::Token, session.access_token.reveal());
            canary::remember(canary::Secret::Token, session.refresh_token.reveal());
            session
        }
        SignedIn::Choose(accounts) => panic!("{} accounts to choose from", accounts.len()),
    }
}

pub(crate) fn choices(outcome: SignedIn) -> Vec<PersonId> {
    match outcome {
        SignedIn::Opened(_) => panic!("a session instead of choices"),
        SignedIn::Choose(accounts) => accounts.iter().map(|account| account.person).collect(),
    }
}

/// Whether it was refused for wrong credentials, and not for something else.
pub(crate) fn is_refused<T>(outcome: &Result<T, SignInError>) -> bool {
    matches!(outcome, Err(SignInError::InvalidCredentials))
}

/// When there are attempts again, if they are used up.
pub(crate) fn retry_at<T>(outcome: &Result<T, SignInError>) -> Option<DateTime<Utc>> {
    match outcome {
        Err(SignInError::TooMany(too_many)) => Some(too_many.retry_at),
        _ => None,
    }
}
