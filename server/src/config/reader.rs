//! From texts to values, keeping every problem instead of stopping at the first.

use std::{ops::RangeInclusive, str::FromStr};

use super::{
    Problem, keys,
    source::{Found, Source},
};

pub(super) struct Reader {
    source: Source,
    pub(super) problems: Vec<Problem>,
}

impl Reader {
    pub(super) fn new(mut source: Source) -> Self {
        let problems = std::mem::take(&mut source.problems);
        Self { source, problems }
    }

    fn found(&self, name: &'static str) -> Found {
        self.source
            .found
            .get(name)
            .cloned()
            .unwrap_or_else(|| Found {
                text: keys::find(name).map_or("", |key| key.default).to_owned(),
                place: name.to_owned(),
            })
    }

    /// The text of a key, without the white space around it.
    pub(super) fn text(&self, name: &'static str) -> String {
        self.found(name).text.trim().to_owned()
    }

    /// The text of a key, where it is not empty.
    pub(super) fn optional(&self, name: &'static str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Says that a value is wrong, naming it unless it is secret.
    pub(super) fn refuse(&mut self, name: &'static str, allowed: &str) {
        let found = self.found(name);
        let is_secret = keys::find(name).is_none_or(|key| key.secret);
        let text = if is_secret {
            format!("the value is not allowed; it must be {allowed}")
        } else {
            format!("`{}` is not allowed; it must be {allowed}", found.text)
        };
        self.problems.push(Problem {
            place: found.place,
            text,
        });
    }

    /// A value that must be there.
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        allowed: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = parse(&self.text(name));
        if value.is_none() {
            self.refuse(name, allowed);
        }
        value
    }

    /// A value that may be empty.
    pub(super) fn maybe<T>(
        &mut self,
        name: &'static str,
        allowed: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.optional(name)?;
        let value = parse(&text);
        if value.is_none() {
            self.refuse(name, allowed);
        }
        value
    }

    /// A list, separated by commas.
    pub(super) fn list<T>(
        &mut self,
        name: &'static str,
        allowed: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let text = self.text(name);
        let items = text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty());
        items.map(parse).collect::<Option<_>>().unwrap_or_else(|| {
            self.refuse(name, allowed);
            Vec::new()
        })
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, name: &'static str) -> bool {
        self.required(name, "true or false", |text| text.parse().ok())
            .unwrap_or_default()
    }

    /// A whole number. A wrong one reads as the least allowed, which nobody sees: the problem ends the start.
    pub(super) fn number<T>(&mut self, name: &'static str, range: RangeInclusive<T>) -> T
    where
        T: Copy + FromStr + PartialOrd + std::fmt::Display,
    {
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        self.required(name, &allowed, |text| {
            text.parse().ok().filter(|number| range.contains(number))
        })
        .unwrap_or(*range.start())
    }
}
