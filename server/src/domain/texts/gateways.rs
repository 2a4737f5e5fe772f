//! The gateway of an organization, as its administrators set it up. Its secrets can be written and never read.

use std::collections::BTreeSet;

use entity::{
    GatewayAccount, PhoneNumber, Sealed, TextGatewayId, TextGatewayKind, TextNumberId,
    text_gateway, text_number,
};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DatabaseTransaction,
    EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    Value,
};

use super::allowed::AllowedGateways;
use crate::domain::{
    core::Core,
    event_log::Change,
    fault::Fault,
    people::values::{self, Check, Problem, takes_refusals},
    policy::{AsAdministrator, Denied},
    secret::{SealedPlace, Secret},
    store::{Sql, sql},
};

/// The most numbers of an organization.
const MAX_NUMBERS: usize = 50;
/// The most texts in a second from one number.
const MAX_TEXTS_PER_SECOND: u32 = 1_000;
/// The most characters of an account, a user or a messaging service.
const MAX_CHARACTERS: usize = 100;
/// The fewest and most characters of what webhooks must name.
const WEBHOOK_SECRET: std::ops::RangeInclusive<usize> = 24..=200;

/// What an organization's gateway speaks, and who the organization is to it. A secret that is left out stays as it is for
/// the same account.
#[derive(Clone, Debug)]
pub enum Connection {
    /// Twilio, or what speaks its API.
    Twilio {
        /// Where it is; Twilio itself without it.
        base_url: Option<String>,
        /// The account.
        account_sid: String,
        /// Its authentication token, which also signs webhooks.
        auth_token: Option<Secret>,
        /// The messaging service that chooses the sender.
        messaging_service_sid: Option<String>,
    },
    /// Kannel.
    Kannel {
        /// Where its sendsms interface is.
        base_url: String,
        /// The sendsms user.
        user: String,
        /// Its password.
        password: Option<Secret>,
        /// What its webhooks must name, because it signs nothing.
        webhook_secret: Option<Secret>,
    },
    /// The development outbox.
    Development,
}

/// How an organization is to text.
#[derive(Clone, Debug)]
pub struct NewGateway {
    /// What carries its texts.
    pub connection: Connection,
    /// The numbers that it texts from: E.164, or short codes. The first one is used unless another is answered.
    pub numbers: Vec<String>,
    /// How many texts leave from one number in a second.
    pub texts_per_second: u32,
}

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

/// Values of a connection that were checked.
struct Checked {
    kind: TextGatewayKind,
    base_url: Option<String>,
    account: Option<String>,
    messaging_service: Option<String>,
    credential: Option<Secret>,
    webhook_secret: Option<Secret>,
    numbers: Vec<PhoneNumber>,
}

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

/// Sets up the gateway of an organization. For the same account the gateway stays what it is, with its webhooks; for another
/// one a new gateway takes its place, and the old one goes on hearing what becomes of its texts. At most six statements.
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
    change.commit().await?;
    Ok(Gateway {
        row,
        numbers: checked.numbers,
    })
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

fn check_gateway(
    check: &mut Check,
    allowed: &AllowedGateways,
    new: &NewGateway,
) -> Option<Checked> {
    check.value(
        "textsPerSecond",
        values::within(new.texts_per_second, 1, MAX_TEXTS_PER_SECOND),
    );
    let numbers = check_numbers(check, &new.numbers);
    let mut url = |field, text: &str| {
        let found = allowed.find(text).map(str::to_owned);
        check.value(field, found.ok_or(Problem::NotAllowed))
    };
    let mut checked = match &new.connection {
        Connection::Twilio {
            base_url,
            account_sid,
            auth_token,
            messaging_service_sid,
        } => {
            let base_url = base_url.as_deref().unwrap_or(AllowedGateways::TWILIO);
            Checked {
                kind: TextGatewayKind::Twilio,
                base_url: url("gateway.twilio.baseUrl", base_url),
                account: word(check, "gateway.twilio.accountSid", account_sid),
                messaging_service: check.given(
                    "gateway.twilio.messagingServiceSid",
                    messaging_service_sid.as_deref(),
                    read_word,
                ),
                credential: auth_token.clone(),
                webhook_secret: None,
                numbers: Vec::new(),
            }
        }
        Connection::Kannel {
            base_url,
            user,
            password,
            webhook_secret,
        } => Checked {
            kind: TextGatewayKind::Kannel,
            base_url: url("gateway.kannel.baseUrl", base_url),
            account: word(check, "gateway.kannel.user", user),
            messaging_service: None,
            credential: password.clone(),
            webhook_secret: webhook_secret.clone(),
            numbers: Vec::new(),
        },
        Connection::Development => Checked {
            kind: TextGatewayKind::Development,
            base_url: None,
            account: None,
            messaging_service: None,
            credential: None,
            webhook_secret: None,
            numbers: Vec::new(),
        },
    };
    checked.numbers = numbers?;
    Some(checked)
}

fn check_numbers(check: &mut Check, numbers: &[String]) -> Option<Vec<PhoneNumber>> {
    if numbers.is_empty() {
        check.wrong("numbers", Problem::Blank);
    }
    if numbers.len() > MAX_NUMBERS {
        check.wrong("numbers", Problem::TooMany { max: MAX_NUMBERS });
    }
    let mut seen = BTreeSet::new();
    let mut taken = Vec::new();
    for number in numbers {
        let bare: String = number.chars().filter(|c| !" -.()".contains(*c)).collect();
        if !is_sender(&bare) {
            check.wrong("numbers", Problem::NotASender);
            return None;
        }
        if seen.insert(bare.clone()) {
            taken.push(PhoneNumber::new(bare));
        }
    }
    Some(taken)
}

/// A number in E.164, or a short code.
fn is_sender(number: &str) -> bool {
    let (digits, lengths) = match number.strip_prefix('+') {
        Some(digits) => (digits, 7..=15),
        None => (number, 3..=8),
    };
    lengths.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

fn word(check: &mut Check, field: &'static str, text: &str) -> Option<String> {
    check.value(field, read_word(text))
}

/// A name that goes into an address: letters, digits and a few marks.
fn read_word(text: &str) -> Result<String, Problem> {
    let text = values::line(text, MAX_CHARACTERS)?;
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.@".contains(&b);
    if text.bytes().all(fits) {
        Ok(text)
    } else {
        Err(Problem::ControlCharacter)
    }
}

/// A gateway has the secrets that it needs: given now, or kept from before.
fn check_secrets(check: &mut Check, checked: &Checked, same: Option<&text_gateway::Model>) {
    let (credential, webhook) = match checked.kind {
        TextGatewayKind::Twilio => (Some("gateway.twilio.authToken"), None),
        TextGatewayKind::Kannel => (
            Some("gateway.kannel.password"),
            Some("gateway.kannel.webhookSecret"),
        ),
        TextGatewayKind::Development => (None, None),
    };
    if let Some(field) = credential {
        let kept = same.is_some_and(|row| row.credential.is_some());
        match &checked.credential {
            Some(secret) if secret.reveal().is_empty() => check.wrong(field, Problem::Blank),
            None if !kept => check.wrong(field, Problem::Blank),
            Some(_) | None => {}
        }
    }
    if let Some(field) = webhook {
        let kept = same.is_some_and(|row| row.webhook_secret.is_some());
        match &checked.webhook_secret {
            Some(secret) => {
                let text = secret.reveal();
                let safe = text.bytes().all(|b| b.is_ascii_alphanumeric());
                if !WEBHOOK_SECRET.contains(&text.len()) || !safe {
                    check.wrong(field, Problem::NotAWebhookSecret);
                }
            }
            None if !kept => check.wrong(field, Problem::Blank),
            None => {}
        }
    }
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
