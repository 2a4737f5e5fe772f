//! Cases as those see them who may open their conversations.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{
    CaseStatus, ConversationId, MessageBody, MessageKind, OrganizationId, PersonId, PersonKind,
    PhoneNumber, StaffId, contact_request,
};
use sea_orm::ConnectionTrait;

use crate::domain::{
    fault::Fault,
    policy::{case_of_row, push_case_columns},
    settings::Settings,
    store::Sql,
    texting::{
        self, Obstacle,
        whose::{NUMBER_OF_CASE, claimed_by_others, claims_since},
    },
};

/// A case, with what stands beside its conversation.
#[derive(Clone, Debug)]
pub struct CaseView {
    /// What is looked after.
    pub row: contact_request::Model,
    /// Where it stands.
    pub status: CaseStatus,
    /// The number by which it is held: the one that was given for it, and else the one on file.
    pub number: Option<PhoneNumber>,
    /// What it began with.
    pub reason: MessageBody,
    /// Whether staff wrote that down for themselves.
    pub reason_is_note: bool,
    /// Whether the reader has hidden it from their own lists.
    pub hidden: bool,
    /// What stands in the way of texting to its number.
    pub obstacles: Vec<Obstacle>,
}

impl CaseView {
    /// The staff member who opened it; none where the patient did.
    #[must_use]
    pub fn opened_by(&self) -> Option<StaffId> {
        match PersonId::from_columns(self.row.opened_by_kind, self.row.opened_by_id) {
            PersonId::Staff(staff) => Some(staff),
            PersonId::Patient(_) => None,
        }
    }
}

/// Who brought what cases began with in the names of their patients, of several conversations that the reader may open. Those
/// that patients opened themselves, and conversations of other kinds, have nobody. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn brought_by(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    conversations: &[ConversationId],
) -> Result<HashMap<ConversationId, StaffId>, Fault> {
    let mut select = Sql::new(
        "select cr.conversation_id, cr.opened_by_id from contact_request cr where cr.organization_id = ",
    );
    select
        .bind(organization)
        .push(" and cr.opened_by_kind = ")
        .bind(PersonKind::Staff)
        .push(" and cr.conversation_id in ")
        .list(conversations.iter().copied());
    let rows = connection.query_all_raw(select.on(connection)).await?;
    rows.iter()
        .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
        .collect()
}

/// What is to be known of the number of a case `cr` of a patient `p`. `since` is the placeholder of [`claims_since`].
fn number(since: &str) -> String {
    let number = NUMBER_OF_CASE;
    let shared = claimed_by_others("cr.organization_id", number, "cr.patient_id", since);
    format!(
        "{number} as held_by, {number} is not null as has_phone, {shared} as shared, \
         (exists (select 1 from number_block b where b.organization_id = cr.organization_id and b.number = {number}) \
         or exists (select 1 from texting_enrolment e where e.organization_id = cr.organization_id and e.patient_id = cr.patient_id \
         and e.number = {number} and e.status = 'OPTED_OUT')) as blocked, \
         exists (select 1 from text_number n join text_gateway g on g.organization_id = n.organization_id and g.id = n.gateway_id \
         where n.organization_id = cr.organization_id and g.active) as has_sender"
    )
}

/// The cases of several conversations that the reader may open; conversations of other kinds have none. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn cases(
    connection: &impl ConnectionTrait,
    now: DateTime<Utc>,
    (organization, reader): (OrganizationId, PersonId),
    conversations: &[ConversationId],
) -> Result<HashMap<ConversationId, CaseView>, Fault> {
    if conversations.is_empty() {
        return Ok(HashMap::new());
    }
    let mut select = Sql::new("select c.case_status, m.body as reason, m.kind as reason_kind, ");
    let since = select.placeholder(claims_since(now));
    select
        .push(&number(&since))
        .push(
            ", org.settings, exists (select 1 from hidden_thread h where h.organization_id = cr.organization_id \
             and h.conversation_id = cr.conversation_id and h.staff_id = ",
        )
        .bind(reader.uuid())
        .push(") as hidden");
    push_case_columns(&mut select);
    select
        .push(
            " from contact_request cr join conversation c on c.organization_id = cr.organization_id and c.id = cr.conversation_id \
             join organization org on org.id = cr.organization_id \
             join patient p on p.organization_id = cr.organization_id and p.id = cr.patient_id \
             join message m on m.organization_id = cr.organization_id and m.conversation_id = cr.conversation_id and m.seq = 1 \
             where cr.organization_id = ",
        )
        .bind(organization)
        .push(" and cr.conversation_id in ")
        .list(conversations.iter().copied());
    let rows = connection.query_all_raw(select.on(connection)).await?;
    let Some(first) = rows.first() else {
        return Ok(HashMap::new());
    };
    let settings = Settings::from_stored(first.try_get("", "settings")?)?;
    let mut found = HashMap::with_capacity(rows.len());
    for row in &rows {
        let case = case_of_row(row)?;
        let kind: MessageKind = row.try_get("", "reason_kind")?;
        found.insert(
            case.conversation_id,
            CaseView {
                row: case,
                status: row.try_get("", "case_status")?,
                number: row.try_get("", "held_by")?,
                reason: row.try_get("", "reason")?,
                reason_is_note: kind == MessageKind::Note,
                hidden: row.try_get("", "hidden")?,
                obstacles: texting::obstacles(&settings, row)?,
            },
        );
    }
    Ok(found)
}
