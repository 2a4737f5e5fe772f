//! When the clinic is open, as administrators set it and patients see it.

use async_graphql::{
    Description, Enum, InputObject, InputValueError, InputValueResult, MaybeUndefined, Scalar,
    ScalarType, SimpleObject, Value,
};
use chrono::Weekday;

use super::date::Date;
use crate::domain::opening_hours::{self, DateHours, Span, WeekdayHours};

/// A time of day by the clinic's clocks, as `hh:mm` from `00:00` to `24:00`, which is the midnight at the day's end.
#[derive(Clone, Copy, PartialEq, Eq, Description)]
pub struct TimeOfDay(opening_hours::TimeOfDay);

#[Scalar(use_type_description)]
impl ScalarType for TimeOfDay {
    fn parse(value: Value) -> InputValueResult<Self> {
        let time = if let Value::String(text) = &value {
            opening_hours::TimeOfDay::read(text)
        } else {
            None
        };
        time.map(Self).ok_or_else(|| {
            InputValueError::custom("A time of day is written as hh:mm, up to 24:00.")
        })
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum DayOfWeek {
    /// The day after Sunday.
    Monday,
    /// The day after Monday.
    Tuesday,
    /// The day after Tuesday.
    Wednesday,
    /// The day after Wednesday.
    Thursday,
    /// The day after Thursday.
    Friday,
    /// The day after Friday.
    Saturday,
    /// The day after Saturday.
    Sunday,
}

impl From<Weekday> for DayOfWeek {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Mon => Self::Monday,
            Weekday::Tue => Self::Tuesday,
            Weekday::Wed => Self::Wednesday,
            Weekday::Thu => Self::Thursday,
            Weekday::Fri => Self::Friday,
            Weekday::Sat => Self::Saturday,
            Weekday::Sun => Self::Sunday,
        }
    }
}

impl From<DayOfWeek> for Weekday {
    fn from(day: DayOfWeek) -> Self {
        match day {
            DayOfWeek::Monday => Self::Mon,
            DayOfWeek::Tuesday => Self::Tue,
            DayOfWeek::Wednesday => Self::Wed,
            DayOfWeek::Thursday => Self::Thu,
            DayOfWeek::Friday => Self::Fri,
            DayOfWeek::Saturday => Self::Sat,
            DayOfWeek::Sunday => Self::Sun,
        }
    }
}

/// A time of one day during which the clinic is open.
#[derive(Clone, Copy, SimpleObject)]
pub struct OpeningTime {
    /// When it begins.
    from: TimeOfDay,
    /// When it ends; the minute that begins then is no part of it.
    until: TimeOfDay,
}

/// The hours of a day of every week.
#[derive(Clone, SimpleObject)]
pub struct WeekdayOpeningHours {
    /// Which day.
    day: DayOfWeek,
    /// The opening times, the earliest first.
    times: Vec<OpeningTime>,
}

/// The hours of one date, such as a public holiday, in place of those of its day of the week.
#[derive(Clone, SimpleObject)]
pub struct DateOpeningHours {
    /// Which date.
    date: Date,
    /// The opening times, the earliest first; none where the clinic is closed.
    times: Vec<OpeningTime>,
}

/// When the clinic is open, by the clocks of its time zone.
#[derive(Clone, SimpleObject)]
pub struct OpeningHours {
    /// The days of the week, from Monday; on those that are missing the clinic is closed.
    weekly: Vec<WeekdayOpeningHours>,
    /// Dates that are not like others of their day of the week, the earliest first.
    exceptions: Vec<DateOpeningHours>,
}

impl From<&opening_hours::OpeningHours> for OpeningHours {
    fn from(hours: &opening_hours::OpeningHours) -> Self {
        let times = |spans: &[Span]| {
            let spans = spans.iter();
            spans
                .map(|span| OpeningTime {
                    from: TimeOfDay(span.from),
                    until: TimeOfDay(span.until),
                })
                .collect()
        };
        let weekly = hours.weekly.iter().map(|hours| WeekdayOpeningHours {
            day: hours.day.into(),
            times: times(&hours.spans),
        });
        let exceptions = hours.exceptions.iter().map(|hours| DateOpeningHours {
            date: Date(hours.date),
            times: times(&hours.spans),
        });
        Self {
            weekly: weekly.collect(),
            exceptions: exceptions.collect(),
        }
    }
}

/// A time of one day during which the clinic is open. What goes over midnight is two: until `24:00`, and from `00:00` of the
/// next day.
#[derive(InputObject)]
pub struct OpeningTimeInput {
    /// When it begins.
    from: TimeOfDay,
    /// When it ends; later than it begins.
    until: TimeOfDay,
}

/// The hours of a day of every week.
#[derive(InputObject)]
pub struct WeekdayOpeningHoursInput {
    /// Which day.
    day: DayOfWeek,
    /// At most eight opening times, which do not overlap.
    times: Vec<OpeningTimeInput>,
}

/// The hours of one date, in place of those of its day of the week.
#[derive(InputObject)]
pub struct DateOpeningHoursInput {
    /// Which date.
    date: Date,
    /// At most eight opening times, which do not overlap; none where the clinic is closed.
    times: Vec<OpeningTimeInput>,
}

/// When the clinic is open, by the clocks of its time zone.
#[derive(InputObject)]
pub struct OpeningHoursInput {
    /// The days of the week; on those that are left out the clinic is closed. At least one opening time.
    weekly: Vec<WeekdayOpeningHoursInput>,
    /// At most 400 dates that are not like others of their day of the week.
    #[graphql(default)]
    exceptions: Vec<DateOpeningHoursInput>,
}

impl From<OpeningHoursInput> for opening_hours::OpeningHours {
    fn from(input: OpeningHoursInput) -> Self {
        let spans = |times: Vec<OpeningTimeInput>| {
            let times = times.into_iter();
            times
                .map(|time| Span {
                    from: time.from.0,
                    until: time.until.0,
                })
                .collect()
        };
        let weekly = input.weekly.into_iter().map(|hours| WeekdayHours {
            day: hours.day.into(),
            spans: spans(hours.times),
        });
        let exceptions = input.exceptions.into_iter().map(|hours| DateHours {
            date: hours.date.0,
            spans: spans(hours.times),
        });
        Self {
            weekly: weekly.collect(),
            exceptions: exceptions.collect(),
        }
    }
}

/// What to change: nothing, the hours, or back to being always open.
pub fn changes(
    input: MaybeUndefined<OpeningHoursInput>,
) -> Option<Option<opening_hours::OpeningHours>> {
    let change: Option<Option<OpeningHoursInput>> = input.into();
    change.map(|hours| hours.map(Into::into))
}
