//! From claimed texts to a gateway, and from its answers to their rows.

use std::{mem::take, time::Duration};

use entity::TextFailure;
use futures_util::{StreamExt as _, stream};
use metrics::counter;
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    super::{
        TextGateways, TextReport,
        gather::gather,
        sms::{AT_ONCE, TextError, WHOLE},
    },
    lane::TextLane,
};
use crate::domain::{
    core::Core,
    texts::{
        development,
        outbox::{ClaimedText, Errand, LEASE, OpenGateway, kept_back_now},
        settle::{Handed, TextSettled, settle},
    },
};

/// How long texts of a batch are begun with.
const BEGIN_WITHIN: Duration = Duration::from_secs(60);

// Whoever takes longest over a batch still has it: a lease that ended under them would send texts twice.
const _: () = assert!(
    BEGIN_WITHIN.as_secs() + WHOLE.as_secs() < LEASE.num_seconds() as u64,
    "a lease is longer than a batch can take"
);

type Ended = (ClaimedText, Handed);

/// Hands over what one gateway has to carry.
pub(super) struct Handover<'a> {
    pub(super) core: &'a Core,
    pub(super) gateways: &'a TextGateways,
    pub(super) lane: &'a TextLane,
    pub(super) gateway: &'a OpenGateway,
    pub(super) stop: &'a CancellationToken,
}

impl Handover<'_> {
    /// Hands texts over, those of one receiver one after the other and in their order, and settles them as they end.
    pub(super) async fn all(&self, claimed: Vec<ClaimedText>) -> TextReport {
        let (leaving, dropped): (Vec<_>, Vec<_>) = claimed
            .into_iter()
            .partition(|text| matches!(text.errand, Errand::HandOver(_)));
        let dropped = dropped.into_iter().map(drop_it).collect();
        if self.gateways.keeps_messages {
            return self.to_development_outbox(leaving, dropped).await;
        }
        let (tell, told) = channel(leaving.len().max(1));
        let until = Instant::now() + BEGIN_WITHIN;
        let sending = async move {
            let tell = &tell;
            stream::iter(by_receiver(leaving))
                .for_each_concurrent(AT_ONCE, |texts| self.to_receiver(texts, until, tell))
                .await;
        };
        let ((), report) = tokio::join!(sending, self.settle_as_they_end(told, dropped));
        report
    }

    /// Once one did not leave, the others of the same receiver wait, so that none overtakes it.
    async fn to_receiver(&self, texts: Vec<ClaimedText>, until: Instant, tell: &Sender<Ended>) {
        let mut waits = false;
        for text in texts {
            let handed = if waits {
                Handed::Untried
            } else {
                self.one(&text, until).await
            };
            waits |= matches!(
                handed,
                Handed::Deferred(..) | Handed::LockedOut(_) | Handed::Untried
            );
            // There is room for all of them, and whoever settles waits for the last one.
            if tell.send((text, handed)).await.is_err() {
                return;
            }
        }
    }

    async fn one(&self, text: &ClaimedText, until: Instant) -> Handed {
        let Errand::HandOver(body) = &text.errand else {
            return Handed::Untried;
        };
        if let Some(stays) = self.stays(text, until).await {
            return stays;
        }
        let answer = self.gateways.send(self.gateway, &text.row, body).await;
        let handed = self.heard(answer);
        if let Handed::Deferred(class, _) | Handed::LockedOut(class) | Handed::Refused(_, class) =
            &handed
        {
            tracing::warn!(
                text.id = %text.row.id.0,
                text.attempt = text.row.attempts,
                error.class = class,
                "text was not taken"
            );
        }
        handed
    }

    /// Waits for a text's turn; tells why it does not leave now, if it does not.
    async fn stays(&self, text: &ClaimedText, until: Instant) -> Option<Handed> {
        let rate = self.gateway.row.texts_per_second;
        let turn = self.lane.turn(Instant::now(), &text.row.our_number, rate);
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = sleep_until(turn.min(until)) => {}
        }
        let rests = self.lane.rests(self.core.clock.now());
        if self.stop.is_cancelled() || rests || Instant::now() >= until {
            return Some(Handed::Untried);
        }
        match kept_back_now(self.core, &text.row).await {
            // The receiver may have said STOP while the text waited for its turn.
            Ok(kept_back) => kept_back.map(refused_for),
            Err(fault) => {
                tracing::error!(
                    error.class = fault.class(),
                    "the blocks of a number could not be read, and its text waits"
                );
                Some(Handed::Untried)
            }
        }
    }

    /// What an answer of the gateway, or its silence, means for a text and for the gateway.
    fn heard(&self, answer: Result<Option<entity::ProviderMessageId>, TextError>) -> Handed {
        let handed = match answer {
            Ok(provider) => Handed::Taken(provider),
            Err(TextError::Refused(failure, class)) => Handed::Refused(failure, class),
            Err(TextError::Deferred(class)) => Handed::Deferred(class, None),
            Err(TextError::Throttled(class, wait)) => {
                self.lane.throttled(self.core.clock.now(), wait);
                return Handed::Deferred(class, Some(wait));
            }
            Err(TextError::Unreachable(class)) => {
                self.lane.failed(self.core);
                return Handed::Deferred(class, None);
            }
            Err(TextError::LockedOut(class)) => {
                self.lane.failed(self.core);
                return Handed::LockedOut(class);
            }
        };
        self.lane.answered();
        handed
    }

    async fn to_development_outbox(
        &self,
        leaving: Vec<ClaimedText>,
        mut ended: Vec<Ended>,
    ) -> TextReport {
        match development::keep(self.core, &leaving).await {
            Ok(()) => ended.extend(leaving.into_iter().map(|text| (text, Handed::Kept))),
            Err(fault) => tracing::error!(
                error.class = fault.class(),
                "texts could not be kept in the development outbox"
            ),
        }
        self.settle(ended).await
    }

    async fn settle_as_they_end(
        &self,
        mut told: Receiver<Ended>,
        mut ended: Vec<Ended>,
    ) -> TextReport {
        let mut report = TextReport::default();
        loop {
            let more = gather(&mut told, &mut ended).await;
            report.add(self.settle(take(&mut ended)).await);
            if !more {
                return report;
            }
        }
    }

    /// Writes down how texts ended. Where that fails they are left to the end of their lease.
    async fn settle(&self, ended: Vec<Ended>) -> TextReport {
        let mut report = TextReport::default();
        match settle(self.core, self.gateway.row.organization_id, &ended).await {
            Ok(settled) => {
                for settled in settled {
                    counter!("tidings_texts_total", "outcome" => name(settled)).increment(1);
                    report.count(settled);
                }
            }
            Err(fault) => tracing::error!(
                text.count = ended.len(),
                error.class = fault.class(),
                "texts could not be settled"
            ),
        }
        report
    }
}

fn refused_for(failure: TextFailure) -> Handed {
    let class = format!("sms.{}", failure.word().to_ascii_lowercase());
    Handed::KeptBack(failure, class)
}

fn drop_it(text: ClaimedText) -> Ended {
    let failure = match text.errand {
        Errand::Drop(failure) => failure,
        Errand::HandOver(_) => TextFailure::Unknown,
    };
    (text, refused_for(failure))
}

/// The texts of each receiver, in their order.
fn by_receiver(texts: Vec<ClaimedText>) -> Vec<Vec<ClaimedText>> {
    let mut receivers: Vec<Vec<ClaimedText>> = Vec::new();
    for text in texts {
        let same = receivers.iter_mut().find(|texts| {
            texts
                .first()
                .is_some_and(|first| first.row.their_number == text.row.their_number)
        });
        match same {
            Some(texts) => texts.push(text),
            None => receivers.push(vec![text]),
        }
    }
    receivers
}

const fn name(settled: TextSettled) -> &'static str {
    match settled {
        TextSettled::Sent => "sent",
        TextSettled::Retried => "retried",
        TextSettled::Failed => "failed",
        TextSettled::Released => "released",
        TextSettled::Lost => "lost",
    }
}
