//! The schema of Tidings, for SQLite and PostgreSQL alike.
//!
//! A released migration never changes. Every table's keys begin with the organization, so that a database that spreads
//! tables over machines can use it as the distribution key.
#![allow(
    clippy::too_many_lines,
    reason = "a migration is a list of tables and reads best in one piece"
)]

mod m0001_people;
mod m0002_access;
mod m0003_conversations;
mod m0004_event_log;
mod m0005_notifications;
mod m0006_secure_messages;
mod m0007_templates;
mod m0008_attachments;
mod m0009_familiar_sources;
mod m0010_reminders;
mod m0011_message_files;
mod m0012_file_inspections;
mod m0013_scheduled_beginnings;
mod m0014_texts;
mod m0015_texting;
mod m0016_access_first;
mod m0017_bounded_tries;
mod m0018_cases;
mod m0019_answers;
mod m0020_unheard;
mod m0021_scanned_again;
mod m0022_stopped_messages;
mod m0023_case_numbers;
mod m0025_one_alarm;
mod m0026_forgotten_numbers;
mod m0027_texts_in_turn;
mod m0028_number_consents;
mod m0029_answer_marks;
mod table;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

/// Runs the migrations in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_people::Migration),
            Box::new(m0002_access::Migration),
            Box::new(m0003_conversations::Migration),
            Box::new(m0004_event_log::Migration),
            Box::new(m0005_notifications::Migration),
            Box::new(m0006_secure_messages::Migration),
            Box::new(m0007_templates::Migration),
            Box::new(m0008_attachments::Migration),
            Box::new(m0009_familiar_sources::Migration),
            Box::new(m0010_reminders::Migration),
            Box::new(m0011_message_files::Migration),
            Box::new(m0012_file_inspections::Migration),
            Box::new(m0013_scheduled_beginnings::Migration),
            Box::new(m0014_texts::Migration),
            Box::new(m0015_texting::Migration),
            Box::new(m0016_access_first::Migration),
            Box::new(m0017_bounded_tries::Migration),
            Box::new(m0018_cases::Migration),
            Box::new(m0019_answers::Migration),
            Box::new(m0020_unheard::Migration),
            Box::new(m0021_scanned_again::Migration),
            Box::new(m0022_stopped_messages::Migration),
            Box::new(m0023_case_numbers::Migration),
            Box::new(m0025_one_alarm::Migration),
            Box::new(m0026_forgotten_numbers::Migration),
            Box::new(m0027_texts_in_turn::Migration),
            Box::new(m0028_number_consents::Migration),
            Box::new(m0029_answer_marks::Migration),
        ]
    }
}
