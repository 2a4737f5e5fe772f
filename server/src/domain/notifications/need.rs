//! Whether a notification is still needed when it comes to sending it, and what it then carries.

use chrono::{DateTime, Utc};
use entity::{
    Channel, InvitationId, NotificationPurpose, OneTimeCodeId, PatientId, PersonId, PersonKind,
    ScheduledMessageId, StaffId, StaffStatus, notification, patient, staff_member,
};

use super::{facts::Facts, outgoing::Address, recipient::Thread, settle::Skip};
use crate::domain::{
    conversations::{Unread, unread_of},
    core::Core,
    fault::Fault,
    links,
    policy::patient_may_take_part,
    secret::Secret,
    sessions::{self, RESET_LIFETIME},
};

/// The recipient as they are on file now.
pub(super) enum Recipient<'a> {
    Staff(&'a staff_member::Model),
    Patient(&'a patient::Model),
}

impl Recipient<'_> {
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

impl Facts {
    /// Who is to be told, if they still are there.
    pub(super) fn recipient(
        &self,
        row: &notification::Model,
    ) -> Result<Option<Recipient<'_>>, Fault> {
        let (Some(kind), Some(id)) = (row.recipient_kind, row.recipient_id) else {
            return Err(Fault::Corrupt("notification without recipient"));
        };
        Ok(match kind {
            PersonKind::Staff => self
                .people
                .staff
                .get(&StaffId(id))
                .filter(|staff| staff.status == StaffStatus::Active)
                .map(Recipient::Staff),
            PersonKind::Patient => self
                .people
                .patients
                .get(&PatientId(id))
                .map(Recipient::Patient),
        })
    }

    /// What a notification carries, or why it is not needed any more.
    pub(super) fn still_needed(
        &self,
        core: &Core,
        recipient: &Recipient<'_>,
        row: &notification::Model,
    ) -> Result<Result<Carried, Skip>, Fault> {
        let link = Carried::Link {
            invitation: None,
            expires_at: core.clock.now() + links::LIFETIME,
        };
        match (row.purpose, recipient) {
            // A staff member's invitation is the link for setting their first password, and nothing more.
            (NotificationPurpose::Invitation, Recipient::Staff(_)) => Ok(Ok(link)),
            (NotificationPurpose::Invitation, Recipient::Patient(_)) => self.invitation(core, row),
            (NotificationPurpose::PasswordReset, _) => Ok(password_reset(core, row)),
            (NotificationPurpose::SignInCode, Recipient::Patient(patient)) => {
                self.code(core, patient, row)
            }
            (NotificationPurpose::TextingChanged, Recipient::Staff(staff)) => {
                let wanted = staff.notify_texting;
                Ok(wanted.then_some(link).ok_or(Skip::SwitchedOff))
            }
            (NotificationPurpose::AttentionNeeded, Recipient::Staff(_)) => {
                Ok(self.still_waits(row)?.map(|()| link))
            }
            (NotificationPurpose::ScheduledMessageStopped, Recipient::Staff(_)) => {
                self.stopped(row).map(|stopped| stopped.map(|()| link))
            }
            // What has ended so stays so.
            (
                NotificationPurpose::ReminderIncomplete | NotificationPurpose::TextNotDelivered,
                Recipient::Staff(_),
            ) => Ok(Ok(link)),
            (NotificationPurpose::CaseAssigned, Recipient::Staff(staff)) => {
                Ok(self.is_still_theirs(staff.id, row)?.map(|()| link))
            }
            (
                NotificationPurpose::NewPatientMessage
                | NotificationPurpose::UrgentPatientMessage
                | NotificationPurpose::UnreadReminder,
                Recipient::Staff(staff),
            ) => Ok(self.staff_still_told(staff.id, row)?.map(|()| link)),
            (NotificationPurpose::NewClinicMessage, Recipient::Patient(patient)) => {
                Ok(self.patient_still_told(patient, row)?.map(|()| link))
            }
            (
                NotificationPurpose::NewPatientMessage
                | NotificationPurpose::UrgentPatientMessage
                | NotificationPurpose::UnreadReminder
                | NotificationPurpose::TextingChanged
                | NotificationPurpose::AttentionNeeded
                | NotificationPurpose::ScheduledMessageStopped
                | NotificationPurpose::CaseAssigned
                | NotificationPurpose::ReminderIncomplete
                | NotificationPurpose::TextNotDelivered,
                Recipient::Patient(_),
            )
            | (NotificationPurpose::CaseClosed, _)
            | (
                NotificationPurpose::NewClinicMessage | NotificationPurpose::SignInCode,
                Recipient::Staff(_),
            ) => Err(Fault::Corrupt("notification recipient")),
        }
    }

    fn staff_still_told(
        &self,
        staff: StaffId,
        row: &notification::Model,
    ) -> Result<Result<(), Skip>, Fault> {
        let conversation = Thread::of(row)?.conversation;
        let followers = self.followers.get(&conversation).into_iter();
        let Some(member) = followers
            .flat_map(|followers| &followers.0)
            .find(|follower| follower.staff == staff && follower.in_reach)
        else {
            return Ok(Err(Skip::OutOfReach));
        };
        let wanted = match row.purpose {
            NotificationPurpose::UnreadReminder => member.reminded,
            NotificationPurpose::UrgentPatientMessage => member.is_told(),
            NotificationPurpose::NewPatientMessage
            | NotificationPurpose::TextingChanged
            | NotificationPurpose::AttentionNeeded
            | NotificationPurpose::ScheduledMessageStopped
            | NotificationPurpose::CaseAssigned
            | NotificationPurpose::ReminderIncomplete
            | NotificationPurpose::TextNotDelivered
            | NotificationPurpose::CaseClosed
            | NotificationPurpose::NewClinicMessage
            | NotificationPurpose::Invitation
            | NotificationPurpose::SignInCode
            | NotificationPurpose::PasswordReset => member.alerted,
        };
        if !wanted {
            return Ok(Err(Skip::SwitchedOff));
        }
        let is_unseen = self.unseen.contains_key(&(conversation, staff));
        Ok(is_unseen.then_some(()).ok_or(Skip::Read))
    }

    /// Whether the patient of a conversation, or a case, has not been answered meanwhile. What is about no conversation stays as
    /// it is.
    fn still_waits(&self, row: &notification::Model) -> Result<Result<(), Skip>, Fault> {
        let Some(id) = row.conversation_id else {
            return Ok(Ok(()));
        };
        let (conversation, _) = self
            .conversations
            .get(&id)
            .ok_or(Fault::Corrupt("notification conversation"))?;
        let waits = conversation.unanswered_since.is_some() || self.waiting.contains(&id);
        Ok(waits.then_some(()).ok_or(Skip::Read))
    }

    /// A message that was held back and that somebody has released or cancelled meanwhile needs nobody any more.
    fn stopped(&self, row: &notification::Model) -> Result<Result<(), Skip>, Fault> {
        let id = ScheduledMessageId(
            row.subject_id
                .ok_or(Fault::Corrupt("notification subject"))?,
        );
        Ok(if self.stopped.contains(&id) {
            Ok(())
        } else {
            Err(Skip::Expired)
        })
    }

    fn patient_still_told(
        &self,
        patient: &patient::Model,
        row: &notification::Model,
    ) -> Result<Result<(), Skip>, Fault> {
        let (conversation, cursors) = self
            .conversations
            .get(&Thread::of(row)?.conversation)
            .ok_or(Fault::Corrupt("notification conversation"))?;
        let enrolled = patient.enrolled_at.is_some();
        let (settings, kind) = (&self.settings, conversation.kind);
        if patient_may_take_part(settings, kind, enrolled, patient.portal_allowed).is_err() {
            return Ok(Err(Skip::OutOfReach));
        }
        let cursor = cursors.iter().find(|cursor| {
            cursor.person_kind == PersonKind::Patient && cursor.person_id == patient.id.0
        });
        let (seq, visible_seq) = (conversation.seq, conversation.visible_seq);
        let unread = unread_of(PersonKind::Patient, seq, visible_seq, cursor);
        Ok(if unread > Unread(0) {
            Ok(())
        } else {
            Err(Skip::Read)
        })
    }

    /// An invitation leads to its acceptance while that is possible.
    fn invitation(
        &self,
        core: &Core,
        row: &notification::Model,
    ) -> Result<Result<Carried, Skip>, Fault> {
        let id = InvitationId(
            row.subject_id
                .ok_or(Fault::Corrupt("notification subject"))?,
        );
        Ok(self
            .invitations
            .get(&id)
            .filter(|invitation| {
                invitation.accepted_at.is_none() && invitation.expires_at > core.clock.now()
            })
            .map(|invitation| Carried::Link {
                invitation: Some(id),
                expires_at: invitation.expires_at,
            })
            .ok_or(Skip::Expired))
    }

    /// A code is sent while it can be used, and to the contact that it was asked for.
    fn code(
        &self,
        core: &Core,
        patient: &patient::Model,
        row: &notification::Model,
    ) -> Result<Result<Carried, Skip>, Fault> {
        let id = OneTimeCodeId(
            row.subject_id
                .ok_or(Fault::Corrupt("notification subject"))?,
        );
        Ok(self
            .codes
            .get(&id)
            .filter(|code| code.used_at.is_none() && code.expires_at > core.clock.now())
            .filter(|code| sessions::code_is_for(core, code, patient, row.channel))
            .map(|_| Carried::Code(sessions::code_of(core, id)))
            .ok_or(Skip::Expired))
    }
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
