//! Where the bytes of a file lie in the store.

use entity::{AttachmentId, OrganizationId, attachment};
use object_store::path::Path;

/// The bytes of a segment. Every segment but a file's last has as many, so that the place of a byte is arithmetic.
pub const SEGMENT_BYTES: u64 = 4 * 1024 * 1024;

/// Which file of which organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    organization: OrganizationId,
    attachment: AttachmentId,
}

impl Place {
    /// The place of a file.
    #[must_use]
    pub fn of(attachment: &attachment::Model) -> Self {
        Self {
            organization: attachment.organization_id,
            attachment: attachment.id,
        }
    }

    /// The folder of all that belongs to the file.
    pub(super) fn folder(self) -> Path {
        let (organization, attachment) = (self.organization.0, self.attachment.0);
        Path::from(format!("{}/{}", organization.simple(), attachment.simple()))
    }

    pub(super) fn segment(self, number: u64) -> Path {
        self.folder().join(number.to_string())
    }

    pub(super) fn thumbnail(self) -> Path {
        self.folder().join("thumbnail")
    }
}

/// The part of one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) segment: u64,
    pub(super) within: std::ops::Range<u64>,
}

/// The parts of segments that the bytes `range` of a file lie in.
pub(super) fn parts(range: std::ops::Range<u64>) -> impl Iterator<Item = Part> {
    let mut at = range.start;
    std::iter::from_fn(move || {
        if at >= range.end {
            return None;
        }
        let segment = at / SEGMENT_BYTES;
        let begin = segment * SEGMENT_BYTES;
        let end = range.end.min(begin + SEGMENT_BYTES);
        let part = Part {
            segment,
            within: at - begin..end - begin,
        };
        at = end;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(range: std::ops::Range<u64>) -> Vec<(u64, std::ops::Range<u64>)> {
        parts(range)
            .map(|part| (part.segment, part.within))
            .collect()
    }

    #[test]
    fn a_range_lies_in_the_parts_that_arithmetic_gives() {
        let whole = SEGMENT_BYTES;
        assert_eq!(cut(0..0), []);
        assert_eq!(cut(5..9), [(0, 5..9)]);
        assert_eq!(cut(0..whole), [(0, 0..whole)]);
        assert_eq!(
            cut(whole - 1..2 * whole + 1),
            [(0, whole - 1..whole), (1, 0..whole), (2, 0..1)]
        );
    }
}
