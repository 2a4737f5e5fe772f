//! Execution: one place that runs operations, whatever they came by.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use async_graphql::{Executor, Request, Response, parser::types::OperationType};
use futures_util::{FutureExt, Stream, StreamExt, future::BoxFuture, stream::BoxStream};
use serde_json::value::RawValue;
use tracing::Instrument;

use super::{
    Transport,
    answer::{Answer, Finish},
    kept::Kept,
    operation::{Operation, kind_label},
};
use crate::{domain::budget::Budget, realtime::Outlet};

/// The results of one operation: one of a query or mutation, many of a subscription. After the
/// last it stays at its end.
pub(super) enum Results {
    /// A subscription whose whole document the executor looks at first.
    Checking(BoxFuture<'static, Checked>),
    Single(BoxFuture<'static, Result<Response, Panicked>>),
    Many(BoxStream<'static, Given>),
    Ended,
}

/// A subscription that was opened, or its only answer.
type Checked = Result<BoxStream<'static, Given>, Result<Given, Panicked>>;

/// What the executor says of a subscription that is asked for as a query, when nothing else is wrong with it.
const VALID: &str = "Subscriptions are not supported on this transport.";

/// One result of an operation.
pub(super) enum Given {
    /// Made for whoever asked.
    Response(Box<Response>),
    /// The data of an event that was rendered for others who see the same.
    Rendered(Arc<RawValue>),
}

/// A resolver panicked. What it said went to the panic hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Panicked;

impl Panicked {
    /// Logs the fault under a reference that the client gets too.
    fn into_answer(self, finish: Finish<'_>) -> Answer {
        let reference = finish.reference();
        tracing::error!(
            error.reference = reference,
            request.id = finish.request_id,
            "a resolver panicked"
        );
        Answer::internal(&reference)
    }
}

/// An answer from what a step of [`Results`] yields.
pub(super) fn to_answer(result: Result<Given, Panicked>, finish: Finish<'_>) -> Answer {
    match result {
        Ok(Given::Response(response)) => Answer::from_response(*response, finish),
        Ok(Given::Rendered(data)) => Answer::rendered(data),
        Err(panicked) => panicked.into_answer(finish),
    }
}

impl<E: Executor> Transport<E> {
    /// Starts an operation.
    pub(super) fn execute(&self, operation: Operation, request_id: &str) -> Results {
        let Operation {
            request,
            kind,
            kept,
        } = operation;
        let executor = self.inner.executor.clone();
        let budget = Budget::new(self.inner.settings.limits.answer_bytes);
        let request = request.data(budget.clone());
        if kind == OperationType::Subscription {
            return self.subscribe(request, kept, budget);
        }
        let span = tracing::info_span!(
            "graphql",
            request.id = request_id,
            graphql.kind = kind_label(kind)
        );
        let single = run(executor, request).instrument(span);
        if kind == OperationType::Query {
            return Results::Single(single.boxed());
        }
        // A mutation that has begun is finished even when its client goes away, so that what
        // follows its commit always happens.
        let task = self.inner.tasks.spawn(single);
        Results::Single(task.map(|joined| joined.unwrap_or(Err(Panicked))).boxed())
    }

    /// Opens a subscription. What it selects is shared with all that have sent the same text; whoever is the first has the
    /// document checked as it was sent.
    fn subscribe(&self, request: Request, kept: Option<Box<Kept>>, budget: Budget) -> Results {
        let executor = self.inner.executor.clone();
        let Some(kept) = kept else {
            return Results::Many(open(&executor, request, budget));
        };
        if let Some(selection) = self.inner.selections.find(&kept.text) {
            return Results::Many(open(&executor, request.data(selection), budget));
        }
        let inner = Arc::clone(&self.inner);
        let mut whole = Request::new(String::new()).variables(request.variables.clone());
        whole.operation_name.clone_from(&request.operation_name);
        whole.set_parsed_query(kept.whole);
        let (text, selected) = (kept.text, kept.selected);
        let checking = async move {
            let response = run(executor.clone(), whole).await.map_err(Err)?;
            if !matches!(&response.errors[..], [only] if only.message == VALID) {
                return Err(Ok(Given::Response(Box::new(response))));
            }
            let selection = inner.selections.keep(text, selected);
            Ok(open(&executor, request.data(selection), budget))
        };
        Results::Checking(checking.boxed())
    }
}

fn open<E: Executor>(executor: &E, request: Request, budget: Budget) -> BoxStream<'static, Given> {
    let outlet = Outlet::default();
    let results = executor.execute_stream(request.data(outlet.clone()), None);
    let results = results.map(move |response| {
        budget.renew();
        match outlet.take() {
            Some(data) => Given::Rendered(data),
            None => Given::Response(Box::new(response)),
        }
    });
    results.boxed()
}

async fn run<E: Executor>(executor: E, request: Request) -> Result<Response, Panicked> {
    AssertUnwindSafe(async move { executor.execute(request).await })
        .catch_unwind()
        .await
        .map_err(|_| Panicked)
}

impl Stream for Results {
    type Item = Result<Given, Panicked>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Self::Checking(checking) = &mut *self {
            match ready!(checking.poll_unpin(cx)) {
                Ok(stream) => *self = Self::Many(stream),
                Err(answer) => {
                    *self = Self::Ended;
                    return Poll::Ready(Some(answer));
                }
            }
        }
        let polled = match &mut *self {
            Self::Single(future) => future
                .poll_unpin(cx)
                .map(|result| Some(result.map(|response| Given::Response(Box::new(response))))),
            Self::Many(stream) => {
                match catch_unwind(AssertUnwindSafe(|| stream.poll_next_unpin(cx))) {
                    Ok(polled) => polled.map(|item| item.map(Ok)),
                    Err(_) => Poll::Ready(Some(Err(Panicked))),
                }
            }
            Self::Checking(_) | Self::Ended => Poll::Ready(None),
        };
        let last = match &polled {
            Poll::Pending => false,
            Poll::Ready(None | Some(Err(Panicked))) => true,
            Poll::Ready(Some(Ok(_))) => matches!(*self, Self::Single(_)),
        };
        if last {
            *self = Self::Ended;
        }
        polled
    }
}
