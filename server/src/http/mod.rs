//! What Tidings answers over HTTP.

pub mod transport;
