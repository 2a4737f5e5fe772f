//! What Tidings does, told as stories on both kinds of database, and the rules that its sources keep.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "everything here is a test, also what tests share"
)]
#![allow(
    clippy::too_many_lines,
    clippy::cognitive_complexity,
    clippy::wildcard_enum_match_arm,
    reason = "a story is told in one piece, and a table of cases has as many lines as cases"
)]

mod access_matrix;
mod answers;
mod attachments;
mod bad_input;
mod browser;
mod care_team_chat;
mod cases;
mod cluster;
mod command_line;
mod conformance;
mod connections;
mod crash;
mod demonstration;
mod event_log;
mod features;
mod harness_itself;
mod housekeeping;
mod live;
mod outbox;
mod people;
mod presets;
mod private_files;
mod published_schema;
mod reminders;
mod scheduled;
mod secure_messages;
mod signing_in;
mod statements;
mod stopping;
mod templates;
mod texting;
mod texts;
mod tidy;
mod unread_counts;
