//! The source of settings: the process environment with `.env`, or a map in tests.

use super::{dotenv, warn_of_plain_http};
use secrecy::SecretString;
use std::{collections::HashMap, str::FromStr, time::Duration};
use url::Url;

/// A setting that cannot be used. Never contains a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {fault}; for example {variable}={example}")]
pub struct ConfigError {
    pub variable: String,
    /// What is wrong with it: a predicate such as "is not set".
    pub fault: String,
    pub example: String,
}

impl ConfigError {
    pub fn new(variable: &str, fault: impl Into<String>, example: &str) -> Self {
        Self { variable: variable.to_owned(), fault: fault.into(), example: example.to_owned() }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Env {
    values: HashMap<String, String>,
}

impl Env {
    /// The process environment. Variables of a `.env` file in the working directory apply where the environment does not
    /// set them.
    pub fn process() -> Result<Self, ConfigError> {
        dotenv::load()?;
        Ok(Self {
            values: std::env::vars_os()
                .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
                .collect(),
        })
    }

    /// An environment of these values only, for tests.
    pub fn of<const N: usize>(values: [(&str, &str); N]) -> Self {
        Self { values: values.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect() }
    }

    /// Adds a value, for tests.
    #[must_use]
    pub fn with(mut self, variable: &str, value: &str) -> Self {
        self.values.insert(variable.to_owned(), value.to_owned());
        self
    }

    /// The value, trimmed; an empty one counts as not set.
    pub fn get(&self, variable: &str) -> Option<&str> {
        self.values.get(variable).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The names of all variables, unordered.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    pub fn secret(&self, variable: &str) -> Option<SecretString> {
        self.get(variable).map(SecretString::from)
    }

    /// The value, or an error when it is not set.
    pub fn require(&self, variable: &str, example: &str) -> Result<&str, ConfigError> {
        self.get(variable).ok_or_else(|| ConfigError::new(variable, "is not set", example))
    }

    /// The value parsed as a `T`, or the default when it is not set. `expected` completes "must be …", for instance "a
    /// whole number".
    pub fn parse<T: FromStr>(
        &self,
        variable: &str,
        default: T,
        expected: &str,
        example: &str,
    ) -> Result<T, ConfigError> {
        self.get(variable).map_or(Ok(default), |text| {
            text.parse().map_err(|_| ConfigError::new(variable, format!("must be {expected}, not {text:?}"), example))
        })
    }

    /// Like [`Env::parse`], with bounds.
    pub fn number<T: FromStr + PartialOrd + std::fmt::Display>(
        &self,
        variable: &str,
        default: T,
        range: std::ops::RangeInclusive<T>,
    ) -> Result<T, ConfigError> {
        let expected = format!("a number from {} to {}", range.start(), range.end());
        let example = default.to_string();
        let number = self.parse(variable, default, &expected, &example)?;
        if range.contains(&number) {
            return Ok(number);
        }
        Err(ConfigError::new(variable, format!("must be {expected}, not {number}"), &example))
    }

    /// A duration in whole seconds.
    pub fn seconds(
        &self,
        variable: &str,
        default: u64,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<Duration, ConfigError> {
        self.number(variable, default, range).map(Duration::from_secs)
    }

    /// An http or https URL with a host. The error omits the value, because a URL can carry a password. A URL without
    /// encryption to another machine causes a warning.
    pub fn http_url(&self, variable: &str, default: &str) -> Result<Url, ConfigError> {
        let url = Url::parse(self.get(variable).unwrap_or(default)).ok();
        url.inspect(|url| warn_of_plain_http(variable, url))
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| ConfigError::new(variable, "must be an http or https URL", default))
    }

    /// One of several words, compared without case.
    pub fn choice<T: Copy>(&self, variable: &str, default: T, choices: &[(&str, T)]) -> Result<T, ConfigError> {
        let Some(text) = self.get(variable) else { return Ok(default) };
        let found = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let fault = format!("must be one of {}, not {text:?}", names.join(", "));
            ConfigError::new(variable, fault, names.first().unwrap_or(&""))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Env;

    #[test]
    fn an_error_names_variable_fault_and_example() {
        let env = Env::of([("PORT", "eighty"), ("SIZE", "900"), ("COLOUR", "grey"), ("EMPTY", "  ")]);
        let error = env.number::<u16>("PORT", 8080, 1..=65535).unwrap_err();
        assert_eq!(error.to_string(), "PORT must be a number from 1 to 65535, not \"eighty\"; for example PORT=8080");
        let error = env.number("SIZE", 5, 1..=10).unwrap_err();
        assert_eq!(error.to_string(), "SIZE must be a number from 1 to 10, not 900; for example SIZE=5");
        let error = env.choice("COLOUR", 0, &[("red", 1), ("green", 2)]).unwrap_err();
        assert_eq!(error.to_string(), "COLOUR must be one of red, green, not \"grey\"; for example COLOUR=red");
        let error = env.require("EMPTY", "something").unwrap_err();
        assert_eq!(error.to_string(), "EMPTY is not set; for example EMPTY=something");
    }

    #[test]
    fn an_http_url_has_a_host_and_its_error_omits_the_value() {
        let read = |value: &str| Env::of([("ADDRESS", value)]).http_url("ADDRESS", "http://localhost:1");
        assert_eq!(read("").unwrap().as_str(), "http://localhost:1/");
        assert_eq!(read("https://a.example/v1").unwrap().as_str(), "https://a.example/v1");
        for wrong in ["a.example:80", "ftp://ana:sesame@a.example", "http://", "sesame"] {
            let error = read(wrong).unwrap_err().to_string();
            assert_eq!(error, "ADDRESS must be an http or https URL; for example ADDRESS=http://localhost:1");
        }
    }
}
