//! The names of the months in the languages that patients answer in.

use crate::domain::people::search::words;

/// For each month the beginnings by which its names are known, and the names that have another beginning.
const MONTHS: [&[&str]; 12] = [
    &[
        "jan", "janv", "ene", "gen", "january", "januar", "januari", "janvier", "enero", "janeiro",
        "gennaio", "tammikuu",
    ],
    &[
        "feb",
        "fev",
        "fevr",
        "febr",
        "february",
        "februar",
        "februari",
        "fevrier",
        "febrero",
        "fevereiro",
        "febbraio",
        "helmikuu",
    ],
    &[
        "mar",
        "march",
        "marz",
        "maerz",
        "mars",
        "mart",
        "marzo",
        "marco",
        "maart",
        "maaliskuu",
    ],
    &[
        "apr", "avr", "abr", "april", "avril", "abril", "aprile", "huhtikuu",
    ],
    &[
        "may", "mai", "mayo", "maio", "mag", "maggio", "maj", "mei", "toukokuu",
    ],
    &[
        "jun", "june", "juni", "juin", "junio", "junho", "giu", "giugno", "kesakuu",
    ],
    &[
        "jul", "july", "juli", "juil", "juillet", "julio", "julho", "lug", "luglio", "heinakuu",
    ],
    &[
        "aug", "august", "augusti", "augustus", "aout", "ago", "agosto", "elokuu",
    ],
    &[
        "sep",
        "sept",
        "september",
        "septembre",
        "septiembre",
        "setiembre",
        "set",
        "setembro",
        "settembre",
        "syyskuu",
    ],
    &[
        "oct", "okt", "out", "ott", "october", "oktober", "octobre", "octubre", "outubro",
        "ottobre", "lokakuu",
    ],
    &[
        "nov",
        "november",
        "novembre",
        "noviembre",
        "novembro",
        "marraskuu",
    ],
    &[
        "dec",
        "dez",
        "dic",
        "des",
        "december",
        "dezember",
        "desember",
        "decembre",
        "diciembre",
        "dezembro",
        "dicembre",
        "joulukuu",
    ],
];

/// The number of the month that a word names.
pub(super) fn month(word: &str) -> Option<u32> {
    let folded = words(word);
    let [word] = folded.as_slice() else {
        return None;
    };
    let word = word
        .strip_suffix("ta")
        .filter(|stem| stem.ends_with("kuu"))
        .unwrap_or(word);
    (1..)
        .zip(MONTHS)
        .find_map(|(number, names)| names.contains(&word).then_some(number))
}
