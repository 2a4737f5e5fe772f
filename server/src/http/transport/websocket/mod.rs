//! `graphql-transport-ws` over a WebSocket.

mod connection;
mod conversation;
mod ending;
mod operations;
mod outgoing;
mod phase;
mod protocol;

use std::future;

use async_graphql::Executor;
use axum::{
    extract::{
        FromRequestParts, Request,
        ws::{WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};

use tokio::time::timeout;

use self::{connection::Connection, ending::Ending};
use super::{
    Transport,
    close_code::CloseCode,
    connections::Holder,
    http,
    measures::{self, Counted},
    media_type::JsonType,
    refusal::Refusal,
    request_id::RequestId,
    response::refuse,
};

/// The only protocol that is spoken.
const SUBPROTOCOL: &str = "graphql-transport-ws";

/// What is written together. Nothing waits in it while a connection is idle.
const WRITE_BUFFER_BYTES: usize = 4096;

/// What is read at once: as much as most clients send in an hour. Every idle connection holds it; longer messages grow it.
const READ_BUFFER_BYTES: usize = 512;

/// Whether a GET asks for a WebSocket.
pub(super) fn is_upgrade(headers: &HeaderMap) -> bool {
    headers
        .get(header::UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Answers the upgrade and serves the connection in a task of its own.
pub(super) async fn upgrade<E: Executor>(transport: Transport<E>, request: Request) -> Response {
    if transport.inner.draining.is_cancelled() {
        return refuse(&Refusal::Draining, JsonType::Json);
    }
    let request_id = transport.inner.request_ids.of(&request);
    let (mut parts, _) = request.into_parts();
    let header_token = match http::header_token(&parts.headers) {
        Ok(token) => token,
        Err(error) => return refuse(&Refusal::Unauthenticated(error), JsonType::Json),
    };
    let source = http::source(&parts);
    let inner = &transport.inner;
    let holder = Holder::Opening(source);
    let seat = match inner.connections.admit(holder, &inner.settings.limits) {
        Ok(seat) => seat,
        // Not a close code: after this one clients come again by themselves.
        Err(exceeded) => return refuse(&Refusal::Limit(exceeded), JsonType::Json),
    };
    let mut upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade.protocols([SUBPROTOCOL]),
        Err(rejection) => return rejection.into_response(),
    };
    let is_spoken = upgrade.selected_protocol().is_some();
    if !is_spoken {
        // A browser that gets none of its protocols fails without a code. It gets one of them, and
        // then the code that says why nothing follows.
        let offered = upgrade.requested_protocols().next().cloned();
        if let Some(protocol) = offered {
            upgrade.set_selected_protocol(protocol);
        }
    }
    let most = transport.inner.settings.limits.body_bytes;
    let tracked = transport.inner.tasks.token();
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_message_size(most)
        .max_frame_size(most)
        .on_upgrade(move |socket| {
            // The task that upgrades has moved the socket several times and keeps the room of each. It ends here.
            let tasks = transport.inner.tasks.clone();
            let open = Open {
                request_id: request_id.clone(),
                _counted: Counted::new(&transport.inner.measures.websocket_connections),
            };
            if is_spoken {
                let connection =
                    Connection::new(transport, socket, header_token, source, request_id, seat);
                tasks.spawn(Box::new(connection).run(open));
            } else {
                tasks.spawn(async move {
                    let ending = refuse_protocol(socket, &transport).await;
                    drop(seat);
                    open.ended(&ending);
                });
            }
            drop(tracked);
            future::ready(())
        })
}

/// A WebSocket that is open, as operators see it.
struct Open {
    request_id: RequestId,
    _counted: Counted,
}

impl Open {
    /// Tells how it ended.
    fn ended(self, ending: &Ending) {
        tracing::debug!(
            request.id = self.request_id.as_str(),
            websocket.code = ending.code().map(CloseCode::number),
            "websocket closed"
        );
        measures::closed(ending.code());
    }
}

async fn refuse_protocol<E>(mut socket: WebSocket, transport: &Transport<E>) -> Ending {
    let ending = Ending::close(
        CloseCode::SubprotocolNotAcceptable,
        "Subprotocol not acceptable",
    );
    let farewell = async {
        if let Some(frame) = ending.to_frame()
            && socket.send(frame).await.is_ok()
        {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    // A peer that does not answer is left behind all the same.
    let _ = timeout(transport.inner.settings.timings.close, farewell).await;
    ending
}
