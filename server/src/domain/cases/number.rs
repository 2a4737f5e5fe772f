//! Whose case a text is about, by the number that it came from.

use chrono::{DateTime, Utc};
use entity::{BirthDate, ConversationId, OrganizationId, PatientId, PhoneNumber};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, QueryResult};

use crate::domain::{
    fault::Fault,
    store::Sql,
    texting::whose::{claimed_by_others, claims_since, lays_claim},
};

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
    /// Whether the clinic's last message or question to the number was one of this case.
    pub(in crate::domain) wrote_last: bool,
    /// When it was completed, if it is complete.
    pub(in crate::domain) ended_at: Option<DateTime<Utc>>,
}

/// What the cases of a number say about whose it is.
#[derive(Clone, Debug)]
pub(in crate::domain) enum OfNumber {
    /// No case has it, or none that matters beside whoever has it on file.
    Nobody,
    /// It is one patient's, with this case.
    One(CaseOfNumber),
    /// It is several patients'; nobody can tell whose texts these are.
    Several,
}

/// A number within an organization, and the moment of asking.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain) struct Asked<'a> {
    pub(in crate::domain) organization: OrganizationId,
    pub(in crate::domain) number: &'a PhoneNumber,
    pub(in crate::domain) now: DateTime<Utc>,
}

impl Asked<'_> {
    /// Selects the cases that are held by the number: it was given for them, or it is on file for their patient and none was
    /// given. An index finds each of both.
    pub(super) fn push_cases(self, select: &mut Sql) {
        let here = select.placeholder(self.organization);
        let number = select.placeholder(self.number.clone());
        select.push(&format!(
            "select g.conversation_id, g.patient_id, g.opened_at from contact_request g where g.organization_id = {here} and g.number = {number} \
             union all select f.conversation_id, f.patient_id, f.opened_at from patient h join contact_request f \
             on f.organization_id = h.organization_id and f.patient_id = h.id and f.number is null \
             where h.organization_id = {here} and h.phone = {number}"
        ));
    }
}

/// Finds the case that a text from a number joins, where it is known whose it is (see [`whose`](crate::domain::texting::whose)); at
/// most one patient has the number on file, the `holder`. One statement.
pub(in crate::domain) async fn of_number(
    tx: &DatabaseTransaction,
    asked: Asked<'_>,
    holder: Option<PatientId>,
) -> Result<OfNumber, Fault> {
    let Some(row) = tx.query_one_raw(best(asked, None).on(tx)).await? else {
        return Ok(OfNumber::Nobody);
    };
    let found = of_row(&row)?;
    let lays_claim: bool = row.try_get("", "lays_claim")?;
    // The holder's own cases come first: they have none, and the best of the others' does not count any more.
    if holder.is_some_and(|holder| holder != found.patient) && !lays_claim {
        return Ok(OfNumber::Nobody);
    }
    let claimed: bool = row.try_get("", "claimed_by_others")?;
    let was_theirs: bool = row.try_get("", "was_others")?;
    let unclaimed = holder.is_none() && !lays_claim;
    Ok(if claimed || (unclaimed && was_theirs) {
        OfNumber::Several
    } else {
        OfNumber::One(found)
    })
}

/// The case of one patient that a text from a number joins, where it is known whose the text is. One statement.
pub(in crate::domain) async fn of_patient(
    tx: &DatabaseTransaction,
    asked: Asked<'_>,
    patient: PatientId,
) -> Result<Option<CaseOfNumber>, Fault> {
    let row = tx.query_one_raw(best(asked, Some(patient)).on(tx)).await?;
    row.as_ref().map(of_row).transpose()
}

/// True of a text `t` that may be answered: nobody answers what has failed, or what was tried and waits to be tried again.
const REACHED: &str =
    "t.state <> 'FAILED' and (t.state <> 'QUEUED' or t.attempts = 0 or t.leased_until is not null)";

/// Selects the best case of a number, of one patient where that is known.
fn best(asked: Asked<'_>, patient: Option<PatientId>) -> Sql {
    let mut select = Sql::new(
        "select cr.conversation_id, cr.patient_id, p.date_of_birth, p.language, \
                  case when c.case_status = 'COMPLETE' then c.status_changed_at end as ended_at, ",
    );
    let here = select.placeholder(asked.organization);
    let number = select.placeholder(asked.number.clone());
    let since = select.placeholder(claims_since(asked.now));
    let lays_claim = lays_claim("c", &since);
    let others = claimed_by_others(&here, &number, "cr.patient_id", &since);
    select.push(&format!(
        "{lays_claim} as lays_claim, {others} as claimed_by_others, \
         exists (select 1 from contact_request w where w.organization_id = {here} and w.number = {number} \
         and w.patient_id <> cr.patient_id) as was_others, \
         (select t.conversation_id from text t where t.organization_id = {here} and t.their_number = {number} \
         and t.direction = 'OUTBOUND' and t.purpose in ('MESSAGE', 'ENROLMENT') and {REACHED} order by t.created_at desc, t.id desc limit 1) \
         as last_conversation, \
         (select max(t.created_at) from text t where t.organization_id = {here} and t.their_number = {number} \
         and t.conversation_id = cr.conversation_id and t.direction = 'OUTBOUND') as texted_at from ("
    ));
    asked.push_cases(&mut select);
    select.push(&format!(
        ") as cr join conversation c on c.organization_id = {here} and c.id = cr.conversation_id \
         join patient p on p.organization_id = {here} and p.id = cr.patient_id"
    ));
    if let Some(patient) = patient {
        select.push(" where cr.patient_id = ").bind(patient);
    }
    select.push(&format!(
        " order by case when p.phone = {number} then 0 else 1 end, case when {lays_claim} then 0 else 1 end, \
         case when c.case_status = 'COMPLETE' then 1 else 0 end, texted_at desc nulls last, cr.opened_at desc, \
         cr.conversation_id desc limit 1"
    ));
    select
}

fn of_row(row: &QueryResult) -> Result<CaseOfNumber, Fault> {
    let case = row.try_get("", "conversation_id")?;
    let last: Option<ConversationId> = row.try_get("", "last_conversation")?;
    Ok(CaseOfNumber {
        case,
        patient: row.try_get("", "patient_id")?,
        born: row.try_get("", "date_of_birth")?,
        language: row.try_get("", "language")?,
        wrote_last: last == Some(case),
        ended_at: row.try_get("", "ended_at")?,
    })
}
