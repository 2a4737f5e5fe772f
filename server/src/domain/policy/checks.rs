//! The single questions behind the right to write: who asks, and how the conversation stands.

use entity::{
    CaseStatus, Channel, ConversationKind, ConversationStatus, MessageKind, OrganizationId,
    PatientId, PersonId, PersonKind, Roles, StaffId, StaffStatus, conversation,
};
use sea_orm::QueryResult;

use super::{
    Denied, hidden_by_restriction,
    posting::{CanPost, Intent, PostRefused},
    routing::{Way, route},
};
use crate::domain::{
    conversations::{Compose, OnClosed, Texts},
    fault::Fault,
    settings::{AccessPolicy, Settings},
    store::Sql,
    texting::leaving::NUMBER_OPTED_OUT,
};

/// Selects the records of patients, with what [`check_sender`] asks about whoever wants to send them something.
pub(super) fn records_for(
    organization: OrganizationId,
    sender: StaffId,
    patients: &[PatientId],
) -> Sql {
    let mut select = Sql::new(
        "select p.*, o.settings, o.time_zone as clinic_zone, s.status as staff_status, s.roles as staff_roles, ",
    );
    select.push(NUMBER_OPTED_OUT).push(" as opted_out, ");
    let sender = select.placeholder(sender);
    select
        .push(&hidden_by_restriction("p", &sender))
        .push(
            " as hidden, exists (select 1 from panel_member tm where tm.organization_id = p.organization_id \
             and tm.patient_id = p.id and tm.staff_id = ",
        )
        .push(&sender)
        .push(
            ") as on_panel from patient p join organization o on o.id = p.organization_id \
             left join staff_member s on s.organization_id = p.organization_id and s.id = ",
        )
        .push(&sender)
        .push(" where p.organization_id = ")
        .bind(organization)
        .push(" and p.id in ")
        .list(patients.iter().copied());
    select
}

/// Whether a staff member still works here as a clinician and reaches the patient of a row of [`records_for`].
pub(super) fn check_sender(
    settings: &Settings,
    row: &QueryResult,
) -> Result<Result<(), PostRefused>, Fault> {
    let active =
        row.try_get::<Option<StaffStatus>>("", "staff_status")? == Some(StaffStatus::Active);
    let in_reach = settings.access != AccessPolicy::Team || row.try_get("", "on_panel")?;
    if !active || !in_reach || row.try_get("", "hidden")? {
        return Ok(Err(PostRefused::NotFound));
    }
    let roles: Option<Roles> = row.try_get("", "staff_roles")?;
    if !roles.is_some_and(|roles| roles.hold(Roles::CLINICIAN)) {
        return Ok(Err(PostRefused::NotClinician));
    }
    Ok(Ok(()))
}

/// Whether the conversation exists for the author, and whether they may write such a thing at all.
pub(super) fn check_access(
    settings: &Settings,
    intent: &Intent,
    conversation: &conversation::Model,
    row: &QueryResult,
) -> Result<Result<(), PostRefused>, Fault> {
    match intent.author {
        PersonId::Staff(_) => {
            let active = row.try_get::<Option<StaffStatus>>("", "staff_status")?
                == Some(StaffStatus::Active);
            let in_reach = settings.access != AccessPolicy::Team
                || row.try_get("", "on_panel")?
                || row.try_get("", "participates")?;
            if !active || !in_reach || row.try_get("", "hidden")? {
                return Ok(Err(PostRefused::NotFound));
            }
            let roles: Option<Roles> = row.try_get("", "staff_roles")?;
            if !roles.is_some_and(|roles| roles.hold(Roles::CLINICIAN)) {
                return Ok(Err(PostRefused::NotClinician));
            }
        }
        PersonId::Patient(patient) if conversation.patient_id != patient => {
            return Ok(Err(PostRefused::NotFound));
        }
        PersonId::Patient(_) if intent.kind == MessageKind::Note => {
            return Ok(Err(PostRefused::NoteByPatient));
        }
        PersonId::Patient(_) => {}
    }
    Ok(Ok(()))
}

/// Whether an author whose access was checked may open the patient's chart: clinicians who reach the patient, and not those
/// who only take part in the conversation.
pub(super) fn reads_chart(
    settings: &Settings,
    intent: &Intent,
    row: &QueryResult,
) -> Result<bool, Fault> {
    Ok(match intent.author {
        PersonId::Staff(_) => {
            settings.access != AccessPolicy::Team || row.try_get("", "on_panel")?
        }
        PersonId::Patient(_) => false,
    })
}

/// Whether messages can be written in the conversation as it is now, and by which way they go.
pub(super) fn check_state(
    settings: &Settings,
    intent: &Intent,
    can_post: &CanPost,
    row: &QueryResult,
) -> Result<Result<Channel, PostRefused>, Fault> {
    let (conversation, rules) = (&can_post.conversation, can_post.rules);
    let talk = (conversation.kind, &rules, conversation.last_patient_channel);
    let channel = match route(settings, intent, talk, row)? {
        Ok(channel) => channel,
        Err(denied) => {
            // The portal would only have stood in for the number.
            let opted_out = intent.author.kind() == PersonKind::Staff
                && settings.texting
                && rules.texts == Texts::GivenNumber
                && row.try_get("", "case_opted_out")?;
            let refused = PostRefused::of_portal(&denied);
            return Ok(Err(if opted_out {
                PostRefused::OptedOut
            } else {
                refused
            }));
        }
    };
    if !rules.offered {
        return Ok(Err(PostRefused::NotOffered));
    }
    let side = intent.author.kind();
    // A text cannot be refused: its sender would believe that it was read. It is kept, whatever the clinic has chosen.
    let kept = side == PersonKind::Patient
        && (rules.on_closed == OnClosed::AutoReply || intent.way == Way::Text);
    if conversation.status == ConversationStatus::Closed && !kept {
        return Ok(Err(PostRefused::Closed));
    }
    if side == PersonKind::Staff {
        if conversation.case_status == Some(CaseStatus::New) {
            return Ok(Err(PostRefused::NotInProgress));
        }
        if rules.compose == Compose::TemplateOnly && !intent.from_template {
            return Ok(Err(PostRefused::TemplateOnly));
        }
        let (email, phone) = (row.try_get("", "has_email")?, row.try_get("", "has_phone")?);
        let on_file = (email, phone, row.try_get("", "opted_out")?);
        if let (true, Err(refused)) = (
            needs_contact(conversation.kind),
            check_contact(settings, on_file),
        ) {
            return Ok(Err(refused));
        }
    }
    Ok(Ok(channel))
}

/// Whether the clinic can write in conversations of this kind only to patients whom a notification reaches (SEC-1). In the
/// care-team chat the patient looks by themselves.
pub(super) const fn needs_contact(kind: ConversationKind) -> bool {
    match kind {
        ConversationKind::SecureMessage | ConversationKind::Announcement => true,
        ConversationKind::CareTeamChat | ConversationKind::Case => false,
    }
}

/// Whether a notification reaches a patient (SEC-1) of whom an e-mail address and a number are on file, and who has opted out
/// of texts to the number.
pub(super) fn check_contact(
    settings: &Settings,
    (email, phone, opted_out): (bool, bool, bool),
) -> Result<(), PostRefused> {
    if settings.reaches(email, phone && !opted_out) {
        Ok(())
    } else if settings.reaches(email, phone) {
        Err(PostRefused::OptedOut)
    } else {
        Err(PostRefused::NoContactOnFile)
    }
}

impl PostRefused {
    pub(super) const fn of_portal(denied: &Denied) -> Self {
        match denied {
            Denied::PortalChatOff => Self::PortalChatOff,
            Denied::NotEnrolled => Self::NotEnrolled,
            Denied::PortalDisabled => Self::PortalDisabled,
            Denied::PortalAccessMissing => Self::PortalAccessMissing,
            Denied::NotFound | Denied::Role(_) | Denied::PatientUploadsOff | Denied::Fault(_) => {
                Self::NotFound
            }
        }
    }
}
