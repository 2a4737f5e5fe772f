//! JSON that does not grow without bounds.

use std::io::{self, Write};

use serde::Serialize;

/// Writes JSON behind what is there already, and gives up once all of it is longer than `max` bytes. That failure is one
/// of input and output, see [`is_too_long`].
pub(super) fn write_json(
    buffer: &mut Vec<u8>,
    value: &impl Serialize,
    max: usize,
) -> serde_json::Result<()> {
    let kept = buffer.len();
    let written = serde_json::to_writer(Bounded { buffer, max }, value);
    if written.is_err() {
        buffer.truncate(kept);
    }
    written
}

/// Whether JSON could not be written because it is too long.
pub(super) fn is_too_long(error: &serde_json::Error) -> bool {
    error.is_io()
}

struct Bounded<'b> {
    buffer: &'b mut Vec<u8>,
    max: usize,
}

impl Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len().saturating_add(bytes.len()) > self.max {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_leaves_nothing_behind() {
        let mut buffer = b"data: ".to_vec();
        write_json(&mut buffer, &["a"], 11).unwrap();
        assert_eq!(buffer, b"data: [\"a\"]");
        let error = write_json(&mut buffer, &"x".repeat(1_000_000), 100).unwrap_err();
        assert!(is_too_long(&error));
        assert_eq!(buffer, b"data: [\"a\"]");
        assert!(buffer.capacity() < 1000);
    }
}
