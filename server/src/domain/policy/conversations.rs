//! Who may read a conversation.

use entity::{
    ConversationId, ConversationKind, MessageKind, OrganizationId, PatientId, PersonId, PersonKind,
    Roles, conversation, message, patient,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, FromQueryResult, Iterable as _};

use super::{AsClinician, Denied, Need, patients::push_conversation_in_reach};
use crate::domain::{
    event_log::Event,
    fault::Fault,
    settings::Settings,
    store::Sql,
    viewer::{StaffViewer, Viewer},
};

/// A conversation that the viewer may read.
#[derive(Clone, Debug)]
pub struct ConversationInView {
    conversation: conversation::Model,
    reader: PersonId,
}

impl ConversationInView {
    /// The conversation.
    #[must_use]
    pub fn conversation(&self) -> &conversation::Model {
        &self.conversation
    }

    /// A conversation that was found in the viewer's reach.
    pub(super) fn new(conversation: conversation::Model, viewer: &Viewer) -> Self {
        Self {
            conversation,
            reader: viewer.person(),
        }
    }

    /// The same right, with the conversation as it is now.
    pub(in crate::domain) fn renewed(self, conversation: conversation::Model) -> Self {
        Self {
            conversation,
            ..self
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> ConversationId {
        self.conversation.id
    }

    /// The clinic.
    #[must_use]
    pub fn organization(&self) -> OrganizationId {
        self.conversation.organization_id
    }

    /// Whose conversation it is.
    #[must_use]
    pub fn patient(&self) -> PatientId {
        self.conversation.patient_id
    }

    /// Who may read it.
    #[must_use]
    pub fn reader(&self) -> PersonId {
        self.reader
    }

    /// Whether internal notes are shown (CHAT-5).
    #[must_use]
    pub fn shows_notes(&self) -> bool {
        self.reader.kind() == PersonKind::Staff
    }

    /// Whether a message of this conversation is shown: notes to staff only.
    #[must_use]
    pub fn shows(&self, message: &message::Model) -> bool {
        match message.kind {
            MessageKind::Message => message.conversation_id == self.conversation.id,
            MessageKind::Note => {
                message.conversation_id == self.conversation.id && self.shows_notes()
            }
        }
    }
}

/// Whether a patient takes part in conversations of a kind: in the care-team chat where the organization offers it, once
/// they are enrolled (CHAT-2); in the others as long as they are let into the portal (SEC-1).
pub(crate) fn patient_may_take_part(
    settings: &Settings,
    kind: ConversationKind,
    enrolled: bool,
    allowed: bool,
) -> Result<(), Denied> {
    match kind {
        ConversationKind::CareTeamChat => {
            if !settings.has_portal_chat() {
                Err(Denied::PortalChatOff)
            } else if !enrolled || !allowed {
                Err(Denied::NotEnrolled)
            } else {
                Ok(())
            }
        }
        ConversationKind::SecureMessage
        | ConversationKind::Case
        | ConversationKind::Announcement => {
            if !settings.portal {
                Err(Denied::PortalDisabled)
            } else if !allowed {
                Err(Denied::PortalAccessMissing)
            } else {
                Ok(())
            }
        }
    }
}

/// Whether a patient takes part in any kind of conversation; staff always do.
#[must_use]
pub fn takes_part(viewer: &Viewer, patient: &patient::Model) -> bool {
    match viewer {
        Viewer::Staff(_) => true,
        Viewer::Patient(_) => ConversationKind::iter().any(|kind| {
            let enrolled = patient.enrolled_at.is_some();
            let (settings, allowed) = (viewer.settings(), patient.portal_allowed);
            settings.rules(kind).offered
                && patient_may_take_part(settings, kind, enrolled, allowed).is_ok()
        }),
    }
}

/// Opens a conversation for reading: clinicians within reach of its patient, its participants, and the patient. One
/// statement.
///
/// # Errors
/// [`Denied::NotFound`] when it does not exist for this viewer; for the patient also the refusals of the portal, such as
/// [`Denied::PortalChatOff`]; [`Denied::Role`] for staff who are not clinicians.
pub async fn read_conversation(
    connection: &impl ConnectionTrait,
    viewer: &Viewer,
    id: ConversationId,
) -> Result<ConversationInView, Denied> {
    let mut select = Sql::new(
        "select c.*, p.portal_allowed as portal_allowed, p.enrolled_at is not null as enrolled from conversation c \
         join patient p on p.organization_id = c.organization_id and p.id = c.patient_id where c.organization_id = ",
    );
    select
        .bind(viewer.organization())
        .push(" and c.id = ")
        .bind(id);
    match viewer {
        Viewer::Staff(staff) => {
            if !staff.roles().hold(Roles::CLINICIAN) {
                return Err(Denied::Role(Need::Clinician));
            }
            push_conversation_in_reach(&mut select, staff);
        }
        Viewer::Patient(patient) => {
            select.push(" and c.patient_id = ").bind(patient.id());
        }
    }
    let row = connection
        .query_one_raw(select.on(connection))
        .await?
        .ok_or(Denied::NotFound)?;
    let conversation = conversation::Model::from_query_result(&row, "")?;
    if let Viewer::Patient(_) = viewer {
        patient_may_take_part(
            viewer.settings(),
            conversation.kind,
            row.try_get("", "enrolled")?,
            row.try_get("", "portal_allowed")?,
        )?;
    }
    Ok(ConversationInView {
        conversation,
        reader: viewer.person(),
    })
}

/// Opens a conversation that an event concerns, for a viewer whom the event concerned when it happened: a clinician in
/// its audience, or its patient. No statement; whether a clinician's reach has ended since is the caller's to ask.
///
/// # Errors
/// [`Denied::NotFound`] when the event did not concern the viewer; for the patient also the refusals of the portal, such
/// as [`Denied::PortalChatOff`].
pub fn conversation_of_event(
    viewer: &Viewer,
    event: &Event,
    conversation: conversation::Model,
    patient: &patient::Model,
) -> Result<ConversationInView, Denied> {
    let concerned = match viewer {
        Viewer::Staff(staff) => {
            staff.roles().hold(Roles::CLINICIAN) && event.what.audience.includes(staff.id())
        }
        Viewer::Patient(viewing) if conversation.patient_id == viewing.id() => {
            let enrolled = patient.enrolled_at.is_some();
            let settings = viewer.settings();
            patient_may_take_part(
                settings,
                conversation.kind,
                enrolled,
                patient.portal_allowed,
            )?;
            true
        }
        Viewer::Patient(_) => false,
    };
    if concerned
        && event.what.conversation == Some(conversation.id)
        && viewer.organization() == event.organization
    {
        Ok(ConversationInView {
            conversation,
            reader: viewer.person(),
        })
    } else {
        Err(Denied::NotFound)
    }
}

/// A conversation of a clinician's inbox, which holds only what is within reach.
pub(in crate::domain) fn conversation_of_inbox(
    clinician: &AsClinician,
    conversation: conversation::Model,
) -> ConversationInView {
    ConversationInView {
        conversation,
        reader: PersonId::Staff(clinician.staff()),
    }
}

/// Opens a conversation for a clinician who changes it, and holds it until the commit, as whoever writes in it does. One
/// statement.
///
/// # Errors
/// [`Denied::NotFound`] when it does not exist for this clinician.
pub(in crate::domain) async fn hold_conversation(
    tx: &DatabaseTransaction,
    clinician: &AsClinician,
    id: ConversationId,
) -> Result<ConversationInView, Denied> {
    let mut select = Sql::new(
        "select c.* from conversation c join patient p on p.organization_id = c.organization_id and p.id = c.patient_id \
         where c.organization_id = ",
    );
    select
        .bind(clinician.organization())
        .push(" and c.id = ")
        .bind(id);
    push_conversation_in_reach(&mut select, clinician.viewer());
    if tx.get_database_backend() == DbBackend::Postgres {
        select.push(" for no key update of c");
    }
    let row = tx.query_one_raw(select.on(tx)).await?;
    let row = row.ok_or(Denied::NotFound)?;
    let conversation = conversation::Model::from_query_result(&row, "")?;
    Ok(conversation_of_inbox(clinician, conversation))
}

/// Whether a conversation exists for a staff member. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn conversation_in_reach(
    connection: &impl ConnectionTrait,
    staff: &StaffViewer,
    id: ConversationId,
) -> Result<bool, Fault> {
    let mut select = Sql::new(
        "select 1 from conversation c join patient p on p.organization_id = c.organization_id and p.id = c.patient_id \
         where c.organization_id = ",
    );
    select
        .bind(staff.organization())
        .push(" and c.id = ")
        .bind(id);
    push_conversation_in_reach(&mut select, staff);
    let row = connection.query_one_raw(select.on(connection)).await?;
    Ok(row.is_some())
}
