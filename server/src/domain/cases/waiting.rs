//! Cases that wait for their first answer (CASE-6). That it is overdue is found out together with what patients were promised, so
//! that staff are told once.

use std::collections::HashSet;

use entity::{CaseStatus, ConversationId, OrganizationId};
use sea_orm::ConnectionTrait;

use crate::domain::{fault::Fault, store::Sql};

/// Which of several conversations are cases that wait for their first answer: nobody has answered, and they are not complete. At
/// most one statement.
pub(in crate::domain) async fn waiting_among(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    cases: &[ConversationId],
) -> Result<HashSet<ConversationId>, Fault> {
    if cases.is_empty() {
        return Ok(HashSet::new());
    }
    let mut select = Sql::new(
        "select c.id from conversation c join contact_request cr on cr.organization_id = c.organization_id and cr.conversation_id = c.id \
         where c.organization_id = ",
    );
    select
        .bind(organization)
        .push(" and c.id in ")
        .list(cases.iter().copied())
        .push(" and cr.first_answered_at is null and c.case_status <> ")
        .bind(CaseStatus::Complete);
    let rows = connection.query_all_raw(select.on(connection)).await?;
    rows.iter()
        .map(|row| Ok(row.try_get_by_index(0)?))
        .collect()
}
