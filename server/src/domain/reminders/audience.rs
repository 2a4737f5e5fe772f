//! Whom a reminder is for: patients who were ticked in a list, or a list as it stands.

use std::{collections::BTreeSet, sync::Arc};

use entity::{PatientId, patient};
use sea_orm::ConnectionTrait;

use super::{MAX_RECIPIENTS, ReminderError};
use crate::domain::{
    page::{Direction, Slice},
    people::patients::{self, PatientFilter, Reach},
    policy::{self, AsClinician, Denied},
    viewer::Viewer,
};

/// Which patients are chosen.
#[derive(Clone, Debug)]
pub enum Selection {
    /// These.
    Patients(BTreeSet<PatientId>),
    /// Those whom a list with this filter shows to the sender.
    Filter(PatientFilter),
}

impl Selection {
    /// Adds what is chosen to the bytes that tell one reminder from another.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Patients(ids) => {
                bytes.push(b'p');
                ids.iter()
                    .for_each(|id| bytes.extend_from_slice(id.0.as_bytes()));
            }
            Self::Filter(filter) => {
                bytes.push(b'f');
                bytes.push(match filter.reach {
                    Reach::Mine => 0,
                    Reach::All => 1,
                });
                for id in [filter.program.map(|id| id.0), filter.group.map(|id| id.0)] {
                    bytes.extend_from_slice(id.unwrap_or_default().as_bytes());
                }
                let search = filter.search.as_deref().unwrap_or_default();
                bytes.extend_from_slice(search.as_bytes());
            }
        }
    }
}

/// The chosen patients, by name where a filter chose them. One statement, however many they are.
///
/// # Errors
/// [`ReminderError::NobodyChosen`] and [`ReminderError::TooMany`]; [`Denied::NotFound`] when one that was named does not
/// exist for the sender.
pub(super) async fn find(
    connection: &impl ConnectionTrait,
    clinician: &AsClinician,
    selection: &Selection,
) -> Result<Vec<Arc<patient::Model>>, ReminderError> {
    let viewer = Viewer::Staff(clinician.viewer().clone());
    let found = match selection {
        Selection::Patients(ids) if ids.is_empty() => return Err(ReminderError::NobodyChosen),
        Selection::Patients(ids) if ids.len() > MAX_RECIPIENTS => {
            return Err(ReminderError::TooMany);
        }
        Selection::Patients(ids) => {
            let asked = repeated(ids);
            let found = policy::open_patients(connection, &viewer, &asked).await?;
            if found.len() < ids.len() {
                return Err(Denied::NotFound.into());
            }
            let records = found.into_iter().map(|found| found.into_patient());
            records.map(Arc::new).collect()
        }
        Selection::Filter(filter) => {
            let slice = Slice {
                after: None,
                before: None,
                direction: Direction::Forward,
                limit: u32::try_from(MAX_RECIPIENTS).unwrap_or(u32::MAX),
            };
            let staff = policy::staff(&viewer)?;
            let page = patients::page(connection, &staff, filter, &slice).await?;
            if page.has_next {
                return Err(ReminderError::TooMany);
            }
            page.items
        }
    };
    if found.is_empty() {
        Err(ReminderError::NobodyChosen)
    } else {
        Ok(found)
    }
}

/// The ids, with the last one repeated up to the next power of two: so a connection prepares a statement for few lengths of
/// lists, not for each.
fn repeated(ids: &BTreeSet<PatientId>) -> Vec<PatientId> {
    let length = ids.len().next_power_of_two();
    let last = ids.last().into_iter().cycle();
    ids.iter().chain(last).take(length).copied().collect()
}
