//! Signing in, staying signed in, and being kept out.

mod api;
mod clinic;
mod codes;
mod guessing;
mod invitations;
mod passwords;
mod sessions;
