//! Signed-in devices: short-lived access tokens, and the viewers that they stand for.

mod codes;
mod token;
mod viewer;

pub use codes::code_of;
pub use token::{AccessClaims, TokenError, issue_access_token, verify_access_token};
pub use viewer::{SessionError, viewer};
