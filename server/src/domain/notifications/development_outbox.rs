//! The development outbox: keeps what would have been sent, so that the whole product can be tried without accounts at a
//! mail server or gateway.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::{
    Channel, ContactAddress, DevelopmentMessageId, MessageBody, OrganizationId, development_message,
};
use sea_orm::{ConnectionTrait as _, FromQueryResult as _, Value};

use super::outgoing::{Address, Outgoing};
use crate::domain::{
    core::Core,
    fault::Fault,
    page::{Page, Slice},
    policy::AsAdministrator,
    store::{Sql, sql},
};

/// How many messages are kept for each organization.
const KEPT: i64 = 1000;
/// The most messages that one sweep removes.
const SWEEP_LIMIT: i64 = 1000;

/// A message that is kept instead of being sent.
pub(crate) struct Kept<'a> {
    pub(crate) organization: OrganizationId,
    pub(crate) id: DevelopmentMessageId,
    pub(crate) channel: Channel,
    pub(crate) recipient: &'a str,
    pub(crate) subject: Option<&'a str>,
    pub(crate) text: &'a str,
    pub(crate) html: Option<&'a str>,
}

/// Keeps notifications instead of sending them, in one transaction. The same one again changes nothing, as with a provider
/// that knows repeated ones. Two statements.
///
/// # Errors
/// Any failure of the database; none is kept then.
pub async fn keep(core: &Core, outgoing: &[&Outgoing]) -> Result<(), Fault> {
    let kept = outgoing.iter().map(|outgoing| {
        let (channel, recipient) = match &outgoing.to {
            Address::Email(address) => (Channel::Email, address.reveal()),
            Address::Sms(number) => (Channel::Sms, number.reveal()),
        };
        Kept {
            organization: outgoing.organization,
            id: DevelopmentMessageId(outgoing.id.0),
            channel,
            recipient,
            subject: outgoing.content.subject.as_deref(),
            text: &outgoing.content.text,
            html: outgoing.content.html.as_deref(),
        }
    });
    keep_all(core, kept.collect()).await
}

/// Keeps messages of any kind. Two statements.
///
/// # Errors
/// Any failure of the database; none is kept then.
pub(crate) async fn keep_all(core: &Core, kept: Vec<Kept<'_>>) -> Result<(), Fault> {
    if kept.is_empty() {
        return Ok(());
    }
    let organizations: BTreeSet<_> = kept.iter().map(|kept| kept.organization).collect();
    let tx = core.store.begin().await?;
    let now = core.clock.now();
    let mut insert = Sql::new(
        "insert into development_message (organization_id, id, channel, recipient, subject, text, html, created_at) values ",
    );
    insert
        .rows(kept.into_iter().map(|kept| -> [Value; 8] {
            [
                kept.organization.into(),
                kept.id.into(),
                kept.channel.into(),
                ContactAddress::new(kept.recipient).into(),
                kept.subject.map(str::to_owned).into(),
                MessageBody::new(kept.text).into(),
                kept.html.map(MessageBody::new).into(),
                now.into(),
            ]
        }))
        .push(" on conflict (organization_id, id) do nothing");
    tx.execute_raw(insert.on(&tx)).await?;
    tx.execute_raw(beyond_what_is_kept(organizations).on(&tx))
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Removes what is older than the newest that are kept of each organization.
fn beyond_what_is_kept(organizations: BTreeSet<OrganizationId>) -> Sql {
    let mut delete = Sql::new(
        "with newest_to_go as materialized (select v.column1 as organization_id, \
         (select k.id from development_message k where k.organization_id = v.column1 order by k.id desc limit 1 offset ",
    );
    delete
        .bind(KEPT)
        .push(") as id from (values ")
        .rows(
            organizations
                .into_iter()
                .map(|id| -> [Value; 1] { [id.into()] }),
        )
        .push(
            ") as v) delete from development_message where (organization_id, id) in \
             (select m.organization_id, m.id from newest_to_go g join development_message m \
             on m.organization_id = g.organization_id and m.id <= g.id)",
        );
    delete
}

/// Removes what was kept before `before`, whatever it is: it holds codes and links in clear. Gives the number removed, at
/// most 1,000. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn sweep_development_outbox(core: &Core, before: DateTime<Utc>) -> Result<u64, Fault> {
    let connection = core.store.writer();
    let removed = connection
        .execute_raw(sql(
            connection,
            "delete from development_message where (organization_id, id) in \
             (select organization_id, id from development_message where created_at < $1 limit $2)",
            [before.into(), SWEEP_LIMIT.into()],
        ))
        .await?;
    Ok(removed.rows_affected())
}

/// A page of the development outbox of a staff member's clinic, the newest first. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn development_outbox(
    core: &Core,
    administrator: &AsAdministrator,
    slice: &Slice<uuid::Uuid>,
) -> Result<Page<development_message::Model>, Fault> {
    Ok(slice.page(read(core, administrator.organization(), slice).await?))
}

/// The newest messages of the development outbox of the demo clinic, for the page that shows them without signing in. One
/// statement.
///
/// # Errors
/// Any failure of the database.
pub async fn demo_outbox(
    core: &Core,
    organization: OrganizationId,
    limit: u32,
) -> Result<Vec<development_message::Model>, Fault> {
    let slice = Slice {
        after: None,
        before: None,
        direction: crate::domain::page::Direction::Forward,
        limit,
    };
    Ok(slice.page(read(core, organization, &slice).await?).items)
}

async fn read(
    core: &Core,
    organization: OrganizationId,
    slice: &Slice<uuid::Uuid>,
) -> Result<Vec<development_message::Model>, Fault> {
    let connection = core.store.reader();
    let mut select = Sql::new("select * from development_message where organization_id = ");
    select.bind(organization);
    slice.push_newest_first(&mut select);
    let rows = connection.query_all_raw(select.on(connection)).await?;
    rows.iter()
        .map(|row| Ok(development_message::Model::from_query_result(row, "")?))
        .collect()
}
