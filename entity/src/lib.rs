//! The database models of Tidings: one file a table, typed ids, personal data in types that do not print.

mod id;
mod kinds;
mod private;

pub mod attachment;
pub mod audience_group;
pub mod chart_document;
pub mod consent;
pub mod consent_wording;
pub mod conversation;
pub mod credential;
pub mod development_message;
pub mod download;
pub mod event;
pub mod event_log;
pub mod familiar_source;
pub mod group_member;
pub mod invitation;
pub mod link;
pub mod message;
pub mod message_attachment;
pub mod message_template;
pub mod message_template_text;
pub mod notification;
pub mod notification_template;
pub mod notification_template_change;
pub mod one_time_code;
pub mod organization;
pub mod panel_member;
pub mod participant;
pub mod patient;
pub mod patient_name_word;
pub mod patient_program;
pub mod program;
pub mod read_cursor;
pub mod refresh_token;
pub mod session;
pub mod staff_member;
pub mod staff_restriction;
pub mod throttle;

pub use id::*;
pub use kinds::*;
pub use private::*;
