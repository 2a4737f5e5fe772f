//! Times as people write them, and what they are in somebody's time zone.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};
use jiff::{
    Timestamp, civil,
    tz::{AmbiguousOffset, TimeZone},
};

use super::fault::Fault;

/// A date and a time of day, which each time zone reaches at a moment of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalTime(civil::DateTime);

impl LocalTime {
    /// Reads `YYYY-MM-DDThh:mm`, with or without `:ss`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let time: civil::DateTime = text.parse().ok()?;
        let written = time.to_string();
        (written == text || written == format!("{text}:00")).then_some(Self(time))
    }

    /// The moment at which the clocks of a time zone show it: the first of two, and none where they leave it out.
    ///
    /// # Errors
    /// [`Fault::Corrupt`] when the zone is none.
    pub fn in_zone(self, zone: &str) -> Result<Option<DateTime<Utc>>, Fault> {
        let moments = time_zone(zone)?.to_ambiguous_timestamp(self.0);
        match moments.offset() {
            AmbiguousOffset::Gap { .. } => Ok(None),
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
                Ok(moments.earlier().ok().and_then(from_jiff))
            }
        }
    }

    /// The earliest moment at which it is reached anywhere.
    #[must_use]
    pub fn earliest(self) -> Option<DateTime<Utc>> {
        let utc = TimeZone::UTC.to_timestamp(self.0).ok()?;
        Some(from_jiff(utc)? - TimeDelta::hours(14))
    }
}

impl std::fmt::Display for LocalTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The day that the clocks of a time zone show at a moment.
///
/// # Errors
/// [`Fault::Corrupt`] when the zone is none.
pub fn day_in_zone(at: DateTime<Utc>, zone: &str) -> Result<NaiveDate, Fault> {
    let at = Timestamp::from_second(at.timestamp()).map_err(|_| Fault::Corrupt("moment"))?;
    let day = time_zone(zone)?.to_datetime(at).date();
    let (year, month, day) = (day.year(), day.month(), day.day());
    NaiveDate::default()
        .with_year(i32::from(year))
        .and_then(|date| date.with_month(u32::from(month.unsigned_abs())))
        .and_then(|date| date.with_day(u32::from(day.unsigned_abs())))
        .ok_or(Fault::Corrupt("moment"))
}

/// How far the clocks of a time zone are ahead of UTC at a moment, and when they are set next.
///
/// # Errors
/// [`Fault::Corrupt`] when the zone is none.
pub fn offset_in_zone(
    at: DateTime<Utc>,
    zone: &str,
) -> Result<(TimeDelta, Option<DateTime<Utc>>), Fault> {
    // Clocks are set on whole seconds.
    let at = Timestamp::from_second(at.timestamp()).map_err(|_| Fault::Corrupt("moment"))?;
    let zone = time_zone(zone)?;
    let offset = TimeDelta::seconds(zone.to_offset(at).seconds().into());
    let next = zone.following(at).next();
    Ok((offset, next.and_then(|next| from_jiff(next.timestamp()))))
}

fn time_zone(name: &str) -> Result<TimeZone, Fault> {
    TimeZone::get(name).map_err(|_| Fault::Corrupt("time zone"))
}

fn from_jiff(at: Timestamp) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(at.as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str, zone: &str) -> Option<String> {
        let moment = LocalTime::read(text).unwrap().in_zone(zone).unwrap();
        moment.map(|at| at.to_rfc3339())
    }

    #[test]
    fn a_time_is_another_moment_in_each_zone() {
        let at = |zone| moment("2027-01-15T09:30", zone).unwrap();
        assert_eq!(at("UTC"), "2027-01-15T09:30:00+00:00");
        assert_eq!(at("Europe/Helsinki"), "2027-01-15T07:30:00+00:00");
        assert_eq!(at("America/New_York"), "2027-01-15T14:30:00+00:00");
    }

    #[test]
    fn the_hour_that_is_left_out_in_spring_is_never() {
        assert_eq!(moment("2027-03-28T03:30", "Europe/Helsinki"), None);
        let after = moment("2027-03-28T04:00", "Europe/Helsinki");
        assert_eq!(after.unwrap(), "2027-03-28T01:00:00+00:00");
        assert_eq!(moment("2027-03-14T02:00", "America/New_York"), None);
        // There the clocks stay as they are.
        assert!(moment("2027-03-28T03:30", "Africa/Nairobi").is_some());
    }

    #[test]
    fn of_the_hour_that_comes_twice_in_autumn_the_first_counts() {
        let at = |text| moment(text, "Europe/Helsinki").unwrap();
        assert_eq!(at("2027-10-31T03:30"), "2027-10-31T00:30:00+00:00");
        assert_eq!(at("2027-10-31T04:00"), "2027-10-31T02:00:00+00:00");
    }

    #[test]
    fn a_time_has_two_spellings() {
        let time = LocalTime::read("2027-03-28T09:00").unwrap();
        assert_eq!(LocalTime::read("2027-03-28T09:00:00"), Some(time));
        assert_eq!(time.to_string(), "2027-03-28T09:00:00");
        for text in [
            "",
            "2027-03-28",
            "2027-03-28 09:00",
            "2027-02-30T09:00",
            "2027-03-28T24:00",
            "2027-03-28T09:00Z",
            "2027-03-28T09:00+02:00",
            "20270328T0900",
        ] {
            assert_eq!(LocalTime::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_begins_at_its_own_midnight() {
        let at = DateTime::parse_from_rfc3339("2027-01-31T23:30:00Z").unwrap();
        let day = |zone| day_in_zone(at.to_utc(), zone).unwrap().to_string();
        assert_eq!(day("UTC"), "2027-01-31");
        assert_eq!(day("Europe/Helsinki"), "2027-02-01");
    }
}
