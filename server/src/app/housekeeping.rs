//! What is done at intervals: forgetting what has run out, and counting.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::organization;
use metrics_exporter_prometheus::PrometheusHandle;
use sea_orm::{EntityTrait as _, QuerySelect as _};

use super::Workers;
use crate::domain::{
    core::Core, event_log, fault::Fault, links, notifications, sessions, throttle,
};

/// How often what has run out is forgotten.
const SWEEP: Duration = Duration::from_secs(10 * 60);
/// How often recorded durations are folded into their histograms.
const UPKEEP: Duration = Duration::from_secs(5);
/// How long what is done with is kept, for questions about it.
const KEPT: TimeDelta = TimeDelta::days(30);
/// The most events that are forgotten in one transaction, so that sends do not wait for it.
const EVENTS_AT_ONCE: u32 = 1000;

/// Starts the tasks; they end when the workers stop.
pub(super) fn start(workers: &Workers, core: &Core, event_retention: TimeDelta) {
    let core = core.clone();
    every(workers, SWEEP, move || {
        let core = core.clone();
        async move { sweep(&core, event_retention).await }
    });
}

/// Starts folding what was recorded, so that the recorder does not grow while nobody asks for metrics.
pub(super) fn keep_metrics(workers: &Workers, metrics: PrometheusHandle) {
    every(workers, UPKEEP, move || {
        metrics.run_upkeep();
        async {}
    });
}

fn every<F: Future<Output = ()> + Send>(
    workers: &Workers,
    pause: Duration,
    work: impl Fn() -> F + Send + 'static,
) {
    let stop = workers.stop.clone();
    workers.tasks.spawn(async move {
        while stop
            .run_until_cancelled(tokio::time::sleep(pause))
            .await
            .is_some()
        {
            work().await;
        }
    });
}

async fn sweep(core: &Core, event_retention: TimeDelta) {
    let now = core.clock.now();
    report("events", forget_events(core, now - event_retention).await);
    report("sessions", sessions::sweep(core).await);
    report("attempts", throttle::sweep(core).await);
    report("links", links::sweep(core, now - KEPT).await);
    report(
        "notifications",
        notifications::sweep(core, now - KEPT).await,
    );
}

fn report(what: &'static str, outcome: Result<u64, Fault>) {
    match outcome {
        Ok(0) => {}
        Ok(count) => tracing::debug!(sweep.what = what, sweep.count = count, "swept"),
        Err(fault) => {
            tracing::warn!(
                sweep.what = what,
                error.class = fault.class(),
                "sweeping failed"
            );
        }
    }
}

async fn forget_events(core: &Core, before: DateTime<Utc>) -> Result<u64, Fault> {
    let ids: Vec<entity::OrganizationId> = organization::Entity::find()
        .select_only()
        .column(organization::Column::Id)
        .into_tuple()
        .all(core.store.reader())
        .await?;
    let mut forgotten = 0;
    for id in ids {
        loop {
            let count = event_log::prune(core, id, before, EVENTS_AT_ONCE).await?;
            forgotten += count;
            if count < u64::from(EVENTS_AT_ONCE) {
                break;
            }
        }
    }
    Ok(forgotten)
}
