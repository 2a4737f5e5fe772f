//! Each preset of settings, walked through as the product that it reproduces is described (PEO-9).

mod care_team;
mod case_chat;
mod reminders;
