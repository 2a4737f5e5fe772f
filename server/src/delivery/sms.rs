//! Text messages: each gateway that Tidings can use is a variant here and a file beside this one.

/// Who takes text messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SmsGateway {
    /// Nobody: they are kept in the development outbox.
    DevelopmentOutbox,
    /// Nobody: there is no gateway, and none is sent.
    Missing,
}
