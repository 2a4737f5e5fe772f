//! What is to be known of notifications of one organization when it comes to sending them, read for all of them at once.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{
    ConversationId, InvitationId, NotificationPurpose, OneTimeCodeId, OrganizationId, PatientId,
    PersonKind, PhoneNumber, ScheduledMessageId, StaffId, TextPurpose, conversation, invitation,
    notification, one_time_code, organization, patient, read_cursor, staff_member,
};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait, QueryFilter as _, Value};

use super::{
    case_numbers::case_numbers,
    recipient::{Reader, Thread, Unseen, unseen},
    templates::OwnTemplates,
};
use crate::domain::{
    cases,
    conversations::{Followers, followers, with_cursors},
    core::Core,
    fault::Fault,
    organizations, scheduled,
    settings::Settings,
    texting::leaving::{Leaving, kept_back},
};

/// What is on file now.
pub(super) struct Facts {
    pub(super) clinic: organization::Model,
    pub(super) settings: Settings,
    pub(super) people: People,
    pub(super) followers: HashMap<ConversationId, Followers>,
    pub(super) unseen: HashMap<(ConversationId, StaffId), Unseen>,
    pub(super) conversations:
        HashMap<ConversationId, (conversation::Model, Vec<read_cursor::Model>)>,
    /// Those of the cases that still wait for their first answer.
    pub(super) waiting: HashSet<ConversationId>,
    /// To whom of the staff who were told of it each case is assigned now.
    pub(super) assigned: HashSet<(ConversationId, StaffId)>,
    pub(super) invitations: HashMap<InvitationId, invitation::Model>,
    pub(super) codes: HashMap<OneTimeCodeId, one_time_code::Model>,
    /// Messages that were set for a later time and have not left.
    pub(super) stopped: HashSet<ScheduledMessageId>,
    pub(super) templates: OwnTemplates,
}

impl Facts {
    /// Reads them for notifications of one organization. At most fourteen statements, and one more for each thousand.
    pub(super) async fn read(
        core: &Core,
        organization: OrganizationId,
        rows: &[&notification::Model],
    ) -> Result<Self, Fault> {
        let connection = core.store.reader();
        let clinic = organizations::of(connection, organization).await?;
        let settings = Settings::from_stored(clinic.settings.clone())?;
        let wanted = Wanted::by(rows);
        let readers = &wanted.readers;
        let read = readers.iter().map(|r| r.thread.conversation).collect();
        let conversations = with_cursors(connection, organization, &wanted.conversations).await?;
        let invitations = of_ids::<invitation::Entity, _>(
            connection,
            (invitation::Column::OrganizationId, organization),
            invitation::Column::Id,
            &wanted.invitations,
        );
        let codes = of_ids::<one_time_code::Entity, _>(
            connection,
            (one_time_code::Column::OrganizationId, organization),
            one_time_code::Column::Id,
            &wanted.codes,
        );
        Ok(Self {
            people: People::read(connection, organization, core.clock.now(), rows).await?,
            followers: followers(connection, organization, &settings, &read).await?,
            assigned: cases::assigned_among(connection, organization, &wanted.assigned).await?,
            waiting: cases::waiting_among(connection, organization, &wanted.cases).await?,
            unseen: unseen(connection, organization, readers).await?,
            conversations: conversations
                .into_iter()
                .map(|found| (found.0.id, found))
                .collect(),
            invitations: invitations.await?.into_iter().map(|i| (i.id, i)).collect(),
            codes: codes.await?.into_iter().map(|c| (c.id, c)).collect(),
            stopped: scheduled::stopped_among(connection, organization, &wanted.scheduled).await?,
            templates: OwnTemplates::read(connection, organization, &wanted.purposes).await?,
            clinic,
            settings,
        })
    }
}

/// Recipients as they are on file now.
pub(super) struct People {
    pub(super) staff: HashMap<StaffId, staff_member::Model>,
    pub(super) patients: HashMap<PatientId, patient::Model>,
    /// Those who get no texts: STOP came from their numbers, or they have told staff.
    pub(super) opted_out: HashSet<PatientId>,
    /// The numbers of cases, where links to them may go there.
    pub(super) case_numbers: HashMap<ConversationId, PhoneNumber>,
}

impl People {
    /// The recipients of notifications of one organization. At most five statements.
    pub(super) async fn read(
        connection: &impl ConnectionTrait,
        organization: OrganizationId,
        now: DateTime<Utc>,
        rows: &[&notification::Model],
    ) -> Result<Self, Fault> {
        let (mut staff, mut patients) = (HashSet::new(), HashSet::new());
        for row in rows {
            match (row.recipient_kind, row.recipient_id) {
                (Some(PersonKind::Staff), Some(id)) => {
                    staff.insert(StaffId(id));
                }
                (Some(PersonKind::Patient), Some(id)) => {
                    patients.insert(PatientId(id));
                }
                (None, _) | (_, None) => {}
            }
        }
        let patients = of_ids::<patient::Entity, _>(
            connection,
            (patient::Column::OrganizationId, organization),
            patient::Column::Id,
            &patients,
        );
        let patients = patients.await?;
        let links: Vec<_> = patients.iter().filter_map(link_to).collect();
        let kept_back = kept_back(connection, organization, now, &links).await?;
        let opted_out = links.iter().zip(kept_back);
        let opted_out = opted_out.filter_map(|(link, kept_back)| kept_back.and(link.patient));
        Ok(Self {
            case_numbers: case_numbers(connection, organization, now, rows).await?,
            staff: staff_members(connection, organization, &staff).await?,
            opted_out: opted_out.collect(),
            patients: patients.into_iter().map(|p| (p.id, p)).collect(),
        })
    }
}

/// The text with a link that could go to a patient.
fn link_to(patient: &patient::Model) -> Option<Leaving<'_>> {
    Some(Leaving {
        to: patient.phone.as_ref()?,
        patient: Some(patient.id),
        purpose: TextPurpose::Notification,
        conversation: None,
    })
}

/// The records of staff members. At most one statement.
pub(super) async fn staff_members(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    staff: &HashSet<StaffId>,
) -> Result<HashMap<StaffId, staff_member::Model>, Fault> {
    let found = of_ids::<staff_member::Entity, _>(
        connection,
        (staff_member::Column::OrganizationId, organization),
        staff_member::Column::Id,
        staff,
    );
    Ok(found.await?.into_iter().map(|s| (s.id, s)).collect())
}

/// The rows of an organization with these ids. At most one statement.
async fn of_ids<E, I>(
    connection: &impl ConnectionTrait,
    (tenant, organization): (E::Column, OrganizationId),
    id: E::Column,
    ids: &HashSet<I>,
) -> Result<Vec<E::Model>, Fault>
where
    E: EntityTrait,
    I: Copy + Into<Value>,
{
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(E::find()
        .filter(tenant.eq(organization))
        .filter(id.is_in(ids.iter().copied()))
        .all(connection)
        .await?)
}

/// What the notifications make it necessary to know.
#[derive(Default)]
struct Wanted {
    /// Staff members who may have to be told of what a patient wrote.
    readers: Vec<Reader>,
    /// Conversations of which patients may have to be told.
    conversations: Vec<ConversationId>,
    /// Conversations that may be cases whose first answer was overdue.
    cases: Vec<ConversationId>,
    /// Cases that were assigned to somebody.
    assigned: Vec<ConversationId>,
    invitations: HashSet<InvitationId>,
    codes: HashSet<OneTimeCodeId>,
    scheduled: HashSet<ScheduledMessageId>,
    purposes: BTreeSet<NotificationPurpose>,
}

impl Wanted {
    /// A row that does not name what it needs is found out when it is decided upon.
    fn by(rows: &[&notification::Model]) -> Self {
        let mut wanted = Self::default();
        for row in rows {
            wanted.purposes.insert(row.purpose);
            match row.purpose {
                NotificationPurpose::NewPatientMessage
                | NotificationPurpose::UrgentPatientMessage
                | NotificationPurpose::UnreadReminder => {
                    let thread = Thread::of(row).ok();
                    let staff = row.recipient_id.map(StaffId);
                    let reader = thread.zip(staff);
                    wanted
                        .readers
                        .extend(reader.map(|(thread, staff)| Reader { thread, staff }));
                }
                NotificationPurpose::NewClinicMessage => {
                    wanted.conversations.extend(row.conversation_id);
                }
                NotificationPurpose::AttentionNeeded => {
                    wanted.conversations.extend(row.conversation_id);
                    wanted.cases.extend(row.conversation_id);
                }
                NotificationPurpose::Invitation => {
                    wanted.invitations.extend(row.subject_id.map(InvitationId));
                }
                NotificationPurpose::SignInCode => {
                    wanted.codes.extend(row.subject_id.map(OneTimeCodeId));
                }
                NotificationPurpose::ScheduledMessageStopped => {
                    wanted
                        .scheduled
                        .extend(row.subject_id.map(ScheduledMessageId));
                }
                NotificationPurpose::CaseAssigned => {
                    wanted.assigned.extend(row.conversation_id);
                }
                NotificationPurpose::PasswordReset
                | NotificationPurpose::TextNotDelivered
                | NotificationPurpose::TextingChanged
                | NotificationPurpose::ReminderIncomplete
                | NotificationPurpose::CaseClosed => {}
            }
        }
        wanted
    }
}
