//! Files that people upload: how they arrive, what they turn out to be, and how they are reached.
//!
//! A row says how far a file has come; its bytes lie in the store of files, cut into segments. The row moves on only
//! after the bytes are stored, and is removed only after they are: nothing that was acknowledged is lost, and nothing is
//! left behind without a row.

mod announce;
mod checksum;
mod claim;
mod download;
mod file_name;
mod files;
mod folder;
mod incoming;
mod inspection;
mod intake;
mod lease;
mod link;
mod media_type;
mod own;
mod place;
mod receive;
mod receive_error;
mod record;
mod scanner_state;
mod sweep;
mod turn;

pub use announce::{AnnounceError, Announcement, announce};
pub use checksum::Checksum;
pub(in crate::domain) use claim::{claim, lock};
pub use download::{Download, DownloadError, follow};
pub(crate) use file_name::label;
pub use files::{FileRules, Files, FilesFault};
pub use incoming::{IncomingFile, IncomingFiles, UploadError, store};
pub use inspection::{Inspection, ThumbnailFacts, Verdict, due_inspections};
pub use intake::{Intake, IntakePlace};
pub use link::{Holder, LINK_LIFETIME, link, may_be_served};
pub use media_type::{KNOWN_TYPES, is_known};
pub(crate) use media_type::{PICTURES, PlainText};
pub use own::{has_run_out, terminate, upload};
pub use place::{Place, SEGMENT_BYTES};
pub use receive::{Receiving, resume};
pub use receive_error::{BrokenOff, ReceiveError};
pub use record::{DownloadsOf, RecordedDownload, downloads, forget_downloads};
pub use scanner_state::ScannerState;
pub use sweep::sweep;
pub use turn::Turn;

use chrono::TimeDelta;

/// How long a worker has a file alone, unless it says again that it does.
pub(crate) const LEASE: TimeDelta = TimeDelta::minutes(5);
/// How long an upload that has begun may rest before it is removed.
pub(crate) const UNFINISHED: TimeDelta = TimeDelta::hours(24);
/// How long a file that arrived waits for something to make use of it (SEC-4).
pub const UNUSED: TimeDelta = TimeDelta::hours(1);
