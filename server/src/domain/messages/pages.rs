//! Listing messages of several conversations at once.

use std::collections::HashMap;

use entity::{ConversationId, MessageKind, OrganizationId, PersonKind};
use sea_orm::ConnectionTrait;

use super::list::{MessageView, ReadError, SELECT, read};
use crate::domain::{
    budget::Budget,
    page::{Direction, Page, Slice},
    store::Sql,
};

/// The most messages of several conversations that one statement reads.
const TOGETHER: usize = 500;

/// The same page of several conversations as one side sees it, for lists of conversations. For staff numbers are gapless,
/// so that the page is a range of them; either way it costs the same in a conversation of any length. One statement for each [`TOGETHER`] messages
/// that are asked for, so that what is read at once is bounded.
///
/// # Errors
/// See [`ReadError`].
pub async fn pages(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    conversations: &[ConversationId],
    side: PersonKind,
    slice: &Slice<i64>,
    budget: &Budget,
) -> Result<HashMap<ConversationId, Page<MessageView>>, ReadError> {
    let at_once = (TOGETHER / slice.limit.max(1) as usize).max(1);
    let mut grouped: HashMap<ConversationId, Vec<MessageView>> = HashMap::new();
    for some in conversations.chunks(at_once) {
        let select = match side {
            PersonKind::Staff => ranges(organization, some, slice),
            PersonKind::Patient => without_notes(organization, some, slice),
        };
        let rows = connection.query_all_raw(select.on(connection)).await?;
        for view in read(&rows, budget) {
            let view = view?;
            let conversation = view.message.conversation_id;
            grouped.entry(conversation).or_default().push(view);
        }
    }
    Ok(grouped
        .into_iter()
        .map(|(id, mut views)| {
            views.sort_by_key(|view| match slice.direction {
                Direction::Forward => view.message.seq,
                Direction::Backward => -view.message.seq,
            });
            (id, slice.page(views))
        })
        .collect())
}

/// The statement that reads the same page of several conversations as their patients see it: with notes left out, numbers
/// have gaps, so that each conversation is read by itself.
fn without_notes(
    organization: OrganizationId,
    conversations: &[ConversationId],
    slice: &Slice<i64>,
) -> Sql {
    let mut select = Sql::default();
    for (number, conversation) in conversations.iter().enumerate() {
        if number > 0 {
            select.push(" union all ");
        }
        select
            .push("select * from (")
            .push(SELECT)
            .push("where m.organization_id = ")
            .bind(organization)
            .push(" and m.conversation_id = ")
            .bind(*conversation)
            .push(" and m.kind = ")
            .bind(MessageKind::Message);
        if let Some(after) = slice.after {
            select.push(" and m.seq > ").bind(after);
        }
        if let Some(before) = slice.before {
            select.push(" and m.seq < ").bind(before);
        }
        select.push(match slice.direction {
            Direction::Forward => " order by m.seq limit ",
            Direction::Backward => " order by m.seq desc limit ",
        });
        select
            .bind(slice.fetch())
            .push(&format!(") as page_{number}"));
    }
    select
}

/// The statement that reads the same range of several conversations.
fn ranges(
    organization: OrganizationId,
    conversations: &[ConversationId],
    slice: &Slice<i64>,
) -> Sql {
    let mut select = Sql::new(SELECT);
    select.push(
        "join conversation c on c.organization_id = m.organization_id and c.id = m.conversation_id where m.organization_id = ",
    );
    select
        .bind(organization)
        .push(" and m.conversation_id in ")
        .list(conversations.iter().copied());
    if let Some(after) = slice.after {
        select.push(" and m.seq > ").bind(after);
    }
    if let Some(before) = slice.before {
        select.push(" and m.seq < ").bind(before);
    }
    match (slice.direction, slice.before) {
        (Direction::Forward, _) => {
            select
                .push(" and m.seq <= ")
                .bind(slice.after.unwrap_or(0).saturating_add(slice.fetch()));
            select.push(" order by m.seq");
        }
        (Direction::Backward, Some(before)) => {
            select
                .push(" and m.seq >= ")
                .bind(before.saturating_sub(slice.fetch()));
            select.push(" order by m.seq desc");
        }
        (Direction::Backward, None) => {
            select.push(" and m.seq > c.seq - ").bind(slice.fetch());
            select.push(" order by m.seq desc");
        }
    }
    select
}
