//! What a clinic's notification texts were before (SEC-7).

use entity::{
    Channel, NotificationPurpose,
    notification_template_change::{Column, Entity, Model},
};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QuerySelect as _,
};

use super::{TemplateKey, TemplateView};
use crate::domain::{
    core::Core,
    fault::Fault,
    page::{self, Page, Slice, Sorted},
    people::values::NotificationChannel,
    policy::AsAdministrator,
};

/// Which changes are asked for.
#[derive(Clone, Debug, Default)]
pub struct ChangeFilter {
    /// Only those for this purpose.
    pub purpose: Option<NotificationPurpose>,
    /// Only those of this channel.
    pub channel: Option<NotificationChannel>,
    /// Only those in this language.
    pub language: Option<String>,
}

/// A change, with what the text was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// How the notification travels.
    pub channel: NotificationChannel,
    /// All of it.
    pub row: Model,
}

/// Keeps what a text was before it is changed. The caller holds the organization's row, so that the numbers follow each
/// other. Two statements.
pub(super) async fn keep(
    core: &Core,
    tx: &DatabaseTransaction,
    administrator: &AsAdministrator,
    key: &TemplateKey,
    before: Option<TemplateView>,
    reset: bool,
) -> Result<(), Fault> {
    let last = Entity::find()
        .select_only()
        .column_as(Column::Number.max(), "number")
        .filter(Column::OrganizationId.eq(administrator.organization()))
        .into_tuple::<Option<i64>>()
        .one(tx)
        .await?;
    let (subject_before, body_before) = match before {
        Some(view) => (view.subject, Some(view.body)),
        None => (None, None),
    };
    let row = Model {
        organization_id: administrator.organization(),
        number: last.flatten().unwrap_or(0) + 1,
        purpose: key.purpose,
        channel: key.channel.into(),
        language: key.language.clone(),
        reset,
        subject_before,
        body_before,
        changed_by: administrator.staff(),
        changed_at: core.clock.now(),
    };
    row.into_active_model().insert(tx).await?;
    Ok(())
}

/// A page of the changes, the newest first. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn changes(
    core: &Core,
    administrator: &AsAdministrator,
    filter: &ChangeFilter,
    slice: &Slice<i64>,
) -> Result<Page<Changed>, Fault> {
    let mut select = Entity::find().filter(Column::OrganizationId.eq(administrator.organization()));
    if let Some(purpose) = filter.purpose {
        select = select.filter(Column::Purpose.eq(purpose));
    }
    if let Some(channel) = filter.channel {
        select = select.filter(Column::Channel.eq(Channel::from(channel)));
    }
    if let Some(language) = &filter.language {
        select = select.filter(Column::Language.eq(language.as_str()));
    }
    let newest_first = (Column::Number, Sorted::Descending);
    let page = page::by_column(core.store.reader(), select, newest_first, slice).await?;
    let items = page
        .items
        .into_iter()
        .map(|row| {
            let channel = NotificationChannel::of(row.channel)
                .ok_or(Fault::Corrupt("notification template change"))?;
            Ok(Changed { channel, row })
        })
        .collect::<Result<_, Fault>>()?;
    Ok(Page {
        items,
        has_next: page.has_next,
        has_previous: page.has_previous,
    })
}
