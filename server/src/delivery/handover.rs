//! From prepared notifications to a gateway, and from its answers to the outbox.

use std::{collections::BTreeMap, mem::take};

use entity::OrganizationId;
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc::{Receiver, channel};
use tokio_util::sync::CancellationToken;

use super::{
    Report,
    gateway::Gateway,
    gather::gather,
    lane::LaneState,
    smtp::{AT_ONCE, Smtp},
};
use crate::domain::{
    core::Core,
    notifications::{Batch, Claimed, Failed, Outcome, Outgoing, Prepared, hand_on, keep, settle},
};

type Ended = (Claimed, Outcome);
type Letter = (Claimed, Box<Outgoing>);

/// Hands over what one lane has claimed.
pub(super) struct Handover<'a> {
    pub(super) core: &'a Core,
    pub(super) lane: &'a LaneState,
    pub(super) stop: &'a CancellationToken,
}

impl Handover<'_> {
    /// Hands over what was prepared, and settles it together with what had ended before.
    pub(super) async fn all(
        &self,
        gateway: Gateway<'_>,
        mut ended: Vec<Ended>,
        batch: Batch<(Claimed, Prepared)>,
    ) -> Report {
        let mut report = self.lane.lose(batch.failed);
        let mut letters = Vec::with_capacity(batch.done.len());
        for (claimed, prepared) in batch.done {
            match prepared {
                Prepared::Skip(skip) => ended.push((claimed, Outcome::Skipped(skip))),
                Prepared::Undeliverable(class) => {
                    ended.push((claimed, Outcome::Undeliverable(class.to_owned())));
                }
                Prepared::Send(outgoing) => letters.push((claimed, outgoing)),
            }
        }
        report.add(match gateway {
            Gateway::Smtp(smtp) => self.to_mail_server(smtp, letters, ended).await,
            Gateway::DevelopmentOutbox => self.to_development_outbox(letters, ended).await,
            Gateway::Texts => self.to_texts(letters, ended).await,
            Gateway::Missing(class) => {
                ended.extend(letters.into_iter().map(|letter| refused(letter, class)));
                self.settle(ended).await
            }
        });
        report
    }

    /// Hands mails over one by one, a few at once, while what has ended is settled: the mail server does not wait for the
    /// database, nor the other way round.
    async fn to_mail_server(&self, smtp: &Smtp, letters: Vec<Letter>, ended: Vec<Ended>) -> Report {
        let (tell, told) = channel(letters.len().max(1));
        let sending = async move {
            let mut sending = stream::iter(letters)
                .map(|letter| self.mail(smtp, letter))
                .buffer_unordered(AT_ONCE as usize);
            while let Some(ended) = sending.next().await {
                // There is room for all of them, and whoever settles waits for the last one.
                if tell.send(ended).await.is_err() {
                    break;
                }
            }
        };
        let ((), report) = tokio::join!(sending, self.settle_as_they_end(told, ended));
        report
    }

    async fn settle_as_they_end(&self, mut told: Receiver<Ended>, mut ended: Vec<Ended>) -> Report {
        let mut report = Report::default();
        loop {
            let more = gather(&mut told, &mut ended).await;
            report.add(self.settle(take(&mut ended)).await);
            if !more {
                return report;
            }
        }
    }

    /// Hands one mail over. What has not begun when the mail server begins to rest, or the worker to stop, is put back.
    async fn mail(&self, smtp: &Smtp, (claimed, outgoing): Letter) -> Ended {
        let now = self.core.clock.now();
        if self.stop.is_cancelled() || self.lane.rests(now) {
            return (claimed, Outcome::Untried);
        }
        let answer = smtp.send(now, &outgoing).await;
        let outcome = self.lane.heard(self.core, answer);
        if let Outcome::Failed(class) | Outcome::Undeliverable(class) = &outcome {
            log_failure(&claimed, class);
        }
        (claimed, outcome)
    }

    async fn to_development_outbox(&self, letters: Vec<Letter>, mut ended: Vec<Ended>) -> Report {
        let outgoing: Vec<&Outgoing> = letters.iter().map(|(_, outgoing)| &**outgoing).collect();
        let kept = keep(self.core, &outgoing).await;
        let claimed = letters.into_iter().map(|(claimed, _)| claimed);
        let mut report = Report::default();
        match kept {
            Ok(()) => ended.extend(claimed.map(|claimed| (claimed, Outcome::Sent))),
            Err(fault) => {
                let claimed = claimed.collect();
                report.add(self.lane.lose(vec![Failed { claimed, fault }]));
            }
        }
        report.add(self.settle(ended).await);
        report
    }

    /// Hands notifications on to the texts of their organizations.
    async fn to_texts(&self, letters: Vec<Letter>, ended: Vec<Ended>) -> Report {
        let mut report = self.settle(ended).await;
        let mut portions: BTreeMap<OrganizationId, Vec<Letter>> = BTreeMap::new();
        for letter in letters {
            let organization = letter.0.row.organization_id;
            portions.entry(organization).or_default().push(letter);
        }
        for (organization, letters) in portions {
            report.add(match hand_on(self.core, organization, &letters).await {
                Ok(settled) => self.lane.count(&settled),
                Err(fault) => {
                    let claimed = letters.into_iter().map(|(claimed, _)| claimed).collect();
                    self.lane.lose(vec![Failed { claimed, fault }])
                }
            });
        }
        report
    }

    /// Writes down how claims ended. Where that fails they are left to the end of their lease.
    pub(super) async fn settle(&self, ended: Vec<Ended>) -> Report {
        match settle(self.core, &ended).await {
            Ok(settled) => self.lane.count(&settled),
            Err(fault) => {
                let claimed = ended.into_iter().map(|(claimed, _)| claimed).collect();
                self.lane.lose(vec![Failed { claimed, fault }])
            }
        }
    }
}

fn refused((claimed, _): Letter, class: &str) -> Ended {
    log_failure(&claimed, class);
    (claimed, Outcome::Undeliverable(class.to_owned()))
}

fn log_failure(claimed: &Claimed, class: &str) {
    tracing::warn!(
        notification.id = %claimed.row.id.0,
        notification.attempt = claimed.row.attempts,
        error.class = class,
        "notification was not taken"
    );
}
