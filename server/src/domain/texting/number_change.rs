//! Another number of a patient ends what was agreed to for the old one.

use std::collections::BTreeSet;

use entity::{ConsentChange, ConsentSource, PersonId, patient};
use sea_orm::ConnectionTrait as _;

use super::{
    alert,
    consent::{self, Entry},
    enrolment::holder,
    machine::State,
};
use crate::domain::{core::Core, event_log::Change, fault::Fault, settings::Settings, store::sql};

/// Ends the enrolment of a patient whose number is about to change, or to be removed. Called while the patient is held and the
/// old number is on file. One statement, and five more where there was an enrolment.
///
/// # Errors
/// Any failure of the database.
pub(in crate::domain) async fn number_changed(
    core: &Core,
    change: &mut Change,
    settings: &Settings,
    actor: PersonId,
    stored: &patient::Model,
) -> Result<(), Fault> {
    let (organization, now) = (stored.organization_id, change.now);
    let Some(holder) = holder(change.tx(), organization, stored.id).await? else {
        return Ok(());
    };
    let (state, Some(number)) = (holder.state, holder.number) else {
        return Ok(());
    };
    if state == State::None {
        return Ok(());
    }
    let entries = if state == State::Enabled {
        let entry = Entry {
            patient: stored.id,
            number,
            change: ConsentChange::Revoked,
            source: ConsentSource::NumberChanged,
            wording: String::new(),
            staff: match actor {
                PersonId::Staff(staff) => Some(staff),
                PersonId::Patient(_) => None,
            },
        };
        vec![entry]
    } else {
        Vec::new()
    };
    consent::add(core, change.tx(), organization, now, entries).await?;
    alert::tell(
        core,
        change,
        settings,
        Some(actor),
        &BTreeSet::from([stored.id]),
    )
    .await?;
    change
        .tx()
        .execute_raw(sql(
            change.tx(),
            "delete from texting_enrolment where organization_id = $1 and patient_id = $2",
            [organization.into(), stored.id.into()],
        ))
        .await?;
    Ok(())
}
