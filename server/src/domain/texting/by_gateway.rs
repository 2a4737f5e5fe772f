//! STOP that came to the gateway itself: it refuses whatever goes to the number from then on.

use std::collections::BTreeSet;

use entity::{ConsentChange, ConsentSource, PatientId, PhoneNumber};

use super::{
    alert, blocks,
    consent::{self, Entry, OfNobody},
    enrolment::{holders, store},
    machine::Event,
};
use crate::domain::{
    cases::{self, Asked},
    core::Core,
    event_log::Change,
    fault::Fault,
    organizations,
    settings::Settings,
};

/// Blocks a number to which the gateway sends nothing more, for every patient who has it, tells those who work on its cases, and
/// keeps in the ledger how that came. What is known already changes nothing. Thirteen statements at most.
pub(in crate::domain) async fn stopped_at_gateway(
    core: &Core,
    change: &mut Change,
    number: &PhoneNumber,
) -> Result<(), Fault> {
    let (organization, now) = (change.organization(), change.now);
    let mut holders = holders(change.tx(), organization, number).await?;
    if !blocks::block(change.tx(), organization, number, now).await? {
        return Ok(());
    }
    let clinic = organizations::of(change.tx(), organization).await?;
    let settings = Settings::from_stored(clinic.settings)?;
    let mut moved = BTreeSet::new();
    for holder in &mut holders {
        if holder.take(Event::Stop, now).unwrap_or(false) {
            moved.insert(holder.patient.id);
        }
    }
    store(change.tx(), now, &holders).await?;
    let asked = Asked {
        organization,
        number,
        now,
    };
    let mut concerned = cases::consent_changed(change, &settings, asked).await?;
    concerned.retain(|patient| !holders.iter().any(|holder| holder.patient.id == *patient));
    concerned.extend(&moved);
    keep(core, change, number, &concerned, holders.is_empty()).await?;
    alert::tell(core, change, &settings, None, &moved).await
}

/// Enters it into the ledgers of these patients, or of the number where it is nobody's. One statement at most.
async fn keep(
    core: &Core,
    change: &Change,
    number: &PhoneNumber,
    patients: &BTreeSet<PatientId>,
    has_no_holder: bool,
) -> Result<(), Fault> {
    let (organization, now) = (change.organization(), change.now);
    if has_no_holder && patients.is_empty() {
        let entry = OfNobody {
            number,
            change: ConsentChange::Revoked,
            source: ConsentSource::Gateway,
            wording: "",
        };
        return consent::add_of_nobody(core, change.tx(), (organization, now), &entry).await;
    }
    let entries = patients.iter().map(|patient| Entry {
        patient: *patient,
        number: number.clone(),
        change: ConsentChange::Revoked,
        source: ConsentSource::Gateway,
        wording: String::new(),
        staff: None,
    });
    consent::add(core, change.tx(), organization, now, entries.collect()).await
}
