//! Faults of the fake Gemini, and when they happen.

use super::Method;
use std::time::Duration;

/// A fault.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// 429: the minute's quota is used up; RetryInfo asks for this delay.
    PerMinute(Duration),
    /// 429 with its delay in the message only.
    PerMinuteInMessage(Duration),
    /// 429: the day's quota is used up.
    PerDay,
    /// This status with an error as the API writes it.
    Status(u16),
    /// This status with a web page, as a proxy writes it.
    Page(u16),
    /// 400: the project cannot be used.
    FailedPrecondition,
    /// No answer until [`super::FakeGemini::release`]; then 503.
    Hang,
    /// A stream that falls silent after its first piece until [`super::FakeGemini::release`]; then it breaks.
    Stall,
    /// A stream with this delay before each piece.
    Slow(Duration),
    /// A stream that breaks off: the connection is cut.
    HalfStream,
    /// A stream that ends properly but before the answer does.
    Unfinished,
    /// A stream with an event midway that is no JSON.
    Garbage,
    /// A stream with bytes midway that are no text.
    NotUtf8,
    /// An empty stream.
    EmptyStream,
    /// A stream with an error of this code midway, as an event.
    ErrorMidStream(u16),
    /// The same, as a bare array of one error.
    ArrayMidStream(u16),
    /// A stream whose connection is cut after the end of the answer.
    CutAfterEnd,
    /// The prompt is blocked for this reason.
    Blocked(&'static str),
    /// The answer ends with this finish reason.
    Finish(&'static str),
    /// 200 with a body that is no JSON.
    InvalidJson,
    /// One vector too few.
    WrongCount,
    /// Vectors that are one number short.
    WrongDimension,
    /// Vectors of zeros.
    ZeroVectors,
}

impl Fault {
    /// Whether the fault can happen to a method.
    fn fits(&self, method: Method) -> bool {
        match self {
            Self::Stall
            | Self::Slow(_)
            | Self::HalfStream
            | Self::Unfinished
            | Self::Garbage
            | Self::NotUtf8
            | Self::EmptyStream
            | Self::ErrorMidStream(_)
            | Self::ArrayMidStream(_)
            | Self::CutAfterEnd => method == Method::Stream,
            Self::Blocked(_) | Self::Finish(_) => method.generates(),
            Self::WrongCount | Self::WrongDimension | Self::ZeroVectors => method.embeds(),
            _ => true,
        }
    }
}

/// A rule: the requests that fail, their fault, and how often.
#[derive(Clone, Debug)]
pub struct Rule {
    pub(super) fault: Fault,
    method: Option<Method>,
    model: String,
    left: usize,
}

impl Rule {
    /// The next request that can fail in this way does so, once.
    pub fn of(fault: Fault) -> Self {
        Self { fault, method: None, model: "*".to_owned(), left: 1 }
    }

    /// Only this method.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Only models of this name; one `*` in it stands for anything.
    #[must_use]
    pub fn model(mut self, pattern: &str) -> Self {
        pattern.clone_into(&mut self.model);
        self
    }

    /// This many times.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.left = times;
        self
    }

    /// Until it is healed.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    /// The fault, if the rule fits this request and is not used up.
    pub(super) fn apply(&mut self, method: Method, model: &str) -> Option<Fault> {
        let fits = self.fault.fits(method) && self.method.is_none_or(|only| only == method);
        let names = match self.model.split_once('*') {
            Some((start, end)) => {
                model.len() >= start.len() + end.len() && model.starts_with(start) && model.ends_with(end)
            }
            None => model == self.model,
        };
        if self.left == 0 || !fits || !names {
            return None;
        }
        self.left -= 1;
        Some(self.fault.clone())
    }
}
