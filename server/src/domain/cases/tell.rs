//! Recording that a case has changed, for those whom it concerns and for those who watch the list of cases.

use std::collections::BTreeSet;

use entity::{ConversationId, EventKind, PatientId, PersonId};

use crate::domain::{
    conversations::{Follower, Followers, followers},
    event_log::{Change, NewEvent},
    fault::Fault,
    settings::Settings,
};

/// Records what has become of a case; it alerts those who follow it of whom `alerts` says so. One statement.
pub(super) async fn changed(
    change: &mut Change,
    kind: EventKind,
    settings: &Settings,
    (case, patient): (ConversationId, PatientId),
    actor: Option<PersonId>,
    alerts: impl Fn(&Follower) -> bool,
) -> Result<(), Fault> {
    let (organization, cases) = (change.organization(), BTreeSet::from([case]));
    let mut found = followers(change.tx(), organization, settings, &cases).await?;
    let followers = found.remove(&case).unwrap_or_default();
    record(change, kind, &followers, (case, patient), actor, alerts);
    Ok(())
}

/// The same for followers who were found already.
pub(super) fn record(
    change: &mut Change,
    kind: EventKind,
    followers: &Followers,
    (case, patient): (ConversationId, PatientId),
    actor: Option<PersonId>,
    alerts: impl Fn(&Follower) -> bool,
) {
    let mut audience = followers.audience(false);
    for concerned in &mut audience.0 {
        let mut all = followers.0.iter();
        concerned.alerted =
            all.any(|follower| follower.staff == concerned.staff && alerts(follower));
    }
    change.record(NewEvent {
        actor,
        audience,
        ..NewEvent::new(kind).within(case).of(patient)
    });
}

/// Nobody is alerted: what a colleague does updates open views only.
pub(super) const fn nobody(_: &Follower) -> bool {
    false
}
