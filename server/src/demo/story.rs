//! The demonstration clinic as data: who works there, who is cared for, and what they have written to each other.

use chrono::TimeDelta;

/// What people type when they sign in.
pub(super) const SLUG: &str = "riverside";
/// What patients read.
pub(super) const CLINIC: &str = "Riverside Family Clinic";
/// Where the clinic is.
pub(super) const TIME_ZONE: &str = "America/New_York";
/// How patients reach the clinic by other means.
pub(super) const PHONE: &str = "(201) 555-0100";

/// A person who works at the clinic.
pub(super) struct Staff {
    /// How the story below calls them.
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    pub(super) profession: &'static str,
    pub(super) email: &'static str,
    pub(super) password: &'static str,
    pub(super) is_administrator: bool,
    pub(super) is_clinician: bool,
    pub(super) restricted_from: &'static [&'static str],
}

/// A person whom the clinic cares for.
pub(super) struct Patient {
    /// How the story below calls them.
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    pub(super) born: (i32, u32, u32),
    pub(super) phone: Option<&'static str>,
    pub(super) email: Option<&'static str>,
    pub(super) language: &'static str,
    pub(super) programs: &'static [&'static str],
    pub(super) care_team: &'static [&'static str],
    pub(super) is_enrolled: bool,
    pub(super) password: Option<&'static str>,
}

/// Something that happened.
pub(super) struct Step {
    /// How long ago, in minutes.
    pub(super) minutes_ago: i64,
    /// In whose conversation.
    pub(super) patient: &'static str,
    pub(super) what: What,
}

/// What happened.
pub(super) enum What {
    /// The patient wrote.
    PatientWrites(&'static str),
    /// A staff member wrote.
    StaffWrites(&'static str, &'static str),
    /// A staff member left an internal note.
    Note(&'static str, &'static str),
    /// A staff member read all that was there.
    StaffReads(&'static str),
    /// The patient read all that was there.
    PatientReads,
}

impl Step {
    /// How long ago it happened.
    pub(super) fn ago(&self) -> TimeDelta {
        TimeDelta::minutes(self.minutes_ago)
    }
}

/// One of the tabs of the try-it page.
pub(super) struct Tab {
    /// The staff member or patient who is signed in there.
    pub(super) key: &'static str,
    pub(super) role: &'static str,
    pub(super) about: &'static str,
    /// The file of examples.
    pub(super) examples: &'static str,
}

/// Somebody with a password.
pub(super) struct Account {
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) password: &'static str,
}

/// The staff member or patient of this key, where they have an address and a password.
pub(super) fn account(key: &str) -> Option<Account> {
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
pub(super) fn patient_of_the_examples() -> &'static Patient {
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

pub(super) const PROGRAMS: &[&str] = &["Diabetes care", "Blood pressure", "Behavioral health"];

/// The administrator comes first: the clinic begins with her.
pub(super) const STAFF: &[Staff] = &[
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

pub(super) const PATIENTS: &[Patient] = &[
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

const fn step(minutes_ago: i64, patient: &'static str, what: What) -> Step {
    Step {
        minutes_ago,
        patient,
        what,
    }
}

/// What happened, the longest ago first.
pub(super) const STEPS: &[Step] = &[
    step(
        8_640,
        "james",
        What::StaffWrites(
            "grace",
            "Mr. Whitfield, your lab results are fine. Please keep measuring in the morning and write the numbers here once a week.",
        ),
    ),
    step(7_310, "james", What::PatientReads),
    step(
        7_305,
        "james",
        What::PatientWrites(
            "Thank you, doctor. This week: 142/88, 139/85, 145/90. Is that all right?",
        ),
    ),
    step(7_200, "james", What::StaffReads("nina")),
    step(
        7_195,
        "james",
        What::Note(
            "nina",
            "Trend slightly up since September. Asking Dr. Liu about the dose.",
        ),
    ),
    step(6_900, "james", What::StaffReads("grace")),
    step(
        6_890,
        "james",
        What::StaffWrites(
            "grace",
            "A little high. Please take the second tablet in the evening from today, and measure twice a day for one week.",
        ),
    ),
    step(
        5_760,
        "lucia",
        What::PatientWrites("Buenos días, ¿tengo que venir en ayunas a la cita del jueves?"),
    ),
    step(5_700, "lucia", What::StaffReads("grace")),
    step(
        5_695,
        "lucia",
        What::StaffWrites(
            "grace",
            "Buenos días, sí, por favor: nada de comer desde la medianoche. Agua sí puede tomar.",
        ),
    ),
    step(
        4_320,
        "aisha",
        What::StaffWrites(
            "nina",
            "Hi Aisha, how did the first week with the new sleep routine go?",
        ),
    ),
    step(4_150, "aisha", What::PatientReads),
    step(
        4_140,
        "aisha",
        What::PatientWrites(
            "Better than I thought. I still wake up at four, but I fall asleep again.",
        ),
    ),
    step(4_020, "aisha", What::StaffReads("nina")),
    step(
        2_900,
        "maria",
        What::PatientWrites(
            "Good morning! The pharmacy says my refill for metformin needs a new prescription.",
        ),
    ),
    step(2_880, "maria", What::StaffReads("nina")),
    step(
        2_875,
        "maria",
        What::StaffWrites(
            "nina",
            "Good morning Maria, I have asked Dr. Liu. You will have it at the pharmacy this afternoon.",
        ),
    ),
    step(
        2_870,
        "maria",
        What::Note("nina", "Refill sent to Dr. Liu for signature."),
    ),
    step(2_600, "maria", What::PatientReads),
    step(
        2_590,
        "maria",
        What::PatientWrites("Wonderful, thank you so much."),
    ),
    step(
        1_500,
        "martin",
        What::PatientWrites(
            "My glucose sensor fell off on day six. Can I get a replacement, or should I test by finger until Monday?",
        ),
    ),
    step(
        300,
        "daniel",
        What::PatientWrites("Hello, I would like to know whether you offer travel vaccinations."),
    ),
    step(
        95,
        "james",
        What::PatientWrites("This week: 136/84, 134/82, 133/85. It helps!"),
    ),
    step(
        40,
        "maria",
        What::PatientWrites("One more question: may I take the tablets with coffee?"),
    ),
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
