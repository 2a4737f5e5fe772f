//! GraphQL over HTTP: one request, one answer, or a batch of them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use async_graphql::{Executor, parser::types::OperationType};
use axum::{
    body::{Body as HttpBody, Bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    response::Response,
};
use futures_util::StreamExt;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::{Instant, timeout};

use crate::domain::attachments::IncomingFiles;

use super::{
    Transport,
    answer::Answer,
    bounded,
    credentials::{Attach, AuthenticateError, Authenticated, BearerToken, Credentials},
    event_stream, execute,
    limits::Limit,
    measures::{self, Via},
    media_type::{self, Accepted, EventStream, JsonType},
    multipart,
    operation::{Operation, kind_label},
    origin,
    params::{Body, Params},
    refusal::Refusal,
    request_id::RequestId,
    response::{json_response, json_status, refuse},
    websocket,
};
use crate::domain::source::Source;

/// Answers whatever comes to the path.
pub(super) async fn serve<E: Executor>(
    State(transport): State<Transport<E>>,
    request: Request,
) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    if !transport.inner.settings.origins.admits(request.headers()) {
        measures::refused(Via::Http);
        return refuse(&Refusal::ForeignOrigin, JsonType::Json);
    }
    let mut response = match *request.method() {
        Method::OPTIONS => origin::preflight(),
        Method::GET if websocket::is_upgrade(request.headers()) => {
            websocket::upgrade(transport, request).await
        }
        _ => exchange(&transport, request).await,
    };
    origin::grant(origin, &mut response);
    response
}

async fn exchange<E: Executor>(transport: &Transport<E>, request: Request) -> Response {
    let accepted = media_type::accepted(request.headers());
    let id = transport.inner.request_ids.of(&request);
    match attempt(transport, request, accepted, id).await {
        Ok(response) => response,
        Err(refusal) => {
            measures::refused(Via::Http);
            refuse(&refusal, accepted.json.unwrap_or(JsonType::Json))
        }
    }
}

async fn attempt<E: Executor>(
    transport: &Transport<E>,
    request: Request,
    accepted: Accepted,
    request_id: RequestId,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let mut files = None;
    let body = match parts.method {
        Method::GET => Body::One(Params::from_query_string(&parts.uri)?),
        Method::POST if multipart::is_multipart(&parts.headers) => {
            let settings = &transport.inner.settings;
            let silence = settings.timings.body;
            let read = multipart::read(&parts.headers, body, &settings.limits, silence);
            let (params, incoming) = read.await?;
            files = Some(incoming);
            Body::One(params)
        }
        Method::POST => read_body(transport, &parts.headers, body).await?,
        _ => return Err(Refusal::MethodNotAllowed),
    };
    if accepted.json.is_none() && accepted.event_stream == EventStream::Refused {
        return Err(Refusal::NotAcceptable);
    }
    let source = source(&parts);
    let authenticated = authenticate(transport, &parts.headers, source, accepted).await?;
    let context = Exchange {
        transport,
        authenticated,
        request_id,
        source,
        files,
    };
    match (body, accepted.json) {
        (Body::One(params), _) => context.one(params, accepted, &parts.method).await,
        (Body::Batch(batch), Some(json)) => Ok(context.batch(batch, json).await),
        (Body::Batch(_), None) => Err(Refusal::NotAcceptable),
    }
}

/// What the operations of one HTTP request share.
struct Exchange<'t, E> {
    transport: &'t Transport<E>,
    authenticated: Authenticated,
    request_id: RequestId,
    source: Source,
    /// The files that come with the one operation.
    files: Option<IncomingFiles>,
}

impl<E: Executor> Exchange<'_, E> {
    async fn one(
        self,
        params: Params,
        accepted: Accepted,
        method: &Method,
    ) -> Result<Response, Refusal> {
        let prefers_stream = accepted.event_stream == EventStream::Preferred;
        let operation = match Operation::prepare(params, &self.transport.inner.settings) {
            Ok(operation) => operation,
            // An event source cannot read the body of a refusal, only events.
            Err(refusal) if prefers_stream => {
                measures::refused(Via::EventStream);
                return Ok(event_stream::refused(&refusal));
            }
            Err(refusal) => return Err(refusal),
        };
        if operation.kind == OperationType::Mutation && method == Method::GET {
            return Err(Refusal::MutationByGet);
        }
        let streams = operation.kind == OperationType::Subscription
            && accepted.event_stream != EventStream::Refused;
        if prefers_stream || streams {
            return event_stream::respond(
                self.transport,
                operation,
                self.authenticated,
                self.source,
                self.request_id,
            );
        }
        let json = accepted.json.ok_or(Refusal::NotAcceptable)?;
        let mut answer = self.answer(operation).await?;
        let mut body = Vec::new();
        let written = self.write(&answer, &mut body);
        let mut response = json_response(json_status(&answer, json), json, written.map(|()| body));
        response.headers_mut().extend(answer.take_http_headers());
        Ok(response)
    }

    /// One after the other, so that a batch is no way around what a single request may take.
    async fn batch(self, batch: Vec<Params>, json: JsonType) -> Response {
        let mut body = Vec::new();
        let mut written = Ok(());
        for params in batch {
            let answer = match Operation::prepare(params, &self.transport.inner.settings) {
                Ok(operation) => self.answer(operation).await,
                Err(refusal) => Err(refusal),
            };
            let answer = answer.unwrap_or_else(|refusal| {
                measures::refused(Via::Http);
                Answer::refused(&refusal)
            });
            body.push(if body.is_empty() { b'[' } else { b',' });
            written = written.and(self.write(&answer, &mut body));
        }
        body.push(b']');
        json_response(StatusCode::OK, json, written.map(|()| body))
    }

    /// Adds an answer to the body as long as there is room.
    fn write(&self, answer: &Answer, body: &mut Vec<u8>) -> serde_json::Result<()> {
        let limits = &self.transport.inner.settings.limits;
        answer.write(limits, limits.answer_bytes, |answer, room| {
            bounded::write_json(body, answer, room)
        })
    }

    async fn answer(&self, operation: Operation) -> Result<Answer, Refusal> {
        if operation.kind == OperationType::Subscription {
            return Err(Refusal::SubscriptionWithoutStream);
        }
        let started = Instant::now();
        let kind = kind_label(operation.kind);
        let mut operation = attach(operation, &self.authenticated.attach);
        if let Some(files) = &self.files {
            operation.request = operation.request.data(files.clone());
        }
        let result = self
            .transport
            .execute(operation, self.request_id.as_str())
            .next()
            .await
            .unwrap_or(Err(execute::Panicked));
        let answer = execute::to_answer(result, self.transport.finish(&self.request_id));
        measures::answered(Via::Http, kind, &answer, started.elapsed());
        Ok(answer)
    }
}

/// Adds what resolvers find in the context.
pub(super) fn attach(mut operation: Operation, attach: &Attach) -> Operation {
    operation.request = attach(operation.request);
    operation
}

async fn read_body<E>(
    transport: &Transport<E>,
    headers: &HeaderMap,
    body: HttpBody,
) -> Result<Body, Refusal> {
    if !media_type::is_json(headers) {
        return Err(Refusal::UnsupportedMediaType);
    }
    let settings = &transport.inner.settings;
    let limits = &settings.limits;
    let collected = Limited::new(body, limits.body_bytes).collect();
    let bytes: Bytes = timeout(settings.timings.body, collected)
        .await
        .map_err(|_| Refusal::BodyTimeout)?
        .map_err(|error| {
            if error.is::<LengthLimitError>() {
                Refusal::Limit(limits.exceeded(Limit::BodyBytes))
            } else {
                Refusal::BodyIncomplete
            }
        })?
        .to_bytes();
    Body::from_json(&bytes, limits)
}

async fn authenticate<E>(
    transport: &Transport<E>,
    headers: &HeaderMap,
    source: Source,
    accepted: Accepted,
) -> Result<Authenticated, Refusal> {
    let token = header_token(headers).map_err(Refusal::Unauthenticated)?;
    let credentials = Credentials {
        token,
        source,
        lasting: accepted.event_stream != EventStream::Refused,
    };
    (transport.inner.authenticate)(credentials)
        .await
        .map_err(Refusal::Unauthenticated)
}

/// The bearer token of the `Authorization` header, if there is one.
pub(in crate::http) fn header_token(
    headers: &HeaderMap,
) -> Result<Option<BearerToken>, AuthenticateError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    value
        .to_str()
        .ok()
        .and_then(BearerToken::from_header)
        .map(Some)
        .ok_or(AuthenticateError::InvalidToken)
}

/// Where a request comes from: what a layer before has noted, which knows better behind a trusted proxy, or else the peer.
pub(in crate::http) fn source(parts: &Parts) -> Source {
    let extensions = &parts.extensions;
    extensions.get::<Source>().copied().unwrap_or_else(|| {
        extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip())
            .into()
    })
}
