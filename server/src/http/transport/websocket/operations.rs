//! The operations that run on one connection.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use async_graphql::parser::types::OperationType;
use futures_util::{
    Stream, StreamExt,
    stream::{AbortHandle, Abortable, FuturesUnordered, StreamFuture},
};
use tokio::time::Instant;

use crate::http::transport::{
    execute::{Given, Panicked, Results},
    measures::Counted,
};

/// All operations of a connection. Each is asked for one result at a time, and for the next only
/// when it is resumed; a step that has begun is always driven to its end, so that nothing stands
/// still while it holds a database connection.
#[derive(Default)]
pub(super) struct Operations {
    listed: Vec<Listed>,
    steps: FuturesUnordered<StreamFuture<Running>>,
    parked: Vec<Running>,
    /// Mutations that the client has completed and that still run.
    left_alone: usize,
    serial: u64,
}

/// What is known of an operation while its client has not completed it.
struct Listed {
    id: Arc<str>,
    serial: u64,
    kind: OperationType,
    abort: AbortHandle,
}

/// An operation at work.
pub(super) struct Running {
    pub(super) id: Arc<str>,
    pub(super) kind: OperationType,
    pub(super) started: Instant,
    /// Whether it has answered before.
    pub(super) has_answered: bool,
    serial: u64,
    results: Abortable<Results>,
    _counted: Option<Counted>,
}

impl Stream for Running {
    type Item = Result<Given, Panicked>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.results.poll_next_unpin(cx)
    }
}

/// What one step of an operation brings.
pub(super) struct Step {
    /// Nothing at the end of the operation.
    pub(super) result: Option<Result<Given, Panicked>>,
    pub(super) operation: Running,
}

impl Operations {
    pub(super) fn contains(&self, id: &str) -> bool {
        self.listed.iter().any(|listed| &*listed.id == id)
    }

    /// How many run, also those that the client does not wait for any more.
    pub(super) fn count(&self) -> usize {
        self.listed.len() + self.left_alone
    }

    /// Whether a query or mutation still runs.
    pub(super) fn has_single(&self) -> bool {
        self.listed
            .iter()
            .any(|listed| listed.kind != OperationType::Subscription)
    }

    /// Starts an operation under an id that is not in use.
    pub(super) fn start(
        &mut self,
        id: &str,
        kind: OperationType,
        results: Results,
        counted: Option<Counted>,
    ) {
        let (results, abort) = futures_util::stream::abortable(results);
        let id: Arc<str> = id.into();
        self.serial += 1;
        self.listed.push(Listed {
            id: Arc::clone(&id),
            serial: self.serial,
            kind,
            abort,
        });
        let running = Running {
            id,
            kind,
            started: Instant::now(),
            has_answered: false,
            serial: self.serial,
            results,
            _counted: counted,
        };
        self.steps.push(running.into_future());
    }

    /// Ends an operation at the client's wish; the id is free again at once. A mutation runs on to its end, and keeps its
    /// place until then: completing them must be no way to run more than allowed.
    pub(super) fn stop(&mut self, id: &str) {
        let Some(at) = self.listed.iter().position(|listed| &*listed.id == id) else {
            return;
        };
        let listed = self.listed.swap_remove(at);
        let at_work = self.parked.len();
        self.parked
            .retain(|running| running.serial != listed.serial);
        let has_answered = self.parked.len() < at_work;
        if listed.kind == OperationType::Mutation && !has_answered {
            self.left_alone += 1;
        } else {
            listed.abort.abort();
        }
    }

    /// Ends all subscriptions.
    pub(super) fn stop_subscriptions(&mut self) {
        self.parked.clear();
        self.listed.retain(|listed| {
            let stays = listed.kind != OperationType::Subscription;
            if !stays {
                listed.abort.abort();
            }
            stays
        });
    }

    /// Whether a step can be waited for.
    pub(super) fn is_stepping(&self) -> bool {
        !self.steps.is_empty()
    }

    /// The next step of any operation. What comes from one that was stopped is left out.
    pub(super) async fn step(&mut self) -> Option<Step> {
        while let Some((result, operation)) = self.steps.next().await {
            if self.is_listed(&operation) {
                return Some(Step { result, operation });
            }
            if operation.kind == OperationType::Mutation {
                self.left_alone -= 1;
            }
        }
        None
    }

    /// Asks an operation for its next result, now or once there is room.
    pub(super) fn resume(&mut self, operation: Running, now: bool) {
        if now {
            self.steps.push(operation.into_future());
        } else {
            self.parked.push(operation);
        }
    }

    /// Resumes all that wait for room.
    pub(super) fn resume_parked(&mut self) {
        for operation in self.parked.drain(..) {
            self.steps.push(operation.into_future());
        }
    }

    /// Forgets an operation that has ended by itself.
    pub(super) fn finish(&mut self, operation: &Running) {
        self.listed
            .retain(|listed| listed.serial != operation.serial);
    }

    fn is_listed(&self, operation: &Running) -> bool {
        self.listed
            .iter()
            .any(|listed| listed.serial == operation.serial)
    }
}
