//! Why bytes of an upload are not taken.

use super::FilesFault;
use crate::domain::fault::Fault;

/// Why bytes are not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The upload is not there any more.
    #[error("the upload has ended")]
    Ended,
    /// The bytes do not begin where the last ones ended.
    #[error("the upload stands at {0}")]
    Offset(u64),
    /// Another request is sending bytes of the same upload.
    #[error("another request is sending this file")]
    Busy,
    /// There are no bytes.
    #[error("there are no bytes")]
    Empty,
    /// There are more bytes than were announced.
    #[error("the file is longer than announced")]
    TooLong,
    /// The bytes of the request are not those that were sent.
    #[error("the checksum does not match")]
    Checksum,
    /// The file is of a type that is not taken.
    #[error("files of this type are not taken")]
    Type,
    /// The bytes stopped coming before their end.
    #[error("the bytes broke off")]
    BrokenOff,
    /// The store of files fails.
    #[error(transparent)]
    Files(#[from] FilesFault),
    /// The database fails.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Bytes stopped coming before their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenOff;
