//! The buttons under an answer.

use super::id::{Again, Button, From, Parts};
use crate::reply::Extras;
use rtfm_shared::event::{Response, Status};
use serenity::{
    builder::{CreateActionRow, CreateButton, CreateSelectMenu, CreateSelectMenuKind, CreateSelectMenuOption},
    model::{
        application::ButtonStyle,
        channel::ReactionType,
        id::{GuildId, MessageId, UserId},
    },
};

/// Options of a menu, and characters of their names, at most.
const OPTIONS: usize = 25;
const LABEL: usize = 100;

/// What hangs under the last of an answer's parts; `head` is the first one where there are several.
pub(crate) fn under(response: &Response, parts: usize, head: Option<MessageId>) -> Vec<CreateActionRow> {
    let extras = Extras::of(&response.reply);
    let answered = matches!(response.status, Status::Answered | Status::Other);
    let of = Parts { head, asker: snowflake(extras.asker.as_ref().map(|asker| asker.as_str())).map(UserId::new) };
    let again = || {
        let from = match (extras.about, &extras.asked) {
            (true, _) => From::About,
            (false, Some(_)) => From::Quote,
            (false, None) => From::Message,
        };
        let original = snowflake(Some(response.original_message_id.as_str()))?;
        let guild = snowflake(response.guild_id.as_ref().map(|guild| guild.as_str())).map(GuildId::new);
        Some(Button::Again(Again { from, original, parts: of, guild }))
    };
    // Only the message that was clicked can be changed where nobody else sees it.
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
pub(crate) fn which_server(from: From, original: u64, guilds: &[(GuildId, String)]) -> Vec<CreateActionRow> {
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

fn snowflake(id: Option<&str>) -> Option<u64> {
    id?.parse().ok().filter(|id| *id != 0)
}
