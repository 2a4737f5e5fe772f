//! The transports before a toy schema, over real sockets.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod cost;
mod event_stream;
mod http;
mod node;
mod toy;
mod websocket;
