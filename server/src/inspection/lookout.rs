//! Whether the malware scanner answers. As long as it does not, no file is taken for inspection: all of them wait, and are
//! due at once when it is back.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use metrics::gauge;
use tokio::{sync::watch, time::Instant};

use super::clamd::Clamd;
use crate::domain::attachments::ScannerState;

/// How long an answer is believed.
const BELIEVED: Duration = Duration::from_secs(10);
/// How often is said that it still does not answer.
const REPEATED: Duration = Duration::from_secs(60);

/// Watches over the scanner, if there is one.
#[derive(Debug)]
pub(super) struct Lookout {
    scanner: Option<Clamd>,
    state: watch::Sender<ScannerState>,
    moments: Mutex<Moments>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    answered: Option<Instant>,
    complained: Option<Instant>,
}

impl Lookout {
    pub(super) fn new(scanner: Option<Clamd>) -> Self {
        let state = match scanner {
            None => ScannerState::None,
            Some(_) => ScannerState::Unknown,
        };
        Self {
            scanner,
            state: watch::Sender::new(state),
            moments: Mutex::default(),
        }
    }

    pub(super) fn scanner(&self) -> Option<&Clamd> {
        self.scanner.as_ref()
    }

    /// What is known now and from now on.
    pub(super) fn state(&self) -> watch::Receiver<ScannerState> {
        self.state.subscribe()
    }

    /// Whether files can be inspected: the scanner answers, or has just done so, or there is none.
    pub(super) async fn is_clear(&self) -> bool {
        let Some(scanner) = &self.scanner else {
            return true;
        };
        let answered = self.moments().answered;
        if answered.is_some_and(|at| at.elapsed() < BELIEVED) {
            return true;
        }
        let answers = scanner.answers().await;
        self.saw(answers);
        answers
    }

    /// The scanner did or did not answer. Operators are told of the change, and once a minute as long as it is away.
    pub(super) fn saw(&self, answers: bool) {
        let now = Instant::now();
        let was_away = *self.state.borrow() == ScannerState::Away;
        self.state.send_replace(if answers {
            ScannerState::Answers
        } else {
            ScannerState::Away
        });
        gauge!("tidings_scanner_answers").set(f64::from(u8::from(answers)));
        let mut moments = self.moments();
        moments.answered = answers.then_some(now);
        if answers {
            if was_away {
                tracing::info!("the malware scanner answers again");
            }
            moments.complained = None;
        } else if moments
            .complained
            .is_none_or(|at| now.duration_since(at) >= REPEATED)
        {
            tracing::warn!("the malware scanner does not answer: files wait for their inspection");
            moments.complained = Some(now);
        }
    }

    fn moments(&self) -> MutexGuard<'_, Moments> {
        self.moments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
