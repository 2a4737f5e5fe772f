//! The single values of people and organizations: checked once, where they come in.

mod contact;
mod problem;
mod text;

#[cfg(test)]
mod tests;

use entity::Channel;

pub(crate) use contact::region;
pub use contact::{email_address, email_key, mobile_number};
pub(crate) use problem::{Check, is_taken, takes_refusals};
pub use problem::{Problem, Wrong};
pub use text::title;
pub(crate) use text::{birth_date, language, line, name, slug, text, time_zone, within};

/// The most characters of a person's or thing's name.
pub const MAX_NAME_CHARACTERS: usize = 200;
/// The most ids in one list of a request.
pub const MAX_IDS: usize = 100;

/// How somebody is told of something outside of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotificationChannel {
    /// By e-mail.
    Email,
    /// By text message.
    Sms,
}

impl NotificationChannel {
    /// Every one of them.
    pub const ALL: [Self; 2] = [Self::Email, Self::Sms];

    /// The channel, where it is one that carries notifications.
    #[must_use]
    pub const fn of(channel: Channel) -> Option<Self> {
        match channel {
            Channel::Email => Some(Self::Email),
            Channel::Sms => Some(Self::Sms),
            Channel::Portal => None,
        }
    }
}

impl From<NotificationChannel> for Channel {
    fn from(channel: NotificationChannel) -> Self {
        match channel {
            NotificationChannel::Email => Self::Email,
            NotificationChannel::Sms => Self::Sms,
        }
    }
}
