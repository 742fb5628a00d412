//! The calendar as askers mean it: which days "last week" or "March" are, seen from now and from where they are.

use super::{language::Unit, token::NumericDate};
use jiff::{
    Timestamp, ToSpan, Zoned,
    civil::{Date, Weekday},
    tz::TimeZone,
};

/// A stretch of time: from `since` up to, not including, `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeRange {
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
    /// What was left open, so that another one like it may be meant.
    pub(super) open: OpenPart,
}

/// What a time leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpenPart {
    /// Nothing.
    Nothing,
    /// The year.
    Year,
    /// The week: a weekday may be one that is to come.
    Week,
}

/// When and where it is asked.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    now: Zoned,
    week_begins: Weekday,
    month_first: bool,
}

/// The year in which Discord began: nothing was said on it before.
const FIRST_YEAR: i16 = 2015;

impl Calendar {
    /// The calendar of an asker. Who writes American English begins the week on Sunday and dates with the month.
    pub(super) fn new(now: Timestamp, zone: &TimeZone, locale: &str) -> Self {
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

    fn stretch(&self, first: Date, after: Date) -> Option<TimeRange> {
        let instant = |date: Date| Some(date.to_zoned(self.zone().clone()).ok()?.timestamp());
        let stretch = TimeRange { since: instant(first)?, until: instant(after)?, open: OpenPart::Nothing };
        // What is to come was not said yet.
        (stretch.since <= self.now.timestamp()).then_some(stretch)
    }

    fn day(&self, date: Date) -> Option<TimeRange> {
        self.stretch(date, date.tomorrow().ok()?)
    }

    /// The day so many days from today.
    pub(super) fn day_from_today(&self, days: i64) -> Option<TimeRange> {
        self.day(self.today().checked_add(days.days()).ok()?)
    }

    /// The hour, day, week, month or year that is so many before this one.
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
                self.stretch(first, first.checked_add(1.week()).ok()?)
            }
            Unit::Month => {
                let first = today.first_of_month().checked_sub(before.months()).ok()?;
                self.stretch(first, first.checked_add(1.month()).ok()?)
            }
            Unit::Year => {
                let first = today.first_of_year().checked_sub(before.years()).ok()?;
                self.stretch(first, first.checked_add(1.year()).ok()?)
            }
        }
    }

    /// The last so many hours, days, … up to now. Days are whole ones.
    pub(super) fn back(&self, count: i64, unit: Unit) -> Option<TimeRange> {
        let span = match unit {
            Unit::Hour => {
                let since = self.now.checked_sub(count.hours()).ok()?.timestamp();
                return Some(TimeRange { since, until: self.end_of_now()?, open: OpenPart::Nothing });
            }
            Unit::Day => count.days(),
            Unit::Week => count.weeks(),
            Unit::Month => count.months(),
            Unit::Year => count.years(),
        };
        self.stretch(self.today().checked_sub(span).ok()?, self.today().tomorrow().ok()?)
    }

    fn end_of_now(&self) -> Option<Timestamp> {
        self.stretch(self.today(), self.today().tomorrow().ok()?).map(|day| day.until)
    }

    /// The last such weekday before today; 0 is Monday.
    pub(super) fn weekday(&self, day: i8) -> Option<TimeRange> {
        let wanted = Weekday::from_monday_zero_offset(day).ok()?;
        let back = i64::from(self.today().weekday().since(wanted));
        let day = self.day_from_today(-if back == 0 { 7 } else { back })?;
        Some(TimeRange { open: OpenPart::Week, ..day })
    }

    /// A month: of this year, or the last one that has begun; where so wished, the last one that is over.
    pub(super) fn month(&self, month: i8, year: Option<i16>, over: bool) -> Option<TimeRange> {
        let of = |year: i16| {
            let first = Date::new(year, month, 1).ok()?;
            self.stretch(first, first.checked_add(1.month()).ok()?)
        };
        if let Some(year) = year {
            return self.has_been(year).then(|| of(year))?;
        }
        let this = of(self.today().year()).filter(|month| !over || month.until <= self.now.timestamp());
        this.or_else(|| of(self.today().year().checked_sub(1)?))
            .map(|found| TimeRange { open: OpenPart::Year, ..found })
    }

    /// A day of a month: of this year, or the last one that there was.
    pub(super) fn date(&self, day: i8, month: i8, year: Option<i16>) -> Option<TimeRange> {
        let of = |year: i16| self.day(Date::new(year, month, day).ok()?);
        match year {
            Some(year) => self.has_been(year).then(|| of(year))?,
            None => of(self.today().year())
                .or_else(|| of(self.today().year().checked_sub(1)?))
                .map(|found| TimeRange { open: OpenPart::Year, ..found }),
        }
    }

    /// A date in figures, read as the asker would.
    pub(super) fn figures(&self, figures: NumericDate) -> Option<TimeRange> {
        let date = match figures {
            NumericDate::Certain(date) => date,
            NumericDate::Slashed(a, b, year) => {
                let (month, day) = if self.month_first { (a, b) } else { (b, a) };
                // 25 is no month anywhere.
                Date::new(year, month, day).or_else(|_| Date::new(year, day, month)).ok()?
            }
        };
        self.day(date).filter(|_| self.has_been(date.year()))
    }

    /// A whole year.
    pub(super) fn year(&self, year: i16) -> Option<TimeRange> {
        let first = Date::new(year, 1, 1).ok().filter(|_| self.has_been(year))?;
        self.stretch(first, first.checked_add(1.year()).ok()?)
    }

    fn has_been(&self, year: i16) -> bool {
        (FIRST_YEAR..=self.today().year()).contains(&year)
    }

    /// The same stretch a year earlier.
    pub(super) fn a_year_before(&self, stretch: TimeRange) -> Option<TimeRange> {
        let earlier = |at: Timestamp| Some(at.to_zoned(self.zone().clone()).checked_sub(1.year()).ok()?.timestamp());
        Some(TimeRange { since: earlier(stretch.since)?, until: earlier(stretch.until)?, open: OpenPart::Nothing })
    }
}
