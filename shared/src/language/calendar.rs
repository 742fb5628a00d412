//! Resolves "last week" or "March" to days, relative to the asker's now and time zone.

use super::{Unit, token::NumericDate};
use jiff::{
    Span, Timestamp, ToSpan, Zoned,
    civil::{Date, Weekday},
    tz::TimeZone,
};

/// A time range from `since` (inclusive) to `until` (exclusive).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeRange {
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
    /// The part that the words left open, so that they may mean another range.
    pub(super) open: OpenPart,
}

/// The part of a date that its words leave open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpenPart {
    /// The words give the whole date.
    Nothing,
    /// The words give no year.
    Year,
    /// The words give only a weekday, which may lie in the future.
    Week,
}

/// The asker's now and date conventions.
#[derive(Clone, Debug)]
pub struct Calendar {
    now: Zoned,
    week_begins: Weekday,
    month_first: bool,
}

/// Discord's first year; no message is older.
const FIRST_YEAR: i16 = 2015;

impl Calendar {
    /// The calendar of an asker. In American English, weeks begin on Sunday and the month precedes the day.
    pub fn new(now: Timestamp, zone: &TimeZone, locale: &str) -> Self {
        let american = locale.replace('_', "-").to_lowercase().starts_with("en-us");
        let week_begins = if american { Weekday::Sunday } else { Weekday::Monday };
        Self { now: now.to_zoned(zone.clone()), week_begins, month_first: american }
    }

    pub(super) fn zone(&self) -> &TimeZone {
        self.now.time_zone()
    }

    fn today(&self) -> Date {
        self.now.date()
    }

    fn days(&self, first: Date, after: Date) -> Option<TimeRange> {
        let instant = |date: Date| Some(date.to_zoned(self.zone().clone()).ok()?.timestamp());
        let range = TimeRange { since: instant(first)?, until: instant(after)?, open: OpenPart::Nothing };
        // Messages from the future do not exist.
        (range.since <= self.now.timestamp()).then_some(range)
    }

    fn day(&self, date: Date) -> Option<TimeRange> {
        self.days(date, date.tomorrow().ok()?)
    }

    /// The day at an offset from today.
    pub(super) fn day_from_today(&self, days: i64) -> Option<TimeRange> {
        self.day(self.today().checked_add(days.days()).ok()?)
    }

    /// The calendar unit that lies `before` units before the current one.
    pub(super) fn unit(&self, unit: Unit, before: i64) -> Option<TimeRange> {
        let today = self.today();
        match unit {
            Unit::Hour => {
                let hour = self.now.checked_sub(before.checked_add(1)?.hours()).ok()?;
                let until = hour.checked_add(2.hours()).ok()?;
                Some(TimeRange { since: hour.timestamp(), until: until.timestamp(), open: OpenPart::Nothing })
            }
            Unit::Day => self.day_from_today(-before),
            Unit::Week => {
                let into = i64::from(today.weekday().since(self.week_begins));
                let first = today.checked_sub(into.days()).ok()?.checked_sub(before.weeks()).ok()?;
                self.days(first, first.checked_add(1.week()).ok()?)
            }
            Unit::Month => {
                let first = today.first_of_month().checked_sub(before.months()).ok()?;
                self.days(first, first.checked_add(1.month()).ok()?)
            }
            Unit::Year => {
                let first = today.first_of_year().checked_sub(before.years()).ok()?;
                self.days(first, first.checked_add(1.year()).ok()?)
            }
        }
    }

    /// The last `count` units up to now; all but hours begin at midnight.
    pub(super) fn rolling(&self, count: i64, unit: Unit) -> Option<TimeRange> {
        let TimeRange { until, .. } = self.day(self.today())?;
        match unit {
            Unit::Hour => Some(TimeRange { since: self.ago(count, unit)?, until, open: OpenPart::Nothing }),
            _ => self.days(self.today().checked_sub(span(count, unit)).ok()?, self.today().tomorrow().ok()?),
        }
    }

    /// The instant `count` units ago.
    pub(super) fn ago(&self, count: i64, unit: Unit) -> Option<Timestamp> {
        Some(self.now.checked_sub(span(count, unit)).ok()?.timestamp())
    }

    /// The last such weekday before today; 0 is Monday.
    pub(super) fn weekday(&self, day: i8) -> Option<TimeRange> {
        let wanted = Weekday::from_monday_zero_offset(day).ok()?;
        let back = i64::from(self.today().weekday().since(wanted));
        let day = self.day_from_today(-if back == 0 { 7 } else { back })?;
        Some(TimeRange { open: OpenPart::Week, ..day })
    }

    /// A month: without a year, the last one that has begun, or with `over` the last one that has ended.
    pub(super) fn month(&self, month: i8, year: Option<i16>, over: bool) -> Option<TimeRange> {
        let of = |year: i16| {
            let first = Date::new(year, month, 1).ok()?;
            self.days(first, first.checked_add(1.month()).ok()?)
        };
        if let Some(year) = year {
            return self.is_past_or_current(year).then(|| of(year))?;
        }
        let this = of(self.today().year()).filter(|month| !over || month.until <= self.now.timestamp());
        this.or_else(|| of(self.today().year().checked_sub(1)?))
            .map(|found| TimeRange { open: OpenPart::Year, ..found })
    }

    /// A day of a month: without a year, the last one.
    pub(super) fn date(&self, day: i8, month: i8, year: Option<i16>) -> Option<TimeRange> {
        let of = |year: i16| self.day(Date::new(year, month, day).ok()?);
        match year {
            Some(year) => self.is_past_or_current(year).then(|| of(year))?,
            None => of(self.today().year())
                .or_else(|| of(self.today().year().checked_sub(1)?))
                .map(|found| TimeRange { open: OpenPart::Year, ..found }),
        }
    }

    /// A numeric date, in the order of the asker's locale.
    pub(super) fn numeric_date(&self, numeric: NumericDate) -> Option<TimeRange> {
        let date = match numeric {
            NumericDate::Certain(date) => date,
            NumericDate::Slashed(a, b, year) => {
                let (month, day) = if self.month_first { (a, b) } else { (b, a) };
                // A month above 12 means that the order is reversed.
                Date::new(year, month, day).or_else(|_| Date::new(year, day, month)).ok()?
            }
        };
        self.day(date).filter(|_| self.is_past_or_current(date.year()))
    }

    pub(super) fn year(&self, year: i16) -> Option<TimeRange> {
        let first = Date::new(year, 1, 1).ok().filter(|_| self.is_past_or_current(year))?;
        self.days(first, first.checked_add(1.year()).ok()?)
    }

    fn is_past_or_current(&self, year: i16) -> bool {
        (FIRST_YEAR..=self.today().year()).contains(&year)
    }

    /// The same range one year earlier.
    pub(super) fn one_year_earlier(&self, range: TimeRange) -> Option<TimeRange> {
        let earlier = |at: Timestamp| Some(at.to_zoned(self.zone().clone()).checked_sub(1.year()).ok()?.timestamp());
        Some(TimeRange { since: earlier(range.since)?, until: earlier(range.until)?, open: OpenPart::Nothing })
    }
}

fn span(count: i64, unit: Unit) -> Span {
    match unit {
        Unit::Hour => count.hours(),
        Unit::Day => count.days(),
        Unit::Week => count.weeks(),
        Unit::Month => count.months(),
        Unit::Year => count.years(),
    }
}
