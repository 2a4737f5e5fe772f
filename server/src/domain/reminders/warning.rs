//! What does not keep a reminder from being sent, and keeps patients from hearing of it.

use std::collections::BTreeSet;

use entity::{Channel, OrganizationId, RecipientStatus, reminder};
use sea_orm::ConnectionTrait;

use crate::domain::{core::Outlets, fault::Fault, store::sql, texts};

/// What keeps patients from hearing of a reminder that stands in their announcements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Warning {
    /// Some are to be told by e-mail, and none can leave now.
    EmailsCannotLeave,
    /// Some are to be told by text message, and none can leave now.
    TextsCannotLeave,
}

impl Warning {
    /// What there is to say of notifications by these channels. One statement where texts leave by the clinic's own gateway only.
    pub(super) async fn of(
        connection: &impl ConnectionTrait,
        organization: OrganizationId,
        channels: impl IntoIterator<Item = Channel>,
        mut outlets: Outlets,
    ) -> Result<Vec<Self>, Fault> {
        let channels: BTreeSet<_> = channels.into_iter().collect();
        if channels.contains(&Channel::Sms) && !outlets.texts {
            outlets.texts = texts::gateways::exists(connection, organization).await?;
        }
        let warning = |channel| match channel {
            Channel::Email => (!outlets.emails).then_some(Self::EmailsCannotLeave),
            Channel::Sms => (!outlets.texts).then_some(Self::TextsCannotLeave),
            // What is read in the portal alone leaves nowhere.
            Channel::Portal => None,
        };
        let warnings: BTreeSet<_> = channels.into_iter().filter_map(warning).collect();
        Ok(warnings.into_iter().collect())
    }

    /// What there is to say of a reminder that was sent before. Two statements at most.
    pub(super) async fn of_sent(
        connection: &impl ConnectionTrait,
        reminder: &reminder::Model,
        outlets: Outlets,
    ) -> Result<Vec<Self>, Fault> {
        let rows = connection
            .query_all_raw(sql(
                connection,
                "select distinct channel from reminder_recipient where organization_id = $1 and reminder_id = $2 \
                 and status = $3 and channel is not null",
                [
                    reminder.organization_id.into(),
                    reminder.id.into(),
                    RecipientStatus::Waiting.into(),
                ],
            ))
            .await?;
        let channels: Vec<Channel> = rows
            .iter()
            .map(|row| row.try_get_by_index(0))
            .collect::<Result<_, _>>()?;
        Self::of(connection, reminder.organization_id, channels, outlets).await
    }
}
