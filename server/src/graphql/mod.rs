//! Names and shapes of the API. A resolver translates, calls one domain function, and translates back.

pub mod consent;
pub mod context;
pub mod conversation;
pub mod error;
pub mod id;
pub mod inbox;
pub mod invitation;
pub mod live;
pub mod message;
pub mod message_pages;
pub mod page;
pub mod password;
pub mod patient;
pub mod schema;
pub mod sending;
pub mod session;
pub mod sign_in;
pub mod staff_member;
