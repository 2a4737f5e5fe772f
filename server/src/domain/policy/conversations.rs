//! Who may read a conversation, and who may write in it.

use entity::{
    ConversationId, MessageKind, OrganizationId, PatientId, PersonId, PersonKind, Roles,
    StaffStatus, conversation, message,
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, FromQueryResult, QueryResult, Value,
};

use super::{AsClinician, Denied, Need, hidden_by_restriction, push_in_reach};
use crate::domain::{
    event_log::Event,
    fault::Fault,
    settings::{AccessPolicy, Settings},
    store::Sql,
    viewer::Viewer,
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
/// its audience, or its patient. No statement; whether access has ended since is the caller's to ask.
///
/// # Errors
/// [`Denied::NotFound`] when the event did not concern the viewer.
pub fn conversation_of_event(
    viewer: &Viewer,
    event: &Event,
    conversation: conversation::Model,
) -> Result<ConversationInView, Denied> {
    let concerned = match viewer {
        Viewer::Staff(staff) => {
            staff.roles().hold(Roles::CLINICIAN) && event.what.audience.includes(staff.id())
        }
        Viewer::Patient(patient) => conversation.patient_id == patient.id(),
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

/// What somebody wants to write.
#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub(crate) author: PersonId,
    pub(crate) conversation: ConversationId,
    pub(crate) kind: MessageKind,
    pub(crate) idempotency_key: String,
}

/// The right to write one message in one conversation, found within the transaction that writes it.
#[derive(Clone, Debug)]
pub(crate) struct CanPost {
    conversation: conversation::Model,
    earlier: Option<message::Model>,
}

impl CanPost {
    /// The conversation as it is under the transaction's lock.
    pub(crate) fn conversation(&self) -> &conversation::Model {
        &self.conversation
    }

    /// The message that already carries the idempotency key.
    pub(crate) fn earlier(&self) -> Option<&message::Model> {
        self.earlier.as_ref()
    }
}

/// Why somebody may not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PostRefused {
    /// The conversation does not exist for this author.
    NotFound,
    /// Only clinicians write.
    NotClinician,
    /// Only staff write notes.
    NoteByPatient,
    /// The organization has not switched portal chat on.
    PortalChatOff,
    /// The patient is not enrolled in the portal.
    NotEnrolled,
}

/// Decides several posts at once, locks their conversations until the commit, and finds messages that already carry
/// the idempotency keys. One statement, however many posts.
pub(crate) async fn decide_posts(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    intents: &[Intent],
) -> Result<(Settings, Vec<Result<CanPost, PostRefused>>), Fault> {
    let rows = tx.query_all_raw(facts(tx, organization, intents)).await?;
    let mut answers = vec![Err(PostRefused::NotFound); intents.len()];
    let Some(first) = rows.first() else {
        return Ok((Settings::default(), answers));
    };
    let settings = Settings::from_stored(first.try_get("", "settings")?)?;
    for row in &rows {
        let number = usize::try_from(row.try_get::<i32>("", "n")?)
            .map_err(|_| Fault::Corrupt("post number"))?;
        if let (Some(intent), Some(answer)) = (intents.get(number), answers.get_mut(number)) {
            *answer = decide(&settings, intent, row)?;
        }
    }
    Ok((settings, answers))
}

const MESSAGE_COLUMNS: [&str; 14] = [
    "organization_id",
    "id",
    "conversation_id",
    "seq",
    "visible_seq",
    "author_kind",
    "author_id",
    "author_ordinal",
    "kind",
    "channel",
    "body",
    "idempotency_key",
    "position",
    "created_at",
];

fn facts(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    intents: &[Intent],
) -> sea_orm::Statement {
    let mut select = Sql::new(
        "select v.column1 as n, c.*, p.portal_allowed, p.enrolled_at is not null as enrolled, o.settings, s.status as staff_status, \
         s.roles as staff_roles, exists (select 1 from panel_member tm where tm.organization_id = c.organization_id \
         and tm.patient_id = c.patient_id and tm.staff_id = v.column4) as on_panel, ",
    );
    select
        .push(&hidden_by_restriction("p", "v.column4"))
        .push(" as hidden");
    for column in MESSAGE_COLUMNS {
        select.push(", m.").push(column).push(" as m_").push(column);
    }
    select
        .push(" from (values ")
        .rows(
            (0_i32..)
                .zip(intents)
                .map(|(number, intent)| -> [Value; 5] {
                    [
                        number.into(),
                        intent.conversation.into(),
                        intent.author.kind().into(),
                        intent.author.uuid().into(),
                        intent.idempotency_key.clone().into(),
                    ]
                }),
        );
    select.push(") as v join conversation c on c.id = v.column2 and c.organization_id = ");
    let organization = select.placeholder(organization);
    select.push(&organization).push(
        " join patient p on p.organization_id = c.organization_id and p.id = c.patient_id \
         join organization o on o.id = c.organization_id \
         left join staff_member s on v.column3 = 'STAFF' and s.id = v.column4 and s.organization_id = ",
    );
    select.push(&organization).push(
        " left join message m on m.conversation_id = c.id and m.author_kind = v.column3 and m.idempotency_key = v.column5 \
         and m.organization_id = ",
    );
    select.push(&organization).push(" order by c.id");
    if tx.get_database_backend() == DbBackend::Postgres {
        // SQLite has one writer; here, two transactions that lock the same conversations do it in the same order.
        select.push(" for update of c");
    }
    select.on(tx)
}

fn decide(
    settings: &Settings,
    intent: &Intent,
    row: &QueryResult,
) -> Result<Result<CanPost, PostRefused>, Fault> {
    let conversation = conversation::Model::from_query_result(row, "")?;
    match intent.author {
        PersonId::Staff(_) => {
            let active = row.try_get::<Option<StaffStatus>>("", "staff_status")?
                == Some(StaffStatus::Active);
            let in_reach = settings.access != AccessPolicy::Team || row.try_get("", "on_panel")?;
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
    // A note needs nobody on the patient's side.
    if intent.kind == MessageKind::Message {
        match patient_may_chat(
            settings,
            row.try_get("", "enrolled")?,
            row.try_get("", "portal_allowed")?,
        ) {
            Ok(()) => {}
            Err(Denied::PortalChatOff) => return Ok(Err(PostRefused::PortalChatOff)),
            Err(_) => return Ok(Err(PostRefused::NotEnrolled)),
        }
    }
    let earlier = message::Model::from_query_result_optional(row, "m_")?;
    Ok(Ok(CanPost {
        conversation,
        earlier,
    }))
}
