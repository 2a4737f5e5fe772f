//! A clinic that is asked about its patient Paul, under each policy, and what each asking needs.

use entity::{
    ConversationId, GroupId, GroupKind, MessageId, NotificationId, OrganizationId, PasswordHash,
    PatientId, PersonId, ProgramId, Roles, StaffId, audience_group, credential, patient,
};
use harness::seed::Seed;
use harness::world::World;
use harness::{canary, run};
use sea_orm::EntityTrait;
use serde_json::Value;
use tidings::domain::conversations::{KindRules, RuleChanges};
use tidings::domain::core::Core;
use tidings::domain::event_log::Position;
use tidings::domain::secret::Secret;
use tidings::domain::sessions::NewPassword;
use tidings::domain::settings::{AccessPolicy, Settings};

use super::actor::Actor;
use super::given;
use super::operation::{Given, Operation};
use super::rule::Outcome;
use super::watching;

/// Who and what one clinic has.
pub(super) struct Stage {
    pub(super) core: Core,
    pub(super) clinic: Seed,
    pub(super) nora: StaffId,
    pub(super) nils: StaffId,
    pub(super) dora: StaffId,
    pub(super) rita: StaffId,
    pub(super) ada: StaffId,
    pub(super) spare: StaffId,
    pub(super) paul: PatientId,
    pub(super) petra: PatientId,
    pub(super) chat: ConversationId,
    pub(super) message: MessageId,
    pub(super) program: ProgramId,
    pub(super) group: GroupId,
    /// The hash of everybody's password, made once because that takes its time.
    hash: PasswordHash,
}

impl Stage {
    /// Fills a clinic.
    pub(super) async fn set(
        world: &World,
        access: AccessPolicy,
        hash: &PasswordHash,
        patient: &str,
    ) -> Self {
        let core = world.node.app.core.clone();
        let settings = Settings {
            access,
            rules: KindRules {
                case: RuleChanges {
                    offered: Some(true),
                    ..RuleChanges::default()
                },
                ..KindRules::default()
            },
            ..Settings::default()
        };
        let clinic = Seed::clinic(&core, &settings).await;
        let nurse = async |name| clinic.staff(name, "Nurse", Roles::CLINICIAN).await;
        let (nora, nils, dora, rita, spare) = (
            nurse("Nora").await,
            nurse("Nils").await,
            nurse("Dora").await,
            nurse("Rita").await,
            nurse("Sven").await,
        );
        let ada = clinic
            .staff("Ada", "Administrator", Roles::ADMINISTRATOR)
            .await;
        let (paul, chat) = clinic.patient(patient).await;
        let (petra, _) = clinic.patient("Petra").await;
        for nurse in [nora, nils] {
            clinic.join(paul, nurse).await;
        }
        let program = clinic.restricted_program(paul, rita).await;
        let group = GroupId(core.entropy.uuid(core.clock.now()));
        clinic
            .insert(audience_group::Model {
                organization_id: clinic.organization,
                id: group,
                name: run::unique_name(),
                kind: GroupKind::Patients,
            })
            .await;
        let mut stage = Self {
            message: MessageId(uuid::Uuid::nil()),
            hash: hash.clone(),
            core,
            clinic,
            nora,
            nils,
            dora,
            rita,
            ada,
            spare,
            paul,
            petra,
            chat,
            program,
            group,
        };
        for person in [nora, nils, dora, rita, spare, ada].map(PersonId::Staff) {
            stage.give_password(person).await;
        }
        for person in [paul, petra].map(PersonId::Patient) {
            stage.give_password(person).await;
        }
        stage.message = given::message(&stage).await;
        stage
    }

    /// Where everything is.
    pub(super) fn organization(&self) -> OrganizationId {
        self.clinic.organization
    }

    /// Lets somebody sign in with the password of all.
    pub(super) async fn give_password(&self, person: PersonId) {
        let row = credential::Model {
            organization_id: self.organization(),
            person_kind: person.kind(),
            person_id: person.uuid(),
            password_hash: self.hash.clone(),
            changed_at: self.core.clock.now(),
        };
        self.clinic.insert(row).await;
    }

    /// A patient who shares nothing with the others, with the address on file.
    pub(super) async fn guest(&self) -> (PatientId, String) {
        let (id, _) = self.clinic.patient("Guest").await;
        self.give_password(PersonId::Patient(id)).await;
        let found = patient::Entity::find_by_id((self.organization(), id));
        let found = found.one(self.core.store.reader()).await.unwrap().unwrap();
        (id, found.email.unwrap().reveal().to_owned())
    }

    fn person(&self, actor: Actor) -> Option<PersonId> {
        Some(match actor {
            Actor::Anonymous => return None,
            Actor::Stranger => PersonId::Staff(self.dora),
            Actor::StrangeAdministrator => PersonId::Staff(self.ada),
            Actor::StrangePatient => PersonId::Patient(self.paul),
            Actor::WrongPatient => PersonId::Patient(self.petra),
            Actor::RightPatient => PersonId::Patient(self.paul),
            Actor::Restricted => PersonId::Staff(self.rita),
            Actor::OffTeamUnderTeam | Actor::OffTeam => PersonId::Staff(self.dora),
            Actor::OnTeam => PersonId::Staff(self.nora),
            Actor::Administrator => PersonId::Staff(self.ada),
        })
    }

    /// Every id of the clinic, none of which a stranger may learn.
    fn ids(&self) -> Vec<String> {
        let staff = [
            self.nora, self.nils, self.dora, self.rita, self.ada, self.spare,
        ];
        let mut ids: Vec<_> = staff.iter().map(|id| id.to_public()).collect();
        ids.extend([
            self.organization().to_public(),
            self.petra.to_public(),
            self.program.to_public(),
            self.group.to_public(),
        ]);
        ids.extend(self.ids_of_paul());
        ids
    }

    fn ids_of_paul(&self) -> [String; 3] {
        [
            self.paul.to_public(),
            self.chat.to_public(),
            self.message.to_public(),
        ]
    }
}

/// The token of somebody who asks, and where they belong.
pub(super) type Asker = (Option<String>, OrganizationId);

/// The public ids that an operation can name, and what was prepared for it.
pub(super) struct Cell {
    pub(super) paul: String,
    pub(super) chat: String,
    pub(super) message: String,
    pub(super) nils: String,
    pub(super) rita: String,
    pub(super) spare: String,
    pub(super) program: String,
    pub(super) group: String,
    pub(super) slug: String,
    /// A position that the log has not reached: a subscription answers to it at once.
    pub(super) ahead: String,
    /// A name, key or address that nobody has used.
    pub(super) unused: String,
    /// The address of the guest for whom something was prepared.
    pub(super) contact: String,
    /// The access token of whoever asks; of nobody, what could be one.
    pub(super) own_token: String,
    /// What was prepared: a code, a token, an id.
    pub(super) given: String,
}

impl Cell {
    /// Prepares an asking at a clinic, by somebody of `organization`.
    pub(super) async fn prepare(
        stage: &Stage,
        given: Given,
        (token, organization): &Asker,
    ) -> Self {
        let (contact, given) = given::prepare(stage, given, token.as_deref()).await;
        Self {
            paul: stage.paul.to_public(),
            chat: stage.chat.to_public(),
            message: stage.message.to_public(),
            nils: stage.nils.to_public(),
            rita: stage.rita.to_public(),
            spare: stage.spare.to_public(),
            program: stage.program.to_public(),
            group: stage.group.to_public(),
            slug: stage.clinic.slug.clone(),
            ahead: Position(1_000_000).to_public(*organization),
            unused: run::unique_name(),
            own_token: token.clone().unwrap_or_else(run::unique_name),
            contact,
            given,
        }
    }
}

/// The clinic under both policies, and another one.
pub(super) struct Stages<'a> {
    world: &'a World,
    usual: Stage,
    team: Stage,
    elsewhere: Stage,
}

impl<'a> Stages<'a> {
    /// Fills the clinics.
    pub(super) async fn set(world: &'a World) -> Self {
        let hash = password_hash(&world.node.app.core).await;
        Self {
            usual: Stage::set(world, AccessPolicy::TeamPlusSearch, &hash, "Paul").await,
            team: Stage::set(world, AccessPolicy::Team, &hash, "Paul").await,
            elsewhere: Stage::set(world, AccessPolicy::TeamPlusSearch, &hash, "Saul").await,
            world,
        }
    }

    /// The clinic under the default policy.
    pub(super) fn usual(&self) -> &Stage {
        &self.usual
    }

    /// Another clinic, where the stranger works. Its patient is called Saul.
    pub(super) fn elsewhere(&self) -> &Stage {
        &self.elsewhere
    }

    fn stage(&self, actor: Actor) -> &Stage {
        if actor == Actor::OffTeamUnderTeam {
            &self.team
        } else {
            &self.usual
        }
    }

    /// A fresh session of an actor, and whose organization they are of.
    pub(super) async fn asker(&self, actor: Actor) -> Asker {
        let stage = if actor.is_of_another_clinic() {
            &self.elsewhere
        } else {
            self.stage(actor)
        };
        match stage.person(actor) {
            Some(person) => (Some(stage.clinic.token(person).await), stage.organization()),
            None => (None, stage.organization()),
        }
    }

    /// Lets an actor ask, and makes sure that the answer gives nothing away.
    pub(super) async fn ask(&self, operation: &Operation, actor: Actor) -> Outcome {
        let stage = self.stage(actor);
        let asker = self.asker(actor).await;
        let cell = Cell::prepare(stage, operation.given, &asker).await;
        let variables = (operation.variables)(&cell);
        let (data, errors) = self.answer(operation, variables, asker.0.as_deref()).await;
        let outcome = Outcome::of(operation.field, &data, &errors);
        let said = format!("{data}{}", Value::from(errors));
        let secrets = match actor {
            Actor::Anonymous => stage.ids(),
            _ if actor.is_of_another_clinic() => stage.ids(),
            _ if !actor.reaches_the_patient() => stage.ids_of_paul().to_vec(),
            _ => Vec::new(),
        };
        for secret in secrets {
            assert!(
                !said.contains(&secret),
                "{} tells {}: {said}",
                operation.field,
                actor.title()
            );
        }
        outcome
    }

    /// Asks, by whichever protocol the operation needs.
    pub(super) async fn answer(
        &self,
        operation: &Operation,
        variables: Value,
        token: Option<&str>,
    ) -> (Value, Vec<Value>) {
        let node = &self.world.node;
        if operation.over_websocket {
            let typist = self
                .usual
                .clinic
                .token(PersonId::Staff(self.usual.nils))
                .await;
            let chat = self.usual.chat.to_public();
            return watching::first(node, operation, variables, token, (&typist, &chat)).await;
        }
        let answer = node
            .client
            .execute(&operation.document, variables, token)
            .await;
        (answer.data, answer.errors)
    }
}

async fn password_hash(core: &Core) -> PasswordHash {
    let password = NewPassword::parse(&Secret::new(canary::PASSWORD), &[]).unwrap();
    core.passwords.hash(core, &password).await.unwrap()
}

/// An id that no dead letter has yet.
pub(super) fn notification_id(core: &Core) -> NotificationId {
    NotificationId(core.entropy.uuid(core.clock.now()))
}
