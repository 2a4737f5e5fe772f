//! Who works at the demonstration clinic, and who is cared for.

use entity::Roles;

use super::{Patient, Staff};
use crate::domain::people::staff::NewStaffMember;

pub(in crate::demo) const PROGRAMS: &[&str] =
    &["Diabetes care", "Blood pressure", "Behavioral health"];

/// The administrator comes first: the clinic begins with her.
pub(in crate::demo) const STAFF: &[Staff] = &[
    Staff {
        key: "alma",
        name: "Alma Brandt",
        profession: "Practice manager",
        email: "admin@riverside.example",
        password: "riverside-admin-demo",
        is_administrator: true,
        is_clinician: false,
        restricted_from: &[],
    },
    Staff {
        key: "nina",
        name: "Nina Keller",
        profession: "Nurse",
        email: "nurse@riverside.example",
        password: "riverside-nurse-demo",
        is_administrator: false,
        is_clinician: true,
        restricted_from: &[],
    },
    Staff {
        key: "omar",
        name: "Omar Haddad",
        profession: "Physician",
        email: "doctor@riverside.example",
        password: "riverside-doctor-demo",
        is_administrator: false,
        is_clinician: true,
        restricted_from: &[],
    },
    Staff {
        key: "grace",
        name: "Grace Liu",
        profession: "Physician",
        email: "grace.liu@riverside.example",
        password: "riverside-grace-demo",
        is_administrator: false,
        is_clinician: true,
        restricted_from: &[],
    },
    Staff {
        key: "tom",
        name: "Tom Reyes",
        profession: "Medical assistant",
        email: "tom.reyes@riverside.example",
        password: "riverside-tom-demo",
        is_administrator: false,
        is_clinician: true,
        restricted_from: &["Behavioral health"],
    },
];

pub(in crate::demo) const PATIENTS: &[Patient] = &[
    Patient {
        key: "maria",
        name: "Maria Santos",
        born: (1968, 4, 12),
        phone: Some("+12015550111"),
        email: Some("patient@riverside.example"),
        language: "en",
        programs: &["Diabetes care", "Blood pressure"],
        care_team: &["nina", "grace"],
        is_enrolled: true,
        password: Some("riverside-patient-demo"),
    },
    Patient {
        key: "james",
        name: "James Whitfield",
        born: (1951, 11, 3),
        phone: Some("+12015550112"),
        email: Some("james.whitfield@mail.example"),
        language: "en",
        programs: &["Blood pressure"],
        care_team: &["nina", "grace", "tom"],
        is_enrolled: true,
        password: None,
    },
    Patient {
        key: "aisha",
        name: "Aisha Khan",
        born: (1990, 7, 24),
        phone: Some("+12015550113"),
        email: None,
        language: "en",
        programs: &["Behavioral health"],
        care_team: &["nina"],
        is_enrolled: true,
        password: None,
    },
    Patient {
        key: "martin",
        name: "Martin Olsen",
        born: (1979, 1, 30),
        phone: None,
        email: Some("martin.olsen@mail.example"),
        language: "en",
        programs: &["Diabetes care"],
        care_team: &["nina", "tom"],
        is_enrolled: true,
        password: None,
    },
    Patient {
        key: "lucia",
        name: "Lucía Marín",
        born: (1985, 9, 8),
        phone: Some("+12015550115"),
        email: Some("lucia.marin@mail.example"),
        language: "es",
        programs: &["Diabetes care"],
        care_team: &["grace"],
        is_enrolled: true,
        password: None,
    },
    Patient {
        key: "eleanor",
        name: "Eleanor Price",
        born: (1944, 2, 17),
        phone: Some("+12015550116"),
        email: None,
        language: "en",
        programs: &["Blood pressure"],
        care_team: &["tom"],
        is_enrolled: false,
        password: None,
    },
    Patient {
        key: "daniel",
        name: "Daniel Osei",
        born: (2001, 6, 5),
        phone: Some("+12015550117"),
        email: Some("daniel.osei@mail.example"),
        language: "en",
        programs: &[],
        care_team: &[],
        is_enrolled: true,
        password: None,
    },
];

impl Staff {
    /// The staff member as the domain takes one on.
    pub(in crate::demo) fn to_hire(&self) -> NewStaffMember {
        let mut roles = Roles::default();
        if self.is_administrator {
            roles = roles.with(Roles::ADMINISTRATOR);
        }
        if self.is_clinician {
            roles = roles.with(Roles::CLINICIAN);
        }
        NewStaffMember {
            name: self.name.to_owned(),
            profession: self.profession.to_owned(),
            email: self.email.to_owned(),
            phone: None,
            roles,
            language: None,
        }
    }
}
