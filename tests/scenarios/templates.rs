//! What a clinic sends again and again: message templates in several languages, and the texts of notifications.

mod approval;
mod desk;
mod filling;
mod hostile;
mod languages;
mod notification_texts;
mod sending;
mod texts;
