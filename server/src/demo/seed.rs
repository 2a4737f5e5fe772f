//! Tells the story to an empty database, through the same functions that people's requests go through.

mod entry;
mod templates;

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::{
    ConversationId, LinkId, MessageId, NotificationPurpose, OrganizationId, PatientId, PersonId,
    ProgramId, StaffId,
};

use super::during::{During as _, SeedError};
use super::story::{self, Patient, Staff, Step};
use crate::domain::{
    answers::AnswerSettings,
    clock::Clock,
    conversations::{self, KindRules, RuleChanges},
    core::Core,
    invitations::{self, Acceptance},
    links::{self, NewLink},
    messages::PostOffice,
    organizations::{self, Founding, NewOrganization},
    people::{
        access,
        patients::{self, NewPatient},
        staff::{self},
    },
    policy, programs, sessions,
    settings::{ContactInformation, Settings},
    texts::{
        AllowedGateways,
        gateways::{self, Connection, NewGateway},
    },
    viewer::Viewer,
};

/// How long before the first message the clinic began to use Tidings.
const PREPARATION: TimeDelta = TimeDelta::hours(2);

/// The clinic while it comes to life.
pub(super) struct Clinic<'a> {
    core: &'a Core,
    organization: OrganizationId,
    pub(super) staff: HashMap<&'static str, StaffId>,
    programs: HashMap<&'static str, ProgramId>,
    viewers: HashMap<&'static str, Viewer>,
    pub(super) chats: HashMap<&'static str, Chat>,
}

/// A patient's conversation, and the last that each side can see of it.
pub(super) struct Chat {
    pub(super) id: ConversationId,
    pub(super) patient: PatientId,
    pub(super) last_for_staff: Option<MessageId>,
    pub(super) last_for_patient: Option<MessageId>,
}

/// Tells the story so that it ends now.
pub(super) async fn tell(core: &Core) -> Result<(), SeedError> {
    let now = core.clock.now();
    let first = story::STEPS.first().map_or(TimeDelta::zero(), Step::ago);
    let then = at(core, now - first - PREPARATION);
    let mut clinic = found(&then).await?;
    for member in &story::STAFF[1..] {
        clinic.hire(member).await?;
    }
    templates::add(&then, &clinic.administrator()?, &story::TEMPLATE).await?;
    for patient in story::PATIENTS {
        clinic.admit(patient).await?;
    }
    for step in story::STEPS {
        clinic.take(&at(core, now - step.ago()), step).await?;
    }
    // Nobody stays signed in from this.
    for viewer in clinic.viewers.values() {
        sessions::sign_out(core, viewer)
            .await
            .during("signing out")?;
    }
    Ok(())
}

/// The same surroundings at another time, with a post office of its own so that no letter is carried at the wrong time.
fn at(core: &Core, time: DateTime<Utc>) -> Core {
    Core {
        clock: Clock::new(move || time),
        post_office: PostOffice::default(),
        ..core.clone()
    }
}

async fn found(core: &Core) -> Result<Clinic<'_>, SeedError> {
    let administrator = &story::STAFF[0];
    let new = NewOrganization {
        name: story::CLINIC.to_owned(),
        slug: story::SLUG.to_owned(),
        time_zone: story::TIME_ZONE.to_owned(),
        default_language: "en".to_owned(),
        settings: Settings {
            contact: ContactInformation {
                phone: Some(story::PHONE.to_owned()),
                ..ContactInformation::default()
            },
            rules: KindRules {
                case: RuleChanges {
                    offered: Some(true),
                    ..RuleChanges::default()
                },
                ..KindRules::default()
            },
            opening_hours: story::opening_hours(),
            answers: AnswerSettings {
                care_team_chat_minutes: Some(story::ANSWERED_AFTER),
                ..AnswerSettings::default()
            },
            ..Settings::default()
        },
        administrator: administrator.to_hire(),
    };
    let founded = organizations::found(core, &Founding::by_operator(), new)
        .await
        .during("founding the clinic")?;
    let mut clinic = Clinic {
        core,
        organization: founded.organization.id,
        staff: HashMap::new(),
        programs: HashMap::new(),
        viewers: HashMap::new(),
        chats: HashMap::new(),
    };
    clinic
        .welcome(administrator, founded.administrator.id)
        .await?;
    let right = clinic.administrator()?;
    let texting = NewGateway {
        connection: Connection::Development,
        numbers: vec![story::TEXTS_FROM.to_owned()],
        texts_per_second: 10,
    };
    gateways::set_gateway(core, &right, &AllowedGateways::default(), texting)
        .await
        .during("setting up texts")?;
    for name in story::PROGRAMS {
        let program = programs::create(core, &right, name)
            .await
            .during("adding a program")?;
        clinic.programs.insert(name, program.id);
    }
    Ok(clinic)
}

impl Clinic<'_> {
    pub(super) fn viewer(&self, key: &str) -> Result<&Viewer, SeedError> {
        self.viewers
            .get(key)
            .ok_or("nobody of this name is signed in")
            .during("finding a person of the story")
    }

    fn administrator(&self) -> Result<policy::AsAdministrator, SeedError> {
        policy::administrator(self.viewer(story::STAFF[0].key)?).during("acting as administrator")
    }

    async fn hire(&mut self, member: &Staff) -> Result<(), SeedError> {
        let right = self.administrator()?;
        let stored = staff::create(self.core, &right, &member.to_hire())
            .await
            .during("adding a staff member")?;
        if !member.restricted_from.is_empty() {
            let programs = self.programs_of(member.restricted_from);
            access::set_restrictions(self.core, &right, stored.id, programs)
                .await
                .during("restricting a staff member")?;
        }
        self.welcome(member, stored.id).await
    }

    fn programs_of(&self, names: &[&str]) -> BTreeSet<ProgramId> {
        names
            .iter()
            .filter_map(|name| self.programs.get(name).copied())
            .collect()
    }

    /// Gives a staff member their password and signs them in.
    async fn welcome(&mut self, member: &Staff, id: StaffId) -> Result<(), SeedError> {
        self.staff.insert(member.key, id);
        self.sign_in(member.key, PersonId::Staff(id), Some(member.password))
            .await
    }

    async fn admit(&mut self, patient: &Patient) -> Result<(), SeedError> {
        let (year, month, day) = patient.born;
        let date_of_birth = NaiveDate::from_ymd_opt(year, month, day)
            .ok_or("no such day")
            .during("admitting a patient")?;
        let new = NewPatient {
            name: patient.name.to_owned(),
            date_of_birth,
            phone: patient.phone.map(str::to_owned),
            email: patient.email.map(str::to_owned),
            language: Some(patient.language.to_owned()),
            time_zone: None,
            portal_allowed: true,
            programs: self.programs_of(patient.programs),
            care_team: patient
                .care_team
                .iter()
                .filter_map(|key| self.staff.get(key).copied())
                .collect(),
        };
        let keeper = policy::record_keeper(self.viewer(story::STAFF[0].key)?)
            .during("acting as record keeper")?;
        let stored = patients::create(self.core, &keeper, &new)
            .await
            .during("admitting a patient")?;
        let chat = conversations::care_team_chats(
            self.core.store.reader(),
            self.organization,
            [stored.id],
        )
        .await
        .during("finding a conversation")?
        .pop()
        .ok_or("there is none")
        .during("finding a conversation")?;
        self.chats.insert(
            patient.key,
            Chat {
                id: chat.id,
                patient: stored.id,
                last_for_staff: None,
                last_for_patient: None,
            },
        );
        if patient.is_enrolled {
            self.enrol(&keeper, patient, stored.id).await?;
        }
        Ok(())
    }

    /// Invites a patient, who accepts and signs in at once.
    async fn enrol(
        &mut self,
        keeper: &policy::AsRecordKeeper,
        patient: &Patient,
        id: PatientId,
    ) -> Result<(), SeedError> {
        let core = self.core;
        let administrator = self.viewer(story::STAFF[0].key)?;
        let in_view = policy::open_patient(core.store.reader(), administrator, id)
            .await
            .during("inviting a patient")?;
        let invitation = invitations::invite(core, keeper, &in_view)
            .await
            .during("inviting a patient")?;
        let link = NewLink {
            id: LinkId(core.entropy.uuid(core.clock.now())),
            person: PersonId::Patient(id),
            purpose: NotificationPurpose::Invitation,
            conversation: None,
            invitation: Some(invitation.id),
            expires_at: invitation.expires_at,
        };
        let token = links::create(core, core.store.writer(), self.organization, link)
            .await
            .during("inviting a patient")?;
        let offer = invitations::offer(core, &token, None)
            .await
            .during("accepting an invitation")?
            .ok_or("it is not valid")
            .during("accepting an invitation")?;
        let acceptance = Acceptance {
            token,
            wording_version: offer.wording_version,
            language: offer.text.language,
        };
        invitations::accept(core, &acceptance)
            .await
            .during("accepting an invitation")?;
        self.sign_in(patient.key, PersonId::Patient(id), patient.password)
            .await
    }
}
