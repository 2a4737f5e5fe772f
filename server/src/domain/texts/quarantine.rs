//! Texts that could not be placed: staff see them, and say whose they are or put them away (TXT-7).

use entity::{
    InboundTextId, MessageBody, PatientId, QuarantineReason, QuarantineState, QuarantinedTextId,
    TextRemarks, quarantined_text,
};
use sea_orm::{
    ActiveModelTrait as _, ConnectionTrait as _, DatabaseTransaction, DbBackend,
    FromQueryResult as _, IntoActiveModel as _,
};

use super::{
    apply::keep_record,
    inbound::{InboundText, Received},
    remarks::{call, remarks},
};
use crate::domain::{
    core::Core,
    event_log::Change,
    fault::Fault,
    organizations,
    page::{Direction, Page, Slice},
    policy::{AsClinician, Denied, PatientInView, push_in_reach},
    secret::SealedPlace,
    settings::Settings,
    store::{Sql, sql},
    texting::{self, birth_date_answer::without_dates, pictures::with_pictures},
};

/// A text that could not be placed, with what it says while nobody has looked after it.
#[derive(Clone, Debug)]
pub struct Quarantined {
    /// The row.
    pub row: quarantined_text::Model,
    /// What it says.
    pub body: Option<MessageBody>,
}

/// Where a text stands among those that could not be placed: urgent ones first, then wishes to get no more, and of these each
/// time the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuarantineCursor {
    /// What is remarkable of it.
    pub remarks: TextRemarks,
    /// Which it is.
    pub id: QuarantinedTextId,
}

impl Quarantined {
    /// Where it stands.
    #[must_use]
    pub fn cursor(&self) -> QuarantineCursor {
        QuarantineCursor {
            remarks: self.row.remarks,
            id: self.row.id,
        }
    }
}

/// Why a text stays where it is.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// Somebody has looked after it before.
    #[error("somebody has looked after the text before")]
    Resolved,
    /// It cannot stand with this patient.
    #[error("the text cannot stand with this patient")]
    NotPlaced(QuarantineReason),
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

impl From<Fault> for ResolveError {
    fn from(fault: Fault) -> Self {
        Self::Denied(fault.into())
    }
}

impl From<sea_orm::DbErr> for ResolveError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Denied(error.into())
    }
}

/// Stores a text that could not be placed, within the transaction that settles it, and has somebody called where it is
/// remarkable. Two statements, and at most four more for a call.
pub(super) async fn store(
    core: &Core,
    change: &mut Change,
    text: &InboundText,
    reason: QuarantineReason,
) -> Result<(), Fault> {
    let clinic = organizations::of(change.tx(), text.organization).await?;
    let settings = Settings::from_stored(clinic.settings.clone())?;
    let id = QuarantinedTextId(core.entropy.uuid(change.now));
    let place = body_place(text.organization, id);
    // Nobody knows yet whose dates of birth it may hold, so none is kept (TXT-5).
    let kept = without_dates(text.body.reveal());
    let kept = with_pictures(&kept, text.has_pictures, &clinic.default_language);
    let body = core.secret.seal(&core.entropy, place, &kept)?;
    let row = quarantined_text::Model {
        organization_id: text.organization,
        id,
        gateway_id: text.gateway,
        provider_message_id: text.provider_message_id.clone(),
        our_number: text.our_number.clone(),
        their_number: text.from.clone(),
        body: Some(body),
        reason,
        remarks: remarks(&settings, text.body.reveal()),
        state: QuarantineState::Open,
        received_at: text.received_at,
        patient_id: None,
        resolved_by: None,
        resolved_at: None,
    };
    let stored = row.into_active_model().insert(change.tx()).await?;
    if stored.remarks > TextRemarks::default() {
        call(core, change, &settings, &stored).await?;
    }
    Ok(())
}

const fn body_place(organization: entity::OrganizationId, id: QuarantinedTextId) -> SealedPlace {
    SealedPlace::new(organization, id.0, "quarantined_text.body")
}

/// A page of the texts that wait for somebody, the remarkable ones first, and of these the newest. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn quarantined(
    core: &Core,
    clinician: &AsClinician,
    slice: &Slice<QuarantineCursor>,
) -> Result<Page<Quarantined>, Fault> {
    let reader = core.store.reader();
    let mut select = in_view(clinician);
    select.push(" and q.state = ").bind(QuarantineState::Open);
    for (comparison, cursor) in [("<", slice.after), (">", slice.before)] {
        if let Some(cursor) = cursor {
            select
                .push(&format!(" and (q.remarks, q.id) {comparison} ("))
                .bind(cursor.remarks)
                .push(", ")
                .bind(cursor.id)
                .push(")");
        }
    }
    select
        .push(match slice.direction {
            Direction::Forward => " order by q.remarks desc, q.id desc limit ",
            Direction::Backward => " order by q.remarks, q.id limit ",
        })
        .bind(slice.fetch());
    let rows = reader.query_all_raw(select.on(reader)).await?;
    let rows = rows
        .iter()
        .map(|row| opened(core, quarantined_text::Model::from_query_result(row, "")?))
        .collect::<Result<Vec<_>, Fault>>()?;
    Ok(slice.page(rows))
}

/// The quarantined texts `q` that a clinician may see: they reach all patients who have its number on file or by a case.
fn in_view(clinician: &AsClinician) -> Sql {
    let mut select = Sql::new("select q.* from quarantined_text q where q.organization_id = ");
    let theirs = "(select count(*) from patient p where p.organization_id = q.organization_id and p.id in \
         (select f.id from patient f where f.organization_id = q.organization_id and f.phone = q.their_number \
         union select k.patient_id from contact_request k where k.organization_id = q.organization_id and k.number = q.their_number)";
    select
        .bind(clinician.organization())
        .push(&format!(" and {theirs}) = {theirs}"));
    push_in_reach(&mut select, clinician.viewer());
    select.push(")");
    select
}

fn opened(core: &Core, row: quarantined_text::Model) -> Result<Quarantined, Fault> {
    let place = body_place(row.organization_id, row.id);
    let body = match &row.body {
        Some(sealed) => Some(MessageBody::new(core.secret.unseal(place, sealed)?)),
        None => None,
    };
    Ok(Quarantined { row, body })
}

/// Says whose a text is. It then stands with the patient as if it had come from their own number, and nothing of an enrolment
/// is decided by it. Besides what the text causes four statements.
///
/// # Errors
/// See [`ResolveError`].
pub async fn assign(
    core: &Core,
    clinician: &AsClinician,
    id: QuarantinedTextId,
    patient: &PatientInView,
) -> Result<Quarantined, ResolveError> {
    let mut change = Change::begin(core, clinician.organization()).await?;
    let quarantined = take(core, change.tx(), clinician, id).await?;
    let (row, words) = (&quarantined.row, quarantined.body.clone());
    let text = InboundText {
        organization: row.organization_id,
        id: InboundTextId(row.id.0),
        gateway: row.gateway_id,
        provider_message_id: row.provider_message_id.clone(),
        our_number: row.our_number.clone(),
        from: row.their_number.clone(),
        body: words.ok_or(Fault::Corrupt("quarantined body"))?,
        // Its words say so already.
        has_pictures: false,
        received_at: row.received_at,
    };
    match texting::inbound::receive_from(core, &mut change, &text, patient.id()).await? {
        Received::Taken { patient, message } => {
            keep_record(core, &change, &text, patient, message).await?;
        }
        Received::Quarantined(reason) => return Err(ResolveError::NotPlaced(reason)),
    }
    let state = QuarantineState::Assigned;
    let settled = settle(&change, clinician, quarantined, state, Some(patient.id())).await?;
    change.commit().await?;
    Ok(settled)
}

/// Puts a text away. Two statements.
///
/// # Errors
/// See [`ResolveError`].
pub async fn dismiss(
    core: &Core,
    clinician: &AsClinician,
    id: QuarantinedTextId,
) -> Result<Quarantined, ResolveError> {
    let change = Change::begin(core, clinician.organization()).await?;
    let quarantined = take(core, change.tx(), clinician, id).await?;
    let state = QuarantineState::Dismissed;
    let settled = settle(&change, clinician, quarantined, state, None).await?;
    change.commit().await?;
    Ok(settled)
}

async fn take(
    core: &Core,
    tx: &DatabaseTransaction,
    clinician: &AsClinician,
    id: QuarantinedTextId,
) -> Result<Quarantined, ResolveError> {
    let mut select = in_view(clinician);
    select.push(" and q.id = ").bind(id);
    if tx.get_database_backend() == DbBackend::Postgres {
        select.push(" for update of q");
    }
    let row = tx
        .query_one_raw(select.on(tx))
        .await?
        .ok_or(Denied::NotFound)?;
    let row = quarantined_text::Model::from_query_result(&row, "")?;
    match row.state {
        QuarantineState::Open => Ok(opened(core, row)?),
        QuarantineState::Assigned | QuarantineState::Dismissed => Err(ResolveError::Resolved),
    }
}

/// What it says is kept no longer: it stands with the patient, or nobody wants it.
async fn settle(
    change: &Change,
    clinician: &AsClinician,
    quarantined: Quarantined,
    state: QuarantineState,
    patient: Option<PatientId>,
) -> Result<Quarantined, Fault> {
    let row = quarantined_text::Model {
        state,
        body: None,
        patient_id: patient,
        resolved_by: Some(clinician.staff()),
        resolved_at: Some(change.now),
        ..quarantined.row
    };
    let tx = change.tx();
    tx.execute_raw(sql(
        tx,
        "update quarantined_text set state = $3, body = null, patient_id = $4, resolved_by = $5, resolved_at = $6 \
         where organization_id = $1 and id = $2",
        [
            row.organization_id.into(),
            row.id.into(),
            row.state.into(),
            row.patient_id.into(),
            row.resolved_by.into(),
            row.resolved_at.into(),
        ],
    ))
    .await?;
    Ok(Quarantined { row, body: None })
}
