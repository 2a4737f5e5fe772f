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

/// Has conversations looked at: whether anybody listens is found out after the commit, however many they are. These are the open
/// ones that patients can answer and all in which a patient waits; of a whole organization only those in which one waits or that
/// nobody listened to, for a clinic may have very many others. One statement, by the indexes on patients, panels and
/// participants.
pub(in crate::domain) async fn look_again(change: &Change, scope: Scope) -> Result<(), Fault> {
    let (tx, organization) = (change.tx(), change.organization());
    let mut update = Sql::new("update conversation set look_at = ");
    update.bind(change.now).push(" where organization_id = ");
    let here = update.placeholder(organization);
    update
        .push(&here)
        .push(" and id in (select c.id from conversation c where c.organization_id = ")
        .push(&here)
        .push(match scope {
            Scope::Patient(_) | Scope::Conversation(_) | Scope::Staff(_) => {
                " and (c.unanswered_since is not null or (c.status = 'OPEN' and c.kind <> 'ANNOUNCEMENT'))"
            }
            Scope::Organization => {
                " and (c.unanswered_since is not null or c.unattended_since is not null)"
            }
        });
    match scope {
        Scope::Patient(patient) => update.push(" and c.patient_id = ").bind(patient),
        Scope::Conversation(conversation) => update.push(" and c.id = ").bind(conversation),
        Scope::Staff(staff) => {
            let staff = update.placeholder(staff);
            update.push(&format!(
                " and c.id in (select f.id from panel_member m join conversation f on f.organization_id = m.organization_id \
                 and f.patient_id = m.patient_id where m.organization_id = {here} and m.staff_id = {staff} \
                 union all select f.conversation_id from participant f where f.organization_id = {here} and f.staff_id = {staff})"
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
