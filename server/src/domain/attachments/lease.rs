//! The lease that one writer at a time has on an upload, and the offset that moves under it.

use chrono::TimeDelta;
use entity::{AttachmentDisposal, AttachmentStatus, attachment};
use sea_orm::{ConnectionTrait as _, FromQueryResult as _, Value};
use uuid::Uuid;

use super::UNUSED;
use crate::domain::{
    core::Core,
    fault::Fault,
    store::{Sql, sql},
};

/// How long a writer has an upload alone, unless they say again that they do: as long as a client must wait after a crash,
/// and longer than a silent client and a slow store together take.
const LEASE: TimeDelta = TimeDelta::minutes(2);

/// Why nobody gets the lease now.
pub(super) enum NotClaimed {
    /// The upload has ended.
    Ended,
    /// Somebody else has it.
    Busy,
    /// The upload does not stand where the caller thinks.
    Elsewhere(u64),
}

/// Takes the lease, if the upload stands at `offset` and nobody has it; from then on it may rest so long. One statement, two when it is refused.
pub(super) async fn take(
    core: &Core,
    upload: &attachment::Model,
    lease: Uuid,
    offset: u64,
    rest: TimeDelta,
) -> Result<Result<attachment::Model, NotClaimed>, Fault> {
    let now = core.clock.now();
    let connection = core.store.writer();
    let taken = connection
        .query_one_raw(sql(
            connection,
            "update attachment set leased_by = $3, leased_until = $4, expires_at = $5 where organization_id = $1 and id = $2 \
             and status = 'UPLOADING' and disposal is null and received = $6 and expires_at > $7 \
             and (leased_until is null or leased_until <= $7) returning *",
            [
                upload.organization_id.into(),
                upload.id.into(),
                lease.into(),
                (now + LEASE).into(),
                (now + rest).into(),
                i64::try_from(offset).unwrap_or(-1).into(),
                now.into(),
            ],
        ))
        .await?;
    if let Some(row) = taken {
        return Ok(Ok(attachment::Model::from_query_result(&row, "")?));
    }
    let found = connection
        .query_one_raw(sql(
            connection,
            "select * from attachment where organization_id = $1 and id = $2 and status = 'UPLOADING' and disposal is null \
             and expires_at > $3",
            [upload.organization_id.into(), upload.id.into(), now.into()],
        ))
        .await?;
    let Some(row) = found else {
        return Ok(Err(NotClaimed::Ended));
    };
    let found = attachment::Model::from_query_result(&row, "")?;
    let stands_at = u64::try_from(found.received).unwrap_or(0);
    // The offset of an upload that moves right now means nothing to others.
    Ok(Err(
        if found.leased_until.is_some_and(|until| until > now) {
            NotClaimed::Busy
        } else if stands_at == offset {
            // It was let go between the two statements.
            NotClaimed::Busy
        } else {
            NotClaimed::Elsewhere(stands_at)
        },
    ))
}

/// Moves the offset and renews the lease; tells whether this writer still had it. One statement.
pub(super) async fn renew(
    core: &Core,
    upload: &attachment::Model,
    lease: Uuid,
    received: u64,
) -> Result<bool, Fault> {
    let until = Some(core.clock.now() + LEASE);
    let columns = [
        ("received", received_column(received)),
        ("leased_until", until.into()),
    ];
    Ok(write(core, upload, lease, &columns).await?.is_some())
}

/// Moves the offset and gives the lease back; gives the upload, if this writer still had it. One statement.
pub(super) async fn release(
    core: &Core,
    upload: &attachment::Model,
    lease: Uuid,
    received: u64,
) -> Result<Option<attachment::Model>, Fault> {
    let columns = [
        ("received", received_column(received)),
        ("leased_until", None::<chrono::DateTime<chrono::Utc>>.into()),
        ("leased_by", None::<Uuid>.into()),
    ];
    write(core, upload, lease, &columns).await
}

/// Ends the upload: the file is there, and is inspected next. One statement.
pub(super) async fn complete(
    core: &Core,
    upload: &attachment::Model,
    lease: Uuid,
    media_type: &str,
) -> Result<Option<attachment::Model>, Fault> {
    let now = core.clock.now();
    let columns = [
        ("length", upload.length.into()),
        ("received", upload.length.into()),
        ("media_type", media_type.to_owned().into()),
        ("status", AttachmentStatus::Pending.into()),
        ("due_at", now.into()),
        ("expires_at", (now + UNUSED).into()),
        ("leased_until", None::<chrono::DateTime<chrono::Utc>>.into()),
        ("leased_by", None::<Uuid>.into()),
    ];
    write(core, upload, lease, &columns).await
}

/// Marks the upload to be removed, and gives the lease back. One statement.
pub(super) async fn discard(
    core: &Core,
    upload: &attachment::Model,
    lease: Uuid,
) -> Result<(), Fault> {
    let columns = [
        ("disposal", AttachmentDisposal::Whole.into()),
        ("leased_until", None::<chrono::DateTime<chrono::Utc>>.into()),
        ("leased_by", None::<Uuid>.into()),
    ];
    write(core, upload, lease, &columns).await?;
    Ok(())
}

/// Marks an upload to be removed, whoever has it. One statement.
pub(super) async fn give_up(core: &Core, upload: &attachment::Model) -> Result<(), Fault> {
    let connection = core.store.writer();
    connection
        .execute_raw(sql(
            connection,
            "update attachment set disposal = 'WHOLE' where organization_id = $1 and id = $2 and status = 'UPLOADING'",
            [upload.organization_id.into(), upload.id.into()],
        ))
        .await?;
    Ok(())
}

fn received_column(received: u64) -> Value {
    i64::try_from(received).unwrap_or(i64::MAX).into()
}

async fn write(
    core: &Core,
    upload: &attachment::Model,
    lease: Uuid,
    columns: &[(&str, Value)],
) -> Result<Option<attachment::Model>, Fault> {
    let connection = core.store.writer();
    let mut update = Sql::new("update attachment set ");
    for (number, (column, value)) in columns.iter().enumerate() {
        update.push(if number == 0 { "" } else { ", " });
        update.push(column).push(" = ").bind(value.clone());
    }
    update
        .push(" where organization_id = ")
        .bind(upload.organization_id)
        .push(" and id = ")
        .bind(upload.id)
        .push(" and leased_by = ")
        .bind(lease)
        .push(" and disposal is null and status = 'UPLOADING' returning *");
    connection
        .query_one_raw(update.on(connection))
        .await?
        .map(|row| Ok(attachment::Model::from_query_result(&row, "")?))
        .transpose()
}
