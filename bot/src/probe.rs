//! A look at the bot's application for operators' tools: whether the token is good, and what the developer portal
//! allows. Nothing is changed by it, and no session is begun.

use crate::{BotConfig, BotError};
use secrecy::ExposeSecret;
use serde::Deserialize;

const URL: &str = "https://discord.com/api/v10/applications/@me";

/// The portal's switch for message content, for a verified bot and for one that is not.
/// <https://discord.com/developers/docs/resources/application#application-object-application-flags>
const MESSAGE_CONTENT: u64 = 1 << 18 | 1 << 19;
/// The switch for who joins and leaves, likewise.
const MEMBERS: u64 = 1 << 14 | 1 << 15;

/// The bot's application, as Discord describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The name in the developer portal.
    pub name: String,
    /// Whether the portal allows it to read message content.
    pub message_content: bool,
    /// Whether the portal allows the members intent.
    pub members: bool,
}

#[derive(Deserialize)]
struct ApplicationResponse {
    name: String,
    #[serde(default)]
    flags: u64,
}

/// Asks Discord about the application that the token belongs to.
pub async fn probe(config: &BotConfig) -> Result<Application, BotError> {
    // Without the URL, which adds nothing, and with the cause: name resolution, connection or certificate.
    let away = |error: reqwest::Error| {
        let error = error.without_url();
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        BotError::Discord(format!("{error}{cause}"))
    };
    let token = format!("Bot {}", config.token.expose_secret());
    let request = config.client()?.get(URL).header("authorization", token);
    let response = request.send().await.map_err(away)?;
    match response.status().as_u16() {
        401 => return Err(BotError::InvalidToken),
        status @ 400.. => return Err(BotError::Discord(format!("it answered with status {status}"))),
        _ => {}
    }
    let answer: ApplicationResponse = response.json().await.map_err(away)?;
    let allows = |switch: u64| answer.flags & switch != 0;
    Ok(Application { name: answer.name, message_content: allows(MESSAGE_CONTENT), members: allows(MEMBERS) })
}
