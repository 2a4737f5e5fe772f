//! The people of an organization: staff members and patients.

pub mod access;
mod names;
pub mod patients;
pub mod search;
pub mod staff;
pub mod values;

pub(in crate::domain) use names::names;
