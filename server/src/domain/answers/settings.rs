//! What a clinic decides about answers.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::{CasePriority, ConversationKind, OrganizationId, Roles, StaffId, StaffStatus};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, Iterable as _};
use serde::{Deserialize, Serialize};

use crate::domain::{
    fault::Fault,
    opening_hours::due,
    people::values::{self, Check, Problem},
    settings::Settings,
    store::Sql,
};

/// The longest time until an answer: four weeks of opening time.
const MAX_MINUTES: u32 = 40_320;
/// The most staff members who are told of what nobody else has looked after.
pub const MAX_CONTACTS: usize = 20;

/// What a clinic has decided about answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AnswerSettings {
    /// After how many minutes of opening time patients are answered in the care-team chat; none says nothing.
    pub care_team_chat_minutes: Option<u32>,
    /// The same for secure messages.
    pub secure_message_minutes: Option<u32>,
    /// The same for cases.
    pub case_minutes: Option<u32>,
    /// Who is told of what nobody else has looked after; without any the administrators are.
    pub escalation: Vec<StaffId>,
}

impl AnswerSettings {
    /// After how many minutes of opening time patients are answered in conversations of a kind.
    #[must_use]
    pub const fn minutes(&self, kind: ConversationKind) -> Option<u32> {
        match kind {
            ConversationKind::CareTeamChat => self.care_team_chat_minutes,
            ConversationKind::SecureMessage => self.secure_message_minutes,
            ConversationKind::Case => self.case_minutes,
            ConversationKind::Announcement => None,
        }
    }
}

/// What to change about answers; none leaves a value as it is.
#[derive(Debug, Default)]
pub struct AnswerChanges {
    /// Minutes of opening time for kinds of conversation, or that nothing is said.
    pub minutes: Vec<(ConversationKind, Option<u32>)>,
    /// See [`AnswerSettings::escalation`].
    pub escalation: Option<BTreeSet<StaffId>>,
}

impl AnswerChanges {
    /// Puts what is given in place of what counts.
    pub(in crate::domain) fn overlay(&self, answers: &mut AnswerSettings) {
        for (kind, minutes) in &self.minutes {
            match kind {
                ConversationKind::CareTeamChat => answers.care_team_chat_minutes = *minutes,
                ConversationKind::SecureMessage => answers.secure_message_minutes = *minutes,
                ConversationKind::Case => answers.case_minutes = *minutes,
                // Nobody answers these; the check says so.
                ConversationKind::Announcement => {}
            }
        }
        if let Some(contacts) = &self.escalation {
            answers.escalation = contacts.iter().copied().collect();
        }
    }
}

/// Notes what is wrong with changes.
pub(in crate::domain) fn check_answers(check: &mut Check, changes: &AnswerChanges) {
    const MINUTES: &str = "expectedAnswers.minutes";
    for (kind, minutes) in &changes.minutes {
        if *kind == ConversationKind::Announcement {
            let why = "another kind: announcements are not answered";
            check.wrong("expectedAnswers.kind", Problem::Needs(why));
        }
        if let Some(minutes) = minutes {
            check.value(MINUTES, values::within(*minutes, 1, MAX_MINUTES));
        }
    }
    let contacts = changes.escalation.as_ref().map_or(0, BTreeSet::len);
    if contacts > MAX_CONTACTS {
        let max = MAX_CONTACTS;
        check.wrong("escalationContactIds", Problem::TooMany { max });
    }
}

/// Notes where the clinic promises what it is not open for long enough to keep, within a year from now.
///
/// # Errors
/// [`Fault::Corrupt`] when the zone is none.
pub(in crate::domain) fn check_reached(
    check: &mut Check,
    settings: &Settings,
    zone: &str,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let hours = settings.opening_hours.as_ref();
    let promised = ConversationKind::iter()
        .map(|kind| ("expectedAnswers.minutes", settings.answers.minutes(kind)));
    let wanted = CasePriority::iter().map(|priority| {
        let minutes = settings.first_answer_minutes.of(priority);
        ("firstAnswerMinutes", minutes)
    });
    for (field, minutes) in promised.chain(wanted) {
        if let Some(minutes) = minutes
            && due(now, minutes, hours, zone)?.is_none()
        {
            let why = "less time: the clinic is not open for so long within a year";
            check.wrong(field, Problem::Needs(why));
        }
    }
    Ok(())
}

/// Notes when one of those who are to be told is no active clinician or administrator of the organization. At most one
/// statement.
pub(in crate::domain) async fn require_contacts(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    changes: &AnswerChanges,
    check: &mut Check,
) -> Result<(), Fault> {
    let Some(contacts) = changes.escalation.as_ref().filter(|some| !some.is_empty()) else {
        return Ok(());
    };
    let mut select =
        Sql::new("select count(*) as count from staff_member s where s.organization_id = ");
    select
        .bind(organization)
        .push(" and s.status = ")
        .bind(StaffStatus::Active)
        .push(" and (s.roles & ")
        .bind(Roles::CLINICIAN.with(Roles::ADMINISTRATOR))
        .push(") <> 0 and s.id in ")
        .list(contacts.iter().copied().take(MAX_CONTACTS));
    let row = tx
        .query_one_raw(select.on(tx))
        .await?
        .ok_or(Fault::Corrupt("count"))?;
    let able: i64 = row.try_get("", "count")?;
    if usize::try_from(able) != Ok(contacts.len()) {
        let who = "active clinicians or administrators of the clinic";
        check.wrong("escalationContactIds", Problem::Needs(who));
    }
    Ok(())
}
