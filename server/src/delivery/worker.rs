//! The worker that empties the outbox. Every node runs one; a lease keeps each notification with one of them.

use std::{iter::repeat_n, sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    MailTransport, Report, SmsGateway, TextGateways, TextWorker,
    gateway::Gateway,
    handover::Handover,
    lane::LaneState,
    smtp::{AT_ONCE, WHOLE},
};
use crate::domain::{
    core::Core,
    fault::Fault,
    notifications::{Claimed, LEASE, Lane, LinkBase, Outcome, address, claim, prepare},
};

/// How many notifications of a lane are claimed and handled at once.
const BATCH: u32 = 32;
/// The longest rest of a lane that has work.
const LONGEST_REST: Duration = Duration::from_millis(250);
/// How often a lane is looked at without being told to.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long a lane waits at least between two looks, so that a busy server's sends are not disturbed.
const BREATH: Duration = Duration::from_millis(100);

/// How many batches of a lane may be under way at once: a mail that hangs holds up its own batch, and the others go on.
const fn at_once(lane: Lane) -> u32 {
    match lane {
        Lane::Access | Lane::Email => 3,
        Lane::Addressing | Lane::Sms => 1,
    }
}

// Whoever takes longest over a batch still has it: a lease that ended under them would send mails twice.
const _: () = assert!(
    (BATCH.div_ceil(AT_ONCE) as i64) * (WHOLE.as_secs() as i64) < LEASE.num_seconds(),
    "a lease is longer than a batch can take"
);

/// Tells the worker that something may be due. Cheap to clone and to ring; it may be lost or doubled.
#[derive(Clone, Debug, Default)]
pub struct Nudge(Arc<Bells>);

#[derive(Debug, Default)]
struct Bells {
    lanes: [Notify; Lane::ALL.len()],
    leaving: Notify,
    arriving: Notify,
}

impl Nudge {
    /// Wakes everybody: a commit may have caused anything.
    pub fn ring(&self) {
        for notify in &self.0.lanes {
            notify.notify_one();
        }
        self.0.leaving.notify_one();
        self.0.arriving.notify_one();
    }

    /// Wakes whoever lets texts that came in have their effect.
    pub fn text_arrived(&self) {
        self.0.arriving.notify_one();
    }
}

/// Empties the outbox.
pub struct Worker {
    core: Core,
    id: Uuid,
    link_base: LinkBase,
    mail: MailTransport,
    sms: SmsGateway,
    /// Hands texts to gateways.
    pub texts: TextWorker,
    nudge: Nudge,
    lanes: [LaneState; Lane::ALL.len()],
}

impl Worker {
    /// A worker that hands e-mails to `mail` and text messages to the development outbox or to `gateways`, and wakes up when
    /// `nudge` rings.
    #[must_use]
    pub fn new(
        core: Core,
        link_base: LinkBase,
        mail: MailTransport,
        gateways: TextGateways,
        nudge: Nudge,
    ) -> Self {
        let sms = if gateways.keeps_messages {
            SmsGateway::DevelopmentOutbox
        } else {
            SmsGateway::Texts
        };
        let texts = TextWorker::new(core.clone(), gateways);
        let id = core.entropy.uuid(core.clock.now());
        Self {
            core,
            id,
            link_base,
            mail,
            sms,
            texts,
            nudge,
            lanes: Lane::ALL.map(LaneState::new),
        }
    }

    /// Handles notifications until `stop`; what is in flight then is finished first.
    pub async fn run(&self, stop: &CancellationToken) {
        let bells = &self.nudge.0;
        let lanes = self.lanes.iter().zip(&bells.lanes);
        let runs = lanes.flat_map(|run| repeat_n(run, at_once(run.0.lane) as usize));
        let lanes = join_all(runs.map(|(lane, nudge)| self.run_lane(lane, nudge, stop)));
        let texts = self.texts.run(&bells.leaving, &bells.arriving, stop);
        tokio::join!(lanes, texts);
    }

    async fn run_lane(&self, lane: &LaneState, nudge: &Notify, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let busy = match self.run_batch(lane, stop).await {
                Ok((report, busy)) => {
                    // What is addressed goes on in another lane, and a text message among the texts.
                    if report.addressed > 0 || lane.lane == Lane::Sms && report.sent > 0 {
                        self.nudge.ring();
                    }
                    (report.total() > 0).then_some(busy)
                }
                Err(fault) => {
                    tracing::error!(
                        error.class = fault.class(),
                        "notifications could not be claimed"
                    );
                    None
                }
            };
            let rest = async {
                if let Some(busy) = busy {
                    // Longer than the work took: a full outbox then takes no more than about a quarter of a core and of a
                    // connection from those who send. They are waited for, and a notification may come a little later.
                    let rest = busy * 3 * at_once(lane.lane);
                    sleep(rest.min(LONGEST_REST)).await;
                } else {
                    sleep(BREATH).await;
                    // Nobody rang: time to look anyway.
                    let _ = timeout(INTERVAL, nudge.notified()).await;
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = rest => {}
            }
        }
    }

    /// Handles all that is due now, and what comes of it, without a rest, and returns.
    ///
    /// # Errors
    /// Any failure of the database while claiming.
    pub async fn run_once(&self) -> Result<Report, Fault> {
        let mut all = Report::default();
        let never = CancellationToken::new();
        for lane in &self.lanes {
            loop {
                let (report, _) = self.run_batch(lane, &never).await?;
                if report.total() == 0 {
                    break;
                }
                all.add(report);
            }
        }
        Ok(all)
    }

    /// Handles what is due now, and tells for how long that kept this node and its database busy: waiting for a mail server
    /// is no work.
    async fn run_batch(
        &self,
        lane: &LaneState,
        stop: &CancellationToken,
    ) -> Result<(Report, Duration), Fault> {
        let began = Instant::now();
        let now = self.core.clock.now();
        let allowance = lane.allowance(now, BATCH);
        if allowance == 0 {
            return Ok(Default::default());
        }
        let claimed = claim(&self.core, self.id, lane.lane, allowance).await?;
        lane.say_lateness(now, &claimed);
        if claimed.is_empty() {
            return Ok(Default::default());
        }
        Ok(self.handle(lane, claimed, stop, began).await)
    }

    async fn handle(
        &self,
        lane: &LaneState,
        claimed: Vec<Claimed>,
        stop: &CancellationToken,
        began: Instant,
    ) -> (Report, Duration) {
        let core = &self.core;
        let (exhausted, claimed): (Vec<_>, Vec<_>) =
            claimed.into_iter().partition(Claimed::is_exhausted);
        let exhausted: Vec<_> = exhausted
            .into_iter()
            .map(|claimed| (claimed, Outcome::exhausted()))
            .collect();
        let handover = Handover { core, lane, stop };
        let gateway = match lane.lane {
            Lane::Addressing => {
                let mut report = handover.settle(exhausted).await;
                let addressed = address(core, claimed).await;
                report.add(lane.count(&addressed.done));
                report.add(lane.lose(addressed.failed));
                return (report, began.elapsed());
            }
            Lane::Access | Lane::Email => Gateway::of_mail(&self.mail),
            Lane::Sms => Gateway::of_sms(self.sms),
        };
        let prepared = prepare(core, &self.link_base, claimed).await;
        let busy = began.elapsed();
        (handover.all(gateway, exhausted, prepared).await, busy)
    }
}
