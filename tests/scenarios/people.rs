//! Organizations, staff, patients, programs and panels: who exists for whom, and who may change what.

mod contact;
mod panel;
mod programs;
mod reach;
mod settings;
mod staff;
