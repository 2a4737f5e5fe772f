//! Finding what reads as a date in a text.

use chrono::{Datelike as _, NaiveDate};
use entity::BirthDate;

use super::{Place, Reading, Year, months::month};

/// The most characters of a text in which dates are looked for; texts are not longer.
const MAX_CHARACTERS: usize = 2_000;
/// The most characters between two parts of one date: ", " or "  / ".
const MAX_BETWEEN: usize = 4;

/// Something that reads as a date, in one or more ways.
pub(super) struct Found {
    pub(super) place: Place,
    /// The way to read it that counts in an answer.
    meant: Option<Reading>,
    /// All ways to read it: day first too, although month first was asked for.
    possible: Vec<Reading>,
}

impl Found {
    /// Whether it is an answer to the question for a date.
    pub(super) fn is_answer(&self) -> bool {
        self.meant.is_some()
    }

    /// Whether it says this date of birth as an answer.
    pub(super) fn means(&self, born: BirthDate) -> bool {
        self.meant.is_some_and(|reading| reading.means(born))
    }

    /// Whether somebody could read this date of birth in it.
    pub(super) fn may_mean(&self, born: BirthDate) -> bool {
        self.possible.iter().any(|reading| reading.means(born))
    }
}

/// A number or the name of a month, with its place.
struct Part {
    place: Place,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Number { value: u32, digits: usize },
    Month(u32),
}

/// All that reads as a date, from left to right. Three parts that belong together are one; so are five to eight digits.
pub(super) fn dates(text: &str) -> Vec<Found> {
    let parts = parts(text);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(part) = parts.get(at) {
        let together = parts
            .get(at..at + 3)
            .filter(|three| are_joined(text, three));
        let of_three = together.and_then(|three| {
            let place = three[0].place.start..three[2].place.end;
            found_in(place, three_parts(three))
        });
        if let Some(date) = of_three {
            found.push(date);
            at += 3;
            continue;
        }
        found.extend(found_in(part.place.clone(), run_of_digits(part.what)));
        at += 1;
    }
    found
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text.char_indices().take(MAX_CHARACTERS).peekable();
    while let Some((start, first)) = rest.next() {
        let is_digit = digit(first).is_some();
        if !is_digit && !first.is_alphabetic() {
            continue;
        }
        let mut end = start + first.len_utf8();
        let mut run = String::from(first);
        while let Some((place, c)) = rest
            .next_if(|(_, c)| digit(*c).is_some() == is_digit && (is_digit || c.is_alphabetic()))
        {
            end = place + c.len_utf8();
            run.push(c);
        }
        let what = if is_digit {
            number(&run)
        } else {
            month(&run).map(What::Month)
        };
        parts.extend(what.map(|what| Part {
            place: start..end,
            what,
        }));
    }
    parts
}

fn number(run: &str) -> Option<What> {
    let digits: Vec<u32> = run.chars().filter_map(digit).collect();
    let value = digits.iter().try_fold(0_u32, |value, digit| {
        value.checked_mul(10)?.checked_add(*digit)
    })?;
    Some(What::Number {
        value,
        digits: digits.len(),
    })
}

/// The value of a decimal digit in any of the scripts that phones write numbers in.
fn digit(c: char) -> Option<u32> {
    const ZEROS: [char; 8] = ['0', '٠', '۰', '०', '০', '０', '๐', '၀'];
    ZEROS.iter().find_map(|zero| {
        u32::from(c)
            .checked_sub(u32::from(*zero))
            .filter(|value| *value < 10)
    })
}

/// Whether only separators and little words such as "de" or "st" stand between the parts.
fn are_joined(text: &str, parts: &[Part]) -> bool {
    parts.windows(2).all(|pair| {
        let between = &text[pair[0].place.end..pair[1].place.start];
        let separators = between.chars().filter(|c| !c.is_alphabetic()).count();
        let has_line = between.contains('\n') && between.trim_matches(['\n', '\r', ' ']).is_empty();
        let words_are_small = between
            .split(|c: char| !c.is_alphabetic())
            .filter(|word| !word.is_empty())
            .all(|word| {
                [
                    "st", "nd", "rd", "th", "de", "del", "of", "er", "the", "d", "m", "y",
                ]
                .contains(&word.to_lowercase().as_str())
            });
        separators <= MAX_BETWEEN && words_are_small && !has_line
    })
}

/// The ways to read something: the one that counts in an answer, and all of them.
type Ways = (Option<Reading>, Vec<Reading>);

fn found_in(place: Place, (meant, possible): Ways) -> Option<Found> {
    (!possible.is_empty()).then_some(Found {
        place,
        meant,
        possible,
    })
}

/// Three parts as a date: month, day and year as asked for; day first where a month cannot stand first; the year first; or with
/// the month's name wherever it stands. Only one counts, so that 03/04 is never both the fourth of March and the third of April.
fn three_parts(parts: &[Part]) -> Ways {
    let [first, second, third] = parts else {
        return (None, Vec::new());
    };
    let named = |month| What::Number {
        value: month,
        digits: 2,
    };
    match (first.what, second.what, third.what) {
        (What::Month(month), day, year) | (day, What::Month(month), year) => {
            let year_first = dated(day, named(month), year);
            let usual = dated(year, named(month), day);
            let possible = [usual, year_first].into_iter().flatten().collect();
            (usual.or(year_first), possible)
        }
        (first, second, third) => {
            let as_asked = dated(third, first, second);
            let day_first = dated(third, second, first);
            let year_first = dated(first, second, third);
            let full_year_first = year_first.filter(|_| is_full_year(first));
            let possible = [as_asked, day_first, year_first].into_iter().flatten();
            (
                as_asked.or(full_year_first).or(day_first),
                possible.collect(),
            )
        }
    }
}

fn is_full_year(what: What) -> bool {
    matches!(what, What::Number { digits: 4, .. })
}

fn dated(year: What, month: What, day: What) -> Option<Reading> {
    let (
        What::Number {
            value: year,
            digits: of_year,
        },
        What::Number {
            value: month,
            digits: of_month,
        },
        What::Number {
            value: day,
            digits: of_day,
        },
    ) = (year, month, day)
    else {
        return None;
    };
    if of_month > 2 || of_day > 2 {
        return None;
    }
    reading(year, of_year, month, day)
}

fn reading(year: u32, digits: usize, month: u32, day: u32) -> Option<Reading> {
    let value = i32::try_from(year).ok()?;
    // 2000 has every day that any year of two digits may have.
    let (year, any) = match digits {
        4 => (Year::Full(value), value),
        2 => (Year::Short(value), 2000),
        _ => return None,
    };
    let date = NaiveDate::from_ymd_opt(any, month, day)?;
    let plausible = digits == 2 || (1850..=2150).contains(&date.year());
    plausible.then_some(Reading { year, month, day })
}

/// Five to eight digits in a row. MMDDYYYY, YYYYMMDD and MMDDYY count in an answer; any other order of a day, a month and a year can
/// be read as well.
fn run_of_digits(what: What) -> Ways {
    let What::Number { value, digits } = what else {
        return (None, Vec::new());
    };
    let meant = match digits {
        8 => reading(value % 10_000, 4, value / 1_000_000, value / 10_000 % 100)
            .or_else(|| reading(value / 10_000, 4, value / 100 % 100, value % 100)),
        6 => reading(value % 100, 2, value / 10_000, value / 100 % 100),
        _ => None,
    };
    (meant, orders(value, digits))
}

/// A run of digits as a day, a month and a year, in each order and cut at each place.
fn orders(value: u32, digits: usize) -> Vec<Reading> {
    let run = format!("{value:0digits$}");
    let part = |from: usize, to: usize| run.get(from..to)?.parse::<u32>().ok();
    let mut readings = Vec::new();
    for (one, two, year) in CUTS {
        if one + two + year != digits {
            continue;
        }
        let ends_with_year = (part(0, one), part(one, one + two), part(one + two, digits));
        if let (Some(one), Some(two), Some(value)) = ends_with_year {
            readings.extend(reading(value, year, one, two));
            readings.extend(reading(value, year, two, one));
        }
        let begins_with_year = (
            part(0, year),
            part(year, year + one),
            part(year + one, digits),
        );
        if let (Some(value), Some(month), Some(day)) = begins_with_year {
            readings.extend(reading(value, year, month, day));
        }
    }
    readings
}

/// How many digits two parts and the year have.
const CUTS: [(usize, usize, usize); 8] = [
    (2, 2, 4),
    (1, 2, 4),
    (2, 1, 4),
    (1, 1, 4),
    (2, 2, 2),
    (1, 2, 2),
    (2, 1, 2),
    (1, 1, 2),
];
