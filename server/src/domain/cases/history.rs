//! What was changed of cases: entries are only ever added.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{
    CaseChangeKind, CasePriority, CaseStatus, ConversationId, EventKind, OrganizationId, PersonId,
    StaffId, contact_request_change,
};
use sea_orm::{ActiveEnum, ConnectionTrait, DbErr, FromQueryResult as _};

use crate::domain::{
    event_log::Change,
    fault::Fault,
    store::{Sql, sql},
};

/// The most entries of a case that are shown.
const SHOWN: i64 = 100;

/// What was changed of a case, from what and to what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Where it stands; from nothing when it was opened.
    Status(Option<CaseStatus>, CaseStatus),
    /// Who works on it.
    Assignment(Option<StaffId>, Option<StaffId>),
    /// How soon it is to be worked on.
    Priority(CasePriority, CasePriority),
    /// By which number it is held. No number is kept here: the texts say where they went.
    Number,
}

/// A change that is remembered.
#[derive(Clone, Copy, Debug)]
pub struct CaseMove {
    /// Where.
    pub organization: OrganizationId,
    /// What was changed.
    pub what: Moved,
    /// Who did it.
    pub by: PersonId,
    /// When.
    pub at: DateTime<Utc>,
}

impl Moved {
    /// What is recorded of it: patients are told nothing of who works on their case, and how soon.
    pub(super) const fn event(&self) -> EventKind {
        match self {
            Self::Status(..) | Self::Number => EventKind::CaseChanged,
            Self::Assignment(..) | Self::Priority(..) => EventKind::CaseWorkChanged,
        }
    }

    fn read(row: &contact_request_change::Model) -> Option<Self> {
        let (before, after) = (row.before.as_deref(), row.after.as_deref());
        Some(match row.kind {
            CaseChangeKind::Status => {
                let before = before.map(word_of::<CaseStatus>);
                Self::Status(before.transpose().ok()?, word_of(after?).ok()?)
            }
            CaseChangeKind::Assignment => {
                let staff = |id: Option<&str>| id.and_then(StaffId::from_public);
                Self::Assignment(staff(before), staff(after))
            }
            CaseChangeKind::Priority => {
                Self::Priority(word_of(before?).ok()?, word_of(after?).ok()?)
            }
            CaseChangeKind::Number => Self::Number,
        })
    }

    fn columns(&self) -> (CaseChangeKind, Option<String>, Option<String>) {
        match self {
            Self::Status(before, after) => (
                CaseChangeKind::Status,
                before.map(|status| status.word().to_owned()),
                Some(after.word().to_owned()),
            ),
            Self::Assignment(before, after) => (
                CaseChangeKind::Assignment,
                before.map(StaffId::to_public),
                after.map(StaffId::to_public),
            ),
            Self::Priority(before, after) => (
                CaseChangeKind::Priority,
                Some(before.word().to_owned()),
                Some(after.word().to_owned()),
            ),
            Self::Number => (CaseChangeKind::Number, None, None),
        }
    }
}

/// Remembers what somebody has changed of a case, which they hold, so that the numbers follow each other. One statement.
pub(super) async fn keep(
    change: &Change,
    case: ConversationId,
    by: PersonId,
    moved: &Moved,
) -> Result<(), Fault> {
    let (kind, before, after) = moved.columns();
    let tx = change.tx();
    tx.execute_raw(sql(
        tx,
        "insert into contact_request_change (organization_id, conversation_id, number, kind, before, after, person_kind, person_id, changed_at) \
         select $1, $2, coalesce(max(h.number), 0) + 1, $3, $4, $5, $6, $7, $8 from contact_request_change h \
         where h.organization_id = $1 and h.conversation_id = $2",
        [
            change.organization().into(),
            case.into(),
            kind.into(),
            before.into(),
            after.into(),
            by.kind().into(),
            by.uuid().into(),
            change.now.into(),
        ],
    ))
    .await?;
    Ok(())
}

/// The newest hundred changes of each of several cases, the newest first, for whoever may see them. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn histories(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    cases: &[ConversationId],
) -> Result<HashMap<ConversationId, Vec<CaseMove>>, Fault> {
    let mut select = Sql::new(
        "select * from (select h.*, row_number() over (partition by h.conversation_id order by h.number desc) as place \
         from contact_request_change h where h.organization_id = ",
    );
    select
        .bind(organization)
        .push(" and h.conversation_id in ")
        .list(cases.iter().copied())
        .push(") as newest where place <= ")
        .bind(SHOWN)
        .push(" order by number desc");
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in &connection.query_all_raw(select.on(connection)).await? {
        let entry = contact_request_change::Model::from_query_result(row, "")?;
        let moved = CaseMove {
            organization,
            what: Moved::read(&entry).ok_or(Fault::Corrupt("case history"))?,
            by: PersonId::from_columns(entry.person_kind, entry.person_id),
            at: entry.changed_at,
        };
        found.entry(entry.conversation_id).or_default().push(moved);
    }
    Ok(found)
}

fn word_of<W: ActiveEnum<Value = String>>(word: &str) -> Result<W, DbErr> {
    W::try_from_value(&word.to_owned())
}
