//! The worker of texts: each gateway is worked for by itself, so that one that hangs holds up no other; what came in has its
//! effect beside that.

mod handover;
mod lane;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use entity::TextGatewayId;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::{handover::Handover, lane::TextLane};
use super::{TextGateways, TextReport};
use crate::domain::{
    core::Core,
    fault::Fault,
    texts::{
        apply::apply_waiting,
        outbox::{OpenGateway, claim, gateways_with_work},
    },
};

/// How many gateways are worked for at once.
const MOST_GATEWAYS: usize = 256;
/// How often it is looked for work without being told to.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long it waits at least between two looks.
const BREATH: Duration = Duration::from_millis(50);

/// Hands texts to gateways, and lets those that came in have their effect.
pub struct TextWorker {
    core: Core,
    id: Uuid,
    gateways: TextGateways,
    lanes: Mutex<HashMap<TextGatewayId, Arc<TextLane>>>,
}

impl TextWorker {
    /// A worker for one node.
    #[must_use]
    pub fn new(core: Core, gateways: TextGateways) -> Self {
        let id = core.entropy.uuid(core.clock.now());
        Self {
            core,
            id,
            gateways,
            lanes: Mutex::default(),
        }
    }

    /// Works until `stop`; what is on its way then is finished first.
    pub(super) async fn run(&self, leaving: &Notify, arriving: &Notify, stop: &CancellationToken) {
        tokio::join!(
            self.run_leaving(leaving, stop),
            self.run_arriving(arriving, stop)
        );
    }

    async fn run_leaving(&self, nudge: &Notify, stop: &CancellationToken) {
        let mut working = FuturesUnordered::new();
        while !stop.is_cancelled() {
            let room = MOST_GATEWAYS - working.len();
            match self.idle_with_work().await {
                Ok(gateways) => {
                    for (lane, gateway) in gateways.into_iter().take(room) {
                        lane.begin();
                        working.push(self.work_for(lane, gateway, stop));
                    }
                }
                Err(fault) => {
                    tracing::error!(error.class = fault.class(), "texts could not be claimed");
                }
            }
            let rest = async {
                sleep(BREATH).await;
                // Nobody rang: time to look anyway.
                let _ = timeout(INTERVAL, nudge.notified()).await;
            };
            tokio::pin!(rest);
            loop {
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = &mut rest => break,
                    // Whoever has handed something over may have more.
                    Some(report) = working.next() => if report > 0 { break },
                }
            }
        }
        while working.next().await.is_some() {}
    }

    async fn run_arriving(&self, nudge: &Notify, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let rest = match apply_waiting(&self.core).await {
                Ok(1..) => continue,
                Ok(0) => timeout(INTERVAL, nudge.notified()),
                Err(fault) => {
                    tracing::error!(
                        error.class = fault.class(),
                        "texts that came in could not be looked for"
                    );
                    timeout(INTERVAL, nudge.notified())
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                _ = rest => {}
            }
        }
    }

    /// Lets all that came in have its effect, hands over all that is due now, and returns.
    ///
    /// # Errors
    /// Any failure of the database.
    pub async fn run_once(&self) -> Result<TextReport, Fault> {
        let never = &CancellationToken::new();
        let mut all = TextReport::default();
        loop {
            match apply_waiting(&self.core).await? {
                0 => break,
                applied => all.applied += applied,
            }
        }
        loop {
            let mut working: FuturesUnordered<_> = self
                .idle_with_work()
                .await?
                .into_iter()
                .map(|(lane, gateway)| async move { self.batch(&lane, &gateway, never).await })
                .collect();
            let mut done = TextReport::default();
            while let Some(report) = working.next().await {
                done.add(report);
            }
            if done.total() == 0 {
                return Ok(all);
            }
            all.add(done);
        }
    }

    /// The gateways for which something is due, that nobody here works for, and that do not rest.
    async fn idle_with_work(&self) -> Result<Vec<(Arc<TextLane>, OpenGateway)>, Fault> {
        let busy = self
            .lanes()
            .iter()
            .filter(|(_, lane)| lane.is_busy())
            .map(|(id, _)| *id)
            .collect();
        let gateways = gateways_with_work(&self.core, &busy).await?;
        let now = self.core.clock.now();
        let mut lanes = self.lanes();
        Ok(gateways
            .into_iter()
            .map(|gateway| {
                (
                    Arc::clone(lanes.entry(gateway.row.id).or_default()),
                    gateway,
                )
            })
            .filter(|(lane, _)| !lane.rests(now))
            .collect())
    }

    /// One batch of a gateway; tells how many texts it concerned.
    async fn work_for(
        &self,
        lane: Arc<TextLane>,
        gateway: OpenGateway,
        stop: &CancellationToken,
    ) -> u64 {
        let report = self.batch(&lane, &gateway, stop).await;
        lane.end();
        report.total()
    }

    async fn batch(
        &self,
        lane: &TextLane,
        gateway: &OpenGateway,
        stop: &CancellationToken,
    ) -> TextReport {
        let limit = lane.allowance(self.core.clock.now(), &gateway.row);
        if limit == 0 {
            return TextReport::default();
        }
        match claim(&self.core, self.id, gateway, limit).await {
            Ok(claimed) => {
                let handover = Handover {
                    core: &self.core,
                    gateways: &self.gateways,
                    lane,
                    gateway,
                    stop,
                };
                handover.all(claimed).await
            }
            Err(fault) => {
                tracing::error!(error.class = fault.class(), "texts could not be claimed");
                TextReport::default()
            }
        }
    }

    fn lanes(&self) -> std::sync::MutexGuard<'_, HashMap<TextGatewayId, Arc<TextLane>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
