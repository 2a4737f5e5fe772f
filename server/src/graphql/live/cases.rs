//! The list of cases, live: what was opened, changed and written.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, SimpleObject, Subscription, Union};
use entity::{ConversationId, EventKind, PersonId};
use futures_util::Stream;

use super::{
    super::{
        case::Case,
        case_queries::listed,
        context::ContextExt as _,
        error::{ApiError, ApiResult},
        id::LogPosition,
    },
    Resync,
    patience::patiently,
    watch::{Seen, Watch},
};
use crate::{
    domain::{cases, policy, viewer::Viewer},
    realtime::{Occurrence, Topic},
};

/// A case was opened or changed, something was written in it, or the viewer has read or hidden it, perhaps on another device.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct CaseChanged {
    /// The position of the event.
    position: LogPosition,
    /// The case as it is now.
    case: Case,
    /// Whether it alerts the viewer: the case was assigned to them, or STOP or START came from its number. That its first answer
    /// is overdue is told by `attentionAlerts`; what patients write alerts by `messageAlerts`.
    alert: bool,
}

#[ComplexObject]
impl CaseChanged {
    /// How many cases hold messages which the viewer has not seen now, as `newMessages` of `cases` counts them.
    async fn new_messages(&self, ctx: &Context<'_>) -> ApiResult<i64> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        Ok(cases::count_new_messages(ctx.core().store.reader(), &clinician).await?)
    }
}

/// What the subscription `caseChanges` gives.
#[derive(Union)]
pub enum CaseItem {
    /// A case has changed.
    Changed(Box<CaseChanged>),
    /// Fetch again.
    Resync(Resync),
}

/// Cases.
#[derive(Default)]
pub struct CaseSubscription;

#[Subscription]
impl CaseSubscription {
    /// Changes of the cases that the viewer may open, for lists of them. For clinicians.
    async fn case_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The position that was seen last: everything since comes first. Without it, only what happens from now on."
        )]
        after: Option<LogPosition>,
    ) -> Result<impl Stream<Item = ApiResult<CaseItem>> + use<>, ApiError> {
        let mut watch = Box::pin(Watch::open(ctx, vec![Topic::Cases], after)).await?;
        policy::clinician(&watch.viewer)?;
        Ok(async_stream::try_stream! {
            while let Some(seen) = watch.next().await? {
                match seen {
                    Seen::Resync(resync) => yield CaseItem::Resync(resync),
                    Seen::Event { occurrence, recheck } => {
                        if recheck {
                            policy::clinician(&watch.viewer)?;
                        }
                        if let Some((id, alert)) = concern(&watch.viewer, &occurrence) {
                            // What is out of the viewer's reach is none of theirs.
                            if let Some(case) = patiently(|| now(&watch, &occurrence, id)).await? {
                                let position = watch.position(&occurrence);
                                yield CaseItem::Changed(Box::new(CaseChanged { position, case, alert }));
                            }
                        }
                    }
                }
            }
        })
    }
}

/// Which case may have changed, if one has that concerns the viewer, and whether it alerts them.
fn concern(viewer: &Viewer, occurrence: &Occurrence) -> Option<(ConversationId, bool)> {
    let Viewer::Staff(staff) = viewer else {
        return None;
    };
    let what = &occurrence.event.what;
    let own = what.actor == Some(PersonId::Staff(staff.id()));
    let changed = matches!(
        what.kind,
        EventKind::CaseChanged | EventKind::CaseWorkChanged
    );
    let concerns = changed
        || what.kind == EventKind::CaseWritten
        || (own
            && matches!(
                what.kind,
                EventKind::ThreadHidden | EventKind::ReadCursorMoved
            ));
    let id = what.conversation.filter(|_| concerns)?;
    let alert = changed && what.audience.alerts(staff.id());
    Some((id, alert))
}

/// The case with the viewer's eyes of now. Two statements.
async fn now(
    watch: &Watch,
    occurrence: &Arc<Occurrence>,
    id: ConversationId,
) -> ApiResult<Option<Case>> {
    let clinician = policy::clinician(&watch.viewer)?;
    let (reader, now) = (watch.core().store.reader(), watch.core().clock.now());
    let found = cases::list_entry(reader, now, &clinician, id).await?;
    Ok(found.map(|case| listed(case, None, occurrence.event.position)))
}
