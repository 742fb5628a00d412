//! How a channel looks in text, in every respect: the picture is compared as a whole.

use rtfm_testkit::discord::FakeDiscord;
use serde_json::{Value, json};
use serenity::all::Permissions;

use crate::discord::rest::call;

async fn post(discord: &FakeDiscord, channel: u64, body: Value) -> u64 {
    let (status, message) = call(discord, "POST", &format!("/channels/{channel}/messages"), body).await;
    assert_eq!(status, 200, "{message}");
    message["id"].as_str().unwrap().parse().unwrap()
}

fn buttons() -> Value {
    let button = |label: &str, id: &str| json!({"type": 2, "style": 2, "label": label, "custom_id": id});
    json!([
        {"type": 1, "components": [
            {"type": 2, "style": 2, "emoji": {"id": null, "name": "👍"}, "custom_id": "good"},
            button("Sources", "sources"),
            {"type": 2, "style": 4, "label": "Delete", "custom_id": "delete", "disabled": true},
            {"type": 2, "style": 5, "label": "Open", "url": "https://example.org/"},
        ]},
        {"type": 1, "components": [
            {"type": 3, "custom_id": "language", "placeholder": "Language", "options": [{"label": "English", "value": "en"}]},
        ]},
    ])
}

#[tokio::test]
async fn a_channel_is_drawn_as_people_see_it() {
    let discord = FakeDiscord::start().await;
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    let guild = discord.guild("Harbour", &ana);
    let crew = guild.role("crew", Permissions::empty());
    guild.join(&ben, &[crew]);
    let general = guild.text_channel("general");
    let channel = general.id().get();

    ana.say(&general, "The crane is at the *north* pier.\nSince 1974, says <https://example.org/>.").unwrap();
    let bot = discord.bot().mention();
    let asked =
        ben.say(&general, &format!("{bot} where is <@&{crew}>'s crane? See <#{}>, a <b c> d", general.id())).unwrap();
    let reply = json!({"message_id": asked.to_string()});
    let gone = post(&discord, channel, json!({"content": "Searching…", "message_reference": reply})).await;
    let path = format!("/channels/{channel}/messages/{gone}");
    assert_eq!(call(&discord, "DELETE", &path, Value::Null).await.0, 204);
    let embed = json!({
        "author": {"name": "rtfm"}, "title": "Cranes", "url": "https://example.org/cranes", "description": "There are\ntwo.",
        "fields": [{"name": "North", "value": "the old one"}], "footer": {"text": "as of today"},
    });
    let body = json!({"content": "At the…", "message_reference": reply, "embeds": [embed], "components": buttons()});
    let shown = post(&discord, channel, body).await;
    let path = format!("/channels/{channel}/messages/{shown}");
    assert_eq!(call(&discord, "PATCH", &path, json!({"content": "At the north pier [1].\n\n[1] ana"})).await.0, 200);
    ben.react(&general, shown.into(), "🎉").unwrap();
    let file = ana.say_with_file(&general, "Here is the plan.", "plan.pdf", "application/pdf", "%PDF").unwrap();
    let thread = ana.start_thread(&general, file, "the plan").unwrap();
    let first = ben.say(&thread, "Looks good.").unwrap();
    ana.reply(&thread, first, "Thanks!").unwrap();
    thread.set_archived(true);
    let lost = ben.say(&general, "never mind").unwrap();
    ana.reply(&general, lost, "what?").unwrap();
    ben.delete(&general, lost).unwrap();

    let expected = "\
── Harbour › #general
  ana: The crane is at the *north* pier.
    Since 1974, says <https://example.org/>.
  ben: @rtfm where is @crew's crane? See #general, a <b c> d
  (deleted) rtfm [BOT]: Searching…
  ┌ ben: @rtfm where is @crew's crane? See #general, a <b c> d
  rtfm [BOT]: At the north pier [1].

    [1] ana (edited)
    ┃ rtfm
    ┃ # Cranes → https://example.org/cranes
    ┃ There are
    ┃ two.
    ┃ North: the old one
    ┃ — as of today
    [ 👍 ] [ Sources ] [ Delete (disabled) ] [ Open ] → https://example.org/
    [ Language ▾ ]
    🎉 1
  ana: Here is the plan.
    [file] plan.pdf (4 bytes)
    └ thread: the plan (archived)
        ben: Looks good.
        ┌ ben: Looks good.
        ana: Thanks!
  (deleted) ben: never mind
  ┌ Original message was deleted
  ana: what?
";
    assert_eq!(general.view(), expected, "{}", general.view());
    let expected = "\
── Harbour › #general › the plan (archived)
  ben: Looks good.
  ┌ ben: Looks good.
  ana: Thanks!
";
    assert_eq!(thread.view(), expected);
    let expected = "(deleted) ben: never mind\n┌ Original message was deleted\nana: what?\n";
    assert_eq!(general.view_from(lost), expected);
    let dump = discord.dump();
    assert!(dump.contains("(was: At the…)"), "a dump tells what was before: {dump}");
    assert_eq!(dump.matches("Looks good.").count(), 2, "and everything once: {dump}");
}

#[tokio::test]
async fn links_show_their_label_and_times_how_long_ago() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let text = "It is red [[1]](<https://discord.com/channels/1/2/3>).\n-# ana · <t:1790000000:R>, on <t:1790000000:f>";
    ana.say(&general, text).unwrap();
    let view = general.view();
    assert!(
        view.contains("ana: It is red [1].\n    ana · ") && view.contains(" days ago, on 21 September 2026 14:13"),
        "{view}"
    );
    assert!(discord.dump().contains("[[1]](<https://discord.com/channels/1/2/3>)"), "a dump shows where it leads");
}

#[tokio::test]
async fn answers_to_commands_are_drawn_with_who_may_see_them() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let commands = format!("/applications/{}/commands", discord.application());
    let definition = json!([{"name": "ask", "description": "Asks"}, {"name": "Explain this", "type": 3}]);
    assert_eq!(call(&discord, "PUT", &commands, definition).await.0, 200);
    let said = ana.say(&general, "The crane is red.").unwrap();
    let deferred = ana.slash(&general, "ask", &[]).unwrap();
    let private = ana.message_command(&general, "Explain this", said).unwrap();
    for (handle, body) in [
        (&deferred, json!({"type": 5})),
        (&private, json!({"type": 4, "data": {"content": "It is about a crane.", "flags": 64}})),
    ] {
        let path = format!("/interactions/{}/{}/callback", handle.id(), handle.token());
        assert!(call(&discord, "POST", &path, body).await.0 < 300);
    }
    let layout = json!({"flags": 1 << 15, "components": [{"type": 17, "components": [
        {"type": 10, "content": "Two lines\nof text"}, {"type": 14},
        {"type": 9, "components": [{"type": 10, "content": "beside"}],
         "accessory": {"type": 2, "style": 1, "label": "Go", "custom_id": "go"}},
    ]}]});
    post(&discord, general.id().get(), layout).await;
    let expected = "\
── Harbour › #general
  ana: The crane is red.
  ┌ ana used /ask
  rtfm [BOT]: is thinking…
  ┌ ana used Explain this
  rtfm [BOT]: It is about a crane.
    (only ana can see this)
  rtfm [BOT]:
    ┃ Two lines
    ┃ of text
    ┃ ────────
    ┃ beside
    ┃ [ Go ]
";
    assert_eq!(general.view(), expected, "{}", general.view());
}
