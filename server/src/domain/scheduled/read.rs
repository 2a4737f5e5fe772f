//! Finding scheduled messages.

use std::{collections::HashMap, sync::Arc};

use entity::{
    OrganizationId, ScheduledMessageId, ScheduledStatus, scheduled_message, staff_member,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, FromQueryResult as _, QueryFilter as _,
};
use uuid::Uuid;

use crate::domain::{
    fault::Fault,
    page::{self, Page, Slice, Sorted},
    policy::{self, AsClinician, ConversationInView, Denied, PatientInView},
    store::Sql,
    viewer::Viewer,
};

/// Where scheduled messages stand that the viewer may see.
#[derive(Debug)]
pub enum Place {
    /// In a conversation that they may read.
    Conversation(ConversationInView),
    /// In the conversations of a patient whose record they may open, who may then read all of them; and those that are to be
    /// begun.
    Patient(PatientInView),
}

/// A scheduled message that the viewer may see: of a conversation that they may read, or the beginning of one with a patient
/// whose record they may open. Two statements.
///
/// # Errors
/// [`Denied::NotFound`].
pub async fn open(
    connection: &impl ConnectionTrait,
    clinician: &AsClinician,
    id: ScheduledMessageId,
) -> Result<scheduled_message::Model, Denied> {
    let found = scheduled_message::Entity::find_by_id((clinician.organization(), id))
        .one(connection)
        .await?
        .ok_or(Denied::NotFound)?;
    let viewer = Viewer::Staff(clinician.viewer().clone());
    match found.conversation_id {
        Some(conversation) => {
            policy::read_conversation(connection, &viewer, conversation).await?;
        }
        None => {
            policy::open_patient(connection, &viewer, found.patient_id).await?;
        }
    }
    Ok(found)
}

/// A page of the scheduled messages of a place, in the order in which they were scheduled. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn page(
    connection: &impl ConnectionTrait,
    place: &Place,
    status: Option<ScheduledStatus>,
    slice: &Slice<Uuid>,
) -> Result<Page<scheduled_message::Model>, Fault> {
    use scheduled_message::Column;
    let mut select = match place {
        Place::Conversation(conversation) => scheduled_message::Entity::find()
            .filter(Column::OrganizationId.eq(conversation.organization()))
            .filter(Column::ConversationId.eq(conversation.id())),
        Place::Patient(patient) => scheduled_message::Entity::find()
            .filter(Column::OrganizationId.eq(patient.organization()))
            .filter(Column::PatientId.eq(patient.id())),
    };
    if let Some(status) = status {
        select = select.filter(Column::Status.eq(status));
    }
    page::by_column(connection, select, (Column::Id, Sorted::Ascending), slice).await
}

/// The staff members to whom several messages are addressed, besides their authors, for those who were found to be allowed to
/// see the messages. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn recipients_of(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    messages: &[ScheduledMessageId],
) -> Result<HashMap<ScheduledMessageId, Vec<Arc<staff_member::Model>>>, Fault> {
    let mut select = Sql::new(
        "select s.*, r.scheduled_message_id from scheduled_recipient r \
         join staff_member s on s.organization_id = r.organization_id and s.id = r.staff_id where r.organization_id = ",
    );
    select
        .bind(organization)
        .push(" and r.scheduled_message_id in ")
        .list(messages.iter().copied())
        .push(" order by s.name, s.id");
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in connection.query_all_raw(select.on(connection)).await? {
        let message: ScheduledMessageId = row.try_get("", "scheduled_message_id")?;
        let member = staff_member::Model::from_query_result(&row, "")?;
        found.entry(message).or_default().push(Arc::new(member));
    }
    Ok(found)
}
