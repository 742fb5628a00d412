//! The rules for the texts in a guild's settings. They end up in prompts and URLs, so they hold for the bot's command and
//! again for whatever arrives on the topic.

use super::GuildSettings;

/// What a text in the settings may be.
#[derive(Clone, Copy, Debug)]
pub struct SettingText {
    /// The most characters that it may have.
    pub most: u16,
    allows: fn(char) -> bool,
}

/// Why a text cannot be a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingTextError {
    #[error("has {length} characters and not {most} at most")]
    TooLong { most: u16, length: usize },
    #[error("contains {0:?}")]
    Character(char),
}

pub const PERSONA: SettingText = SettingText { most: 500, allows: |_| true };
pub const LANGUAGE: SettingText =
    SettingText { most: 40, allows: |c| c.is_alphabetic() || matches!(c, ' ' | '-' | '(' | ')') };
/// A name becomes part of a URL's path.
pub const MODEL: SettingText =
    SettingText { most: 64, allows: |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') };

impl SettingText {
    pub fn check(&self, text: &str) -> Result<(), SettingTextError> {
        let length = text.chars().count();
        if length > usize::from(self.most) {
            return Err(SettingTextError::TooLong { most: self.most, length });
        }
        let wrong = text.chars().find(|c| c.is_control() && *c != '\n' || !(self.allows)(*c));
        wrong.map_or(Ok(()), |c| Err(SettingTextError::Character(c)))
    }
}

impl GuildSettings {
    /// Takes back the texts that the command would not have stored; returns the names of their fields. The other
    /// settings stay, because they may restrict what is kept.
    pub fn drop_invalid_texts(&mut self) -> Vec<&'static str> {
        let mut dropped = Vec::new();
        if PERSONA.check(&self.persona).is_err() {
            self.persona.clear();
            dropped.push("persona");
        }
        for (name, rule, text) in [("language", LANGUAGE, &mut self.language), ("model", MODEL, &mut self.model)] {
            if text.take_if(|text| rule.check(text).is_err()).is_some() {
                dropped.push(name);
            }
        }
        dropped
    }
}
