//! The transports before a toy schema.

mod bytes;
mod cost;
mod event_stream;
mod exchange;
mod http;
mod http_access;
mod kept;
mod node;
mod socket;
mod tokens;
mod toy;
mod websocket;
mod websocket_life;
