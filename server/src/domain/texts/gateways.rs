//! The gateway of an organization, as its administrators set it up. Its secrets can be written and never read.

use entity::{
    GatewayAccount, OrganizationId, PhoneNumber, Sealed, TextGatewayId, TextNumberId, text_gateway,
    text_number,
};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DatabaseTransaction,
    EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    Value,
};

pub use super::gateway_input::{Connection, NewGateway};
use super::{
    allowed::AllowedGateways,
    gateway_input::{Checked, check_gateway, check_secrets},
};
use crate::domain::{
    core::Core,
    event_log::Change,
    fault::Fault,
    people::values::{self, Check, Problem, takes_refusals},
    policy::{AsAdministrator, Denied},
    secret::{SealedPlace, Secret},
    store::{Sql, sql},
};

/// The gateway of an organization.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// The row.
    pub row: text_gateway::Model,
    /// The numbers, the first one first.
    pub numbers: Vec<PhoneNumber>,
}

/// Why a gateway was not set up.
#[derive(Debug, thiserror::Error)]
pub enum GatewayRefused {
    /// Values that cannot be taken.
    #[error("values cannot be taken")]
    Invalid(Vec<values::Wrong>),
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

takes_refusals!(GatewayRefused);

/// The gateway that an organization's texts leave by. Two statements.
///
/// # Errors
/// Any failure of the database.
pub async fn gateway(
    core: &Core,
    administrator: &AsAdministrator,
) -> Result<Option<Gateway>, Fault> {
    let reader = core.store.reader();
    let row = text_gateway::Entity::find()
        .filter(text_gateway::Column::OrganizationId.eq(administrator.organization()))
        .filter(text_gateway::Column::Active.eq(true))
        .one(reader)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let numbers = text_number::Entity::find()
        .filter(text_number::Column::OrganizationId.eq(row.organization_id))
        .filter(text_number::Column::GatewayId.eq(row.id))
        .order_by_asc(text_number::Column::CreatedAt)
        .order_by_asc(text_number::Column::Id)
        .all(reader)
        .await?
        .into_iter()
        .map(|row| row.number)
        .collect();
    Ok(Some(Gateway { row, numbers }))
}

/// Whether texts of an organization leave by a gateway. One statement.
///
/// # Errors
/// Any failure of the database.
pub(in crate::domain) async fn exists(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
) -> Result<bool, Fault> {
    let active = text_gateway::Entity::find()
        .filter(text_gateway::Column::OrganizationId.eq(organization))
        .filter(text_gateway::Column::Active.eq(true))
        .one(connection)
        .await?;
    Ok(active.is_some())
}

/// Sets up the gateway of an organization. For the same account the gateway stays what it is, with its webhooks; for another
/// one a new gateway takes its place, with what waits to be sent, and the old one goes on hearing what becomes of its texts. At
/// most seven statements.
///
/// # Errors
/// See [`GatewayRefused`].
pub async fn set_gateway(
    core: &Core,
    administrator: &AsAdministrator,
    allowed: &AllowedGateways,
    new: NewGateway,
) -> Result<Gateway, GatewayRefused> {
    let mut check = Check::default();
    let checked = check_gateway(&mut check, allowed, &new);
    let Some(checked) = checked.filter(|_| check.is_right()) else {
        return Err(check.into_wrong().into());
    };
    let change = Change::begin(core, administrator.organization()).await?;
    let earlier = text_gateway::Entity::find()
        .filter(text_gateway::Column::OrganizationId.eq(change.organization()))
        .lock_exclusive()
        .all(change.tx())
        .await?;
    let same = earlier.iter().find(|row| {
        row.kind == checked.kind
            && row.base_url == checked.base_url
            && row.account.as_ref().map(GatewayAccount::reveal) == checked.account.as_deref()
    });
    check_secrets(&mut check, &checked, same);
    if !check.is_right() {
        return Err(check.into_wrong().into());
    }
    let (row, is_new) = row(core, &change, &checked, same, new.texts_per_second)?;
    deactivate(change.tx(), &row).await?;
    let active = row.clone().into_active_model();
    let stored = if is_new {
        active.insert(change.tx()).await
    } else {
        active.reset_all().update(change.tx()).await
    };
    let row = stored?;
    if !give_numbers(core, &change, &row, &checked.numbers).await? {
        check.wrong("numbers", Problem::Taken);
        return Err(check.into_wrong().into());
    }
    take_over(&change, &row, &checked.numbers).await?;
    change.commit().await?;
    Ok(Gateway {
        row,
        numbers: checked.numbers,
    })
}

/// Lets what waits leave by this gateway, from one of its numbers. What a worker is handing over at this moment is left to it.
async fn take_over(
    change: &Change,
    gateway: &text_gateway::Model,
    numbers: &[PhoneNumber],
) -> Result<(), Fault> {
    let Some(first) = numbers.first() else {
        return Ok(());
    };
    let mut update = Sql::new("update text set gateway_id = ");
    update
        .bind(gateway.id)
        .push(", our_number = case when our_number in ")
        .list(numbers.iter().cloned())
        .push(" then our_number else ")
        .bind(first.clone())
        .push(" end where state = 'QUEUED' and organization_id = ")
        .bind(gateway.organization_id)
        .push(" and (leased_until is null or leased_until <= ")
        .bind(change.now)
        .push(")");
    change.tx().execute_raw(update.on(change.tx())).await?;
    Ok(())
}

/// Stops texting: nothing leaves any more, and what is queued fails. Tells whether there was a gateway. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn remove_gateway(core: &Core, administrator: &AsAdministrator) -> Result<bool, Fault> {
    let writer = core.store.writer();
    let removed = writer
        .execute_raw(sql(
            writer,
            "update text_gateway set active = $3, updated_at = $2 where organization_id = $1 and active = $4",
            [
                administrator.organization().into(),
                core.clock.now().into(),
                false.into(),
                true.into(),
            ],
        ))
        .await?;
    Ok(removed.rows_affected() > 0)
}

/// Where a gateway's authentication token or password lies.
pub(super) const fn credential_place(row: &text_gateway::Model) -> SealedPlace {
    place(row, "text_gateway.credential")
}

/// Where what its webhooks must name lies.
pub(super) const fn webhook_place(row: &text_gateway::Model) -> SealedPlace {
    place(row, "text_gateway.webhook_secret")
}

const fn place(row: &text_gateway::Model, what: &'static str) -> SealedPlace {
    SealedPlace::new(row.organization_id, row.id.0, what)
}

/// The row as it is to be stored, and whether it is a new one.
fn row(
    core: &Core,
    change: &Change,
    checked: &Checked,
    same: Option<&text_gateway::Model>,
    texts_per_second: u32,
) -> Result<(text_gateway::Model, bool), Fault> {
    let mut row = same.cloned().unwrap_or_else(|| text_gateway::Model {
        organization_id: change.organization(),
        id: TextGatewayId(core.entropy.uuid(change.now)),
        kind: checked.kind,
        base_url: checked.base_url.clone(),
        account: checked.account.clone().map(GatewayAccount::new),
        credential: None,
        webhook_secret: None,
        messaging_service: None,
        texts_per_second: 1,
        active: true,
        received: 0,
        created_at: change.now,
        updated_at: change.now,
    });
    let seal = |place, secret: &Option<Secret>| -> Result<Option<Sealed>, Fault> {
        let seal = |secret: &Secret| core.secret.seal(&core.entropy, place, secret.reveal());
        secret.as_ref().map(seal).transpose()
    };
    let credential = seal(credential_place(&row), &checked.credential)?;
    let webhook_secret = seal(webhook_place(&row), &checked.webhook_secret)?;
    row.credential = credential.or(row.credential);
    row.webhook_secret = webhook_secret.or(row.webhook_secret);
    row.messaging_service.clone_from(&checked.messaging_service);
    row.texts_per_second = i32::try_from(texts_per_second).unwrap_or(1);
    row.active = true;
    row.updated_at = change.now;
    Ok((row, same.is_none()))
}

/// An organization's texts leave by one gateway.
async fn deactivate(tx: &DatabaseTransaction, row: &text_gateway::Model) -> Result<(), Fault> {
    tx.execute_raw(sql(
        tx,
        "update text_gateway set active = $3 where organization_id = $1 and id <> $2",
        [row.organization_id.into(), row.id.into(), false.into()],
    ))
    .await?;
    Ok(())
}

/// Gives the gateway its numbers instead of those that the organization had; tells whether all of them were to be had. Of a
/// number that another organization has no more is told than that.
async fn give_numbers(
    core: &Core,
    change: &Change,
    gateway: &text_gateway::Model,
    numbers: &[PhoneNumber],
) -> Result<bool, Fault> {
    let tx = change.tx();
    tx.execute_raw(sql(
        tx,
        "delete from text_number where organization_id = $1",
        [gateway.organization_id.into()],
    ))
    .await?;
    let mut insert = Sql::new(
        "insert into text_number (organization_id, id, number, gateway_id, created_at) values ",
    );
    // Each is a microsecond younger than the one before, so that they stay in the order in which they were given.
    let moments = (0..).map(chrono::TimeDelta::microseconds);
    insert
        .rows(
            numbers
                .iter()
                .zip(moments)
                .map(|(number, later)| -> [Value; 5] {
                    [
                        gateway.organization_id.into(),
                        TextNumberId(core.entropy.uuid(change.now)).into(),
                        number.clone().into(),
                        gateway.id.into(),
                        (change.now + later).into(),
                    ]
                }),
        )
        .push(" on conflict (number) do nothing");
    let stored = tx.execute_raw(insert.on(tx)).await?;
    Ok(usize::try_from(stored.rows_affected()) == Ok(numbers.len()))
}
