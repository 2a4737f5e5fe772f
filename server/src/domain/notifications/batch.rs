//! Claimed notifications that are handled together, and those of them that could not be.

use std::collections::BTreeMap;

use entity::OrganizationId;

use super::outbox::Claimed;
use crate::domain::fault::Fault;

/// What came of handling claimed notifications together.
#[derive(Debug)]
pub struct Batch<T> {
    /// What was handled.
    pub done: Vec<T>,
    /// What was not. It is left to the end of its lease.
    pub failed: Vec<Failed>,
}

/// Claimed notifications that could not be handled, for one reason.
#[derive(Debug)]
pub struct Failed {
    /// Which.
    pub claimed: Vec<Claimed>,
    /// Why.
    pub fault: Fault,
}

impl Failed {
    pub(super) fn one(claimed: Claimed, fault: Fault) -> Self {
        Self {
            claimed: vec![claimed],
            fault,
        }
    }
}

/// Claimed notifications in portions that are read together: those of one organization.
pub(super) struct Portions(Vec<(OrganizationId, Vec<Claimed>)>);

impl Portions {
    pub(super) fn of(claimed: Vec<Claimed>) -> Self {
        let mut portions: BTreeMap<OrganizationId, Vec<Claimed>> = BTreeMap::new();
        for claimed in claimed {
            let portion = portions.entry(claimed.row.organization_id);
            portion.or_default().push(claimed);
        }
        Self(portions.into_iter().collect())
    }

    /// The next portion.
    pub(super) fn next(&mut self) -> Option<(OrganizationId, Vec<Claimed>)> {
        self.0.pop()
    }

    /// Takes back a portion that failed. Each of its notifications is then tried by itself, so that one that cannot be read
    /// keeps no other from leaving; what that cannot help is given back as failed.
    pub(super) fn again(
        &mut self,
        organization: OrganizationId,
        portion: Vec<Claimed>,
        fault: Fault,
    ) -> Option<Failed> {
        if fault.is_passing() || portion.len() <= 1 {
            return Some(Failed {
                claimed: portion,
                fault,
            });
        }
        let one_by_one = portion.into_iter().map(|one| (organization, vec![one]));
        self.0.extend(one_by_one);
        None
    }
}
