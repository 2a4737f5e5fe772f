//! What Tidings does, told as stories on both kinds of database, and the rules that its sources keep.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "everything here is a test, also what tests share"
)]

mod access_matrix;
mod bad_input;
mod care_team_chat;
mod cluster;
mod conformance;
mod connections;
mod crash;
mod demonstration;
mod event_log;
mod features;
mod harness_itself;
mod live;
mod outbox;
mod people;
mod published_schema;
mod signing_in;
mod statements;
mod tidy;
mod unread_counts;
