//! What the people of the demonstration clinic have written to each other.

use super::{File, Step, What};

const LEAFLET: File = File {
    name: "Taking metformin.pdf",
    bytes: include_bytes!("../../../assets/demo/taking-metformin.pdf"),
};

const fn step(minutes_ago: i64, patient: &'static str, what: What) -> Step {
    Step {
        minutes_ago,
        patient,
        what,
    }
}

/// What happened, the longest ago first.
pub(in crate::demo) const STEPS: &[Step] = &[
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
        2_874,
        "maria",
        What::StaffSends(
            "nina",
            "And here is our leaflet about it, to keep.",
            &LEAFLET,
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
