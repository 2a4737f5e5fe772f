//! Open conversations with nobody who would be alerted (NEW-3).

use chrono::{DateTime, Utc};
use entity::{ConversationId, conversation};
use sea_orm::{ConnectionTrait, FromQueryResult as _};

use crate::domain::{
    fault::Fault,
    page::{Direction, Page, Slice},
    policy::{
        AsRecordKeeper, ConversationInView, clinician, conversation_of_inbox,
        push_in_reach_of_called,
    },
    store::Sql,
    viewer::Viewer,
};

/// Where a conversation stands among those that nobody listens to: the one that has waited longest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnattendedCursor {
    /// Since when nobody listens.
    pub since: DateTime<Utc>,
    /// Tells those of the same moment apart.
    pub conversation: ConversationId,
}

/// A conversation that nobody listens to.
#[derive(Clone, Debug)]
pub struct Unattended {
    /// The conversation.
    pub conversation: conversation::Model,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The right to read it, of clinicians.
    pub in_view: Option<ConversationInView>,
}

impl Unattended {
    /// Where it stands.
    #[must_use]
    pub fn cursor(&self) -> UnattendedCursor {
        UnattendedCursor {
            since: self.since,
            conversation: self.conversation.id,
        }
    }
}

/// A page of the conversations that nobody listens to, of patients whom the staff member reaches; all of them, or only those in
/// which a patient waits. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn unattended(
    connection: &impl ConnectionTrait,
    keeper: &AsRecordKeeper,
    only_waiting: bool,
    slice: &Slice<UnattendedCursor>,
) -> Result<Page<Unattended>, Fault> {
    let mut select = Sql::new(
        "select c.* from conversation c join patient p on p.organization_id = c.organization_id and p.id = c.patient_id \
         where c.unattended_since is not null and c.organization_id = ",
    );
    select.bind(keeper.organization());
    push_in_reach_of_called(&mut select, keeper);
    if only_waiting {
        select.push(" and c.unanswered_since is not null");
    }
    for (comparison, cursor) in [(">", slice.after), ("<", slice.before)] {
        if let Some(cursor) = cursor {
            select
                .push(&format!(" and (c.unattended_since, c.id) {comparison} ("))
                .bind(cursor.since)
                .push(", ")
                .bind(cursor.conversation)
                .push(")");
        }
    }
    select
        .push(match slice.direction {
            Direction::Forward => " order by c.unattended_since, c.id limit ",
            Direction::Backward => " order by c.unattended_since desc, c.id desc limit ",
        })
        .bind(slice.fetch());
    let rows = connection.query_all_raw(select.on(connection)).await?;
    let reader = clinician(&Viewer::Staff(keeper.viewer().clone())).ok();
    let found = rows.iter().map(|row| {
        let conversation = conversation::Model::from_query_result(row, "")?;
        let in_view = reader.as_ref();
        Ok(Unattended {
            since: conversation
                .unattended_since
                .ok_or(Fault::Corrupt("unattended conversation"))?,
            in_view: in_view.map(|reader| conversation_of_inbox(reader, conversation.clone())),
            conversation,
        })
    });
    Ok(slice.page(found.collect::<Result<_, Fault>>()?))
}
