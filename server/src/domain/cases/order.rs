//! In which order cases are listed: by what was written last, or by what is to be worked on first (CASE-6).

use chrono::{DateTime, Utc};
use entity::{CasePriority, ConversationId};

use super::CaseListEntry;
use crate::domain::{
    page::{Direction, Slice},
    store::Sql,
};

/// In which order cases are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum CaseOrder {
    /// Those in which something was written last first.
    #[default]
    Activity,
    /// Those whose first answer is due soonest first; at the end those that wait for none, the oldest first.
    FirstAnswerDue,
    /// The most urgent first, and of these the oldest.
    Priority,
    /// The oldest first.
    Opened,
}

/// Where a case stands in a list, in the list's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CasePlace {
    /// What counts before the moment.
    pub rank: i32,
    /// The moment that the order goes by.
    pub at: DateTime<Utc>,
    /// Tells those of the same moment apart.
    pub case: ConversationId,
}

/// SQL that is true for a case `cr` that waits for its first answer.
const WAITS: &str = "cr.first_answer_due_at is not null and cr.first_answered_at is null";

impl CaseOrder {
    /// The expressions of a case `cr` and its conversation `c` by which the order goes, as indexes hold them.
    fn by(self) -> (String, String) {
        match self {
            Self::Activity => ("0".to_owned(), "c.activity_at".to_owned()),
            Self::FirstAnswerDue => (
                format!("(case when {WAITS} then 0 else 1 end)"),
                format!("(case when {WAITS} then cr.first_answer_due_at else cr.opened_at end)"),
            ),
            Self::Priority => (
                "(case cr.priority when 'URGENT' then 0 when 'HIGH' then 1 when 'NORMAL' then 2 else 3 end)".to_owned(),
                "cr.opened_at".to_owned(),
            ),
            Self::Opened => ("0".to_owned(), "cr.opened_at".to_owned()),
        }
    }

    /// Whether the list shows the greatest first.
    const fn descends(self) -> bool {
        match self {
            Self::Activity => true,
            Self::FirstAnswerDue | Self::Priority | Self::Opened => false,
        }
    }

    /// Where a case stands.
    #[must_use]
    pub fn place(self, listed: &CaseListEntry) -> CasePlace {
        let row = &listed.case.row;
        let due = row.first_answer_due_at;
        let due = due.filter(|_| row.first_answered_at.is_none());
        let (rank, at) = match self {
            Self::Activity => (0, listed.entry.cursor().activity_at),
            Self::FirstAnswerDue => due.map_or((1, row.opened_at), |due| (0, due)),
            Self::Priority => (rank(row.priority), row.opened_at),
            Self::Opened => (0, row.opened_at),
        };
        CasePlace {
            rank,
            at,
            case: row.conversation_id,
        }
    }

    /// Adds the bounds, order and size of a page of cases `cr` with their conversations `c`.
    pub(super) fn push_page(self, select: &mut Sql, slice: &Slice<CasePlace>) {
        let (rank, at) = self.by();
        let (later, earlier) = match self.descends() {
            true => ("<", ">"),
            false => (">", "<"),
        };
        // An expression that is the same for all would keep the index from being used.
        let ranked = rank != "0";
        let key = match ranked {
            true => format!("({rank}, {at}, c.id)"),
            false => format!("({at}, c.id)"),
        };
        for (comparison, place) in [(later, slice.after), (earlier, slice.before)] {
            if let Some(place) = place {
                select.push(&format!(" and {key} {comparison} ("));
                if ranked {
                    select.bind(place.rank).push(", ");
                }
                select.bind(place.at).push(", ").bind(place.case).push(")");
            }
        }
        let descends = self.descends() == (slice.direction == Direction::Forward);
        let way = if descends { " desc" } else { "" };
        let ranks = if ranked {
            format!("{rank}{way}, ")
        } else {
            String::new()
        };
        select
            .push(&format!(" order by {ranks}{at}{way}, c.id{way} limit "))
            .bind(slice.fetch());
    }
}

const fn rank(priority: CasePriority) -> i32 {
    match priority {
        CasePriority::Urgent => 0,
        CasePriority::High => 1,
        CasePriority::Normal => 2,
        CasePriority::Low => 3,
    }
}
