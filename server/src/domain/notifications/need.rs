//! Whether a notification is still needed when it comes to sending it, and what it then carries.

use chrono::{DateTime, Utc};
use entity::{
    Channel, InvitationId, NotificationPurpose, OneTimeCodeId, OrganizationId, PatientId, PersonId,
    PersonKind, StaffId, StaffStatus, invitation, notification, one_time_code, organization,
    patient, staff_member,
};
use sea_orm::EntityTrait as _;
use uuid::Uuid;

use super::{
    outbox::Skip,
    outgoing::Address,
    recipient::{Thread, followers_of, oldest_unseen, staff_cursors},
};
use crate::domain::{
    conversations::{self, Unread, unread_after},
    core::Core,
    fault::Fault,
    links,
    policy::patient_may_take_part,
    secret::Secret,
    sessions::{self, RESET_LIFETIME},
    settings::Settings,
};

/// The recipient as they are on file now.
pub(super) enum Recipient {
    Staff(staff_member::Model),
    Patient(patient::Model),
}

impl Recipient {
    pub(super) fn person(&self) -> PersonId {
        match self {
            Self::Staff(staff) => PersonId::Staff(staff.id),
            Self::Patient(patient) => PersonId::Patient(patient.id),
        }
    }

    pub(super) fn language(&self) -> &str {
        match self {
            Self::Staff(staff) => &staff.language,
            Self::Patient(patient) => &patient.language,
        }
    }

    pub(super) fn address(&self, channel: Channel) -> Option<Address> {
        let (email, phone) = match self {
            Self::Staff(staff) => (Some(&staff.email), staff.phone.as_ref()),
            Self::Patient(patient) => (patient.email.as_ref(), patient.phone.as_ref()),
        };
        match channel {
            Channel::Email => email.cloned().map(Address::Email),
            Channel::Sms => phone.cloned().map(Address::Sms),
            Channel::Portal => None,
        }
    }
}

/// What a notification carries.
pub(super) enum Carried {
    Link {
        invitation: Option<InvitationId>,
        expires_at: DateTime<Utc>,
    },
    Code(Secret),
}

/// Who is to be told, if they still are there. One statement.
pub(super) async fn recipient(
    core: &Core,
    organization: OrganizationId,
    kind: PersonKind,
    id: Uuid,
) -> Result<Option<Recipient>, Fault> {
    let connection = core.store.reader();
    Ok(match kind {
        PersonKind::Staff => staff_member::Entity::find_by_id((organization, StaffId(id)))
            .one(connection)
            .await?
            .filter(|staff| staff.status == StaffStatus::Active)
            .map(Recipient::Staff),
        PersonKind::Patient => patient::Entity::find_by_id((organization, PatientId(id)))
            .one(connection)
            .await?
            .map(Recipient::Patient),
    })
}

/// What a notification carries, or why it is not needed any more. At most five statements.
pub(super) async fn still_needed(
    core: &Core,
    clinic: &organization::Model,
    recipient: &Recipient,
    row: &notification::Model,
) -> Result<Result<Carried, Skip>, Fault> {
    let link = Carried::Link {
        invitation: None,
        expires_at: core.clock.now() + links::LIFETIME,
    };
    match (row.purpose, recipient) {
        // A staff member's invitation is the link for setting their first password, and nothing more.
        (NotificationPurpose::Invitation, Recipient::Staff(_)) => Ok(Ok(link)),
        (NotificationPurpose::Invitation, Recipient::Patient(_)) => invitation(core, row).await,
        (NotificationPurpose::PasswordReset, _) => Ok(password_reset(core, row)),
        (NotificationPurpose::SignInCode, Recipient::Patient(patient)) => {
            code(core, patient, row).await
        }
        (
            NotificationPurpose::NewPatientMessage | NotificationPurpose::UnreadReminder,
            Recipient::Staff(staff),
        ) => Ok(staff_still_told(core, staff.id, row).await?.map(|()| link)),
        (NotificationPurpose::NewClinicMessage, Recipient::Patient(patient)) => {
            Ok(patient_still_told(core, clinic, patient, row)
                .await?
                .map(|()| link))
        }
        (
            NotificationPurpose::NewPatientMessage | NotificationPurpose::UnreadReminder,
            Recipient::Patient(_),
        )
        | (
            NotificationPurpose::NewClinicMessage | NotificationPurpose::SignInCode,
            Recipient::Staff(_),
        ) => Err(Fault::Corrupt("notification recipient")),
    }
}

async fn staff_still_told(
    core: &Core,
    staff: StaffId,
    row: &notification::Model,
) -> Result<Result<(), Skip>, Fault> {
    let connection = core.store.reader();
    let thread = Thread::of(row)?;
    let followers = followers_of(connection, thread).await?;
    let Some(member) = followers.0.iter().find(|f| f.staff == staff && f.in_reach) else {
        return Ok(Err(Skip::OutOfReach));
    };
    let wanted = if row.purpose == NotificationPurpose::UnreadReminder {
        member.reminded
    } else {
        member.alerted
    };
    if !wanted {
        return Ok(Err(Skip::SwitchedOff));
    }
    let cursors = staff_cursors(connection, thread, &[staff]).await?;
    let unseen = oldest_unseen(connection, thread, &[staff], &cursors).await?;
    Ok(if unseen.is_empty() {
        Err(Skip::Read)
    } else {
        Ok(())
    })
}

async fn patient_still_told(
    core: &Core,
    clinic: &organization::Model,
    patient: &patient::Model,
    row: &notification::Model,
) -> Result<Result<(), Skip>, Fault> {
    let settings = Settings::from_stored(clinic.settings.clone())?;
    let connection = core.store.reader();
    let thread = Thread::of(row)?;
    let enrolled = patient.enrolled_at.is_some();
    let kind = conversations::kind_of(connection, thread.organization, thread.conversation).await?;
    if patient_may_take_part(&settings, kind, enrolled, patient.portal_allowed).is_err() {
        return Ok(Err(Skip::OutOfReach));
    }
    let reader = PersonId::Patient(patient.id);
    let unread = unread_after(
        connection,
        thread.organization,
        &[thread.conversation],
        &[reader],
    )
    .await?
    .remove(&(thread.conversation, reader))
    .ok_or(Fault::Corrupt("notification conversation"))?;
    Ok(if unread > Unread(0) {
        Ok(())
    } else {
        Err(Skip::Read)
    })
}

/// An invitation leads to its acceptance while that is possible.
async fn invitation(
    core: &Core,
    row: &notification::Model,
) -> Result<Result<Carried, Skip>, Fault> {
    let id = InvitationId(
        row.subject_id
            .ok_or(Fault::Corrupt("notification subject"))?,
    );
    let invitation = invitation::Entity::find_by_id((row.organization_id, id))
        .one(core.store.reader())
        .await?;
    Ok(invitation
        .filter(|invitation| {
            invitation.accepted_at.is_none() && invitation.expires_at > core.clock.now()
        })
        .map(|invitation| Carried::Link {
            invitation: Some(id),
            expires_at: invitation.expires_at,
        })
        .ok_or(Skip::Expired))
}

/// A link for a new password is sent while it can be used.
fn password_reset(core: &Core, row: &notification::Model) -> Result<Carried, Skip> {
    let expires_at = row.created_at + RESET_LIFETIME;
    if expires_at <= core.clock.now() {
        return Err(Skip::Expired);
    }
    Ok(Carried::Link {
        invitation: None,
        expires_at,
    })
}

/// A code is sent while it can be used, and to the contact that it was asked for.
async fn code(
    core: &Core,
    patient: &patient::Model,
    row: &notification::Model,
) -> Result<Result<Carried, Skip>, Fault> {
    let id = OneTimeCodeId(
        row.subject_id
            .ok_or(Fault::Corrupt("notification subject"))?,
    );
    let code = one_time_code::Entity::find_by_id((row.organization_id, id))
        .one(core.store.reader())
        .await?;
    Ok(code
        .filter(|code| code.used_at.is_none() && code.expires_at > core.clock.now())
        .filter(|code| sessions::code_is_for(core, code, patient, row.channel))
        .map(|_| Carried::Code(sessions::code_of(core, id)))
        .ok_or(Skip::Expired))
}
