//! The people of an organization: staff members, patients, programs and groups.

pub mod search;
