//! Which of a patient's conversations exist for whom.

use entity::{ConversationKind, ConversationStatus, Roles, conversation};
use sea_orm::{ConnectionTrait, FromQueryResult as _, Iterable as _};

use super::{
    ConversationInView, Denied, Need, PatientInView, conversations::patient_may_take_part,
    patients::push_conversation_in_reach,
};
use crate::domain::{
    conversations::{ConversationCursor, push_page},
    fault::Fault,
    page::{Page, Slice},
    store::Sql,
    viewer::Viewer,
};

/// Which of a patient's conversations a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConversationFilter {
    /// Of these kinds; none shows all.
    pub kinds: Option<Vec<ConversationKind>>,
    /// In this state; none shows all.
    pub status: Option<ConversationStatus>,
}

/// A page of a patient's conversations, the newest first: for clinicians, and for the patient those that the portal shows.
/// One statement.
///
/// # Errors
/// [`Denied::Role`] for staff who are not clinicians.
pub async fn conversations_of(
    connection: &impl ConnectionTrait,
    viewer: &Viewer,
    patient: &PatientInView,
    filter: &ConversationFilter,
    slice: &Slice<ConversationCursor>,
) -> Result<Page<ConversationInView>, Denied> {
    let shown = |kind: &ConversationKind| match viewer {
        Viewer::Staff(_) => true,
        Viewer::Patient(_) => {
            let record = patient.patient();
            let enrolled = record.enrolled_at.is_some();
            patient_may_take_part(viewer.settings(), *kind, enrolled, record.portal_allowed).is_ok()
        }
    };
    let asked = filter.kinds.clone();
    let kinds: Vec<_> = asked
        .unwrap_or_else(|| ConversationKind::iter().collect())
        .into_iter()
        .filter(shown)
        .collect();
    if kinds.is_empty() {
        return Ok(slice.page(Vec::new()));
    }
    let mut select = Sql::new(
        "select c.* from conversation c join patient p on p.organization_id = c.organization_id and p.id = c.patient_id \
         where c.organization_id = ",
    );
    select
        .bind(patient.organization())
        .push(" and c.patient_id = ")
        .bind(patient.id())
        .push(" and c.kind in ")
        .list(kinds);
    if let Some(status) = filter.status {
        select.push(" and c.status = ").bind(status);
    }
    match viewer {
        Viewer::Staff(staff) if !staff.roles().hold(Roles::CLINICIAN) => {
            return Err(Denied::Role(Need::Clinician));
        }
        Viewer::Staff(staff) => push_conversation_in_reach(&mut select, staff),
        Viewer::Patient(patient) => {
            select.push(" and c.patient_id = ").bind(patient.id());
        }
    }
    push_page(&mut select, slice);
    let rows = connection.query_all_raw(select.on(connection)).await?;
    let found = rows
        .iter()
        .map(|row| {
            let conversation = conversation::Model::from_query_result(row, "")?;
            Ok(ConversationInView::new(conversation, viewer))
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    Ok(slice.page(found))
}
