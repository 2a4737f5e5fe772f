//! Whose case a text is about, by the number that it came from.

use chrono::{DateTime, Utc};
use entity::{BirthDate, ConversationId, OrganizationId, PatientId, PhoneNumber};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction};

use crate::domain::{fault::Fault, store::Sql};

/// The case that a text from a number joins, and what is to be known of the number's cases.
#[derive(Clone, Debug)]
pub(in crate::domain) struct CaseOfNumber {
    /// The case: one that is not complete before one that is; of several, the one that wrote to the number last.
    pub(in crate::domain) case: ConversationId,
    /// Whose it is.
    pub(in crate::domain) patient: PatientId,
    /// The patient's date of birth, which is never kept.
    pub(in crate::domain) born: BirthDate,
    /// The language in which the patient is answered.
    pub(in crate::domain) language: String,
    /// Whether other patients have cases with the number too.
    pub(in crate::domain) is_shared: bool,
    /// Whether the clinic's last message or question to the number was one of this case.
    pub(in crate::domain) wrote_last: bool,
    /// When it was completed, if it is complete.
    pub(in crate::domain) ended_at: Option<DateTime<Utc>>,
}

/// The last text to a number that asks for an answer: which conversation it is of. Nobody answers what has failed, or what was
/// tried and waits to be tried again.
const LAST: &str = "(select t.conversation_id from text t where t.organization_id = cr.organization_id and t.their_number = cr.number \
     and t.direction = 'OUTBOUND' and t.purpose in ('MESSAGE', 'ENROLMENT') and t.state <> 'FAILED' \
     and (t.state <> 'QUEUED' or t.attempts = 0 or t.leased_until is not null) order by t.created_at desc, t.id desc limit 1)";

/// Finds the case that a text from a number joins; of one patient only, where it is known whose the text is. One statement.
pub(in crate::domain) async fn of_number(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    number: &PhoneNumber,
    patient: Option<PatientId>,
) -> Result<Option<CaseOfNumber>, Fault> {
    let mut select = Sql::new(
        "select cr.conversation_id, cr.patient_id, p.date_of_birth, p.language, \
         case when c.case_status = 'COMPLETE' then c.status_changed_at end as ended_at, \
         exists (select 1 from contact_request other where other.organization_id = cr.organization_id and other.number = cr.number \
         and other.patient_id <> cr.patient_id) as is_shared, ",
    );
    select
        .push(LAST)
        .push(
            " as last_conversation, (select max(t.created_at) from text t where t.organization_id = cr.organization_id \
             and t.their_number = cr.number and t.conversation_id = cr.conversation_id and t.direction = 'OUTBOUND') as texted_at \
             from contact_request cr join conversation c on c.organization_id = cr.organization_id and c.id = cr.conversation_id \
             join patient p on p.organization_id = cr.organization_id and p.id = cr.patient_id where cr.organization_id = ",
        )
        .bind(organization)
        .push(" and cr.number = ")
        .bind(number.clone());
    if let Some(patient) = patient {
        select.push(" and cr.patient_id = ").bind(patient);
    }
    select.push(
        " order by case when c.case_status = 'COMPLETE' then 1 else 0 end, texted_at desc nulls last, cr.opened_at desc, \
         cr.conversation_id desc limit 1",
    );
    let Some(row) = tx.query_one_raw(select.on(tx)).await? else {
        return Ok(None);
    };
    let case = row.try_get("", "conversation_id")?;
    let last: Option<ConversationId> = row.try_get("", "last_conversation")?;
    Ok(Some(CaseOfNumber {
        case,
        patient: row.try_get("", "patient_id")?,
        born: row.try_get("", "date_of_birth")?,
        language: row.try_get("", "language")?,
        is_shared: row.try_get("", "is_shared")?,
        wrote_last: last == Some(case),
        ended_at: row.try_get("", "ended_at")?,
    }))
}
