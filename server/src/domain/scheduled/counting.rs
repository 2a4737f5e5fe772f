//! Who counts on a message that has not left.

use std::collections::{BTreeMap, BTreeSet};

use entity::StaffId;
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, QueryResult};

use super::told::Stopped;
use crate::domain::{
    fault::Fault,
    notifications::administrators,
    panel::standing,
    policy::hidden_by_restriction,
    settings::{AccessPolicy, Settings},
    store::Sql,
};

/// What a staff member has to do with a message.
#[derive(Clone, Copy, Default)]
struct Part {
    wrote: bool,
    /// Whether the message is addressed to them, or they participate in its conversation.
    addressed: bool,
    on_panel: bool,
    in_reach: bool,
    alerted: bool,
}

/// Its author. When they are gone or do not reach the patient any more, those of the panel who are alerted and those to whom it is
/// addressed; and when there is none of these either, the administrators: somebody always learns of it. Two statements at most.
pub(super) async fn on(
    tx: &DatabaseTransaction,
    stopped: &Stopped,
) -> Result<BTreeSet<StaffId>, Fault> {
    let (access, parts) = parts(tx, stopped).await?;
    let reaches = |part: &Part| {
        part.in_reach && (access != AccessPolicy::Team || part.on_panel || part.addressed)
    };
    let chosen = |choose: &dyn Fn(&Part) -> bool| -> BTreeSet<StaffId> {
        let chosen = parts.iter().filter(|(_, part)| choose(part));
        chosen.map(|(staff, _)| *staff).collect()
    };
    let author = chosen(&|part| part.wrote && reaches(part));
    if !author.is_empty() {
        return Ok(author);
    }
    let others =
        chosen(&|part| (part.on_panel && part.alerted) || (part.addressed && part.in_reach));
    if !others.is_empty() {
        return Ok(others);
    }
    administrators(tx, stopped.organization).await
}

/// All who have to do with it, and the clinic's way of access.
async fn parts(
    tx: &DatabaseTransaction,
    stopped: &Stopped,
) -> Result<(AccessPolicy, BTreeMap<StaffId, Part>), Fault> {
    let mut select = Sql::new(
        "select f.staff_id, f.part, s.roles, s.status = 'ACTIVE' as active, s.notify_new_message, s.notify_unread, o.settings, ",
    );
    let here = select.placeholder(stopped.organization);
    let message = select.placeholder(stopped.message);
    let patient = select.placeholder(stopped.patient);
    select
        .push(&hidden_by_restriction("p", "f.staff_id"))
        .push(" as hidden from (select author_id as staff_id, 'AUTHOR' as part from scheduled_message where organization_id = ")
        .push(&here)
        .push(" and id = ")
        .push(&message)
        .push(" union all select staff_id, 'PANEL' as part from panel_member where organization_id = ")
        .push(&here)
        .push(" and patient_id = ")
        .push(&patient)
        .push(" union all select staff_id, 'ADDRESSED' as part from scheduled_recipient where organization_id = ")
        .push(&here)
        .push(" and scheduled_message_id = ")
        .push(&message);
    if let Some(conversation) = stopped.conversation {
        select
            .push(" union all select staff_id, 'ADDRESSED' as part from participant where organization_id = ")
            .push(&here)
            .push(" and conversation_id = ")
            .bind(conversation);
    }
    select
        .push(") as f join staff_member s on s.organization_id = ")
        .push(&here)
        .push(" and s.id = f.staff_id join patient p on p.organization_id = ")
        .push(&here)
        .push(" and p.id = ")
        .push(&patient)
        .push(" join organization o on o.id = ")
        .push(&here);
    let rows = tx.query_all_raw(select.on(tx)).await?;
    let mut parts = BTreeMap::new();
    for row in &rows {
        take_part(parts.entry(row.try_get("", "staff_id")?).or_default(), row)?;
    }
    let first = rows.first().ok_or(Fault::Corrupt("scheduled message"))?;
    let settings = Settings::from_stored(first.try_get("", "settings")?)?;
    Ok((settings.access, parts))
}

fn take_part(part: &mut Part, row: &QueryResult) -> Result<(), Fault> {
    let standing = standing(row)?;
    (part.in_reach, part.alerted) = (standing.in_reach(), standing.alerted());
    match row.try_get::<String>("", "part")?.as_str() {
        "AUTHOR" => part.wrote = true,
        "PANEL" => part.on_panel = true,
        _ => part.addressed = true,
    }
    Ok(())
}
