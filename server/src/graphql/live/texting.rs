//! Enrolments in texting that move on, live (TXT-6).

use async_graphql::{Context, SimpleObject, Subscription, Union};
use entity::{EventKind, PatientId};
use futures_util::Stream;

use super::{
    super::{
        error::{ApiError, ApiResult},
        id::LogPosition,
        patient::Patient,
    },
    Resync,
    patience::patiently,
    watch::{Seen, Watch},
};
use crate::{
    domain::{policy, viewer::Viewer},
    realtime::Occurrence,
};

/// A patient's enrolment in texting has moved on.
#[derive(SimpleObject)]
pub struct TextingChanged {
    /// The position of the event.
    position: LogPosition,
    /// The patient, with the enrolment as it is now.
    patient: Patient,
    /// Whether the viewer asked to be alerted of it, by "Two-way texting"; what they did themselves never alerts.
    alert: bool,
}

/// What the subscription `textingChanges` gives.
#[derive(Union)]
pub enum TextingItem {
    /// An enrolment has moved on.
    Changed(Box<TextingChanged>),
    /// Fetch again.
    Resync(Resync),
}

/// Enrolments in texting.
#[derive(Default)]
pub struct TextingSubscription;

#[Subscription]
impl TextingSubscription {
    /// Enrolments in texting that move on: of the patients on whose panels the viewer stands, and of those whom they have
    /// asked themselves. For clinicians and administrators.
    async fn texting_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The position that was seen last: everything since comes first. Without it, only what happens from now on."
        )]
        after: Option<LogPosition>,
    ) -> Result<impl Stream<Item = ApiResult<TextingItem>> + use<>, ApiError> {
        let mut watch = Box::pin(Watch::open(ctx, Vec::new(), after)).await?;
        policy::record_keeper(&watch.viewer)?;
        Ok(async_stream::try_stream! {
            while let Some(seen) = watch.next().await? {
                match seen {
                    Seen::Resync(resync) => yield TextingItem::Resync(resync),
                    Seen::Event { occurrence, recheck } => {
                        if recheck {
                            policy::record_keeper(&watch.viewer)?;
                        }
                        if let Some((patient, alert)) = concern(&watch.viewer, &occurrence) {
                            // A patient who is hidden from the viewer by now is none of theirs.
                            if let Some(patient) = patiently(|| now(&watch, patient)).await? {
                                let position = watch.position(&occurrence);
                                yield TextingItem::Changed(Box::new(TextingChanged { position, patient, alert }));
                            }
                        }
                    }
                }
            }
        })
    }
}

/// Whose enrolment has moved on, if that concerns the viewer, and whether it alerts them.
fn concern(viewer: &Viewer, occurrence: &Occurrence) -> Option<(PatientId, bool)> {
    let Viewer::Staff(staff) = viewer else {
        return None;
    };
    let what = &occurrence.event.what;
    let concerned = what.kind == EventKind::TextingChanged && what.audience.includes(staff.id());
    let patient = what.patient.filter(|_| concerned)?;
    Some((patient, what.audience.alerts(staff.id())))
}

/// The patient with the viewer's eyes of now; none who is hidden from them by now. One statement.
async fn now(watch: &Watch, id: PatientId) -> ApiResult<Option<Patient>> {
    let reader = watch.core().store.reader();
    let mut found = policy::open_patients(reader, &watch.viewer, &[id]).await?;
    Ok(found.pop().map(|in_view| in_view.into_patient().into()))
}
