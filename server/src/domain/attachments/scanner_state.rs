//! What is known of the malware scanner.

/// What is known of the malware scanner of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScannerState {
    /// There is none.
    None,
    /// It was not asked yet.
    Unknown,
    /// It answered when it was asked last.
    Answers,
    /// It did not answer when it was asked last; files wait for it.
    Away,
}
