//! What keeps a text from leaving: asked when it is stored, when it is claimed, and right before it is handed over.

use chrono::{DateTime, Utc};
use entity::{ConversationId, OrganizationId, PatientId, PhoneNumber, TextFailure, TextPurpose};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::whose::{claimed_by_others, claims_since};
use crate::domain::{fault::Fault, store::Sql};

/// A text that is to leave, as far as it matters for whether it may.
#[derive(Clone, Debug)]
pub(in crate::domain) struct Leaving<'a> {
    pub(in crate::domain) to: &'a PhoneNumber,
    pub(in crate::domain) patient: Option<PatientId>,
    pub(in crate::domain) purpose: TextPurpose,
    /// The conversation of the message that it carries.
    pub(in crate::domain) conversation: Option<ConversationId>,
}

/// The most texts of one statement; the databases limit its values.
const ROWS: usize = 1_000;

/// What keeps each of these texts of an organization from leaving, in order; none for those that may. One statement for each
/// thousand.
///
/// # Errors
/// Any failure of the database.
pub(in crate::domain) async fn kept_back(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    now: DateTime<Utc>,
    texts: &[Leaving<'_>],
) -> Result<Vec<Option<TextFailure>>, Fault> {
    let mut kept_back = vec![None; texts.len()];
    for (texts, outcomes) in texts.chunks(ROWS).zip(kept_back.chunks_mut(ROWS)) {
        let mut select = Sql::new("select v.column1 as place");
        let organization = select.placeholder(organization);
        let since = select.placeholder(claims_since(now));
        for (name, is_so) in OBSTACLES {
            let is_so = is_so.replace("$tenant", &organization);
            select.push(&format!(", exists ({is_so}) as {name}"));
        }
        let shared = claimed_by_others(&organization, "v.column2", "v.column3", &since);
        select.push(&format!(", {shared} as shared"));
        select.push(" from (values ");
        select.rows(
            texts
                .iter()
                .zip(0_i64..)
                .map(|(text, place)| -> [Value; 4] {
                    [
                        place.into(),
                        text.to.clone().into(),
                        text.patient.into(),
                        text.conversation.into(),
                    ]
                }),
        );
        select.push(") as v");
        for row in connection.query_all_raw(select.on(connection)).await? {
            let place: i64 = row.try_get("", "place")?;
            let place = usize::try_from(place).unwrap_or(usize::MAX);
            if let (Some(text), Some(outcome)) = (texts.get(place), outcomes.get_mut(place)) {
                *outcome = obstacle(text.purpose, &row)?;
            }
        }
    }
    Ok(kept_back)
}

/// What besides other claims to its number can stand in the way of a text `v` with the columns place, number, patient and conversation.
const OBSTACLES: [(&str, &str); 3] = [
    (
        "blocked",
        "select 1 from number_block b where b.organization_id = $tenant and b.number = v.column2",
    ),
    (
        "opted_out",
        "select 1 from texting_enrolment e where e.organization_id = $tenant and e.patient_id = v.column3 \
         and e.number = v.column2 and e.status = 'OPTED_OUT'",
    ),
    (
        "moved",
        "select 1 from patient p where p.organization_id = $tenant and p.id = v.column3 \
         and (p.phone is null or p.phone <> v.column2) and not exists (select 1 from contact_request k \
         where k.organization_id = $tenant and k.conversation_id = v.column4 and k.number = v.column2)",
    ),
];

/// Whether texts to the number on file of a patient `p` are not wanted: STOP came from it, or staff have opted the patient out.
pub(in crate::domain) const NUMBER_OPTED_OUT: &str = "(exists (select 1 from number_block b where b.organization_id = p.organization_id and b.number = p.phone) \
     or exists (select 1 from texting_enrolment e where e.organization_id = p.organization_id and e.patient_id = p.id \
     and e.number = p.phone and e.status = 'OPTED_OUT'))";

/// STOP holds for a number, whatever would go there but its own confirmation, and what staff were told holds for the patient,
/// whoever would write to them. A number that is the patient's no more, or another's too, is told nothing that is meant for the
/// patient: it is theirs where it is on file, or was given for the case that the text is of.
fn obstacle(purpose: TextPurpose, row: &QueryResult) -> Result<Option<TextFailure>, Fault> {
    let of_wish = [
        ("blocked", TextFailure::OptedOut),
        ("opted_out", TextFailure::OptedOut),
    ];
    let of_file = [("moved", TextFailure::NumberChanged)];
    let of_content = [("shared", TextFailure::NumberShared)];
    let asked: [&[_]; 3] = match purpose {
        TextPurpose::StopConfirmation => [&[], &[], &[]],
        TextPurpose::AutomaticAnswer => [&of_wish, &[], &[]],
        TextPurpose::Enrolment | TextPurpose::Notification => [&of_wish, &of_file, &[]],
        TextPurpose::Message => [&of_wish, &of_file, &of_content],
    };
    for (name, failure) in asked.into_iter().flatten() {
        if row.try_get("", name)? {
            return Ok(Some(*failure));
        }
    }
    Ok(None)
}
