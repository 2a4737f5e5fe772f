//! What is done at intervals: forgetting what has run out, and counting.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{OrganizationId, organization};
use metrics_exporter_prometheus::PrometheusHandle;
use sea_orm::{EntityTrait as _, QuerySelect as _};
use tokio_util::sync::CancellationToken;

use super::Workers;
use crate::config::Config;
use crate::domain::{
    attachments, core::Core, event_log, fault::Fault, links, notifications, scheduled, sessions,
    texting, texts, throttle,
};

/// How often what has run out is forgotten.
const SWEEP: Duration = Duration::from_secs(10 * 60);
/// How long a sweep that has more to do leaves the database to others, after each bounded transaction.
const BREATH: Duration = Duration::from_millis(50);
/// How often recorded durations are folded into their histograms.
const UPKEEP: Duration = Duration::from_secs(5);
/// How long what is done with is kept, for questions about it.
const KEPT: TimeDelta = TimeDelta::days(30);
/// How long the development outbox keeps messages, which hold codes and links in clear.
const DEVELOPMENT_OUTBOX_KEPT: TimeDelta = TimeDelta::days(7);
/// The most events that are forgotten in one transaction, so that sends do not wait for it.
const EVENTS_AT_ONCE: u32 = 1000;

/// How long the operator wants things to be kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retention {
    pub(super) events: TimeDelta,
    pub(super) downloads: TimeDelta,
}

impl Retention {
    pub(super) const fn of(config: &Config) -> Self {
        Self {
            events: config.event_retention,
            downloads: config.download_records,
        }
    }
}

/// Forgets what has run out. Cheap to clone.
#[derive(Clone)]
pub struct Housekeeper {
    core: Core,
    retention: Retention,
    stop: CancellationToken,
}

impl Housekeeper {
    pub(super) fn new(core: &Core, retention: Retention, workers: &Workers) -> Self {
        Self {
            core: core.clone(),
            retention,
            stop: workers.stop.clone(),
        }
    }

    /// Starts forgetting at intervals, until the workers stop.
    pub(super) fn start(&self, workers: &Workers) {
        let housekeeper = self.clone();
        every(workers, SWEEP, move || {
            let housekeeper = housekeeper.clone();
            async move { housekeeper.sweep().await }
        });
    }

    /// Forgets all that has run out by now, in bounded transactions with room between them for others.
    pub async fn sweep(&self) {
        let core = &self.core;
        let now = core.clock.now();
        report(
            "events",
            self.forget_events(now - self.retention.events).await,
        );
        let downloads = || attachments::forget_downloads(core, now - self.retention.downloads);
        report("records of downloads", self.exhaust(downloads).await);
        let words = || scheduled::forget_words(core);
        report("words of scheduled messages", self.exhaust(words).await);
        report("files", attachments::sweep(core).await);
        report("sessions", self.exhaust(|| sessions::sweep(core)).await);
        report("attempts", self.exhaust(|| throttle::sweep(core)).await);
        let unanswered = || texting::sweep(core);
        report("enrolments in texting", self.exhaust(unanswered).await);
        let numbers = || texts::forget_numbers(core, now - KEPT);
        report("numbers of texts", self.exhaust(numbers).await);
        let links = || links::sweep(core, now - KEPT);
        report("links", self.exhaust(links).await);
        let notifications = || notifications::sweep(core, now - KEPT);
        report("notifications", self.exhaust(notifications).await);
        let kept = || notifications::sweep_development_outbox(core, now - DEVELOPMENT_OUTBOX_KEPT);
        report("development messages", self.exhaust(kept).await);
    }

    async fn forget_events(&self, before: DateTime<Utc>) -> Result<u64, Fault> {
        let core = &self.core;
        let ids: Vec<OrganizationId> = organization::Entity::find()
            .select_only()
            .column(organization::Column::Id)
            .into_tuple()
            .all(core.store.reader())
            .await?;
        let mut forgotten = 0;
        for id in ids {
            forgotten += self
                .exhaust(|| event_log::prune(core, id, before, EVENTS_AT_ONCE))
                .await?;
        }
        Ok(forgotten)
    }

    /// Repeats a step that removes a bounded number of rows until it finds none, or until the workers stop.
    async fn exhaust<F: Future<Output = Result<u64, Fault>>>(
        &self,
        step: impl Fn() -> F,
    ) -> Result<u64, Fault> {
        let mut removed = 0;
        loop {
            let count = step().await?;
            if count == 0 {
                return Ok(removed);
            }
            removed += count;
            let rest = tokio::time::sleep(BREATH);
            if self.stop.run_until_cancelled(rest).await.is_none() {
                return Ok(removed);
            }
        }
    }
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
