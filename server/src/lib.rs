//! Tidings: messaging between clinics and their patients, over GraphQL.

#![recursion_limit = "512"]

pub mod app;
pub mod cli;
pub mod config;
pub mod delivery;
pub mod demo;
pub mod dispatch;
pub mod domain;
pub mod graphql;
pub mod http;
pub mod inspection;
pub mod realtime;
pub mod telemetry;
pub mod thumbnail;
