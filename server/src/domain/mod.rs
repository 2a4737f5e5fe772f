//! The rules of Tidings, one folder or file a noun. Nothing here knows HTTP, GraphQL, mail servers or brokers.

pub mod clock;
pub mod conversations;
pub mod core;
pub mod entropy;
pub mod event_log;
pub mod fault;
pub mod groups;
pub mod invitations;
pub mod links;
pub mod messages;
pub mod notifications;
pub mod organizations;
pub mod page;
pub mod panel;
pub mod people;
pub mod policy;
pub mod programs;
pub mod rich_text;
pub mod secret;
pub mod sessions;
pub mod settings;
pub mod store;
pub mod throttle;
pub mod viewer;
