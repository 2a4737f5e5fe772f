//! Who may read a conversation.

use entity::{
    ConversationId, OrganizationId, PatientId, PersonId, PersonKind, Roles, conversation, patient,
};
use sea_orm::{ConnectionTrait, FromQueryResult};

use super::{AsClinician, Denied, Need, push_in_reach};
use crate::domain::{event_log::Event, settings::Settings, store::Sql, viewer::Viewer};

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
}

/// Whether a patient takes part in portal chat (CHAT-2).
pub(crate) fn patient_may_chat(
    settings: &Settings,
    enrolled: bool,
    allowed: bool,
) -> Result<(), Denied> {
    if !settings.portal_chat {
        Err(Denied::PortalChatOff)
    } else if !enrolled || !allowed {
        Err(Denied::NotEnrolled)
    } else {
        Ok(())
    }
}

/// Opens a conversation for reading: clinicians within reach of its patient, and the patient. One statement.
///
/// # Errors
/// [`Denied::NotFound`] when it does not exist for this viewer; for the patient also [`Denied::PortalChatOff`] and
/// [`Denied::NotEnrolled`]; [`Denied::Role`] for staff who are not clinicians.
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
            push_in_reach(&mut select, staff);
        }
        Viewer::Patient(patient) => {
            select.push(" and c.patient_id = ").bind(patient.id());
        }
    }
    let row = connection
        .query_one_raw(select.on(connection))
        .await?
        .ok_or(Denied::NotFound)?;
    if let Viewer::Patient(_) = viewer {
        patient_may_chat(
            viewer.settings(),
            row.try_get("", "enrolled")?,
            row.try_get("", "portal_allowed")?,
        )?;
    }
    let conversation = conversation::Model::from_query_result(&row, "")?;
    Ok(ConversationInView {
        conversation,
        reader: viewer.person(),
    })
}

/// Opens a conversation that an event concerns, for a viewer whom the event concerned when it happened: a clinician in
/// its audience, or its patient. No statement; whether a clinician's reach has ended since is the caller's to ask.
///
/// # Errors
/// [`Denied::NotFound`] when the event did not concern the viewer; for the patient also [`Denied::PortalChatOff`] and
/// [`Denied::NotEnrolled`].
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
            patient_may_chat(viewer.settings(), enrolled, patient.portal_allowed)?;
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
