//! Conversations as the lists of a staff member show them, selected with what is new in them for this person.

use entity::{ConversationKind, StaffId, conversation, patient};
use sea_orm::{FromQueryResult as _, Iterable as _, QueryResult};

use super::{Alerted, InboxEntry, Unread, unread::JOIN_CURSOR};
use crate::domain::{
    fault::Fault,
    policy::{AsClinician, conversation_of_inbox, push_conversation_in_reach},
    store::Sql,
};

/// Which conversations are selected, before anything narrows them down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) enum Entries {
    /// The staff member's own.
    Mine,
    /// All that they reach.
    All,
    /// All cases that they reach, each with its row `cr`.
    Cases,
}

/// How many messages of a conversation `c` a staff member with the cursor `rc` has not seen.
pub(super) const UNREAD: &str =
    "(c.seq - coalesce(rc.seq, 0) - coalesce(rc.own_total - rc.own_seen, 0))";
pub(super) const FROM: &str = " from conversation c join patient p on p.organization_id = c.organization_id and p.id = c.patient_id ";

/// Selects entries for a clinician. What narrows them down is added as ` and …`.
pub(in crate::domain) fn select_entries(clinician: &AsClinician, which: Entries) -> Sql {
    let mut select = Sql::new("select c.*");
    for column in [
        "organization_id",
        "id",
        "name",
        "date_of_birth",
        "phone",
        "email",
        "email_key",
        "language",
        "time_zone",
        "portal_allowed",
        "enrolled_at",
        "notify_channel",
        "created_at",
    ] {
        select.push(", p.").push(column).push(" as p_").push(column);
    }
    select.push(", ").push(UNREAD).push(" as unread").push(FROM);
    push_scope(&mut select, clinician, which);
    select
}

/// Keeps a selection of [`select_entries`] to what holds messages which the staff member has not seen.
pub(in crate::domain) fn push_unread(select: &mut Sql) {
    select.push(" and ").push(UNREAD).push(" > 0");
}

/// Begins to count the cases that exist for a clinician, each with its row `cr`: what narrows them down is added as ` and …`, then
/// the most that are counted, and `) as found`.
pub(in crate::domain) fn begin_count(clinician: &AsClinician) -> Sql {
    let mut select = Sql::new("select count(*) from (select c.id");
    select.push(FROM);
    push_scope(&mut select, clinician, Entries::Cases);
    select
}

/// Joins the staff member's cursors and keeps to the conversations that exist for them.
pub(super) fn push_scope(select: &mut Sql, clinician: &AsClinician, which: Entries) {
    let staff: StaffId = clinician.staff();
    match which {
        Entries::Mine => push_mine(select, clinician),
        Entries::All => {}
        Entries::Cases => {
            select.push(
                "join contact_request cr on cr.organization_id = c.organization_id and cr.conversation_id = c.id ",
            );
        }
    }
    select
        .push(JOIN_CURSOR)
        .bind(staff)
        .push(" where c.organization_id = ")
        .bind(clinician.organization())
        .push(" and c.kind <> ")
        .bind(ConversationKind::Announcement);
    if which == Entries::Mine {
        // What they have hidden from their own lists (CASE-5) is no news either.
        select
            .push(
                " and not exists (select 1 from hidden_thread h where h.organization_id = c.organization_id and h.conversation_id = c.id \
                 and h.staff_id = ",
            )
            .bind(staff)
            .push(")");
    }
    push_conversation_in_reach(select, clinician.viewer());
}

/// Joins the staff member's own conversations: the index on their panels and the one on their participations find them, so
/// that the cost does not grow with the organization.
fn push_mine(select: &mut Sql, clinician: &AsClinician) {
    let (organization, staff) = (clinician.organization(), clinician.staff());
    select.push("join (select conversation_id as id from participant where organization_id = ");
    select
        .bind(organization)
        .push(" and staff_id = ")
        .bind(staff);
    let settings = clinician.viewer().settings();
    let of_the_team: Vec<_> = ConversationKind::iter()
        .filter(|kind| settings.rules(*kind).alerted == Alerted::Team)
        .collect();
    if !of_the_team.is_empty() {
        select.push(
            " union select mc.id from panel_member pm join conversation mc on mc.organization_id = pm.organization_id \
             and mc.patient_id = pm.patient_id where pm.organization_id = ",
        );
        select
            .bind(organization)
            .push(" and pm.staff_id = ")
            .bind(staff)
            .push(" and mc.kind in ")
            .list(of_the_team);
    }
    select.push(") mine on mine.id = c.id ");
}

/// The entry of a row of [`select_entries`].
pub(in crate::domain) fn entry(
    clinician: &AsClinician,
    row: &QueryResult,
) -> Result<InboxEntry, Fault> {
    Ok(InboxEntry {
        in_view: conversation_of_inbox(clinician, conversation::Model::from_query_result(row, "")?),
        patient: patient::Model::from_query_result(row, "p_")?,
        unread: Unread(row.try_get("", "unread")?),
    })
}
