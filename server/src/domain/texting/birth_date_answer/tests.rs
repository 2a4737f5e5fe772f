//! What counts as the right date, and what is left of texts that hold it.

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;

fn born(year: i32, month: u32, day: u32) -> BirthDate {
    BirthDate(NaiveDate::from_ymd_opt(year, month, day).unwrap())
}

#[test]
fn what_means_the_date_is_right() {
    for text in [
        "03/14/1980",
        "3/14/1980",
        "03-14-1980",
        "03.14.1980",
        "03 14 1980",
        "3/14/80",
        " 03/14/1980 \n",
        "03 / 14 / 1980",
        "03/14/1980.",
        "March 14, 1980",
        "march 14 1980",
        "Mar 14th, 1980",
        "14 March 1980",
        "14th of March 1980",
        "14. März 1980",
        "14 de marzo de 1980",
        "le 14 mars 1980",
        "14/03/1980",
        "1980-03-14",
        "1980/3/14",
        "03141980",
        "19800314",
        "031480",
        "My date of birth is 03/14/1980",
        "DOB: 3-14-80",
        "It's March 14, 1980. Thanks!",
        "０３/１４/１９８０",
        "٠٣/١٤/١٩٨٠",
        "03/14/1980 Ann",
        "14 maaliskuuta 1980",
    ] {
        assert_eq!(judge(text, born(1980, 3, 14)), Answer::Right, "{text}");
    }
}

#[test]
fn everything_else_is_wrong() {
    for text in [
        "",
        "hello",
        "Who is this?",
        "YES",
        "03/15/1980",
        "03/14/1981",
        "04/14/1980",
        "1980",
        "03/14",
        "3/14/1880",
        "03/14/1980 03/15/1980",
        "03/13/1980, 03/14/1980",
        "13141980",
        "99/99/9999",
        "02/30/1980",
        "031498 0",
        "0.3/14",
        "+1 202 555 0143",
        "March 1980",
    ] {
        assert_eq!(judge(text, born(1980, 3, 14)), Answer::Wrong, "{text}");
    }
    // As it was asked for, this is the fourth of March.
    assert_eq!(judge("03/04/1980", born(1980, 3, 4)), Answer::Right);
    assert_eq!(judge("03/04/1980", born(1980, 4, 3)), Answer::Wrong);
}

#[test]
fn the_date_does_not_stay_in_what_is_kept() {
    let date = born(1980, 3, 14);
    assert_eq!(
        without("I was born 3/14/1980 and feel dizzy since 05/01/2026", date),
        "I was born [date] and feel dizzy since 05/01/2026"
    );
    assert_eq!(without("03/14/1980", date), "[date]");
    assert_eq!(
        without("No date here, 12 pills", date),
        "No date here, 12 pills"
    );
    assert_eq!(
        without_dates("me: 01/02/1990 or 02-03-91?"),
        "me: [date] or [date]?"
    );
    for text in [
        "14/03/1980",
        "14031980",
        "140380",
        "14-3-80",
        "80-03-14",
        "3141980",
        "1431980",
        "31480",
        "19800314",
        "800314",
        "1980/03/14",
    ] {
        assert_eq!(without(text, date), "[date]", "{text}");
    }
    // As an answer it is the fourth of March; a reader may still see the third of April in it.
    assert_eq!(without("born 03/04/1980", born(1980, 4, 3)), "born [date]");
    assert_eq!(without("03041980", born(1980, 4, 3)), "[date]");
}

#[test]
fn what_is_said_besides_the_date_is_told_apart() {
    for text in [
        "",
        "03/14/1980",
        " 03/14/1980!",
        "It is 03/14/1980.",
        "Hi, my date of birth is March 14th, 1980. Thank you",
        "I was born on 14/03/1980",
        "DOB: 3-14-80",
        "14 March",
        "1980",
        "👍",
    ] {
        assert!(!says_more(text), "{text}");
    }
    for text in [
        "Ann, 03/14/1980",
        "I can't come tomorrow",
        "who is this?",
        "03/14/1980 and I feel dizzy",
        "моё имя",
    ] {
        assert!(says_more(text), "{text}");
    }
    assert!(holds_date("or 03/14/1980?") && holds_date("3141980"));
    assert!(!holds_date("at 3 on the 14th") && !holds_date("who is this?"));
}

#[test]
fn nothing_read_prints() {
    assert_eq!(
        format!("{:?}", judge("03/14/1980", born(1980, 3, 14))),
        "Right"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn each_form_of_any_date_is_right_and_is_hidden(
        year in 1900_i32..2026, month in 1_u32..=12, day in 1_u32..=28, form in 0_usize..8,
        separator in prop::sample::select(&["/", "-", ".", " ", " / "][..]),
    ) {
        let text = match form {
            0 => format!("{month:02}{separator}{day:02}{separator}{year}"),
            1 => format!("{month}{separator}{day}{separator}{year}"),
            2 => format!("{month:02}{separator}{day:02}{separator}{:02}", year % 100),
            3 => format!("{year}-{month:02}-{day:02}"),
            4 => format!("{month:02}{day:02}{year}"),
            5 => format!("{month:02}{day:02}{:02}", year % 100),
            6 => format!("I am {month}{separator}{day}{separator}{year} ok"),
            _ => format!("{} {day}, {year}", NaiveDate::from_ymd_opt(2000, month, 1).unwrap().format("%B")),
        };
        let date = born(year, month, day);
        prop_assert_eq!(judge(&text, date), Answer::Right, "{}", text);
        let kept = without(&text, date);
        prop_assert!(dates(&kept).is_empty(), "{} {}", text, kept);
    }

    #[test]
    fn another_date_is_never_right(
        (year, month, day) in (1900_i32..2026, 1_u32..=12, 1_u32..=28),
        (other_year, other_month, other_day) in (1900_i32..2026, 1_u32..=12, 1_u32..=28),
    ) {
        prop_assume!((year, month, day) != (other_year, other_month, other_day));
        let text = format!("{other_month:02}/{other_day:02}/{other_year}");
        prop_assert_eq!(judge(&text, born(year, month, day)), Answer::Wrong);
    }

    #[test]
    fn whatever_comes_is_judged(text in any::<String>()) {
        let date = born(1980, 3, 14);
        let _ = judge(&text, date);
        let kept = without_dates(&text);
        prop_assert!(dates(&kept).iter().all(|found| !found.means(date)) || dates(&text).len() > 1);
    }
}
