//! Who may open cases, and who may change them: clinicians who may open the conversation, and to whom a case is assigned.

use entity::{
    ConversationId, ConversationKind, OrganizationId, PatientId, PersonId, PhoneNumber, Roles,
    StaffId, contact_request, conversation, patient,
};
use sea_orm::{
    ConnectionTrait as _, DatabaseTransaction, DbBackend, FromQueryResult as _, QueryResult,
};

use super::{
    AsClinician, CanPost, ConversationInView, Denied, PostRefused,
    checks::{check_sender, records_for},
    conversations::patient_may_take_part,
    patients::push_conversation_in_reach,
};
use crate::domain::{
    conversations::Rules, fault::Fault, settings::Settings, store::Sql, viewer::Viewer,
};

const KIND: ConversationKind = ConversationKind::Case;

/// The columns of a case, for selecting them beside those of its conversation, as `k_…`.
const CASE_COLUMNS: [&str; 15] = [
    "organization_id",
    "conversation_id",
    "patient_id",
    "source",
    "number",
    "assignee_id",
    "priority",
    "opened_by_kind",
    "opened_by_id",
    "idempotency_key",
    "digest",
    "opened_at",
    "first_answer_due_at",
    "first_answered_at",
    "overdue_told_at",
];

/// Adds `, cr.… as k_…` for each column of a case `cr`.
pub(in crate::domain) fn push_case_columns(select: &mut Sql) {
    for column in CASE_COLUMNS {
        select
            .push(", cr.")
            .push(column)
            .push(" as k_")
            .push(column);
    }
}

/// The case of a row whose columns were selected by [`push_case_columns`].
pub(in crate::domain) fn case_of_row(row: &QueryResult) -> Result<contact_request::Model, Fault> {
    Ok(contact_request::Model::from_query_result(row, "k_")?)
}

/// The right to open a case about one patient.
#[derive(Debug)]
pub(crate) struct CanOpenCase {
    patient: patient::Model,
    settings: Settings,
    /// The clinic's time zone.
    zone: String,
    rules: Rules,
}

impl CanOpenCase {
    /// About whom.
    pub(crate) fn record(&self) -> &patient::Model {
        &self.patient
    }

    /// The organization's settings as the transaction sees them.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The clinic's time zone.
    pub(crate) fn zone(&self) -> &str {
        &self.zone
    }

    /// The right to write down what the case begins with.
    pub(crate) fn begun(&self, conversation: conversation::Model) -> CanPost {
        CanPost::first(conversation, self.rules).first_heard_in(&self.zone)
    }
}

/// Decides whether somebody may open a case: clinicians about patients whom they reach, and patients about themselves where
/// the portal offers it. One statement.
pub(crate) async fn can_open_case(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    opener: PersonId,
    patient: PatientId,
) -> Result<Result<CanOpenCase, PostRefused>, Fault> {
    let select = match opener {
        PersonId::Staff(staff) => records_for(organization, staff, &[patient]),
        PersonId::Patient(own) => own_record(organization, own),
    };
    let Some(row) = tx.query_one_raw(select.on(tx)).await? else {
        return Ok(Err(PostRefused::NotFound));
    };
    let patient = patient::Model::from_query_result(&row, "")?;
    let settings = Settings::from_stored(row.try_get("", "settings")?)?;
    match opener {
        PersonId::Staff(_) => {
            if let Err(refused) = check_sender(&settings, &row)? {
                return Ok(Err(refused));
            }
        }
        PersonId::Patient(_) => {
            let enrolled = patient.enrolled_at.is_some();
            let part = patient_may_take_part(&settings, KIND, enrolled, patient.portal_allowed);
            if let Err(denied) = part {
                return Ok(Err(PostRefused::of_portal(&denied)));
            }
        }
    }
    let rules = settings.rules(KIND);
    if !rules.offered {
        return Ok(Err(PostRefused::NotOffered));
    }
    if !rules.starts.admits(opener.kind()) {
        return Ok(Err(PostRefused::NotStarted));
    }
    Ok(Ok(CanOpenCase {
        patient,
        settings,
        zone: row.try_get("", "clinic_zone")?,
        rules,
    }))
}

fn own_record(organization: OrganizationId, patient: PatientId) -> Sql {
    let mut select = Sql::new(
        "select p.*, o.settings, o.time_zone as clinic_zone from patient p join organization o on o.id = p.organization_id where p.organization_id = ",
    );
    select.bind(organization).push(" and p.id = ").bind(patient);
    select
}

/// A case that a clinician may change, held until the commit together with its conversation.
#[derive(Clone, Debug)]
pub(crate) struct CaseInHand {
    in_view: ConversationInView,
    case: contact_request::Model,
    by: StaffId,
    settings: Settings,
    /// The clinic's time zone.
    zone: String,
    /// The patient's number.
    on_file: Option<PhoneNumber>,
}

impl CaseInHand {
    /// Its conversation.
    pub(crate) fn in_view(&self) -> &ConversationInView {
        &self.in_view
    }

    /// What is looked after.
    pub(crate) fn case(&self) -> &contact_request::Model {
        &self.case
    }

    /// The organization's settings as the transaction sees them, and its time zone.
    pub(crate) fn clinic(&self) -> (&Settings, &str) {
        (&self.settings, &self.zone)
    }

    /// The patient's number, which is on file.
    pub(crate) fn on_file(&self) -> Option<&PhoneNumber> {
        self.on_file.as_ref()
    }

    /// Who changes it.
    pub(crate) fn by(&self) -> StaffId {
        self.by
    }
}

/// Opens a case for a clinician who changes it. Whoever writes in its conversation holds the same row, so that nobody writes
/// in a case that is being closed. One statement.
///
/// # Errors
/// [`Denied::NotFound`] when it does not exist for this clinician, or is no case.
pub(crate) async fn hold_case(
    tx: &DatabaseTransaction,
    clinician: &AsClinician,
    id: ConversationId,
) -> Result<CaseInHand, Denied> {
    let mut select =
        Sql::new("select c.*, o.settings, o.time_zone as clinic_zone, p.phone as on_file");
    push_case_columns(&mut select);
    select
        .push(
            " from conversation c join contact_request cr on cr.organization_id = c.organization_id and cr.conversation_id = c.id \
             join organization o on o.id = c.organization_id join patient p on p.organization_id = c.organization_id and p.id = c.patient_id where c.organization_id = ",
        )
        .bind(clinician.organization())
        .push(" and c.id = ")
        .bind(id);
    push_conversation_in_reach(&mut select, clinician.viewer());
    if tx.get_database_backend() == DbBackend::Postgres {
        select.push(" for update of c, cr");
    }
    let row = tx
        .query_one_raw(select.on(tx))
        .await?
        .ok_or(Denied::NotFound)?;
    let viewer = Viewer::Staff(clinician.viewer().clone());
    let conversation = conversation::Model::from_query_result(&row, "")?;
    Ok(CaseInHand {
        in_view: ConversationInView::new(conversation, &viewer),
        case: case_of_row(&row)?,
        by: clinician.staff(),
        settings: Settings::from_stored(row.try_get("", "settings")?)?,
        zone: row.try_get("", "clinic_zone")?,
        on_file: row.try_get("", "on_file")?,
    })
}

/// Whether somebody sees what only those who work on cases are told: who is assigned, how soon, and how it was changed.
#[must_use]
pub fn sees_work(viewer: &Viewer) -> bool {
    match viewer {
        Viewer::Staff(staff) => staff.roles().hold(Roles::CLINICIAN),
        Viewer::Patient(_) => false,
    }
}
