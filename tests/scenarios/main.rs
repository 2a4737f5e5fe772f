//! What Tidings does, told as stories on both kinds of database, and the rules that its sources keep.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "everything here is a test, also what tests share"
)]

mod access_matrix;
mod care_team_chat;
mod event_log;
mod harness_itself;
mod outbox;
mod people;
mod published_schema;
mod signing_in;
mod tidy;
mod unread_counts;
