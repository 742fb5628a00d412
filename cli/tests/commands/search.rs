//! `rtfm search`: the results of each leg, and whether they suffice.

use crate::support::{World, export, message};
use rtfm_shared::event::{AuthorPrivacy, ChannelMode, ChannelRule, Envelope, GuildSettings, SettingsEvent};
use serde_json::{Value, json};

fn world() -> World {
    let world = World::new();
    let messages = [
        message("1001", "The boiler code is written under the stairs"),
        message("1002", "Thanks, found it there"),
        message("1003", "The boiler hums"),
    ];
    world.write("general.json", &export(&messages));
    let other = export(&[message("2001", "The boiler party is at eight")]).replace("\"200\"", "\"201\"");
    world.write("party.json", &other.replace("\"general\"", "\"party\""));
    world.run(&["import", "general.json", "party.json"]).with_code(0);
    world
}

#[test]
fn people_see_ranks_scores_conversation_and_verdict() {
    let shown = world().run(&["search", "Where is the boiler code written?"]).with_code(0);
    let lines: Vec<&str> = shown.stdout.lines().collect();
    assert_eq!(lines[0], "#general, 2026-10-01 12:00 UTC", "{shown:#?}");
    assert_eq!(lines[1], "    1 Ana: The boiler code is written under the stairs");
    assert!(lines[2].contains("full text 1. (") && lines[2].contains("vectors -"), "{shown:#?}");
    assert!(lines[2].ends_with("https://discord.com/channels/100/200/1001"), "{shown:#?}");
    assert!(shown.stdout.contains("Ana: Thanks, found it there"), "the neighbouring message: {shown:#?}");
    assert!(lines.last().unwrap().starts_with("enough for an answer (coverage 1.00"), "{shown:#?}");
    assert_eq!(shown.stderr, "");
}

#[test]
fn programs_get_one_object() {
    let world = world();
    let arguments = ["search", "Where is the boiler code written?", "--json", "--limit", "1"];
    let found = world.run(&arguments).with_code(0).json();
    let hits = found["ranking"].as_array().unwrap();
    assert_eq!(hits.len(), 1);
    assert_eq!((&hits[0]["rank"], &hits[0]["message"]["message_id"]), (&json!(1), &json!("1001")));
    assert_eq!((&hits[0]["lexical"]["rank"], &hits[0]["dense"]), (&json!(1), &json!(null)));
    assert!(hits[0]["lexical"]["score"].as_f64().unwrap() > 0.0);
    assert_eq!(found["verdict"]["suffices"], true);
    assert!(found["passages"][0]["message_ids"].as_array().unwrap().contains(&json!("1002")), "{found:#}");
}

#[test]
fn the_scope_is_respected_and_no_result_is_reported() {
    let world = world();
    let party = world.run(&["search", "boiler", "--json", "--channels", "201"]).with_code(0).json();
    assert_eq!(party["ranking"].as_array().unwrap().len(), 1);
    assert_eq!(party["ranking"][0]["message"]["channel_name"], "party");
    let elsewhere = world.run(&["search", "boiler", "--guild", "999"]).with_code(0);
    assert!(elsewhere.stdout.starts_with("nothing found (coverage 0.00"), "{elsewhere:?}");
    let unknown = world.run(&["search", "Who shot the sheriff?", "--json"]).with_code(0).json();
    assert_eq!(unknown["verdict"]["suffices"], false);
}

#[test]
fn with_several_servers_one_must_be_chosen() {
    let world = world();
    let other = export(&[message("3001", "The boiler is loud")]).replace("\"100\"", "\"101\"");
    world.write("other.json", &other.replace("\"200\"", "\"300\""));
    world.run(&["import", "other.json"]).with_code(0);
    let ended = world.run(&["search", "boiler"]).with_code(2);
    assert!(ended.stderr.contains("--guild: 100, 101"), "{ended:?}");
    let one = world.run(&["search", "boiler", "--guild", "101", "--json"]).with_code(0).json();
    assert_eq!(one["ranking"][0]["message"]["message_id"], "3001");
}

#[test]
fn secrets_are_masked() {
    let world = World::new();
    // Put together here, so that nothing in the sources looks like a key.
    let token = format!("ghp_{}", "aB3dE6gH9jK2".repeat(3));
    world.write("general.json", &export(&[message("1001", &format!("The boiler opens with {token}"))]));
    world.run(&["import", "general.json"]).with_code(0);
    for command in ["ask", "search"] {
        for json in [&[][..], &["--json"]] {
            let arguments = [&[command, "What opens the boiler?"], json].concat();
            let shown = world.run(&arguments).with_code(0).stdout;
            assert!(shown.contains("ghp_…(masked)") && !shown.contains(&token), "{arguments:?}: {shown}");
        }
    }
}

#[test]
fn what_may_not_be_remembered_is_not_shown_although_it_is_stored() {
    let world = world();
    let by = |id: &str, content: &str, author: &str, timestamp: &str| {
        let mut said = message(id, content);
        (said["author"]["id"], said["timestamp"]) = (author.into(), timestamp.into());
        said
    };
    let now = "2026-10-01T12:00:00+00:00";
    let said = [
        by("1004", "The boiler is carl's", "301", now),
        by("1005", "The boiler is new", "300", "2020-10-01T12:00:00+00:00"),
    ];
    world.write("more.json", &export(&said));
    world.run(&["import", "more.json"]).with_code(0);
    let found = |command: &str, list: &str| {
        let found = world.run(&[command, "boiler", "--json"]).with_code(0).json();
        let id = |hit: &Value| hit.pointer("/message/message_id").or(hit.get("message_id")).unwrap().to_string();
        found[list].as_array().unwrap().iter().map(id).collect::<Vec<_>>()
    };
    let excluded = ["\"1004\"", "\"1005\"", "\"2001\""].map(str::to_owned);
    let all = found("search", "ranking");
    assert!(excluded.iter().all(|id| all.contains(id)), "{all:?}");

    let settings = GuildSettings {
        guild_id: 100.into(),
        remembered: ChannelRule { mode: ChannelMode::Except, channel_ids: vec![201.into()] },
        retention_days: Some(1000),
        ..GuildSettings::default()
    };
    let opted_out = AuthorPrivacy { user_id: 301.into(), opted_out: true, ..AuthorPrivacy::default() };
    let decisions = [SettingsEvent::Guild(settings), SettingsEvent::Privacy(opted_out)];
    world.publish(decisions.map(|decision| Envelope::new(decision, "rtfm/test").encode().unwrap()));
    for (command, list) in [("search", "ranking"), ("ask", "sources")] {
        let found = found(command, list);
        assert!(!found.is_empty() && !found.iter().any(|id| excluded.contains(id)), "{command}: {found:?}");
    }
}
