//! When a clinic is open, and how long that is (NEW-4, CASE-6).
//!
//! It is open whenever its clocks show a time within its hours. So what the clocks leave out in spring is no opening time,
//! and what they show twice in autumn is open twice.

mod time_of_day;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc, Weekday};
use serde::{Deserialize, Serialize};

use super::{
    fault::Fault,
    local_time::offset_in_zone,
    people::values::{Check, Problem},
};
pub use time_of_day::TimeOfDay;

/// The most opening times of one day.
pub const MAX_SPANS_A_DAY: usize = 8;
/// The most days on which the hours are others.
pub const MAX_EXCEPTIONS: usize = 400;
/// How far ahead opening time is looked for. Where there is none until then, nothing is promised.
const HORIZON: TimeDelta = TimeDelta::days(366);

/// An opening time within one day. What goes over midnight is two: until 24:00, and from 00:00 of the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// When it begins.
    pub from: TimeOfDay,
    /// When it ends; this minute is no part of it.
    pub until: TimeOfDay,
}

/// The hours of a day of every week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeekdayHours {
    /// Which day.
    pub day: Weekday,
    /// The opening times, the earliest first.
    pub spans: Vec<Span>,
}

/// The hours of one date in place of those of its day of the week; without any the clinic is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateHours {
    /// Which date.
    pub date: NaiveDate,
    /// The opening times, the earliest first.
    pub spans: Vec<Span>,
}

/// The hours of a clinic, by the clocks of its time zone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpeningHours {
    /// Days of the week; on those that are left out it is closed.
    pub weekly: Vec<WeekdayHours>,
    /// Dates that are not like others of their day of the week.
    pub exceptions: Vec<DateHours>,
}

impl OpeningHours {
    fn on(&self, date: NaiveDate) -> &[Span] {
        if let Ok(at) = self.exceptions.binary_search_by_key(&date, |day| day.date) {
            return self
                .exceptions
                .get(at)
                .map_or(&[], |day| day.spans.as_slice());
        }
        let day = date.weekday();
        let hours = self.weekly.iter().find(|hours| hours.day == day);
        hours.map_or(&[], |hours| hours.spans.as_slice())
    }

    /// Puts days, dates and times into their order, on which everything else relies.
    pub(crate) fn sort(&mut self) {
        self.weekly
            .sort_by_key(|hours| hours.day.num_days_from_monday());
        self.exceptions.sort_by_key(|hours| hours.date);
        let weekly = self.weekly.iter_mut().map(|hours| &mut hours.spans);
        let exceptions = self.exceptions.iter_mut().map(|hours| &mut hours.spans);
        weekly.chain(exceptions).for_each(|spans| spans.sort());
    }

    /// Notes what is wrong with hours that are sorted.
    pub(crate) fn check(&self, check: &mut Check) {
        const WEEKLY: &str = "openingHours.weekly";
        const EXCEPTIONS: &str = "openingHours.exceptions";
        if self.weekly.iter().all(|hours| hours.spans.is_empty()) {
            check.wrong(WEEKLY, Problem::Blank);
        }
        if self.weekly.windows(2).any(|two| two[0].day == two[1].day) {
            check.wrong(WEEKLY, Problem::Taken);
        }
        for hours in &self.weekly {
            check.value(WEEKLY, check_spans(&hours.spans));
        }
        if self.exceptions.len() > MAX_EXCEPTIONS {
            let max = MAX_EXCEPTIONS;
            check.wrong(EXCEPTIONS, Problem::TooMany { max });
        }
        let mut neighbours = self.exceptions.windows(2);
        if neighbours.any(|two| two[0].date == two[1].date) {
            check.wrong(EXCEPTIONS, Problem::Taken);
        }
        for hours in &self.exceptions {
            check.value(EXCEPTIONS, check_spans(&hours.spans));
        }
    }
}

/// Whether opening times of a day lie one after the other within the day.
fn check_spans(spans: &[Span]) -> Result<(), Problem> {
    if spans.len() > MAX_SPANS_A_DAY {
        return Err(Problem::TooMany {
            max: MAX_SPANS_A_DAY,
        });
    }
    let forward = spans.iter().all(|span| span.from < span.until);
    let apart = spans.windows(2).all(|two| two[0].until <= two[1].from);
    (forward && apart)
        .then_some(())
        .ok_or(Problem::NotOpeningTimes)
}

/// A piece of time without a change of the clocks, during which the clinic is open.
type Open = (DateTime<Utc>, DateTime<Utc>);

/// The moment at which the clinic has been open for so many minutes since another; none where that is not within a year.
/// Without hours it always is open.
///
/// # Errors
/// [`Fault::Corrupt`] when the zone is none.
pub fn due(
    opened_at: DateTime<Utc>,
    minutes: u32,
    hours: Option<&OpeningHours>,
    zone: &str,
) -> Result<Option<DateTime<Utc>>, Fault> {
    let mut left = TimeDelta::minutes(minutes.into());
    let Some(hours) = hours else {
        return Ok(Some(opened_at + left));
    };
    find_open(opened_at, hours, zone, |(from, until)| {
        let reached = (until - from >= left).then_some(from + left);
        left -= until - from;
        reached
    })
}

/// The first moment, not before another, at which the clinic is open; none where that is not within a year. Without hours it
/// always is.
///
/// # Errors
/// [`Fault::Corrupt`] when the zone is none.
pub fn next_open(
    at: DateTime<Utc>,
    hours: Option<&OpeningHours>,
    zone: &str,
) -> Result<Option<DateTime<Utc>>, Fault> {
    hours.map_or(Ok(Some(at)), |hours| {
        find_open(at, hours, zone, |(from, _)| Some(from))
    })
}

/// Goes through all opening time since a moment, in order, until something is found or the horizon is reached.
fn find_open(
    since: DateTime<Utc>,
    hours: &OpeningHours,
    zone: &str,
    mut find: impl FnMut(Open) -> Option<DateTime<Utc>>,
) -> Result<Option<DateTime<Utc>>, Fault> {
    let horizon = since + HORIZON;
    let mut at = since;
    while at < horizon {
        let (offset, changes) = offset_in_zone(at, zone)?;
        let end = changes.map_or(horizon, |changes| changes.min(horizon));
        let mut date = (at + offset).date_naive();
        let last = (end + offset).date_naive();
        while date <= last {
            for span in hours.on(date) {
                let from = (span.from.on(date) - offset).and_utc().max(at);
                let until = (span.until.on(date) - offset).and_utc().min(end);
                if from < until
                    && let Some(found) = find((from, until))
                {
                    return Ok(Some(found));
                }
            }
            date = date.succ_opt().ok_or(Fault::Corrupt("date"))?;
        }
        at = end;
    }
    Ok(None)
}
