//! What Tidings answers over HTTP.

mod authenticate;
pub mod transport;

pub use authenticate::authenticate;
