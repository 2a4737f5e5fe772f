//! The staff whom a conversation concerns: the patient's panel, and the participants to whom it is addressed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::{ConversationId, ConversationKind, OrganizationId, StaffId};
use sea_orm::ConnectionTrait;

use super::Alerted;
use crate::domain::{
    event_log::{Audience, Concerned},
    fault::Fault,
    panel::standing,
    policy::hidden_by_restriction,
    settings::Settings,
    store::Sql,
};

/// A staff member whom a conversation concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Follower {
    /// Who.
    pub staff: StaffId,
    /// Whether the conversation is theirs: what happens in it stands in their inbox.
    pub told: bool,
    /// Whether the patient's message alerts them.
    pub alerted: bool,
    /// Whether they are reminded of what stays unread.
    pub reminded: bool,
    /// Whether they may open the conversation.
    pub in_reach: bool,
}

impl Follower {
    /// Whether what happens is theirs to know, and they may open it.
    #[must_use]
    pub const fn is_told(&self) -> bool {
        self.told && self.in_reach
    }
}

/// All staff whom a conversation concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Followers(pub Vec<Follower>);

impl Followers {
    /// Whom an event of the conversation concerns; it alerts only when `alerting`.
    #[must_use]
    pub fn audience(&self, alerting: bool) -> Audience {
        let theirs = self.0.iter().filter(|follower| follower.is_told());
        Audience(
            theirs
                .map(|follower| Concerned {
                    staff: follower.staff,
                    alerted: alerting && follower.alerted,
                })
                .collect(),
        )
    }

    /// Whom an urgent message concerns: it alerts everybody whose conversation it is and who may open it, whatever they have
    /// switched off (NEW-8).
    #[must_use]
    pub fn audience_of_urgent(&self) -> Audience {
        let mut audience = self.audience(false);
        for concerned in &mut audience.0 {
            concerned.alerted = true;
        }
        audience
    }

    /// Whether an urgent message alerts anybody.
    #[must_use]
    pub fn anybody_told(&self) -> bool {
        self.0.iter().any(Follower::is_told)
    }

    /// Whether a patient's message alerts anybody.
    #[must_use]
    pub fn anybody_alerted(&self) -> bool {
        self.0.iter().any(|follower| follower.alerted)
    }

    /// Whether anybody is reminded of what stays unread.
    #[must_use]
    pub fn anybody_reminded(&self) -> bool {
        self.0.iter().any(|follower| follower.reminded)
    }
}

/// The followers of several conversations, in the order of their ids. Conversations without any are left out. One
/// statement.
///
/// # Errors
/// Any failure of the database.
pub(crate) async fn followers(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    settings: &Settings,
    conversations: &BTreeSet<ConversationId>,
) -> Result<HashMap<ConversationId, Followers>, Fault> {
    if conversations.is_empty() {
        return Ok(HashMap::new());
    }
    let mut select = Sql::new(
        "select f.conversation_id, f.kind, f.participates, f.staff_id, s.roles, s.status = 'ACTIVE' as active, \
         s.notify_new_message, s.notify_unread, ",
    );
    // Every join names the organization itself: a planner that has to find out that it is the same one reads all staff.
    let here = select.placeholder(organization);
    select
        .push(&hidden_by_restriction("p", "f.staff_id"))
        .push(" as hidden from (");
    push_followers(&mut select, &here, conversations);
    select
        .push(") as f join patient p on p.organization_id = ")
        .push(&here)
        .push(" and p.id = f.patient_id join staff_member s on s.organization_id = ")
        .push(&here)
        .push(" and s.id = f.staff_id");
    let mut found: HashMap<ConversationId, BTreeMap<StaffId, Follower>> = HashMap::new();
    for row in connection.query_all_raw(select.on(connection)).await? {
        let kind: ConversationKind = row.try_get("", "kind")?;
        let standing = standing(&row)?;
        let told = match settings.rules(kind).alerted {
            Alerted::Team => true,
            Alerted::Subscribers => row.try_get("", "participates")?,
        };
        let staff = row.try_get("", "staff_id")?;
        let follower = found
            .entry(row.try_get("", "conversation_id")?)
            .or_default()
            .entry(staff)
            .or_insert(Follower {
                staff,
                told: false,
                alerted: false,
                reminded: false,
                in_reach: standing.in_reach(),
            });
        follower.told |= told;
        follower.alerted |= told && standing.alerted();
        follower.reminded |= told && standing.reminded();
    }
    Ok(found
        .into_iter()
        .map(|(id, followers)| (id, Followers(followers.into_values().collect())))
        .collect())
}

/// One row for each member of the patient's panel and for each participant; who is both has two. `here` is the placeholder
/// of the organization.
fn push_followers(select: &mut Sql, here: &str, conversations: &BTreeSet<ConversationId>) {
    for (number, (from, of, participates)) in [
        ("panel_member", "f.patient_id = c.patient_id", "false"),
        ("participant", "f.conversation_id = c.id", "true"),
    ]
    .into_iter()
    .enumerate()
    {
        if number > 0 {
            select.push(" union all ");
        }
        select
            .push("select c.id as conversation_id, c.kind, c.patient_id, f.staff_id, ")
            .push(participates)
            .push(" as participates from conversation c join ")
            .push(from)
            .push(" f on f.organization_id = ")
            .push(here)
            .push(" and ")
            .push(of)
            .push(" where c.organization_id = ")
            .push(here)
            .push(" and c.id in ")
            .list(conversations.iter().copied());
    }
}
