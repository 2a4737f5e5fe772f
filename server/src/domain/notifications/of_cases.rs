//! Whether notifications about cases are still needed.

use entity::{StaffId, notification};

use super::{facts::Facts, recipient::Thread, settle::Skip};
use crate::domain::fault::Fault;

impl Facts {
    /// A case that somebody else works on by now is no news.
    pub(super) fn is_still_theirs(
        &self,
        staff: StaffId,
        row: &notification::Model,
    ) -> Result<Result<(), Skip>, Fault> {
        let case = Thread::of(row)?.conversation;
        Ok(if self.assigned.contains(&(case, staff)) {
            Ok(())
        } else {
            Err(Skip::Expired)
        })
    }
}
