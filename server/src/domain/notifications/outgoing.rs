//! What is handed to a mail server or gateway, made at the moment of sending.

use chrono::{DateTime, Utc};
use entity::{
    Channel, EmailAddress, InvitationId, LinkId, NotificationId, NotificationPurpose,
    OneTimeCodeId, OrganizationId, PatientId, PersonId, PersonKind, PhoneNumber, StaffId,
    StaffStatus, conversation, invitation, notification, one_time_code, organization, patient,
    read_cursor, staff_member,
};
use sea_orm::EntityTrait as _;
use uuid::Uuid;

use super::{
    address::NO_CONTACT,
    outbox::Skip,
    recipient::{Thread, oldest_unseen, panel_of, staff_cursors},
    templates::{Notice, Rendered, wording},
};
use crate::domain::{
    conversations::{Unread, unread_of},
    core::Core,
    fault::Fault,
    links::{self, NewLink},
    people::values::NotificationChannel,
    policy::patient_may_chat,
    secret::Secret,
    sessions::{RESET_LIFETIME, codes},
    settings::Settings,
};

/// Where the links of notifications lead: the server's public address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkBase(String);

impl LinkBase {
    /// Takes the address that was configured.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self(url.trim_end_matches('/').to_owned())
    }

    /// The address of a link's page. Whoever has it can open the page, so it is a secret.
    #[must_use]
    pub fn of_link(&self, token: &Secret) -> Secret {
        Secret::new(format!("{}/l/{}", self.0, token.reveal()))
    }
}

/// Where a notification goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// To an e-mail address.
    Email(EmailAddress),
    /// To a mobile phone.
    Sms(PhoneNumber),
}

impl Address {
    const fn channel(&self) -> NotificationChannel {
        match self {
            Self::Email(_) => NotificationChannel::Email,
            Self::Sms(_) => NotificationChannel::Sms,
        }
    }
}

/// A notification as it leaves: an address and words that hold a clinic's name and a link or code, and nothing else.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The clinic that sends it.
    pub organization: OrganizationId,
    /// Its id: the same for every attempt.
    pub id: NotificationId,
    /// Where it goes.
    pub to: Address,
    /// What it says.
    pub content: Rendered,
}

/// What is to be done with a notification that is due.
#[derive(Clone, Debug)]
pub enum Prepared {
    /// It goes out.
    Send(Box<Outgoing>),
    /// It is not needed any more.
    Skip(Skip),
    /// It cannot go out; the class of the failure.
    Undeliverable(&'static str),
}

/// The recipient as they are on file now.
enum Recipient {
    Staff(staff_member::Model),
    Patient(patient::Model),
}

impl Recipient {
    fn person(&self) -> PersonId {
        match self {
            Self::Staff(staff) => PersonId::Staff(staff.id),
            Self::Patient(patient) => PersonId::Patient(patient.id),
        }
    }

    fn language(&self) -> &str {
        match self {
            Self::Staff(staff) => &staff.language,
            Self::Patient(patient) => &patient.language,
        }
    }

    fn address(&self, channel: Channel) -> Option<Address> {
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

/// What a notification leads to.
enum Purpose {
    Link {
        invitation: Option<InvitationId>,
        expires_at: DateTime<Utc>,
    },
    Code(Secret),
}

/// Reads whether a notification is still needed, and makes what is to be sent. At most eight statements.
///
/// # Errors
/// Any failure of the database, and stored data that this version cannot read.
pub async fn prepare(
    core: &Core,
    link_base: &LinkBase,
    row: &notification::Model,
) -> Result<Prepared, Fault> {
    let (Some(kind), Some(id), Some(channel)) = (row.recipient_kind, row.recipient_id, row.channel)
    else {
        return Err(Fault::Corrupt("notification without recipient"));
    };
    let connection = core.store.reader();
    let clinic = organization::Entity::find_by_id(row.organization_id)
        .one(connection)
        .await?
        .ok_or(Fault::Corrupt("organization row"))?;
    let Some(recipient) = recipient(core, row.organization_id, kind, id).await? else {
        return Ok(Prepared::Skip(Skip::OutOfReach));
    };
    let purpose = match still_needed(core, &clinic, &recipient, row).await? {
        Ok(purpose) => purpose,
        Err(skip) => return Ok(Prepared::Skip(skip)),
    };
    let Some(to) = recipient.address(channel) else {
        return Ok(Prepared::Undeliverable(NO_CONTACT));
    };
    let wording = wording(
        connection,
        &clinic,
        row.purpose,
        to.channel(),
        recipient.language(),
    )
    .await?;
    let notice = match purpose {
        Purpose::Code(code) => Notice::with_code(&clinic, code),
        Purpose::Link {
            invitation,
            expires_at,
        } => {
            let link = NewLink {
                id: LinkId(row.id.0),
                person: recipient.person(),
                purpose: row.purpose,
                conversation: row.conversation_id,
                invitation,
                expires_at,
            };
            let token = links::create(core, core.store.writer(), row.organization_id, link).await?;
            Notice::with_link(&clinic, link_base.of_link(&token))
        }
    };
    Ok(Prepared::Send(Box::new(Outgoing {
        organization: row.organization_id,
        id: row.id,
        to,
        content: wording.render(&notice),
    })))
}

async fn recipient(
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

async fn still_needed(
    core: &Core,
    clinic: &organization::Model,
    recipient: &Recipient,
    row: &notification::Model,
) -> Result<Result<Purpose, Skip>, Fault> {
    let link = Purpose::Link {
        invitation: None,
        expires_at: core.clock.now() + links::LIFETIME,
    };
    match (row.purpose, recipient) {
        // A staff member's invitation is the link for setting their first password, and nothing more.
        (NotificationPurpose::Invitation, Recipient::Staff(_)) => Ok(Ok(link)),
        (NotificationPurpose::Invitation, Recipient::Patient(_)) => invitation(core, row).await,
        (NotificationPurpose::PasswordReset, _) => Ok(password_reset(core, row)),
        (NotificationPurpose::SignInCode, _) => code(core, row).await,
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
        | (NotificationPurpose::NewClinicMessage, Recipient::Staff(_)) => {
            Err(Fault::Corrupt("notification recipient"))
        }
    }
}

async fn staff_still_told(
    core: &Core,
    staff: StaffId,
    row: &notification::Model,
) -> Result<Result<(), Skip>, Fault> {
    let connection = core.store.reader();
    let thread = Thread::of(row)?;
    let panel = panel_of(connection, thread).await?;
    let Some(member) = panel.0.iter().find(|m| m.staff == staff && m.in_reach) else {
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
    let enrolled = patient.enrolled_at.is_some();
    if patient_may_chat(&settings, enrolled, patient.portal_allowed).is_err() {
        return Ok(Err(Skip::OutOfReach));
    }
    let connection = core.store.reader();
    let thread = Thread::of(row)?;
    let conversation = conversation::Entity::find_by_id((thread.organization, thread.conversation))
        .one(connection)
        .await?
        .ok_or(Fault::Corrupt("notification conversation"))?;
    let cursor = read_cursor::Entity::find_by_id((
        thread.organization,
        thread.conversation,
        PersonKind::Patient,
        patient.id.0,
    ))
    .one(connection)
    .await?;
    let unread = unread_of(
        PersonKind::Patient,
        conversation.seq,
        conversation.visible_seq,
        cursor.as_ref(),
    );
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
) -> Result<Result<Purpose, Skip>, Fault> {
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
        .map(|invitation| Purpose::Link {
            invitation: Some(id),
            expires_at: invitation.expires_at,
        })
        .ok_or(Skip::Expired))
}

/// A link for a new password is sent while it can be used.
fn password_reset(core: &Core, row: &notification::Model) -> Result<Purpose, Skip> {
    let expires_at = row.created_at + RESET_LIFETIME;
    if expires_at <= core.clock.now() {
        return Err(Skip::Expired);
    }
    Ok(Purpose::Link {
        invitation: None,
        expires_at,
    })
}

/// A code is sent while it can be used.
async fn code(core: &Core, row: &notification::Model) -> Result<Result<Purpose, Skip>, Fault> {
    let id = OneTimeCodeId(
        row.subject_id
            .ok_or(Fault::Corrupt("notification subject"))?,
    );
    let code = one_time_code::Entity::find_by_id((row.organization_id, id))
        .one(core.store.reader())
        .await?;
    Ok(code
        .filter(|code| code.used_at.is_none() && code.expires_at > core.clock.now())
        .map(|_| Purpose::Code(codes::code_of(core, id)))
        .ok_or(Skip::Expired))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stands_below_the_public_address() {
        let base = LinkBase::new("https://clinic.example:8443/tidings/");
        assert_eq!(
            base.of_link(&Secret::new("abc")).reveal(),
            "https://clinic.example:8443/tidings/l/abc"
        );
    }
}
