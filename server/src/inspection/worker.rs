//! The worker that inspects files. Every node runs one; a lease keeps each file with one of them.

use std::time::Duration;

use entity::UnscannedBecause;
use futures_util::{StreamExt as _, stream};
use metrics::counter;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    clamd::{Clamd, ScanError, Scanned},
    examine::{ExamineError, Examined, examine},
    lookout::Lookout,
    thumbnail::ThumbnailMaker,
};
use crate::domain::{
    attachments::{self, Inspection, ScannerState, Turn, Verdict, due_inspections},
    core::Core,
    fault::Fault,
};

/// How many files are inspected at once.
const BATCH: u32 = 2;
/// How often is looked without being told that a file has arrived.
const INTERVAL: Duration = Duration::from_secs(2);

/// Inspects files.
pub struct Inspector {
    core: Core,
    id: Uuid,
    lookout: Lookout,
    thumbnails: Option<ThumbnailMaker>,
}

/// How an inspection ended, for the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Clean,
    Unscanned,
    NotWhole,
    Infected,
    Refused,
    Postponed,
    Lost,
}

impl Ended {
    const fn word(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Unscanned => "unscanned",
            Self::NotWhole => "not_whole",
            Self::Infected => "infected",
            Self::Refused => "refused",
            Self::Postponed => "postponed",
            Self::Lost => "lost",
        }
    }

    /// Whether operators should know of it.
    const fn is_remarkable(self) -> bool {
        match self {
            Self::Infected | Self::Refused | Self::NotWhole => true,
            Self::Clean | Self::Unscanned | Self::Postponed | Self::Lost => false,
        }
    }
}

impl Inspector {
    /// A worker that asks `scanner` and makes small pictures, where there is what does that.
    #[must_use]
    pub fn new(core: Core, scanner: Option<Clamd>, thumbnails: Option<ThumbnailMaker>) -> Self {
        let id = core.entropy.uuid(core.clock.now());
        Self {
            core,
            id,
            lookout: Lookout::new(scanner),
            thumbnails,
        }
    }

    /// What is known of the scanner, now and from now on.
    pub(crate) fn scanner_state(&self) -> watch::Receiver<ScannerState> {
        self.lookout.state()
    }

    /// Inspects files until `shutdown`; what is in hand then is given up, and inspected again after its lease.
    pub async fn run(&self, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            match shutdown.run_until_cancelled(self.run_once()).await {
                Some(Ok(_)) | None => {}
                Some(Err(fault)) => {
                    tracing::error!(
                        error.class = fault.class(),
                        "files could not be taken for inspection"
                    );
                }
            }
            let arrived = tokio::time::timeout(INTERVAL, self.core.files.arrived().notified());
            // Nobody rang: time to look anyway.
            let _ = shutdown.run_until_cancelled(arrived).await;
        }
    }

    /// Inspects all that is due now; gives the number of files. While the scanner is away none are: whatever waits is due as
    /// soon as it is back. What is scanned once more waits until nothing new does.
    ///
    /// # Errors
    /// Any failure of the database while taking them.
    pub async fn run_once(&self) -> Result<u64, Fault> {
        let mut count = 0;
        loop {
            if !self.lookout.is_clear().await {
                return Ok(count);
            }
            let mut due = due_inspections(&self.core, self.id, Turn::First, BATCH).await?;
            if due.is_empty() && self.lookout.scanner().is_some() {
                due = due_inspections(&self.core, self.id, Turn::Again, BATCH).await?;
            }
            if due.is_empty() {
                return Ok(count);
            }
            let mut ended = stream::iter(due)
                .map(|inspection| self.inspect(inspection))
                .buffer_unordered(BATCH as usize);
            let mut rubbish = false;
            while let Some(ended) = ended.next().await {
                rubbish = rubbish || matches!(ended, Ended::Infected | Ended::Refused);
                counter!("tidings_inspections_total", "outcome" => ended.word()).increment(1);
                count += 1;
            }
            if rubbish {
                attachments::sweep(&self.core).await?;
            }
        }
    }

    async fn inspect(&self, inspection: Inspection) -> Ended {
        let id = inspection.attachment().id;
        let attempts = inspection.attachment().attempts;
        let failure = match examine(&self.core, &inspection, self.lookout.scanner()).await {
            Ok(examined) => match self.conclude(inspection, &examined).await {
                Ok(ended) => return ended,
                Err(fault) => {
                    tracing::error!(attachment.id = %id.0, error.class = fault.class(), "an inspection could not be settled");
                    return Ended::Lost;
                }
            },
            Err(ExamineError::Lost) => return Ended::Lost,
            Err(ExamineError::Scan(ScanError::Unreachable)) => {
                self.lookout.saw(false);
                ScanError::Unreachable.to_string()
            }
            Err(ExamineError::Scan(error)) => error.to_string(),
            Err(ExamineError::Files(fault)) => Fault::Files(fault).class(),
            Err(ExamineError::Fault(fault)) => fault.class(),
        };
        tracing::warn!(
            attachment.id = %id.0,
            inspection.attempt = attempts,
            error.class = failure,
            "a file could not be inspected"
        );
        match inspection.postpone(&self.core).await {
            Ok(true) => Ended::Postponed,
            Ok(false) | Err(_) => Ended::Lost,
        }
    }

    async fn conclude(&self, inspection: Inspection, examined: &Examined) -> Result<Ended, Fault> {
        let id = inspection.attachment().id;
        let (verdict, ended) = self.judge(&inspection, examined).await;
        if !inspection.settle(&self.core, verdict).await? {
            return Ok(Ended::Lost);
        }
        if ended.is_remarkable() {
            tracing::warn!(attachment.id = %id.0, inspection.outcome = ended.word(), "a file did not pass its inspection");
        }
        Ok(ended)
    }

    async fn judge(&self, inspection: &Inspection, examined: &Examined) -> (Verdict, Ended) {
        let expected = inspection.attachment().expected_sha256.as_deref();
        let as_announced =
            examined.keeps_type && expected.is_none_or(|expected| *expected == examined.sha256);
        let unscanned = match examined.scanned {
            Some(Scanned::Infected) => return (Verdict::Infected, Ended::Infected),
            Some(Scanned::Clean | Scanned::Partly) | None if !as_announced => {
                return (Verdict::Refused, Ended::Refused);
            }
            Some(Scanned::Clean) => None,
            Some(Scanned::Partly) => Some(UnscannedBecause::NotWhole),
            None => Some(UnscannedBecause::NoScanner),
        };
        self.pass(inspection, examined, unscanned).await
    }

    async fn pass(
        &self,
        inspection: &Inspection,
        examined: &Examined,
        unscanned: Option<UnscannedBecause>,
    ) -> (Verdict, Ended) {
        let thumbnail = match (inspection.turn(), &self.thumbnails) {
            // The bytes are the same, and so is the picture; it may be looked at now.
            (Turn::Again, _) => inspection.thumbnail(),
            (Turn::First, Some(maker)) => maker.make(&self.core, inspection).await,
            (Turn::First, None) => None,
        };
        let verdict = Verdict::Passed {
            sha256: examined.sha256,
            unscanned,
            thumbnail,
        };
        let ended = match unscanned {
            None => Ended::Clean,
            Some(UnscannedBecause::NoScanner) => Ended::Unscanned,
            Some(UnscannedBecause::NotWhole) => Ended::NotWhole,
        };
        (verdict, ended)
    }
}
