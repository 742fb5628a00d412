//! The buttons under an answer.

use super::{
    button::{AnswerParts, Button, QuestionSource, Regenerate},
    extras::ReplyExtras,
};
use crate::discord::{
    ids::EventId,
    model::{
        ButtonStyle, CreateActionRow, CreateButton, CreateSelectMenu, CreateSelectMenuKind, CreateSelectMenuOption,
        GuildId, MessageId, ReactionType,
    },
};
use rtfm_shared::event::{Response, Status};

/// Options of a menu, and characters of their names, at most.
const OPTIONS: usize = 25;
const LABEL: usize = 100;

/// The buttons under the last of an answer's parts; `head` is the first one where there are several.
pub(crate) fn under(response: &Response, parts: usize, head: Option<MessageId>) -> Vec<CreateActionRow> {
    let extras = ReplyExtras::of(&response.reply);
    let answered = matches!(response.status, Status::Answered | Status::Other);
    let of = AnswerParts { head, asker: extras.asker.as_ref().and_then(EventId::discord_id) };
    let again = || {
        let from = match (extras.about, &extras.asked) {
            (true, _) => QuestionSource::About,
            (false, Some(_)) => QuestionSource::Quote,
            (false, None) => QuestionSource::Message,
        };
        let original = response.original_message_id.number()?;
        let guild = response.guild_id.as_ref().and_then(EventId::discord_id);
        Some(Button::Regenerate(Regenerate { from, original, parts: of, guild }))
    };
    // In an answer that only the asker sees, only the clicked message can be changed.
    let changeable = !extras.private || parts == 1;
    let query = &response.query_id.0;
    let buttons = [
        answered.then(|| (Button::Good(query.clone()), Face::Emoji("👍"))),
        answered.then(|| (Button::Bad(query.clone()), Face::Emoji("👎"))),
        changeable.then(again).flatten().map(|again| (again, Face::Label("Regenerate"))),
        (answered && !response.sources.is_empty()).then_some((Button::Sources(of), Face::Label("Sources"))),
        changeable.then_some((Button::Delete(of), Face::Label("Delete"))),
    ];
    let shown: Vec<CreateButton> =
        buttons.into_iter().flatten().filter_map(|(button, face)| show(&button, face)).collect();
    if shown.is_empty() { Vec::new() } else { vec![CreateActionRow::Buttons(shown)] }
}

/// The menu of the guilds in which a question may be asked, as many as Discord shows.
pub(crate) fn which_server(from: QuestionSource, original: u64, guilds: &[(GuildId, String)]) -> Vec<CreateActionRow> {
    let label = |name: &str| name.chars().take(LABEL).collect::<String>();
    let options = guilds.iter().take(OPTIONS);
    let options = options.map(|(id, name)| CreateSelectMenuOption::new(label(name), id.to_string())).collect();
    let Some(id) = Button::Server(from, original).custom_id() else { return Vec::new() };
    let menu = CreateSelectMenu::new(id, CreateSelectMenuKind::String { options }).placeholder("Which server?");
    vec![CreateActionRow::SelectMenu(menu)]
}

#[derive(Clone, Copy)]
enum Face {
    Emoji(&'static str),
    Label(&'static str),
}

fn show(button: &Button, face: Face) -> Option<CreateButton> {
    let shown = CreateButton::new(button.custom_id()?).style(ButtonStyle::Secondary);
    Some(match face {
        Face::Emoji(emoji) => shown.emoji(ReactionType::Unicode(emoji.to_owned())),
        Face::Label(label) => shown.label(label),
    })
}
