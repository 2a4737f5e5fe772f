//! Who may begin a conversation, decided in the transaction that begins it.

use std::collections::BTreeSet;

use entity::{
    ConversationKind, OrganizationId, PatientId, PersonKind, Roles, StaffId, StaffStatus,
    conversation, patient,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, FromQueryResult as _};

use super::{
    CanPost, Denied, PostRefused,
    checks::{check_contact, check_sender, needs_contact, records_for},
    conversations::patient_may_take_part,
    hidden_by_restriction,
};
use crate::domain::{
    conversations::{Compose, Rules},
    fault::Fault,
    settings::Settings,
    store::Sql,
};

/// The right to begin a conversation of one kind with one patient.
#[derive(Debug)]
pub(crate) struct CanBegin {
    patient: patient::Model,
    settings: Settings,
    rules: Rules,
    kind: ConversationKind,
}

impl CanBegin {
    /// With whom.
    pub(crate) fn patient(&self) -> PatientId {
        self.patient.id
    }

    /// The patient's record.
    pub(crate) fn record(&self) -> &patient::Model {
        &self.patient
    }

    /// What for.
    pub(crate) fn kind(&self) -> ConversationKind {
        self.kind
    }

    /// The rules of its kind as the transaction sees them.
    pub(crate) fn rules(&self) -> Rules {
        self.rules
    }

    /// The organization's settings as the transaction sees them.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The right to write the first message of the conversation that was begun.
    pub(crate) fn begun(&self, conversation: conversation::Model) -> CanPost {
        CanPost::first(conversation, self.rules)
    }
}

/// Decides whether a staff member may begin a conversation with a patient: they are a clinician who reaches the patient, the
/// kind is offered, the patient has a portal to read it in, and a notification reaches them (SEC-1). One statement.
pub(crate) async fn can_begin(
    tx: &DatabaseTransaction,
    (organization, author): (OrganizationId, StaffId),
    patient: PatientId,
    kind: ConversationKind,
    from_template: bool,
) -> Result<Result<CanBegin, PostRefused>, Fault> {
    let select = records_for(organization, author, &[patient]);
    let Some(row) = tx.query_one_raw(select.on(tx)).await? else {
        return Ok(Err(PostRefused::NotFound));
    };
    let patient = patient::Model::from_query_result(&row, "")?;
    let settings = Settings::from_stored(row.try_get("", "settings")?)?;
    if let Err(refused) = check_sender(&settings, &row)? {
        return Ok(Err(refused));
    }
    let rules = settings.rules(kind);
    let enrolled = patient.enrolled_at.is_some();
    if let Err(denied) = patient_may_take_part(&settings, kind, enrolled, patient.portal_allowed) {
        return Ok(Err(PostRefused::of_portal(&denied)));
    }
    if !rules.offered {
        return Ok(Err(PostRefused::NotOffered));
    }
    if !rules.starts.admits(PersonKind::Staff) {
        return Ok(Err(PostRefused::NotStarted));
    }
    let opted_out = row.try_get("", "opted_out")?;
    let on_file = (patient.email.is_some(), patient.phone.is_some(), opted_out);
    if let (true, Err(refused)) = (needs_contact(kind), check_contact(&settings, on_file)) {
        return Ok(Err(refused));
    }
    if rules.compose == Compose::TemplateOnly && !from_template {
        return Ok(Err(PostRefused::TemplateOnly));
    }
    Ok(Ok(CanBegin {
        patient,
        settings,
        rules,
        kind,
    }))
}

/// Staff members who may take part in conversations with a patient.
#[derive(Debug)]
pub(crate) struct Addressees(BTreeSet<StaffId>);

impl Addressees {
    /// Who.
    pub(crate) fn ids(&self) -> impl Iterator<Item = StaffId> {
        self.0.iter().copied()
    }
}

/// Finds out whether staff members can be addressed in conversations with a patient: active clinicians who are not
/// restricted from the patient (PEO-6). `None` when some of them cannot. One statement.
///
/// # Errors
/// [`Denied::NotFound`] when one of them does not exist in the organization.
pub(crate) async fn addressees(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    patient: PatientId,
    staff: &BTreeSet<StaffId>,
) -> Result<Option<Addressees>, Denied> {
    if staff.is_empty() {
        return Ok(Some(Addressees(BTreeSet::new())));
    }
    let mut select = Sql::new("select s.id, s.roles, s.status, ");
    select
        .push(&hidden_by_restriction("p", "s.id"))
        .push(" as hidden from staff_member s join patient p on p.organization_id = s.organization_id and p.id = ")
        .bind(patient)
        .push(" where s.organization_id = ")
        .bind(organization)
        .push(" and s.id in ")
        .list(staff.iter().copied());
    let rows = tx.query_all_raw(select.on(tx)).await?;
    if rows.len() < staff.len() {
        return Err(Denied::NotFound);
    }
    for row in &rows {
        let active = row.try_get::<StaffStatus>("", "status")? == StaffStatus::Active;
        let clinician = row.try_get::<Roles>("", "roles")?.hold(Roles::CLINICIAN);
        if !active || !clinician || row.try_get("", "hidden")? {
            return Ok(None);
        }
    }
    Ok(Some(Addressees(staff.clone())))
}
