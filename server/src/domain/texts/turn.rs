//! Whose turn it is among the texts that came in.

use entity::{InboundTextId, OrganizationId, TextGatewayId};
use sea_orm::ConnectionTrait as _;

use crate::domain::{
    core::Core,
    fault::Fault,
    store::{Sql, sql},
};

/// How many texts of a gateway are looked at in its turn.
const OF_GATEWAY: i64 = 32;

/// A text that waits for its turn.
#[derive(Clone, Copy)]
pub(super) struct Waiting {
    pub(super) organization: OrganizationId,
    pub(super) id: InboundTextId,
}

/// The gateways that have brought texts which wait. One statement, whose cost grows with the gateways and not with the texts.
pub(super) async fn gateways(core: &Core) -> Result<Vec<TextGatewayId>, Fault> {
    let reader = core.store.reader();
    let rows = reader
        .query_all_raw(sql(
            reader,
            "with recursive waiting(gateway_id) as (select gateway_id from (select i.gateway_id from inbound_text i \
             where i.state = 'PENDING' order by i.gateway_id limit 1) as first union all select (select i.gateway_id \
             from inbound_text i where i.state = 'PENDING' and i.gateway_id > w.gateway_id order by i.gateway_id limit 1) \
             from waiting w where w.gateway_id is not null) select gateway_id from waiting where gateway_id is not null",
            [],
        ))
        .await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?)
}

/// What of a gateway is due: keywords first, and then what came first. Whoever waits behind another text of the same sender is
/// found out when its turn comes; left out here is what waits behind one that rests.
pub(super) async fn waiting(core: &Core, gateway: TextGatewayId) -> Result<Vec<Waiting>, Fault> {
    let reader = core.store.reader();
    let mut select = Sql::new(
        "select i.organization_id, i.id from inbound_text i where i.state = 'PENDING' and i.gateway_id = ",
    );
    let moment = select.bind(gateway).placeholder(core.clock.now());
    select
        .push(" and i.due_at <= ")
        .push(&moment)
        .push(" and (i.keyword or not exists (select 1 from inbound_text e where e.state = 'PENDING' and e.gateway_id = i.gateway_id \
               and e.their_number = i.their_number and e.sequence < i.sequence and e.due_at > ")
        .push(&moment)
        .push(")) order by i.keyword desc, i.due_at, i.sequence limit ")
        .bind(OF_GATEWAY);
    let rows = reader.query_all_raw(select.on(reader)).await?;
    rows.iter()
        .map(|row| {
            Ok(Waiting {
                organization: row.try_get_by_index(0)?,
                id: row.try_get_by_index(1)?,
            })
        })
        .collect()
}

/// True of a text before which none of its sender's waits. A keyword waits for the keywords before it only: whoever says STOP is
/// heard, whatever they have said before that cannot be handled.
pub(super) const FIRST: &str = "not exists (select 1 from inbound_text e where e.state = 'PENDING' and e.gateway_id = i.gateway_id \
                     and e.their_number = i.their_number and e.sequence < i.sequence and (e.keyword or not i.keyword))";
