//! Finding reminders and who gets them.

use entity::{PatientId, RecipientStatus, ReminderId, patient, reminder, reminder_recipient};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, FromQueryResult as _, QueryFilter as _,
};
use uuid::Uuid;

use crate::domain::{
    fault::Fault,
    page::{self, Direction, Page, Slice, Sorted},
    policy::{AsStaff, Denied, push_in_reach},
    store::Sql,
};

/// A reminder of the viewer's organization. One statement.
///
/// # Errors
/// [`Denied::NotFound`].
pub async fn open(
    connection: &impl ConnectionTrait,
    viewer: &AsStaff,
    id: ReminderId,
) -> Result<reminder::Model, Denied> {
    reminder::Entity::find_by_id((viewer.organization(), id))
        .one(connection)
        .await?
        .ok_or(Denied::NotFound)
}

/// A page of the organization's reminders, the newest first. Ids grow with time, so the id is the cursor. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn page(
    connection: &impl ConnectionTrait,
    viewer: &AsStaff,
    slice: &Slice<Uuid>,
) -> Result<Page<reminder::Model>, Fault> {
    use reminder::Column;
    let select = reminder::Entity::find().filter(Column::OrganizationId.eq(viewer.organization()));
    page::by_column(connection, select, (Column::Id, Sorted::Descending), slice).await
}

/// A patient who was chosen, with where the reminder stands for them.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// Where it stands.
    pub row: reminder_recipient::Model,
    /// The patient.
    pub patient: patient::Model,
}

impl Recipient {
    /// Who it is.
    #[must_use]
    pub fn id(&self) -> PatientId {
        self.patient.id
    }
}

/// A page of those chosen patients whom the viewer reaches, by id. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn recipients(
    connection: &impl ConnectionTrait,
    viewer: &AsStaff,
    reminder: &reminder::Model,
    status: Option<RecipientStatus>,
    slice: &Slice<Uuid>,
) -> Result<Page<Recipient>, Fault> {
    let mut select = Sql::new(
        "select p.*, r.reminder_id as r_reminder_id, r.organization_id as r_organization_id, r.patient_id as r_patient_id, \
         r.status as r_status, r.reason as r_reason, r.language as r_language, r.version as r_version, r.channel as r_channel, \
         r.due_at as r_due_at, r.attempts as r_attempts, r.message_id as r_message_id, r.settled_at as r_settled_at from reminder_recipient r \
         join patient p on p.organization_id = r.organization_id and p.id = r.patient_id where r.organization_id = ",
    );
    select
        .bind(viewer.organization())
        .push(" and r.reminder_id = ")
        .bind(reminder.id);
    if let Some(status) = status {
        select.push(" and r.status = ").bind(status);
    }
    push_in_reach(&mut select, viewer.viewer());
    if let Some(after) = slice.after {
        select.push(" and r.patient_id > ").bind(after);
    }
    if let Some(before) = slice.before {
        select.push(" and r.patient_id < ").bind(before);
    }
    select.push(match slice.direction {
        Direction::Forward => " order by r.patient_id limit ",
        Direction::Backward => " order by r.patient_id desc limit ",
    });
    select.bind(slice.fetch());
    let rows = connection
        .query_all_raw(select.on(connection))
        .await?
        .iter()
        .map(|row| {
            Ok(Recipient {
                row: reminder_recipient::Model::from_query_result(row, "r_")?,
                patient: patient::Model::from_query_result(row, "")?,
            })
        })
        .collect::<Result<_, Fault>>()?;
    Ok(slice.page(rows))
}
