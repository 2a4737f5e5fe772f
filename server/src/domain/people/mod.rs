//! The people of an organization: staff members and patients.

pub mod access;
pub mod patients;
pub mod search;
pub mod staff;
pub mod values;
