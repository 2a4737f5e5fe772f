//! Randomness comes in from outside, like time.

use std::sync::Arc;

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use chrono::{DateTime, Utc};
use uuid::{Builder, Uuid};

/// The source of random bytes. Cheap to clone.
#[derive(Clone)]
pub struct Entropy(Arc<Fill>);

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

impl Entropy {
    /// The operating system's generator.
    #[must_use]
    pub fn system() -> Self {
        let random = SystemRandom::new();
        Self::new(move |bytes| {
            // Without randomness no token may be issued at all: to go on would be worse than to stop.
            assert!(
                random.fill(bytes).is_ok(),
                "the operating system gives no random bytes"
            );
        })
    }

    /// A source of the caller's own.
    pub fn new(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }

    /// A new UUIDv7: sorts by time, and its 74 random bits cannot be guessed.
    #[must_use]
    pub fn uuid(&self, now: DateTime<Utc>) -> Uuid {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }
}
