//! What values are taken and refused.

use chrono::DateTime;

use super::*;

fn number(text: &str, region: &str) -> Option<String> {
    mobile_number(text, region)
        .ok()
        .map(|number| number.reveal().to_owned())
}

#[test]
fn mobile_numbers_are_stored_in_one_spelling() {
    for (text, region) in [
        ("+1 202 555 0143", "US"),
        ("(202) 555-0143", "US"),
        ("1-202-555-0143", "US"),
        (" +12025550143 ", "FI"),
    ] {
        assert_eq!(
            number(text, region).as_deref(),
            Some("+12025550143"),
            "{text}"
        );
    }
    assert_eq!(
        number("040 123 4567", "FI").as_deref(),
        Some("+358401234567")
    );
    assert_eq!(
        number("07400 123456", "GB").as_deref(),
        Some("+447400123456")
    );
}

#[test]
fn what_is_no_mobile_number_is_refused() {
    for (text, region) in [
        ("", "US"),
        ("911", "US"),
        ("555-0143", "US"),
        ("+1 800 555 0199", "US"),
        ("020 7946 0018", "GB"),
        ("+44 20 7946 0018", "US"),
        ("+49 30 901820", "US"),
        ("call (202) 555-0143", "US"),
        ("(202) 555-0143 ext. 7", "US"),
        ("+1 202 555 0143 0000", "US"),
        ("+999 123 456 789", "US"),
        ("040 123 4567", "ZZ"),
    ] {
        assert_eq!(number(text, region), None, "{text}");
    }
}

#[test]
fn e_mail_addresses_are_plain() {
    for text in [
        "ada@example.org",
        "a.b+c@mail.example.co",
        "O'Brien@x-y.example",
    ] {
        assert!(email_address(text).is_ok(), "{text}");
    }
    for text in [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@example",
        "a..b@example.org",
        ".a@example.org",
        "a@-x.org",
        "a b@example.org",
        "a@b@example.org",
        "ada@exämple.org",
        "a@example.org\r\nbcc: b@example.org",
        "<a@example.org>",
    ] {
        assert!(email_address(text).is_err(), "{text}");
    }
}

#[test]
fn languages_take_their_usual_spelling() {
    for (text, tag) in [
        ("EN", "en"),
        ("pt-br", "pt-BR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("sl-rozaj", "sl-rozaj"),
        ("de-1996", "de-1996"),
    ] {
        assert_eq!(language(text).as_deref(), Ok(tag));
    }
    for text in [
        "", "e", "english", "en_US", "en-", "-en", "en-USA!", "en-US-GB", "12",
    ] {
        assert!(language(text).is_err(), "{text}");
    }
}

#[test]
fn time_zones_are_those_of_the_database() {
    assert_eq!(
        time_zone("america/new_york").as_deref(),
        Ok("America/New_York")
    );
    for text in ["", "EST5EDT4", "Mars/Olympus", "+02:00"] {
        assert!(time_zone(text).is_err(), "{text}");
    }
}

#[test]
fn births_lie_between_1900_and_today() {
    let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    let day = |y, m, d| chrono::NaiveDate::from_ymd_opt(y, m, d).unwrap();
    assert!(birth_date(day(1900, 1, 1), now).is_ok());
    assert!(birth_date(day(1899, 12, 31), now).is_err());
    assert!(
        birth_date(day(2023, 11, 15), now).is_ok(),
        "it is the 15th in Kiribati"
    );
    assert!(birth_date(day(2023, 11, 16), now).is_err());
}

#[test]
fn names_can_be_shown_and_found() {
    assert_eq!(name("  Åsa Berg ").unwrap().reveal(), "Åsa Berg");
    assert_eq!(name(" - ").unwrap_err(), Problem::Blank);
    assert_eq!(name("a\nb").unwrap_err(), Problem::ControlCharacter);
    assert_eq!(
        name(&"a".repeat(201)).unwrap_err(),
        Problem::TooLong { max: 200 }
    );
}

#[test]
fn slugs_are_easy_to_type() {
    assert!(slug("riverside-clinic-2").is_ok());
    for text in [
        "",
        "a",
        "Riverside",
        "a--b",
        "-ab",
        "ab-",
        "a b",
        &"a".repeat(41),
    ] {
        assert!(slug(text).is_err(), "{text}");
    }
}
