//! Cases whose number gets texts no more, because STOP came from it, or again, because START did (TXT-4).

use std::collections::{BTreeMap, BTreeSet};

use entity::{CaseStatus, ConversationId, EventKind, PatientId};

use super::{number::Asked, tell};
use crate::domain::{
    conversations::followers, event_log::Change, fault::Fault, settings::Settings, store::Sql,
};
use sea_orm::ConnectionTrait as _;

/// The most cases of one number that are told of; of more the newest are, and the others show how it stands to whoever opens them.
const LIMIT: i64 = 100;

/// Records for each case that is held by a number that texts to it were stopped, or are possible again: it alerts those who are
/// alerted of what the patient writes, while the case is not complete. Gives the patients whose cases these are. Two statements.
pub(in crate::domain) async fn consent_changed(
    change: &mut Change,
    settings: &Settings,
    asked: Asked<'_>,
) -> Result<BTreeSet<PatientId>, Fault> {
    let found = held_by(change, asked).await?;
    let ids: BTreeSet<_> = found.keys().copied().collect();
    let mut follow = followers(change.tx(), asked.organization, settings, &ids).await?;
    for (case, (patient, status)) in &found {
        let followers = follow.remove(case).unwrap_or_default();
        let goes_on = *status != CaseStatus::Complete;
        let kind = EventKind::CaseWorkChanged;
        tell::record(
            change,
            kind,
            &followers,
            (*case, *patient),
            None,
            |follower| goes_on && follower.alerted,
        );
    }
    Ok(found.into_values().map(|(patient, _)| patient).collect())
}

/// The cases that are held by a number, whether it was given for them or is on file. One statement.
async fn held_by(
    change: &Change,
    asked: Asked<'_>,
) -> Result<BTreeMap<ConversationId, (PatientId, CaseStatus)>, Fault> {
    let mut select = Sql::new("select c.id, c.patient_id, c.case_status from (");
    asked.push_cases(&mut select);
    select
        .push(") as cr join conversation c on c.organization_id = ")
        .bind(asked.organization)
        .push(" and c.id = cr.conversation_id order by c.activity_at desc, c.id desc limit ")
        .bind(LIMIT);
    let rows = change.tx().query_all_raw(select.on(change.tx())).await?;
    rows.iter()
        .map(|row| {
            let (patient, status) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            Ok((row.try_get_by_index(0)?, (patient, status)))
        })
        .collect()
}
