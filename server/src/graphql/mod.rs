//! Names and shapes of the API. A resolver translates, calls one domain function, and translates back.

pub mod context;
pub mod conversation;
pub mod date;
pub mod error;
pub mod group;
pub mod id;
pub mod inbox;
pub mod live;
pub mod loaders;
pub mod message;
pub mod message_pages;
pub mod node;
pub mod organization;
pub mod page;
pub mod panel;
pub mod patient;
pub mod patient_changes;
pub mod program;
pub mod refusal;
pub mod schema;
pub mod sending;
pub mod settings;
pub mod staff_changes;
pub mod staff_member;
