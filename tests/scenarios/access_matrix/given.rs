//! What must be prepared for one asking.

use std::collections::BTreeSet;

use entity::{
    CasePriority, CaseSource, InvitationId, LinkId, MessageId, MessageTemplateId, NotificationId,
    NotificationPurpose, NotificationStatus, OneTimeCodeId, PatientId, PersonId, ReminderId,
    ScheduledMessageId, ScheduledStatus, TemplateTextState, Title, message_template,
    message_template_text, notification, patient, patient_program, scheduled_message,
};
use harness::{canary, run};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};
use tidings::domain::cases::{self, NewContactRequest};
use tidings::domain::conversations::{NewSecureMessage, Opening, begin_secure_message};
use tidings::domain::invitations;
use tidings::domain::links::{self, NewLink};
use tidings::domain::local_time::LocalTime;
use tidings::domain::messages::{self, Draft, Wording};
use tidings::domain::policy;
use tidings::domain::reminders::{self, Order, Selection};
use tidings::domain::rich_text::RichText;
use tidings::domain::scheduled::{self, When};
use tidings::domain::secret::Secret;
use tidings::domain::sessions::{self, CodeRequest, PasswordSignIn, SignedIn};
use tidings::domain::viewer::Viewer;

use super::files;
use super::operation::Given;
use super::stage::{Stage, notification_id};
use super::texts;

const SOURCE: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

/// An address for which something was prepared, and what it was.
pub(super) async fn prepare(stage: &Stage, given: Given, asker: Option<&str>) -> (String, String) {
    let (mut contact, mut prepared) = (String::new(), String::new());
    match given {
        Given::Nothing => {}
        Given::Password => (_, contact) = stage.guest().await,
        Given::RefreshToken => prepared = refresh_token(stage).await,
        Given::Code => (contact, prepared) = code(stage).await,
        Given::Invitation => prepared = invitation(stage).await,
        Given::PasswordLink => {
            prepared = link(
                stage,
                PersonId::Staff(stage.spare),
                NotificationPurpose::PasswordReset,
                None,
            )
            .await;
        }
        Given::Unenrolled => prepared = unenrolled(stage).await.to_public(),
        Given::Texting(status) => {
            let patient = unenrolled(stage).await;
            texts::enrolment(stage, patient, status).await;
            prepared = patient.to_public();
        }
        Given::SecureMessage => prepared = secure_message(stage).await,
        Given::Case => prepared = case(stage).await,
        Given::Link => {
            prepared = link(
                stage,
                PersonId::Patient(stage.paul),
                NotificationPurpose::NewClinicMessage,
                None,
            )
            .await;
        }
        Given::Session => {
            let session = stage.clinic.session(PersonId::Patient(stage.paul)).await;
            prepared = session.session.to_public();
        }
        Given::Template => prepared = template(stage).await.to_public(),
        Given::Reminder => prepared = reminder(stage).await.to_public(),
        Given::Scheduled => prepared = scheduled_message(stage).await.to_public(),
        Given::Held => prepared = held_message(stage).await.to_public(),
        Given::DeadLetter => prepared = dead_letter(stage).await.to_public(),
        Given::Gateway => prepared = texts::active_gateway(stage).await.to_public(),
        Given::Quarantined => prepared = texts::quarantined(stage).await.to_public(),
        Given::DevelopmentText => prepared = texts::development(stage).await.to_public(),
        Given::Upload => prepared = files::upload(stage, asker).await.to_public(),
        Given::PatientsUpload => {
            let paul = PersonId::Patient(stage.paul);
            prepared = files::uploaded_by(stage, paul).await.to_public();
        }
        Given::Document => prepared = files::document(stage).await.to_public(),
    }
    (contact, prepared)
}

/// A message of Paul's.
pub(super) async fn message(stage: &Stage) -> MessageId {
    let viewer = viewer(stage, PersonId::Patient(stage.paul)).await;
    let draft = Draft::new(
        stage.chat,
        entity::MessageKind::Message,
        canary::message("Hello"),
        run::unique_name(),
    );
    let sent = messages::send(&stage.core, &viewer, draft.unwrap()).await;
    sent.unwrap().message.id
}

/// A message template whose first text is approved and whose second is a draft.
pub(super) async fn template(stage: &Stage) -> MessageTemplateId {
    let now = stage.core.clock.now();
    let id = MessageTemplateId(stage.core.entropy.uuid(now));
    stage
        .clinic
        .insert(message_template::Model {
            organization_id: stage.organization(),
            id,
            name: run::unique_name(),
            category: None,
            source_language: "en".to_owned(),
            created_by: stage.ada,
            created_at: now,
        })
        .await;
    for (version, state) in [
        (1, TemplateTextState::Approved),
        (2, TemplateTextState::Draft),
    ] {
        stage
            .clinic
            .insert(message_template_text::Model {
                organization_id: stage.organization(),
                template_id: id,
                language: "en".to_owned(),
                version,
                title: "Your visit".to_owned(),
                html: "<p>See you soon.</p>".to_owned(),
                text: "See you soon.".to_owned(),
                source_version: None,
                state,
                written_by: stage.ada,
                written_at: now,
                approved_by: None,
                approved_at: None,
                retired_by: None,
                retired_at: None,
            })
            .await;
    }
    id
}

/// A reminder to Paul from Nora that leaves much later.
pub(super) async fn reminder(stage: &Stage) -> ReminderId {
    let nora = viewer(stage, PersonId::Staff(stage.nora)).await;
    let order = Order {
        template: template(stage).await,
        selection: Selection::Patients(BTreeSet::from([stage.paul])),
        local_time: LocalTime::read("2027-07-01T09:00"),
        expires_at: None,
    };
    let clinician = policy::clinician(&nora).unwrap();
    let queued = reminders::send(&stage.core, &clinician, &order, &run::unique_name(), None).await;
    queued.unwrap().reminder.id
}

/// A message of Nora's to Paul that leaves much later.
pub(super) async fn scheduled_message(stage: &Stage) -> ScheduledMessageId {
    let nora = viewer(stage, PersonId::Staff(stage.nora)).await;
    let clinician = policy::clinician(&nora).unwrap();
    let reader = stage.core.store.reader();
    let in_view = policy::read_conversation(reader, &nora, stage.chat)
        .await
        .unwrap();
    let draft = Draft::new(
        stage.chat,
        entity::MessageKind::Message,
        canary::message("See you soon"),
        run::unique_name(),
    );
    let when = When {
        local_time: LocalTime::read("2027-07-01T09:00").unwrap(),
        time_zone: None,
        expires_at: None,
    };
    let wording = Wording::Own(draft.unwrap());
    let waiting = scheduled::schedule(&stage.core, &clinician, &in_view, &wording, &when).await;
    waiting.unwrap().message.id
}

/// A message of Nora's that somebody has overtaken.
async fn held_message(stage: &Stage) -> ScheduledMessageId {
    let id = scheduled_message(stage).await;
    let row = scheduled_message::ActiveModel {
        organization_id: Set(stage.organization()),
        id: Set(id),
        status: Set(ScheduledStatus::Held),
        ..Default::default()
    };
    row.update(stage.core.store.writer()).await.unwrap();
    id
}

/// A notification about Paul's message that failed for good.
pub(super) async fn dead_letter(stage: &Stage) -> NotificationId {
    let (id, now) = (notification_id(&stage.core), stage.core.clock.now());
    stage
        .clinic
        .insert(notification::Model {
            organization_id: stage.organization(),
            id,
            purpose: NotificationPurpose::NewPatientMessage,
            recipient_kind: Some(entity::PersonKind::Staff),
            recipient_id: Some(stage.nora.0),
            channel: Some(entity::Channel::Email),
            patient_id: Some(stage.paul),
            conversation_id: Some(stage.chat),
            seq: Some(1),
            subject_id: None,
            coalesce_key: None,
            status: NotificationStatus::Dead,
            due_at: now,
            attempts: 8,
            leased_until: None,
            leased_by: None,
            last_error: Some("smtp connection".to_owned()),
            created_at: now,
            settled_at: Some(now),
        })
        .await;
    id
}

async fn secure_message(stage: &Stage) -> String {
    let nora = viewer(stage, PersonId::Staff(stage.nora)).await;
    let text = RichText::from_plain(&canary::message("Your results")).unwrap();
    let new = NewSecureMessage {
        patient: stage.paul,
        to: BTreeSet::new(),
        opening: Opening::Own {
            title: Title::new(canary::message("Results")),
            draft: Draft::beginning(&text, run::unique_name()).unwrap(),
        },
    };
    let clinician = policy::clinician(&nora).unwrap();
    let begun = begin_secure_message(&stage.core, &clinician, new).await;
    begun.unwrap().conversation.to_public()
}

async fn case(stage: &Stage) -> String {
    let nora = viewer(stage, PersonId::Staff(stage.nora)).await;
    let new = NewContactRequest {
        patient: stage.paul,
        source: CaseSource::Staff,
        reason: canary::message("A rash"),
        number: None,
        priority: CasePriority::Normal,
        idempotency_key: run::unique_name(),
    };
    let clinician = policy::clinician(&nora).unwrap();
    let opened = cases::create(&stage.core, &clinician, new).await;
    opened.unwrap().case.to_public()
}

async fn viewer(stage: &Stage, person: PersonId) -> Viewer {
    let claims = stage.clinic.session(person).await;
    sessions::viewer(&stage.core, &claims).await.unwrap()
}

async fn refresh_token(stage: &Stage) -> String {
    let (_, email) = stage.guest().await;
    let request = PasswordSignIn {
        organization: stage.clinic.slug.clone(),
        email: Secret::new(email),
        password: Secret::new(canary::PASSWORD),
        person: None,
        source: SOURCE.into(),
    };
    match sessions::sign_in(&stage.core, &request).await.unwrap() {
        SignedIn::Opened(session) => remembered(canary::Secret::Token, &session.refresh_token),
        SignedIn::Choose(_) => panic!("the guest shares their address"),
    }
}

async fn code(stage: &Stage) -> (String, String) {
    let (id, email) = stage.guest().await;
    let request = CodeRequest {
        organization: stage.clinic.slug.clone(),
        contact: Secret::new(email.clone()),
        source: SOURCE.into(),
    };
    sessions::request_code(&stage.core, &request).await.unwrap();
    let sent = notification::Entity::find()
        .filter(notification::Column::OrganizationId.eq(stage.organization()))
        .filter(notification::Column::Purpose.eq(NotificationPurpose::SignInCode))
        .filter(notification::Column::RecipientId.eq(id.0))
        .one(stage.core.store.writer())
        .await
        .unwrap()
        .unwrap_or_else(|| panic!("no code was sent to {id:?}"));
    let code = sessions::code_of(&stage.core, OneTimeCodeId(sent.subject_id.unwrap()));
    (email, code.reveal().to_owned())
}

async fn unenrolled(stage: &Stage) -> PatientId {
    let (id, _) = stage.guest().await;
    let organization_id = stage.organization();
    let change = patient::ActiveModel {
        organization_id: Set(organization_id),
        id: Set(id),
        enrolled_at: Set(None),
        ..Default::default()
    };
    change.update(stage.core.store.writer()).await.unwrap();
    let program = patient_program::Model {
        organization_id,
        patient_id: id,
        program_id: stage.program,
    };
    stage.clinic.insert(program).await;
    stage.clinic.join(id, stage.nora).await;
    id
}

async fn invitation(stage: &Stage) -> String {
    let id = unenrolled(stage).await;
    let nora = viewer(stage, PersonId::Staff(stage.nora)).await;
    let keeper = policy::record_keeper(&nora).unwrap();
    let guest = policy::open_patient(stage.core.store.reader(), &nora, id)
        .await
        .unwrap();
    let invitation = invitations::invite(&stage.core, &keeper, &guest)
        .await
        .unwrap();
    let person = PersonId::Patient(id);
    link(
        stage,
        person,
        NotificationPurpose::Invitation,
        Some(invitation.id),
    )
    .await
}

async fn link(
    stage: &Stage,
    person: PersonId,
    purpose: NotificationPurpose,
    invitation: Option<InvitationId>,
) -> String {
    let now = stage.core.clock.now();
    let new = NewLink {
        id: LinkId(stage.core.entropy.uuid(now)),
        person,
        purpose,
        conversation: (purpose == NotificationPurpose::NewClinicMessage).then_some(stage.chat),
        invitation,
        expires_at: now + links::LIFETIME,
    };
    let created = links::create(
        &stage.core,
        stage.core.store.writer(),
        stage.organization(),
        new,
    )
    .await;
    remembered(canary::Secret::Link, &created.unwrap())
}

fn remembered(kind: canary::Secret, secret: &Secret) -> String {
    canary::remember(kind, secret.reveal());
    secret.reveal().to_owned()
}
