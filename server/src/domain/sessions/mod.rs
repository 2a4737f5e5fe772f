//! Signing in and staying signed in: passwords, one-time codes, sessions with short-lived access tokens and rotating
//! refresh tokens, and the viewers that they stand for.

mod account;
mod codes;
mod contact;
mod myself;
mod open;
mod password;
mod password_link;
mod refresh;
mod revoke;
mod set_password;
mod sign_in;
mod sweep;
mod token;
mod viewer;

pub use account::Account;
pub(crate) use codes::is_for as code_is_for;
pub use codes::{CODE_LIFETIME, CODE_TRIES, CodeRequest, code_of, request_code};
pub use myself::{Myself, myself};
pub(crate) use open::open;
pub use open::{ACCESS_TOKEN_LIFETIME, MAX_SESSIONS, OpenedSession, REFRESH_TOKEN_LIFETIME};
pub use password::{
    HashError, MAX_PASSWORD, MIN_PASSWORD, NewPassword, PasswordRefused, Passwords,
};
pub use password_link::{
    RESET_LIFETIME, invite_staff_member, request_password_reset, set_password_by_link,
};
pub use refresh::{RefreshError, refresh};
pub(crate) use revoke::revoke_all;
pub use revoke::{end_sessions_of, open_sessions, revoke, sign_out, sign_out_everywhere};
pub(crate) use set_password::set as set_password;
pub use set_password::{SetPasswordError, change_password};
pub use sign_in::{CodeSignIn, PasswordSignIn, SignInError, SignedIn, sign_in, sign_in_with_code};
pub use sweep::sweep;
pub use token::{AccessClaims, TokenError, issue_access_token, verify_access_token};
pub use viewer::{SessionError, viewer};
