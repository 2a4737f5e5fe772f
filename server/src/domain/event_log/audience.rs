//! Whom of the staff an event concerns, frozen at the moment of the event.

use entity::StaffId;
use uuid::Uuid;

/// A staff member whom an event concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concerned {
    /// The staff member.
    pub staff: StaffId,
    /// Whether the event alerts them (LIVE-1), or only updates what they have open.
    pub alerted: bool,
}

/// The staff members of a patient's panel who had access when the event happened; all of the panel, where the event may
/// have changed who has. Of a scheduled message that has not left, its author.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience(pub Vec<Concerned>);

const ENTRY: usize = 17;

impl Audience {
    /// The stored form: for each person one byte of flags and the id. Eight people take 136 bytes.
    #[must_use]
    pub fn to_stored(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * ENTRY);
        for concerned in &self.0 {
            bytes.push(u8::from(concerned.alerted));
            bytes.extend_from_slice(concerned.staff.0.as_bytes());
        }
        bytes
    }

    /// Reads the stored form. `None` when it is not what [`Self::to_stored`] writes.
    #[must_use]
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        bytes
            .chunks(ENTRY)
            .map(|entry| match entry.split_first() {
                Some((flags @ (0 | 1), id)) => Some(Concerned {
                    staff: StaffId(Uuid::from_slice(id).ok()?),
                    alerted: *flags == 1,
                }),
                Some(_) | None => None,
            })
            .collect::<Option<Vec<_>>>()
            .map(Self)
    }

    /// Whether the event alerts this staff member.
    #[must_use]
    pub fn alerts(&self, staff: StaffId) -> bool {
        self.0
            .iter()
            .any(|concerned| concerned.staff == staff && concerned.alerted)
    }

    /// Whether the staff member stood in the panel.
    #[must_use]
    pub fn includes(&self, staff: StaffId) -> bool {
        self.0.iter().any(|concerned| concerned.staff == staff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_reads_back() {
        let audience = Audience(vec![
            Concerned {
                staff: StaffId(Uuid::from_u128(1)),
                alerted: true,
            },
            Concerned {
                staff: StaffId(Uuid::from_u128(2)),
                alerted: false,
            },
        ]);
        let stored = audience.to_stored();
        assert_eq!(Audience::from_stored(&stored), Some(audience));
        assert_eq!(Audience::from_stored(&stored[1..]), None);
        assert_eq!(Audience::from_stored(&[]), Some(Audience::default()));
    }
}
