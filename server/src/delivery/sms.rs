//! Text messages: each gateway that Tidings can use is a variant here and a file beside this one.

use super::SendError;
use crate::domain::{
    core::Core,
    notifications::{self, Outgoing},
};

/// Who takes text messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SmsGateway {
    /// Nobody: they are kept in the development outbox.
    DevelopmentOutbox,
    /// Nobody: there is no gateway, and none is sent.
    Missing,
}

impl SmsGateway {
    pub(super) async fn send(&self, core: &Core, outgoing: &Outgoing) -> Result<(), SendError> {
        match self {
            Self::DevelopmentOutbox => Ok(notifications::keep(core, outgoing).await?),
            Self::Missing => Err(SendError::Refused("sms.no_gateway".to_owned())),
        }
    }
}
