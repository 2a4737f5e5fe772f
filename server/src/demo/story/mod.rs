//! The demonstration clinic as data: who works there, who is cared for, and what they have written to each other.

mod chats;
mod people;
mod template;

use chrono::{TimeDelta, Weekday};
use entity::CaseStatus;

use crate::domain::opening_hours::{OpeningHours, Span, TimeOfDay, WeekdayHours};

pub(super) use chats::STEPS;
pub(super) use people::{PATIENTS, PROGRAMS, STAFF};
pub(super) use template::TEMPLATE;

/// What people type when they sign in.
pub(super) const SLUG: &str = "riverside";
/// What patients read.
pub(super) const CLINIC: &str = "Riverside Family Clinic";
/// Where the clinic is.
pub(super) const TIME_ZONE: &str = "America/New_York";
/// How patients reach the clinic by other means.
pub(super) const PHONE: &str = "(201) 555-0100";
/// After how many minutes of opening time patients can expect an answer in the chat: a working day.
pub(super) const ANSWERED_AFTER: u32 = 8 * 60;
/// From which number the clinic would text.
pub(super) const TEXTS_FROM: &str = "+12015550101";

/// On weekdays from eight to six; none when that is written wrongly.
pub(super) fn opening_hours() -> Option<OpeningHours> {
    let times = Span {
        from: TimeOfDay::read("08:00")?,
        until: TimeOfDay::read("18:00")?,
    };
    let weekdays = [
        Weekday::Mon,
        Weekday::Tue,
        Weekday::Wed,
        Weekday::Thu,
        Weekday::Fri,
    ];
    let weekly = weekdays.map(|day| WeekdayHours {
        day,
        spans: vec![times],
    });
    Some(OpeningHours {
        weekly: weekly.to_vec(),
        exceptions: Vec::new(),
    })
}

/// A person who works at the clinic.
pub(in crate::demo) struct Staff {
    /// How the story below calls them.
    pub(in crate::demo) key: &'static str,
    pub(in crate::demo) name: &'static str,
    pub(in crate::demo) profession: &'static str,
    pub(in crate::demo) email: &'static str,
    pub(in crate::demo) password: &'static str,
    pub(in crate::demo) is_administrator: bool,
    pub(in crate::demo) is_clinician: bool,
    pub(in crate::demo) restricted_from: &'static [&'static str],
}

/// A person whom the clinic cares for.
pub(in crate::demo) struct Patient {
    /// How the story below calls them.
    pub(in crate::demo) key: &'static str,
    pub(in crate::demo) name: &'static str,
    pub(in crate::demo) born: (i32, u32, u32),
    pub(in crate::demo) phone: Option<&'static str>,
    pub(in crate::demo) email: Option<&'static str>,
    pub(in crate::demo) language: &'static str,
    pub(in crate::demo) programs: &'static [&'static str],
    pub(in crate::demo) care_team: &'static [&'static str],
    pub(in crate::demo) is_enrolled: bool,
    pub(in crate::demo) password: Option<&'static str>,
}

/// Something that happened.
pub(in crate::demo) struct Step {
    /// How long ago, in minutes.
    pub(in crate::demo) minutes_ago: i64,
    /// In whose conversation.
    pub(in crate::demo) patient: &'static str,
    /// Which one: the patient's key for the chat with the care team, another for a case.
    pub(in crate::demo) chat: &'static str,
    pub(in crate::demo) what: What,
}

/// What happened.
pub(in crate::demo) enum What {
    /// The patient wrote.
    PatientWrites(&'static str),
    /// A staff member wrote.
    StaffWrites(&'static str, &'static str),
    /// A staff member wrote, and sent a file with it.
    StaffSends(&'static str, &'static str, &'static File),
    /// A staff member left an internal note.
    Note(&'static str, &'static str),
    /// A staff member read all that was there.
    StaffReads(&'static str),
    /// The patient read all that was there.
    PatientReads,
    /// The patient opened a case in the portal.
    PatientAsks(&'static str),
    /// A staff member opened a case while the patient was on the telephone.
    StaffTakesCall(&'static str, &'static str),
    /// A staff member assigned the case to another.
    Assigns(&'static str, &'static str),
    /// A staff member moved the case to another status.
    Moves(&'static str, CaseStatus),
}

/// A file that somebody sent.
pub(in crate::demo) struct File {
    pub(in crate::demo) name: &'static str,
    pub(in crate::demo) bytes: &'static [u8],
}

/// A message template, approved in all its languages. The source comes first.
pub(in crate::demo) struct Template {
    pub(in crate::demo) name: &'static str,
    pub(in crate::demo) category: &'static str,
    pub(in crate::demo) texts: &'static [Text],
}

/// A message template in one language.
pub(in crate::demo) struct Text {
    pub(in crate::demo) language: &'static str,
    pub(in crate::demo) title: &'static str,
    pub(in crate::demo) html: &'static str,
}

impl Step {
    /// How long ago it happened.
    pub(in crate::demo) fn ago(&self) -> TimeDelta {
        TimeDelta::minutes(self.minutes_ago)
    }
}

/// One of the tabs of the try-it page.
pub(in crate::demo) struct Tab {
    /// The staff member or patient who is signed in there.
    pub(in crate::demo) key: &'static str,
    pub(in crate::demo) role: &'static str,
    pub(in crate::demo) about: &'static str,
    /// The file of examples.
    pub(in crate::demo) examples: &'static str,
}

/// Somebody with a password.
pub(in crate::demo) struct Account {
    pub(in crate::demo) name: &'static str,
    pub(in crate::demo) email: &'static str,
    pub(in crate::demo) password: &'static str,
}

/// The staff member or patient of this key, where they have an address and a password.
pub(in crate::demo) fn account(key: &str) -> Option<Account> {
    let staff = STAFF
        .iter()
        .find(|staff| staff.key == key)
        .map(|staff| Account {
            name: staff.name,
            email: staff.email,
            password: staff.password,
        });
    staff.or_else(|| {
        let patient = PATIENTS.iter().find(|patient| patient.key == key)?;
        Some(Account {
            name: patient.name,
            email: patient.email?,
            password: patient.password?,
        })
    })
}

/// The patient whose conversation the examples are about.
pub(in crate::demo) fn patient_of_the_examples() -> &'static Patient {
    &PATIENTS[0]
}

pub(super) const TABS: &[Tab] = &[
    Tab {
        key: "nina",
        role: "Nurse",
        about: "Nina is on the care team of most patients: their messages alert her.",
        examples: "nurse",
    },
    Tab {
        key: "omar",
        role: "Doctor off the team",
        about: "Omar is on no care team: his list is empty, and a search finds the patients.",
        examples: "doctor",
    },
    Tab {
        key: "alma",
        role: "Administrator",
        about: "Alma looks after settings and staff. She is no clinician, so she reads no messages.",
        examples: "administrator",
    },
    Tab {
        key: "maria",
        role: "Patient",
        about: "Maria chats with her care team in the portal.",
        examples: "patient",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_story_names_only_people_whom_it_has() {
        let staff: HashSet<_> = STAFF.iter().map(|staff| staff.key).collect();
        let patients: HashSet<_> = PATIENTS.iter().map(|patient| patient.key).collect();
        for patient in PATIENTS {
            assert!(patient.care_team.iter().all(|key| staff.contains(key)));
            assert!(patient.programs.iter().all(|name| PROGRAMS.contains(name)));
        }
        for step in STEPS {
            assert!(patients.contains(step.patient));
        }
        assert!(STAFF[0].is_administrator);
        assert!(TABS.iter().all(|tab| account(tab.key).is_some()));
        assert!(patient_of_the_examples().password.is_some());
    }

    #[test]
    fn the_story_goes_forward() {
        assert!(STEPS.is_sorted_by(|a, b| a.minutes_ago >= b.minutes_ago));
    }
}
