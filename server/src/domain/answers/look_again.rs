//! Somebody may have come or gone who listens.

use entity::{ConversationId, PatientId, StaffId};
use sea_orm::{ConnectionTrait as _, DbBackend};

use crate::domain::{event_log::Change, fault::Fault, store::Sql};

/// Which conversations somebody may have come to or gone from.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain) enum Scope {
    /// Those of a patient.
    Patient(PatientId),
    /// One.
    Conversation(ConversationId),
    /// Those that concern a staff member.
    Staff(StaffId),
    /// All.
    Organization,
}

/// Has the conversations in which a patient waits for an answer looked at: whether anybody listens is found out after the
/// commit, however many they are. One statement.
pub(in crate::domain) async fn look_again(change: &Change, scope: Scope) -> Result<(), Fault> {
    let tx = change.tx();
    let mut update = Sql::new("update conversation set look_at = ");
    update
        .bind(change.now)
        .push(" where organization_id = ")
        .bind(change.organization())
        .push(" and id in (select c.id from conversation c where c.organization_id = ")
        .bind(change.organization())
        .push(" and c.unanswered_since is not null");
    match scope {
        Scope::Patient(patient) => update.push(" and c.patient_id = ").bind(patient),
        Scope::Conversation(conversation) => update.push(" and c.id = ").bind(conversation),
        Scope::Staff(staff) => {
            let staff = update.placeholder(staff);
            update.push(&format!(
                " and (exists (select 1 from panel_member f where f.organization_id = c.organization_id \
                 and f.patient_id = c.patient_id and f.staff_id = {staff}) or exists (select 1 from participant f \
                 where f.organization_id = c.organization_id and f.conversation_id = c.id and f.staff_id = {staff}))"
            ))
        }
        Scope::Organization => &mut update,
    };
    if tx.get_database_backend() == DbBackend::Postgres {
        // In the order in which whoever sends takes them, so that neither waits for the other in a circle.
        update.push(" order by c.id for update");
    }
    update.push(")");
    tx.execute_raw(update.on(tx)).await?;
    Ok(())
}
