//! Recording that a case has changed, for those whom it concerns and for those who watch the list of cases.

use std::collections::BTreeSet;

use entity::{ConversationId, EventKind, PatientId, PersonId};

use crate::domain::{
    conversations::{Follower, Followers, followers},
    event_log::{Change, NewEvent},
    fault::Fault,
    settings::Settings,
};

/// Records that a case has changed; it alerts those who follow it of whom `alerts` says so. One statement.
pub(super) async fn changed(
    change: &mut Change,
    settings: &Settings,
    (case, patient): (ConversationId, PatientId),
    actor: Option<PersonId>,
    alerts: impl Fn(&Follower) -> bool,
) -> Result<Followers, Fault> {
    let organization = change.organization();
    let mut found = followers(change.tx(), organization, settings, &BTreeSet::from([case])).await?;
    let followers = found.remove(&case).unwrap_or_default();
    let mut audience = followers.audience(false);
    for concerned in &mut audience.0 {
        let mut all = followers.0.iter();
        concerned.alerted =
            all.any(|follower| follower.staff == concerned.staff && alerts(follower));
    }
    change.record(NewEvent {
        actor,
        audience,
        ..NewEvent::new(EventKind::CaseChanged)
            .within(case)
            .of(patient)
    });
    Ok(followers)
}

/// Nobody is alerted: what a colleague does updates open views only.
pub(super) const fn nobody(_: &Follower) -> bool {
    false
}
