//! Places in lists, as they are packed into cursors.

use chrono::{DateTime, Utc};
use entity::{ConversationId, QuarantinedTextId, ScheduledMessageId, TextRemarks};
use uuid::Uuid;

use crate::domain::{
    answers::UnattendedCursor, cases::CasePlace, conversations::ConversationCursor,
    scheduled::StoppedCursor, texts::quarantine::QuarantineCursor,
};

/// A place in a list that a client can hold.
pub trait Key: Sized {
    /// The key as bytes.
    fn to_bytes(&self) -> Vec<u8>;
    /// Reads the bytes back.
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

impl Key for i64 {
    fn to_bytes(&self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self::from_be_bytes(bytes.try_into().ok()?))
    }
}

impl Key for String {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_utf8(bytes.to_vec()).ok()
    }
}

impl Key for Uuid {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_slice(bytes).ok()
    }
}

impl Key for ConversationCursor {
    fn to_bytes(&self) -> Vec<u8> {
        moment_and_id(self.activity_at, self.conversation.0)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (activity_at, conversation) = read_moment_and_id(bytes)?;
        Some(Self {
            activity_at,
            conversation: ConversationId(conversation),
        })
    }
}

impl Key for CasePlace {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.rank.to_be_bytes().to_vec();
        bytes.extend(moment_and_id(self.at, self.case.0));
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (rank, bytes) = bytes.split_at_checked(4)?;
        let (at, case) = read_moment_and_id(bytes)?;
        Some(Self {
            rank: i32::from_be_bytes(rank.try_into().ok()?),
            at,
            case: ConversationId(case),
        })
    }
}

impl Key for UnattendedCursor {
    fn to_bytes(&self) -> Vec<u8> {
        moment_and_id(self.since, self.conversation.0)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (since, conversation) = read_moment_and_id(bytes)?;
        Some(Self {
            since,
            conversation: ConversationId(conversation),
        })
    }
}

impl Key for StoppedCursor {
    fn to_bytes(&self) -> Vec<u8> {
        moment_and_id(self.due_at, self.message.0)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (due_at, message) = read_moment_and_id(bytes)?;
        Some(Self {
            due_at,
            message: ScheduledMessageId(message),
        })
    }
}

impl Key for QuarantineCursor {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.remarks.0.to_be_bytes().to_vec();
        bytes.extend_from_slice(self.id.0.as_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (remarks, id) = bytes.split_at_checked(2)?;
        Some(Self {
            remarks: TextRemarks(i16::from_be_bytes(remarks.try_into().ok()?)),
            id: QuarantinedTextId(Uuid::from_slice(id).ok()?),
        })
    }
}

fn moment_and_id(at: DateTime<Utc>, id: Uuid) -> Vec<u8> {
    let mut bytes = at.timestamp_micros().to_be_bytes().to_vec();
    bytes.extend_from_slice(id.as_bytes());
    bytes
}

fn read_moment_and_id(bytes: &[u8]) -> Option<(DateTime<Utc>, Uuid)> {
    let (micros, id) = bytes.split_at_checked(8)?;
    let micros = i64::from_be_bytes(micros.try_into().ok()?);
    let id = Uuid::from_slice(id).ok()?;
    Some((DateTime::from_timestamp_micros(micros)?, id))
}
