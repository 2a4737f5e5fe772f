//! From claimed notifications to what is to be done with them: the second half of the outbox.

use std::collections::HashSet;

use entity::{LinkId, OrganizationId, notification};

use super::{
    address::NO_CONTACT,
    batch::{Batch, Failed, Portions},
    facts::Facts,
    need::{Carried, Recipient},
    outbox::Claimed,
    outgoing::{LinkBase, Outgoing, Prepared},
    settle::Skip,
    templates::Notice,
    unsent,
};
use crate::domain::{
    core::Core,
    fault::Fault,
    links::{self, NewLink},
};

/// What was decided upon a notification, and the link that must be stored before it leaves.
struct Decided {
    prepared: Prepared,
    link: Option<(OrganizationId, NewLink)>,
}

impl Decided {
    const fn without_link(prepared: Prepared) -> Self {
        Self {
            prepared,
            link: None,
        }
    }
}

/// Reads whether notifications are still needed, and makes what is to be sent. At most thirteen statements for each organization
/// among them, and one that stores all their links; eight more for each notification of what has not left, whose recipient is gone.
pub async fn prepare(
    core: &Core,
    link_base: &LinkBase,
    claimed: Vec<Claimed>,
) -> Batch<(Claimed, Prepared)> {
    let mut batch = Batch {
        done: Vec::with_capacity(claimed.len()),
        failed: Vec::new(),
    };
    let mut links = Vec::new();
    let mut portions = Portions::of(claimed);
    while let Some((organization, portion)) = portions.next() {
        let rows: Vec<_> = portion.iter().map(|claimed| &claimed.row).collect();
        let facts = match Facts::read(core, organization, &rows).await {
            Ok(facts) => facts,
            Err(fault) => {
                batch
                    .failed
                    .extend(portions.again(organization, portion, fault));
                continue;
            }
        };
        for claimed in portion {
            match decide(core, link_base, &facts, &claimed.row).await {
                Ok(decided) => {
                    links.extend(decided.link);
                    batch.done.push((claimed, decided.prepared));
                }
                Err(fault) => batch.failed.push(Failed::one(claimed, fault)),
            }
        }
    }
    match links::create_all(core, core.store.writer(), &links).await {
        Ok(()) => batch,
        Err(fault) => without_links(batch, &links, fault),
    }
}

/// Nothing leaves whose link is not stored. Codes to sign in with have none, and do not wait.
fn without_links(
    batch: Batch<(Claimed, Prepared)>,
    links: &[(OrganizationId, NewLink)],
    fault: Fault,
) -> Batch<(Claimed, Prepared)> {
    let Batch { done, mut failed } = batch;
    let linked: HashSet<_> = links.iter().map(|(_, link)| link.id).collect();
    let (unlinked, done): (Vec<_>, Vec<_>) = done
        .into_iter()
        .partition(|(claimed, _)| linked.contains(&LinkId(claimed.row.id.0)));
    failed.push(Failed {
        claimed: unlinked.into_iter().map(|(claimed, _)| claimed).collect(),
        fault,
    });
    Batch { done, failed }
}

async fn decide(
    core: &Core,
    link_base: &LinkBase,
    facts: &Facts,
    row: &notification::Model,
) -> Result<Decided, Fault> {
    let channel = row
        .channel
        .ok_or(Fault::Corrupt("notification without channel"))?;
    let Some(recipient) = facts.recipient(row)? else {
        unsent::tell_others(core, facts, row).await?;
        return Ok(Decided::without_link(Prepared::Skip(Skip::OutOfReach)));
    };
    let carried = match facts.still_needed(core, &recipient, row)? {
        Ok(carried) => carried,
        Err(skip) => return Ok(Decided::without_link(Prepared::Skip(skip))),
    };
    let Some(to) = facts.people.address(&recipient, row, channel) else {
        return Ok(Decided::without_link(Prepared::Undeliverable(NO_CONTACT)));
    };
    let language = recipient.language();
    let wording = facts
        .templates
        .wording(&facts.clinic, row.purpose, to.channel(), language)?;
    let link = new_link(&recipient, row, &carried);
    let notice = match carried {
        Carried::Code(code) => Notice::with_code(&facts.clinic, code),
        Carried::Link { .. } => {
            let token = links::token(core, LinkId(row.id.0));
            Notice::with_link(&facts.clinic, link_base.of_link(&token))
        }
    };
    Ok(Decided {
        prepared: Prepared::Send(Box::new(Outgoing {
            organization: row.organization_id,
            id: row.id,
            to,
            content: wording.render(&notice),
        })),
        link: link.map(|link| (row.organization_id, link)),
    })
}

/// The link of a notification has its id, so that every attempt sends the same one.
fn new_link(
    recipient: &Recipient<'_>,
    row: &notification::Model,
    carried: &Carried,
) -> Option<NewLink> {
    match carried {
        Carried::Code(_) => None,
        Carried::Link {
            invitation,
            expires_at,
        } => Some(NewLink {
            id: LinkId(row.id.0),
            person: recipient.person(),
            purpose: row.purpose,
            conversation: row.conversation_id,
            invitation: *invitation,
            expires_at: *expires_at,
        }),
    }
}
