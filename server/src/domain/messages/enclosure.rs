//! The files that somebody wants to send with a message.

use entity::{AttachmentId, ChartDocumentId, MessageId, message_attachment};

/// The most files of one message, whatever an organization allows.
pub const MAX_ENCLOSURES: u32 = 50;

/// A file to be sent with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Enclosure {
    /// One that the author has uploaded for it.
    Upload(AttachmentId),
    /// One from the patient's chart, which stays there.
    Document(ChartDocumentId),
}

impl Enclosure {
    /// How a stored file of a message came to be one, with its message.
    pub(super) fn of_row(row: &message_attachment::Model) -> (MessageId, Self) {
        let enclosure = row
            .document_id
            .map_or(Self::Upload(row.attachment_id), Self::Document);
        (row.message_id, enclosure)
    }
}

/// The files to be sent with a message, in their order, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enclosures(Vec<Enclosure>);

/// There are more than [`MAX_ENCLOSURES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message has at most {MAX_ENCLOSURES} files")]
pub struct TooManyEnclosures;

impl Enclosures {
    /// These files; what is named again is left out.
    ///
    /// # Errors
    /// [`TooManyEnclosures`].
    pub fn new(files: impl IntoIterator<Item = Enclosure>) -> Result<Self, TooManyEnclosures> {
        let mut once = Vec::new();
        for file in files {
            if !once.contains(&file) {
                once.push(file);
            }
            if once.len() > MAX_ENCLOSURES as usize {
                return Err(TooManyEnclosures);
            }
        }
        Ok(Self(once))
    }

    /// The files.
    #[must_use]
    pub fn as_slice(&self) -> &[Enclosure] {
        &self.0
    }

    /// Adds the files to the bytes that tell one request from another.
    pub(in crate::domain) fn write(&self, asked: &mut Vec<u8>) {
        for file in &self.0 {
            let (mark, id) = match file {
                Enclosure::Upload(id) => (b"\0u", id.0),
                Enclosure::Document(id) => (b"\0d", id.0),
            };
            asked.extend_from_slice(mark);
            asked.extend_from_slice(id.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_is_named_twice_is_sent_once() {
        let upload = |number| Enclosure::Upload(AttachmentId(Uuid::from_u128(number)));
        let files = Enclosures::new([upload(2), upload(1), upload(2)]);
        assert_eq!(files.unwrap().as_slice(), [upload(2), upload(1)]);
        let most = u128::from(MAX_ENCLOSURES);
        assert!(Enclosures::new((0..most).map(upload)).is_ok());
        assert!(Enclosures::new((0..=most).map(upload)).is_err());
    }
}
