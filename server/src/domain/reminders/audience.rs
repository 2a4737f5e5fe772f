//! Whom a reminder is for: patients who were ticked in a list, or those whom a filter finds. They are read page by page, so
//! that ten thousand take no more memory than a few.

use std::{
    collections::BTreeSet,
    ops::Bound::{Excluded, Unbounded},
};

use entity::{PatientId, patient};
use sea_orm::ConnectionTrait;

use super::{MAX_RECIPIENTS, ReminderError};
use crate::domain::{
    people::patients::{self, PatientFilter, Reach},
    policy::{self, AsClinician, AsStaff, Denied},
    viewer::Viewer,
};

/// How many patients are read at once.
const PAGE: usize = 512;

/// Which patients are chosen.
#[derive(Clone, Debug)]
pub enum Selection {
    /// These.
    Patients(BTreeSet<PatientId>),
    /// Those of this filter whom the sender may reach.
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
                for id in [
                    filter.program.map(|id| id.0),
                    filter.group.map(|id| id.0),
                    filter.care_team_of.map(|id| id.0),
                ] {
                    bytes.extend_from_slice(id.unwrap_or_default().as_bytes());
                }
                let search = filter.search.as_deref().unwrap_or_default();
                bytes.extend_from_slice(search.as_bytes());
            }
        }
    }
}

/// The chosen patients, page by page in the order of their ids.
pub(super) struct Audience<'s> {
    viewer: Viewer,
    staff: AsStaff,
    selection: &'s Selection,
    found: usize,
    last: Option<PatientId>,
    ended: bool,
}

impl<'s> Audience<'s> {
    /// Those whom a clinician chooses.
    ///
    /// # Errors
    /// [`ReminderError::NobodyChosen`] and [`ReminderError::TooMany`].
    pub(super) fn new(
        clinician: &AsClinician,
        selection: &'s Selection,
    ) -> Result<Self, ReminderError> {
        if let Selection::Patients(ids) = selection {
            check_count(ids.len())?;
        }
        let viewer = Viewer::Staff(clinician.viewer().clone());
        Ok(Self {
            staff: policy::staff(&viewer)?,
            viewer,
            selection,
            found: 0,
            last: None,
            ended: false,
        })
    }

    /// The next of them; none after the last. One statement.
    ///
    /// # Errors
    /// [`Denied::NotFound`] when one that was named does not exist for the sender, [`ReminderError::NobodyChosen`] when a
    /// filter finds nobody, and [`ReminderError::TooMany`].
    pub(super) async fn next(
        &mut self,
        connection: &impl ConnectionTrait,
    ) -> Result<Option<Vec<patient::Model>>, ReminderError> {
        if self.ended {
            return Ok(None);
        }
        let page = match self.selection {
            Selection::Patients(ids) => self.named(connection, ids).await?,
            Selection::Filter(filter) => {
                let (after, limit) = (self.last, PAGE as u32);
                patients::audience(connection, &self.staff, filter, after, limit).await?
            }
        };
        self.found += page.len();
        check_count(self.found)?;
        self.last = page.last().map(|patient| patient.id);
        self.ended = match self.selection {
            Selection::Patients(ids) => self.found == ids.len(),
            Selection::Filter(_) => page.len() < PAGE,
        };
        Ok((!page.is_empty()).then_some(page))
    }

    async fn named(
        &self,
        connection: &impl ConnectionTrait,
        ids: &BTreeSet<PatientId>,
    ) -> Result<Vec<patient::Model>, ReminderError> {
        let after = self.last.map_or(Unbounded, Excluded);
        let asked: Vec<_> = ids.range((after, Unbounded)).take(PAGE).copied().collect();
        let found = policy::open_patients(connection, &self.viewer, &repeated(&asked)).await?;
        if found.len() < asked.len() {
            return Err(Denied::NotFound.into());
        }
        let mut page: Vec<_> = found
            .into_iter()
            .map(|found| found.into_patient())
            .collect();
        page.sort_unstable_by_key(|patient| patient.id);
        Ok(page)
    }
}

fn check_count(count: usize) -> Result<(), ReminderError> {
    match count {
        0 => Err(ReminderError::NobodyChosen),
        1..=MAX_RECIPIENTS => Ok(()),
        _ => Err(ReminderError::TooMany),
    }
}

/// The ids, with the last one repeated up to the next power of two: so a connection prepares a statement for few lengths of
/// lists, not for each.
fn repeated(ids: &[PatientId]) -> Vec<PatientId> {
    let length = ids.len().next_power_of_two();
    let last = ids.last().into_iter().cycle();
    ids.iter().chain(last).take(length).copied().collect()
}
