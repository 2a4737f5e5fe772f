//! One story, told on both kinds of database.

use std::future::Future;
use std::time::Duration;

use crate::{patience, run};

/// After this a scenario hangs, whatever the machine.
const LONGEST: Duration = Duration::from_secs(300);

/// The same of scenarios that [can last long](run::long) and shall.
const LONGEST_OF_LONG: Duration = Duration::from_secs(3600);

/// Ends a scenario that hangs.
pub async fn bounded(scenario: impl Future<Output = ()>) {
    let longest = if run::long() {
        LONGEST_OF_LONG
    } else {
        LONGEST
    };
    patience::within(longest, "the end of the scenario", scenario).await;
}

/// Makes two tests of each story, `story::sqlite` and `story::postgres`.
///
/// The world is whatever the story's argument names. It offers `async fn start(Backend) -> Self` and
/// `async fn finish(self)`; a story that panics does not reach the latter, so that what must not outlive the test
/// belongs into `Drop`.
///
/// ```text
/// on_both_databases! {
///     /// A patient writes, and the nurse is alerted.
///     async fn a_patient_writes(world: &World) { … }
/// }
/// ```
#[macro_export]
macro_rules! on_both_databases {
    ($($(#[$attribute:meta])* async fn $name:ident($world:ident: &$World:ty) $story:block)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "a story may need nothing but its world")]
            use super::*;

            async fn story($world: &$World) $story

            async fn told_on(backend: $crate::Backend) {
                let world = <$World>::start(backend).await;
                story(&world).await;
                world.finish().await;
            }

            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $crate::scenario::bounded(told_on($crate::Backend::Sqlite)).await;
            }

            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $crate::scenario::bounded(told_on($crate::Backend::Postgres)).await;
            }
        }
    )+};
}
