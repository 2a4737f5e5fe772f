//! Reading one organization's log at its end.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{Occurrence, Realtime, organization::Organization, topic::topics};
use crate::domain::{core::Core, event_log, fault::Fault};

/// How many events are read at once.
pub(super) const PAGE: u32 = 256;
/// How long to wait after a failure of the database.
const RETRY: Duration = Duration::from_secs(1);
/// How long handing out may wait for what messages say. What takes longer is loaded by those who are told.
const PREPARATION: Duration = Duration::from_secs(1);

/// Hands out what the log holds, in order, until nobody watches the organization any more.
pub(super) async fn tail(realtime: Realtime, organization: Arc<Organization>) {
    let read = async {
        match event_log::bounds(realtime.0.core.store.reader(), organization.id).await {
            Ok(bounds) => organization.start(bounds.head),
            Err(fault) => {
                tracing::warn!(error.class = fault.class(), "reading a log failed");
                organization.fail_to_start();
                realtime.forget(&organization);
                return;
            }
        }
        loop {
            organization.rung.notified().await;
            if organization.wanted() > organization.head() {
                if let Err(fault) = catch_up(&realtime, &organization).await {
                    tracing::warn!(error.class = fault.class(), "reading a log failed");
                    tokio::time::sleep(RETRY).await;
                    organization.nudge();
                }
            } else if realtime.retire(&organization) {
                return;
            }
        }
    };
    tokio::select! {
        () = read => {}
        () = realtime.0.stop.cancelled() => {}
    }
    organization.close();
}

async fn catch_up(realtime: &Realtime, organization: &Arc<Organization>) -> Result<(), Fault> {
    let core = &realtime.0.core;
    loop {
        let head = organization.head();
        let events = event_log::read_page(core, organization.id, head, PAGE).await?;
        let pruned_through = match events.first() {
            Some(first) => first.position.previous(),
            None => {
                let bounds = event_log::bounds(core.store.reader(), organization.id);
                bounds.await?.pruned_through
            }
        };
        if pruned_through > head {
            organization.skip(pruned_through);
        }
        let count = events.len();
        let page = Occurrence::page(events);
        for occurrence in &page {
            organization.warn_of(&occurrence.event);
        }
        prepare(core, organization, &page).await;
        for occurrence in page {
            organization.hand_out(&occurrence);
        }
        if count < PAGE as usize {
            return Ok(());
        }
    }
}

/// Loads what messages say before anybody is told of them: otherwise all who are woken wait for the first of them to load it,
/// and are woken twice. Three statements for a page that concerns anybody, none for another.
async fn prepare(core: &Core, organization: &Organization, page: &[Arc<Occurrence>]) {
    if let Some(occurrence) = first_watched(organization, page) {
        // Whoever is told tries again, with patience.
        let _ = timeout(PREPARATION, occurrence.content(core)).await;
    }
}

/// The first message of a page that concerns anybody on this node.
fn first_watched<'a>(
    organization: &Organization,
    page: &'a [Arc<Occurrence>],
) -> Option<&'a Arc<Occurrence>> {
    let registry = organization.registry();
    page.iter().find(|occurrence| {
        let what = &occurrence.event.what;
        let watched = |topic| registry.mailboxes.contains_key(topic);
        what.message.is_some() && topics(what).iter().any(watched)
    })
}
