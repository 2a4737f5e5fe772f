//! The worker that empties the outbox. Every node runs one; a lease keeps each notification with one of them.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{StreamExt as _, future::join_all, stream};
use metrics::{counter, gauge};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{MailTransport, Report, SendError, SmsGateway, breaker::Breaker};
use crate::domain::{
    core::Core,
    fault::Fault,
    notifications::{
        Address, Claimed, Lane, LinkBase, Outcome, Outgoing, Prepared, Settled, address, claim,
        prepare,
    },
};

/// How many notifications of a lane are claimed and handled at once.
const BATCH: u32 = 8;
/// How often a lane is looked at without being told to.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long a lane waits at least between two looks, so that a busy server's sends are not disturbed.
const BREATH: Duration = Duration::from_millis(100);

/// Tells the worker that something may be due. Cheap to clone and to ring; it may be lost or doubled.
#[derive(Clone, Debug, Default)]
pub struct Nudge(Arc<[Notify; Lane::ALL.len()]>);

impl Nudge {
    /// Wakes every lane.
    pub fn ring(&self) {
        for notify in self.0.iter() {
            notify.notify_one();
        }
    }
}

/// A lane with what is known of its gateway.
struct LaneState {
    lane: Lane,
    breaker: Mutex<Breaker>,
}

impl LaneState {
    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Empties the outbox.
pub struct Worker {
    core: Core,
    id: Uuid,
    link_base: LinkBase,
    mail: MailTransport,
    sms: SmsGateway,
    nudge: Nudge,
    lanes: [LaneState; Lane::ALL.len()],
}

impl Worker {
    /// A worker that hands e-mails to `mail` and text messages to `sms`, and wakes up when `nudge` rings.
    #[must_use]
    pub fn new(
        core: Core,
        link_base: LinkBase,
        mail: MailTransport,
        sms: SmsGateway,
        nudge: Nudge,
    ) -> Self {
        let id = core.entropy.uuid(core.clock.now());
        Self {
            core,
            id,
            link_base,
            mail,
            sms,
            nudge,
            lanes: Lane::ALL.map(|lane| LaneState {
                lane,
                breaker: Mutex::default(),
            }),
        }
    }

    /// Handles notifications until `shutdown`; what is in flight then is finished first.
    pub async fn run(&self, shutdown: &CancellationToken) {
        let lanes = self.lanes.iter().zip(self.nudge.0.iter());
        join_all(lanes.map(|(lane, nudge)| self.run_lane(lane, nudge, shutdown))).await;
    }

    async fn run_lane(&self, lane: &LaneState, nudge: &Notify, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            let worked = self.run_batch(lane).await;
            match worked {
                Ok(report) if report.total() > 0 => {
                    if report.addressed > 0 {
                        self.nudge.ring();
                    }
                    continue;
                }
                Ok(_) => {}
                Err(fault) => {
                    tracing::error!(
                        error.class = fault.class(),
                        "notifications could not be claimed"
                    );
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = async {
                    tokio::time::sleep(BREATH).await;
                    // Nobody rang: time to look anyway.
                    let _ = tokio::time::timeout(INTERVAL, nudge.notified()).await;
                } => {}
            }
        }
    }

    /// Handles all that is due now, and what comes of it, and returns.
    ///
    /// # Errors
    /// Any failure of the database while claiming.
    pub async fn run_once(&self) -> Result<Report, Fault> {
        let mut all = Report::default();
        for lane in &self.lanes {
            loop {
                let report = self.run_batch(lane).await?;
                if report.total() == 0 {
                    break;
                }
                all.add(report);
            }
        }
        Ok(all)
    }

    async fn run_batch(&self, lane: &LaneState) -> Result<Report, Fault> {
        let now = self.core.clock.now();
        let allowance = {
            let breaker = lane.breaker();
            gauge!("tidings_delivery_resting", "lane" => name(lane.lane))
                .set(f64::from(u8::from(breaker.rests(now))));
            breaker.allowance(now, BATCH)
        };
        let mut report = Report::default();
        if allowance == 0 {
            return Ok(report);
        }
        let claimed = claim(&self.core, self.id, lane.lane, allowance).await?;
        let oldest = claimed.iter().map(|claimed| claimed.row.due_at).min();
        let lateness = oldest.map_or(0.0, |due| (now - due).as_seconds_f64());
        gauge!("tidings_notifications_late_seconds", "lane" => name(lane.lane)).set(lateness);
        let mut handled = stream::iter(claimed)
            .map(|claimed| self.handle(lane, claimed))
            .buffer_unordered(BATCH as usize);
        while let Some(settled) = handled.next().await {
            report.count(settled);
        }
        Ok(report)
    }

    /// Handles one notification. A fault leaves it to the end of its lease.
    async fn handle(&self, lane: &LaneState, claimed: Claimed) -> Settled {
        let (id, attempts) = (claimed.row.id, claimed.row.attempts);
        let purpose = claimed.row.purpose.word();
        let settled = self.work(lane, claimed).await.unwrap_or_else(|fault| {
            tracing::error!(
                notification.id = %id.0,
                notification.purpose = purpose,
                notification.attempts = attempts,
                error.class = fault.class(),
                "notification could not be handled"
            );
            Settled::Lost
        });
        counter!(
            "tidings_notifications_total",
            "purpose" => purpose,
            "lane" => name(lane.lane),
            "outcome" => outcome_name(settled)
        )
        .increment(1);
        settled
    }

    async fn work(&self, lane: &LaneState, claimed: Claimed) -> Result<Settled, Fault> {
        if claimed.is_exhausted() {
            return claimed.settle(&self.core, Claimed::exhausted()).await;
        }
        if lane.lane == Lane::Addressing {
            return address(&self.core, claimed).await;
        }
        let outcome = match prepare(&self.core, &self.link_base, &claimed.row).await? {
            Prepared::Skip(skip) => Outcome::Skipped(skip),
            Prepared::Undeliverable(class) => Outcome::Undeliverable(class.to_owned()),
            Prepared::Send(outgoing) => self.send(lane, &outgoing, claimed.row.attempts).await?,
        };
        claimed.settle(&self.core, outcome).await
    }

    async fn send(
        &self,
        lane: &LaneState,
        outgoing: &Outgoing,
        attempt: i32,
    ) -> Result<Outcome, Fault> {
        let sent = match &outgoing.to {
            Address::Email(address) => self.mail.send(&self.core, address, outgoing).await,
            Address::Sms(_) => self.sms.send(&self.core, outgoing).await,
        };
        let now = self.core.clock.now();
        let outcome = match sent {
            Ok(()) => Outcome::Sent,
            Err(SendError::Refused(class)) => Outcome::Undeliverable(class),
            Err(SendError::Deferred(class)) => Outcome::Failed(class),
            Err(SendError::Unreachable(class)) => {
                lane.breaker().failed(now, &self.core.entropy);
                log_failure(outgoing, attempt, &class);
                return Ok(Outcome::Failed(class));
            }
            Err(SendError::Fault(fault)) => return Err(fault),
        };
        lane.breaker().answered();
        if let Outcome::Failed(class) | Outcome::Undeliverable(class) = &outcome {
            log_failure(outgoing, attempt, class);
        }
        Ok(outcome)
    }
}

fn log_failure(outgoing: &Outgoing, attempt: i32, class: &str) {
    tracing::warn!(
        notification.id = %outgoing.id.0,
        notification.attempt = attempt,
        error.class = class,
        "notification was not taken"
    );
}

const fn name(lane: Lane) -> &'static str {
    match lane {
        Lane::Addressing => "addressing",
        Lane::Email => "email",
        Lane::Sms => "sms",
    }
}

const fn outcome_name(settled: Settled) -> &'static str {
    match settled {
        Settled::Sent => "sent",
        Settled::Addressed => "addressed",
        Settled::Skipped => "skipped",
        Settled::Retried => "retried",
        Settled::Dead => "dead",
        Settled::Lost => "lost",
    }
}
