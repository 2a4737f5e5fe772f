//! What the people of the demonstration clinic have written to each other.

use entity::CaseStatus;

use super::{File, Step, What};

const LEAFLET: File = File {
    name: "Taking metformin.pdf",
    bytes: include_bytes!("../../../assets/demo/taking-metformin.pdf"),
};

const fn step(minutes_ago: i64, patient: &'static str, what: What) -> Step {
    within(minutes_ago, patient, patient, what)
}

/// Of a case. James called about his, Martin wrote.
const fn within(minutes_ago: i64, patient: &'static str, chat: &'static str, what: What) -> Step {
    Step {
        minutes_ago,
        patient,
        chat,
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
    within(
        1_740,
        "james",
        "dizziness",
        What::StaffTakesCall(
            "tom",
            "Dizzy when he gets up, since he takes the second tablet. Asks whether to go on with it. No fall.",
        ),
    ),
    within(1_738, "james", "dizziness", What::Assigns("tom", "grace")),
    within(
        1_700,
        "james",
        "dizziness",
        What::Moves("grace", CaseStatus::InProgress),
    ),
    within(
        1_695,
        "james",
        "dizziness",
        What::StaffWrites(
            "grace",
            "Mr. Whitfield, please leave out the second tablet tonight and drink a large glass of water before you go to bed. How are you when you sit?",
        ),
    ),
    within(
        1_650,
        "james",
        "dizziness",
        What::PatientWrites("Sitting is fine, it is only when I get up fast. I will leave it out."),
    ),
    within(1_600, "james", "dizziness", What::StaffReads("grace")),
    step(
        1_500,
        "martin",
        What::PatientWrites(
            "My glucose sensor fell off on day six. Can I get a replacement, or should I test by finger until Monday?",
        ),
    ),
    within(
        420,
        "james",
        "dizziness",
        What::PatientWrites("Much better this morning, thank you."),
    ),
    within(400, "james", "dizziness", What::StaffReads("grace")),
    within(
        395,
        "james",
        "dizziness",
        What::StaffWrites(
            "grace",
            "Good. Then take half of it in the evening from today, and we look at your numbers next week.",
        ),
    ),
    within(
        394,
        "james",
        "dizziness",
        What::Moves("grace", CaseStatus::Complete),
    ),
    step(
        300,
        "daniel",
        What::PatientWrites("Hello, I would like to know whether you offer travel vaccinations."),
    ),
    within(
        180,
        "martin",
        "sick note",
        What::PatientAsks(
            "I need a note for my employer about Thursday, when I was at your clinic. Could you send me one?",
        ),
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
