//! What senders do with their own uploads besides sending.

use entity::{AttachmentDisposal, AttachmentId, attachment};
use sea_orm::ConnectionTrait as _;

use crate::domain::{
    core::Core,
    fault::Fault,
    policy::{self, Denied, UploadInHand},
    store::sql,
    viewer::Viewer,
};

/// An upload of the viewer's own, finished or not. One statement.
///
/// # Errors
/// [`Denied::NotFound`] for whatever else an id may name.
pub async fn upload(
    core: &Core,
    viewer: &Viewer,
    id: AttachmentId,
) -> Result<UploadInHand, Denied> {
    policy::own_upload(core.store.reader(), viewer, id, core.clock.now()).await
}

/// Whether an upload of the viewer's own has run out, as long as that is known: until its bytes are removed. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn has_run_out(core: &Core, viewer: &Viewer, id: AttachmentId) -> Result<bool, Fault> {
    policy::own_upload_has_run_out(core.store.reader(), viewer, id, core.clock.now()).await
}

/// Gives up an upload that nothing has made use of; its bytes go with the next sweep. Tells whether there was something
/// to give up. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn terminate(core: &Core, upload: &UploadInHand) -> Result<bool, Fault> {
    let attachment: &attachment::Model = upload.attachment();
    let connection = core.store.writer();
    let done = connection
        .execute_raw(sql(
            connection,
            "update attachment set disposal = $3 where organization_id = $1 and id = $2 and expires_at is not null \
             and (disposal is null or disposal = 'BYTES')",
            [
                attachment.organization_id.into(),
                attachment.id.into(),
                AttachmentDisposal::Whole.into(),
            ],
        ))
        .await?;
    Ok(done.rows_affected() > 0)
}
