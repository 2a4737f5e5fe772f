//! Inspecting files after their last byte: a checksum, the malware scanner, a small picture.

mod clamd;
mod examine;
mod lookout;
mod thumbnail;
mod worker;

pub use clamd::{Clamd, ScannerAddress};
pub use thumbnail::ThumbnailMaker;
pub use worker::Inspector;
