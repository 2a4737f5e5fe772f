//! What the scenarios of Tidings are told with: databases of their own, real mail, clients that speak the public
//! protocols, the real program as a process, and the canaries that show whether anything private got out.
//!
//! A piece that is missing makes a scenario fail and say so; none is skipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "the harness exists for tests: what goes wrong in it must stop the test, and it names things at random"
)]

pub mod bomb;
pub mod canary;
pub mod clamav;
pub mod client;
pub mod clinic;
pub mod database;
pub mod file_store;
pub mod kannel;
pub mod laboratory;
pub mod logs;
pub mod node;
pub mod patience;
pub mod process;
pub mod run;
pub mod s3;
pub mod scenario;
pub mod seed;
pub mod smtp;
pub mod tus;
pub mod twilio;
pub mod world;
pub mod ws;

pub use database::{Backend, TestDatabase};
