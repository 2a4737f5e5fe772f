//! Opening time against a model that looks at each minute by itself.

use chrono::{NaiveDateTime, Timelike as _};
use proptest::prelude::*;

use super::*;

const HELSINKI: &str = "Europe/Helsinki";

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn span(from: &str, until: &str) -> Span {
    Span {
        from: TimeOfDay::read(from).unwrap(),
        until: TimeOfDay::read(until).unwrap(),
    }
}

fn weekly(days: &[Weekday], spans: &[Span]) -> OpeningHours {
    let days = days.iter().map(|day| WeekdayHours {
        day: *day,
        spans: spans.to_vec(),
    });
    let mut hours = OpeningHours {
        weekly: days.collect(),
        exceptions: Vec::new(),
    };
    hours.sort();
    hours
}

const WORKDAYS: [Weekday; 5] = [
    Weekday::Mon,
    Weekday::Tue,
    Weekday::Wed,
    Weekday::Thu,
    Weekday::Fri,
];
const EVERY_DAY: [Weekday; 7] = [
    Weekday::Mon,
    Weekday::Tue,
    Weekday::Wed,
    Weekday::Thu,
    Weekday::Fri,
    Weekday::Sat,
    Weekday::Sun,
];

fn office() -> OpeningHours {
    weekly(&WORKDAYS, &[span("08:00", "12:00"), span("13:00", "16:00")])
}

fn problems(mut hours: OpeningHours) -> Vec<Problem> {
    hours.sort();
    let mut check = Check::default();
    hours.check(&mut check);
    let wrong = check.into_wrong().into_iter();
    wrong.map(|wrong| wrong.problem).collect()
}

#[test]
fn without_hours_a_clinic_is_always_open() {
    let sunday = at("2026-11-22T03:00:00Z");
    assert_eq!(next_open(sunday, None, HELSINKI).unwrap(), Some(sunday));
    let hour_later = at("2026-11-22T04:00:00Z");
    assert_eq!(due(sunday, 60, None, HELSINKI).unwrap(), Some(hour_later));
}

#[test]
fn only_opening_time_counts() {
    let hours = office();
    let due = |from, minutes| {
        due(at(from), minutes, Some(&hours), HELSINKI)
            .unwrap()
            .unwrap()
    };
    // In winter Helsinki is two hours ahead: 08:00 there is 06:00.
    assert_eq!(due("2026-11-23T06:30:00Z", 60), at("2026-11-23T07:30:00Z"));
    // Over the lunch break, and over a night.
    assert_eq!(due("2026-11-23T09:30:00Z", 60), at("2026-11-23T11:30:00Z"));
    assert_eq!(due("2026-11-23T13:30:00Z", 60), at("2026-11-24T06:30:00Z"));
    // What comes on Friday evening is due on Monday.
    assert_eq!(due("2026-11-27T18:00:00Z", 120), at("2026-11-30T08:00:00Z"));
    // Exactly at closing time it is still in time.
    assert_eq!(due("2026-11-23T12:00:00Z", 120), at("2026-11-23T14:00:00Z"));
    // Two weeks have ten days of seven hours.
    let minutes = 2 * 5 * 7 * 60;
    assert_eq!(
        due("2026-11-23T06:00:00Z", minutes),
        at("2026-12-04T14:00:00Z")
    );
}

#[test]
fn the_next_opening_is_now_or_later() {
    let hours = office();
    let next = |from| {
        next_open(at(from), Some(&hours), HELSINKI)
            .unwrap()
            .unwrap()
    };
    assert_eq!(next("2026-11-23T06:30:00Z"), at("2026-11-23T06:30:00Z"));
    assert_eq!(next("2026-11-23T10:10:00Z"), at("2026-11-23T11:00:00Z"));
    assert_eq!(next("2026-11-23T14:00:00Z"), at("2026-11-24T06:00:00Z"));
    assert_eq!(next("2026-11-28T12:00:00Z"), at("2026-11-30T06:00:00Z"));
}

#[test]
fn dates_have_hours_of_their_own() {
    let mut hours = office();
    let day = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap();
    hours.exceptions = vec![
        DateHours {
            date: day(12, 25),
            spans: Vec::new(),
        },
        DateHours {
            date: day(12, 24),
            spans: vec![span("09:00", "10:00")],
        },
    ];
    hours.sort();
    let due = due(at("2026-12-24T00:00:00Z"), 90, Some(&hours), HELSINKI);
    // An hour on the eve, nothing on the holiday nor on the weekend, and the rest on Monday.
    assert_eq!(due.unwrap(), Some(at("2026-12-28T06:30:00Z")));
}

#[test]
fn the_clocks_are_followed_when_they_are_set() {
    let night = weekly(&EVERY_DAY, &[span("02:00", "05:00")]);
    let due = |from, minutes| {
        due(at(from), minutes, Some(&night), HELSINKI)
            .unwrap()
            .unwrap()
    };
    // On 28 March 2027 there is no hour from 03:00 to 04:00: the night has two hours.
    assert_eq!(due("2027-03-27T12:00:00Z", 120), at("2027-03-28T02:00:00Z"));
    assert_eq!(due("2027-03-27T12:00:00Z", 121), at("2027-03-28T23:01:00Z"));
    // On 31 October 2027 that hour comes twice: the night has four.
    assert_eq!(due("2027-10-30T12:00:00Z", 240), at("2027-10-31T03:00:00Z"));
    assert_eq!(due("2027-10-30T12:00:00Z", 241), at("2027-11-01T00:01:00Z"));
    // Hours that the clocks leave out whole are no hours of that day.
    let skipped = weekly(&EVERY_DAY, &[span("03:00", "04:00")]);
    let next = next_open(at("2027-03-27T12:00:00Z"), Some(&skipped), HELSINKI);
    assert_eq!(next.unwrap(), Some(at("2027-03-29T00:00:00Z")));
}

#[test]
fn what_goes_over_midnight_is_two_opening_times() {
    let night = weekly(
        &EVERY_DAY,
        &[span("22:00", "24:00"), span("00:00", "06:00")],
    );
    assert_eq!(problems(night.clone()), []);
    let due = due(at("2026-11-23T12:00:00Z"), 8 * 60, Some(&night), "UTC");
    assert_eq!(due.unwrap(), Some(at("2026-11-24T06:00:00Z")));
    let at_once = weekly(&EVERY_DAY, &[span("22:00", "06:00")]);
    assert!(problems(at_once).contains(&Problem::NotOpeningTimes));
}

#[test]
fn hours_that_make_no_sense_are_refused() {
    let monday = |spans: &[Span]| problems(weekly(&[Weekday::Mon], spans));
    assert_eq!(monday(&[]), [Problem::Blank]);
    assert_eq!(
        monday(&[span("08:00", "08:00")]),
        [Problem::NotOpeningTimes]
    );
    let overlapping = [span("10:00", "14:00"), span("08:00", "11:00")];
    assert_eq!(monday(&overlapping), [Problem::NotOpeningTimes]);
    let touching = [span("10:00", "14:00"), span("08:00", "10:00")];
    assert_eq!(monday(&touching), []);
    let twice = weekly(&[Weekday::Mon, Weekday::Mon], &touching);
    assert_eq!(problems(twice), [Problem::Taken]);
    let many = vec![span("08:00", "09:00"); MAX_SPANS_A_DAY + 1];
    let max = MAX_SPANS_A_DAY;
    assert_eq!(monday(&many), [Problem::TooMany { max }]);
}

#[test]
fn what_is_not_reached_within_a_year_is_not_promised() {
    let minute = weekly(&[Weekday::Mon], &[span("08:00", "08:01")]);
    let from = at("2026-11-23T00:00:00Z");
    let due = |minutes| due(from, minutes, Some(&minute), HELSINKI).unwrap();
    assert!(due(52).is_some());
    assert_eq!(due(54), None);
}

#[test]
fn hours_are_stored_as_they_are() {
    let mut hours = office();
    hours.exceptions.push(DateHours {
        date: NaiveDate::from_ymd_opt(2026, 12, 24).unwrap(),
        spans: vec![span("09:00", "24:00")],
    });
    let stored = serde_json::to_value(&hours).unwrap();
    assert_eq!(
        serde_json::from_value::<OpeningHours>(stored).unwrap(),
        hours
    );
}

/// Whether the clinic is open, by what its clocks show.
fn is_open(at: DateTime<Utc>, hours: &OpeningHours, zone: &str) -> bool {
    let (offset, _) = offset_in_zone(at, zone).unwrap();
    let local: NaiveDateTime = (at + offset).naive_utc();
    let minute = local.hour() * 60 + local.minute();
    let time = TimeOfDay::read(&format!("{:02}:{:02}", minute / 60, minute % 60)).unwrap();
    let exception = hours
        .exceptions
        .iter()
        .find(|hours| hours.date == local.date());
    let weekday = hours
        .weekly
        .iter()
        .find(|hours| hours.day == local.weekday());
    let spans = exception.map_or_else(
        || weekday.map(|hours| hours.spans.clone()),
        |hours| Some(hours.spans.clone()),
    );
    let mut spans = spans.unwrap_or_default().into_iter();
    spans.any(|span| span.from <= time && time < span.until)
}

fn day() -> impl Strategy<Value = Vec<Span>> {
    // Neighbours of a sorted list of distinct quarters of an hour make opening times that lie one after the other.
    prop::collection::btree_set(0_u16..=96, 0..=6).prop_map(|quarters| {
        let quarters: Vec<_> = quarters.into_iter().collect();
        let time = |quarter: u16| {
            TimeOfDay::read(&format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15)).unwrap()
        };
        let pairs = quarters.chunks_exact(2);
        let spans = pairs.map(|pair| Span {
            from: time(pair[0]),
            until: time(pair[1]),
        });
        spans.collect()
    })
}

fn hours() -> impl Strategy<Value = OpeningHours> {
    let days = prop::collection::vec(day(), 7);
    let exceptions = prop::collection::btree_map(0_u64..20, day(), 0..4);
    (days, exceptions).prop_map(|(days, exceptions)| {
        let first = NaiveDate::from_ymd_opt(2027, 3, 20).unwrap();
        let weekly = EVERY_DAY
            .into_iter()
            .zip(days)
            .map(|(day, spans)| WeekdayHours { day, spans });
        let exceptions = exceptions.into_iter().map(|(days, spans)| DateHours {
            date: first + chrono::Days::new(days),
            spans,
        });
        let mut hours = OpeningHours {
            weekly: weekly.collect(),
            exceptions: exceptions.collect(),
        };
        hours.sort();
        hours
    })
}

proptest! {
    /// Around the days on which clocks are set, in zones that do it by an hour, by half of one, or not at all.
    #[test]
    fn opening_time_is_what_the_clocks_show(
        hours in hours(),
        zone in prop::sample::select(vec![HELSINKI, "Australia/Lord_Howe", "America/New_York", "Asia/Kathmandu"]),
        start in 0_i64..(12 * 24 * 60),
        autumn in any::<bool>(),
        minutes in 1_u32..600,
    ) {
        let from = if autumn { at("2027-10-28T00:00:00Z") } else { at("2027-03-22T00:00:00Z") };
        let from = from + TimeDelta::minutes(start);
        let bound = TimeDelta::days(9);
        let mut now = from;
        let mut open = 0;
        let mut first = None;
        while open < minutes && now - from < bound {
            if is_open(now, &hours, zone) {
                first.get_or_insert(now);
                open += 1;
            }
            now += TimeDelta::minutes(1);
        }
        let found = next_open(from, Some(&hours), zone).unwrap();
        let reached = due(from, minutes, Some(&hours), zone).unwrap();
        match first {
            Some(first) => prop_assert_eq!(found, Some(first)),
            None => prop_assert!(found.is_none_or(|found| found >= from + bound)),
        }
        if open == minutes {
            prop_assert_eq!(reached, Some(now));
        } else {
            prop_assert!(reached.is_none_or(|reached| reached >= from + bound));
        }
    }
}
