//! Whose a number is (TXT-7), said once for texts that come in, texts that leave, and what staff are shown.
//!
//! A patient lays claim to a number that is on file for them, or that was given in a case of theirs which is not complete, or was
//! completed at most [`CLAIM`] ago. A number is shared where several patients lay claim to it: nothing that it texts is guessed to
//! be anybody's, and no words leave to it. So a mother's number in her child's case, which was completed long ago, does not keep
//! her from texting, while two open cases by one number do. Only where nobody lays claim to a number any more do older cases say
//! whose it was, and only where all of them are of one patient.
//!
//! A case has the number that was given for it, and else the one that is on file for its patient, whatever that is by now.

use chrono::{DateTime, TimeDelta, Utc};

/// How long a completed case still lays claim to the number that was given for it. Answers to the last message of a case come within
/// days; after a quarter of a year whoever texts is more likely to write about something else, and a number that was given up may
/// be somebody else's.
const CLAIM: TimeDelta = TimeDelta::days(90);

/// Cases that were completed after this moment lay claim to their numbers.
pub(in crate::domain) fn claims_since(now: DateTime<Utc>) -> DateTime<Utc> {
    now - CLAIM
}

/// SQL for the number by which a case `cr` of a patient `p` is held.
pub(in crate::domain) const NUMBER_OF_CASE: &str = "coalesce(cr.number, p.phone)";

/// SQL that is true when a case with the conversation `conversation` lays claim to the number that was given for it. `since` is the
/// placeholder of [`claims_since`].
pub(in crate::domain) fn lays_claim(conversation: &str, since: &str) -> String {
    format!(
        "({conversation}.case_status <> 'COMPLETE' or {conversation}.status_changed_at > {since})"
    )
}

/// SQL that is true when another than this patient lays claim to a number. The index of the patients' numbers and the one of the
/// cases' numbers find them. `since` is the placeholder of [`claims_since`].
pub(in crate::domain) fn claimed_by_others(
    organization: &str,
    number: &str,
    patient: &str,
    since: &str,
) -> String {
    let lays_claim = lays_claim("oc", since);
    format!(
        "(exists (select 1 from patient o where o.organization_id = {organization} and o.phone = {number} and o.id <> {patient}) \
         or exists (select 1 from contact_request ok join conversation oc on oc.organization_id = ok.organization_id \
         and oc.id = ok.conversation_id where ok.organization_id = {organization} and ok.number = {number} \
         and ok.patient_id <> {patient} and {lays_claim}))"
    )
}
