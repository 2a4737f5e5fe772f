//! The files of messages, loaded together: one statement, however many messages are shown.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, dataloader::Loader};
use entity::{MessageId, OrganizationId};

use super::{
    attachment::Attachment,
    context::ContextExt as _,
    error::ApiResult,
    loaders::{PeopleLoader, by_organization, load},
};
use crate::domain::{
    fault::Fault,
    messages::MessageView,
    policy::{FileInView, files_of_messages},
};

/// About how much memory a file takes while an answer is made.
const FILE_BYTES: usize = 512;

/// The files of a message that the viewer may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageFilesKey(OrganizationId, MessageId);

/// The files of a message that the viewer may see. Messages know how many they have, so that those without cost nothing.
///
/// # Errors
/// When the answer would be too long, and any failure of the database.
pub async fn files_of(ctx: &Context<'_>, view: &MessageView) -> ApiResult<Vec<Attachment>> {
    let message = &view.message;
    let count = usize::try_from(message.attachment_count).unwrap_or(0);
    if count == 0 {
        return Ok(Vec::new());
    }
    ctx.budget().read(count * FILE_BYTES)?;
    let key = MessageFilesKey(message.organization_id, message.id);
    let files = load(ctx, key).await?.unwrap_or_default();
    Ok(files.into_iter().map(Attachment).collect())
}

impl Loader<MessageFilesKey> for PeopleLoader {
    type Value = Vec<FileInView>;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[MessageFilesKey],
    ) -> Result<HashMap<MessageFilesKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let found = files_of_messages(self.core.store.reader(), organization, &ids).await?;
            loaded.extend(
                found
                    .into_iter()
                    .map(|(id, files)| (MessageFilesKey(organization, id), files)),
            );
        }
        Ok(loaded)
    }
}
