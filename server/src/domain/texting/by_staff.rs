//! What staff do about a patient's enrolment: ask, ask again, begin again, opt out (TXT-2, TXT-3).

use std::collections::BTreeSet;

use entity::{
    ConsentChange, ConsentSource, MessageBody, OrganizationId, PersonId, PhoneNumber, TextPurpose,
    organization,
};

use super::{
    alert,
    consent::{self, Entry},
    enrolment::{Holder, holder, store},
    machine::{Event, NotNow},
    status::{Obstacle, obstacles_of},
    wording::invitation,
};
use crate::domain::{
    core::Core,
    event_log::Change,
    fault::Fault,
    organizations,
    policy::{AsRecordKeeper, Denied, PatientInView},
    settings::Settings,
    texts::outbound::{NewText, Queued, queue},
};

/// Why an enrolment was not changed.
#[derive(Debug, thiserror::Error)]
pub enum TextingError {
    /// It cannot be done as the enrolment stands.
    #[error(transparent)]
    NotNow(#[from] NotNow),
    /// Something stands in the way of texting with the patient.
    #[error(transparent)]
    Obstacle(#[from] Obstacle),
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

impl From<Fault> for TextingError {
    fn from(fault: Fault) -> Self {
        Self::Denied(fault.into())
    }
}

/// Asks a patient for their date of birth by text. Ten statements at most.
///
/// # Errors
/// See [`TextingError`].
pub async fn enable(
    core: &Core,
    keeper: &AsRecordKeeper,
    patient: &PatientInView,
) -> Result<(), TextingError> {
    ask(core, keeper, patient, Event::Enable).await
}

/// Sends the question again: there are two more weeks to answer it, and no more tries. Ten statements at most.
///
/// # Errors
/// See [`TextingError`].
pub async fn resend(
    core: &Core,
    keeper: &AsRecordKeeper,
    patient: &PatientInView,
) -> Result<(), TextingError> {
    ask(core, keeper, patient, Event::Resend).await
}

/// Begins again after a failure, with all tries. Ten statements at most.
///
/// # Errors
/// See [`TextingError`].
pub async fn restart(
    core: &Core,
    keeper: &AsRecordKeeper,
    patient: &PatientInView,
) -> Result<(), TextingError> {
    ask(core, keeper, patient, Event::Restart).await
}

async fn ask(
    core: &Core,
    keeper: &AsRecordKeeper,
    patient: &PatientInView,
    event: Event,
) -> Result<(), TextingError> {
    let mut desk = Desk::open(core, keeper, patient).await?;
    let organization = desk.change.organization();
    let obstacles = obstacles_of(
        desk.change.tx(),
        organization,
        (desk.change.now, &desk.settings),
        patient.id(),
    );
    if let Some(obstacle) = obstacles.await?.into_iter().next() {
        return Err(obstacle.into());
    }
    let moved = desk.holder.take(event, desk.change.now)?;
    desk.holder.asked_by = Some(keeper.staff());
    let number = desk.holder.number.clone().ok_or(Obstacle::NoNumber)?;
    let question = MessageBody::new(invitation(&desk.clinic.name));
    // The question goes to whoever is asked now, not to whoever had opted out before.
    desk.keep().await?;
    desk.say(core, number, question).await?;
    desk.close(core, keeper, moved).await
}

/// Opts a patient out of texting. The number's other patients are left alone. Eight statements at most.
///
/// # Errors
/// See [`TextingError`].
pub async fn opt_out(
    core: &Core,
    keeper: &AsRecordKeeper,
    patient: &PatientInView,
) -> Result<(), TextingError> {
    let mut desk = Desk::open(core, keeper, patient).await?;
    let number = desk.holder.number.clone().ok_or(Obstacle::NoNumber)?;
    let moved = desk.holder.take(Event::OptOut, desk.change.now)?;
    let entry = Entry {
        patient: patient.id(),
        number,
        change: ConsentChange::Revoked,
        source: ConsentSource::Staff,
        wording: String::new(),
        staff: Some(keeper.staff()),
    };
    let (organization, now) = (desk.change.organization(), desk.change.now);
    consent::add(core, desk.change.tx(), organization, now, vec![entry]).await?;
    desk.keep().await?;
    desk.close(core, keeper, moved).await
}

/// One patient's enrolment, held until it is stored.
struct Desk {
    change: Change,
    clinic: organization::Model,
    settings: Settings,
    holder: Holder,
}

impl Desk {
    /// Two statements.
    async fn open(
        core: &Core,
        keeper: &AsRecordKeeper,
        patient: &PatientInView,
    ) -> Result<Self, TextingError> {
        let organization: OrganizationId = keeper.organization();
        let change = Change::begin(core, organization).await?;
        let clinic = organizations::of(change.tx(), organization).await?;
        let settings = Settings::from_stored(clinic.settings.clone())?;
        let holder = holder(change.tx(), organization, patient.id())
            .await?
            .ok_or(Denied::NotFound)?;
        Ok(Self {
            change,
            clinic,
            settings,
            holder,
        })
    }

    async fn say(
        &self,
        core: &Core,
        to: PhoneNumber,
        body: MessageBody,
    ) -> Result<(), TextingError> {
        let (organization, now) = (self.change.organization(), self.change.now);
        let question = NewText {
            to,
            from: None,
            body,
            purpose: TextPurpose::Enrolment,
            patient: Some(self.holder.patient.id),
            message: None,
            notification: None,
            idempotency_key: format!("question {}", core.entropy.uuid(now).simple()),
        };
        let queued = queue(core, self.change.tx(), organization, now, &[question]).await?;
        match queued.as_slice() {
            [Queued::New(_) | Queued::Earlier] => Ok(()),
            _ => Err(Obstacle::NoGateway.into()),
        }
    }

    /// One statement.
    async fn keep(&self) -> Result<(), Fault> {
        let holder = std::slice::from_ref(&self.holder);
        store(self.change.tx(), self.change.now, holder).await
    }

    /// Two statements, and the two of the log.
    async fn close(
        mut self,
        core: &Core,
        keeper: &AsRecordKeeper,
        moved: bool,
    ) -> Result<(), TextingError> {
        let patients: BTreeSet<_> = moved
            .then_some(self.holder.patient.id)
            .into_iter()
            .collect();
        let actor = Some(PersonId::Staff(keeper.staff()));
        alert::tell(core, &mut self.change, &self.settings, actor, &patients).await?;
        self.change.commit().await?;
        Ok(())
    }
}
