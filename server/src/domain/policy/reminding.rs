//! Who can be sent a reminder, decided at the review and again in the transaction in which it leaves.

use std::collections::BTreeMap;

use entity::{
    Channel, ConversationKind, OrganizationId, PatientId, StaffId, conversation, patient,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, FromQueryResult as _, QueryResult};

use super::{
    CanPost, PostRefused,
    checks::{check_contact, check_sender, records_for},
    conversations::patient_may_take_part,
};
use crate::domain::{fault::Fault, notifications::patient_channel, settings::Settings};

const KIND: ConversationKind = ConversationKind::Announcement;

/// The right to put a message into a patient's announcements, found within the transaction that does it.
#[derive(Debug)]
pub(crate) struct CanRemind {
    patient: patient::Model,
    channel: Channel,
    settings: Settings,
}

impl CanRemind {
    /// To whom.
    pub(crate) fn patient(&self) -> &patient::Model {
        &self.patient
    }

    /// How the patient is notified.
    pub(crate) fn channel(&self) -> Channel {
        self.channel
    }

    /// The right to write in the patient's announcements.
    pub(crate) fn within(self, conversation: conversation::Model) -> Result<CanPost, Fault> {
        let theirs = conversation.patient_id == self.patient.id
            && conversation.organization_id == self.patient.organization_id;
        if !theirs || conversation.kind != KIND {
            return Err(Fault::Corrupt("announcements"));
        }
        Ok(CanPost::first(conversation, self.settings.rules(KIND)))
    }
}

/// How a patient who can be sent reminders is notified of them: they are let into a portal to read it in, and one of the
/// clinic's ways of notifying reaches them (SEC-1), which is none by text where they have opted out of texts.
pub(crate) fn reminder_channel(
    settings: &Settings,
    patient: &patient::Model,
    opted_out: bool,
) -> Result<Channel, PostRefused> {
    let enrolled = patient.enrolled_at.is_some();
    if let Err(denied) = patient_may_take_part(settings, KIND, enrolled, patient.portal_allowed) {
        return Err(PostRefused::of_portal(&denied));
    }
    if !settings.rules(KIND).offered {
        return Err(PostRefused::NotOffered);
    }
    let on_file = (patient.email.is_some(), patient.phone.is_some(), opted_out);
    check_contact(settings, on_file)?;
    patient_channel(settings, patient, opted_out).ok_or(PostRefused::NoContactOnFile)
}

/// Decides for several patients whether a staff member may send them a reminder: whether the sender still works here and
/// reaches them, and whether they can be sent any. One statement.
pub(crate) async fn decide_reminders(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    sender: StaffId,
    patients: &[PatientId],
) -> Result<
    (
        Settings,
        BTreeMap<PatientId, Result<CanRemind, PostRefused>>,
    ),
    Fault,
> {
    let mut decisions = BTreeMap::new();
    if patients.is_empty() {
        return Ok((Settings::default(), decisions));
    }
    let select = records_for(organization, sender, patients);
    let rows = tx.query_all_raw(select.on(tx)).await?;
    let Some(first) = rows.first() else {
        return Ok((Settings::default(), decisions));
    };
    let settings = Settings::from_stored(first.try_get("", "settings")?)?;
    for row in &rows {
        let patient = patient::Model::from_query_result(row, "")?;
        let id = patient.id;
        decisions.insert(id, decide(&settings, patient, row)?);
    }
    Ok((settings, decisions))
}

fn decide(
    settings: &Settings,
    patient: patient::Model,
    row: &QueryResult,
) -> Result<Result<CanRemind, PostRefused>, Fault> {
    if let Err(refused) = check_sender(settings, row)? {
        return Ok(Err(refused));
    }
    Ok(
        reminder_channel(settings, &patient, row.try_get("", "opted_out")?).map(|channel| {
            CanRemind {
                patient,
                channel,
                settings: settings.clone(),
            }
        }),
    )
}
