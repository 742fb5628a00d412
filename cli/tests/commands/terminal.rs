//! Nothing that people, files, records or arguments contain controls the terminal of who runs a command: every carrier
//! of such text, through every command that shows it, as text and as JSON.

use crate::support::{Ended, World, export, message};
use rtfm_shared::{
    bus::{Headers, OutRecord, topics},
    event::{Backfill, BackfillState, Envelope, SettingsEvent},
};
use serde_json::{Value, json};

/// The word, amid what colours, links, moves, reorders, hides and breaks lines.
fn hostile(word: &str) -> String {
    format!(
        "{word}\u{1b}[31m\u{1b}]8;;https://evil.example\u{7}\u{9b}2J\u{9d}0;title\u{9c}\u{202e}\u{2066}{word}\u{200f}\u{61c}\
         \u{2028}\u{85}\u{8}\u{7f}\r"
    )
}

/// The characters of an output that a terminal would obey.
fn dangerous(text: &str) -> Vec<char> {
    let is_dangerous = |c: &char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || matches!(c, '\u{2028}' | '\u{2029}')
    };
    text.chars().filter(is_dangerous).collect()
}

/// A directory whose every text is hostile: messages, names, a channel, a file, dead letters and a backfill's reason.
fn world() -> World {
    let world = World::new();
    let mut said = message("1001", &format!("The boiler code is {}", hostile("content")));
    said["author"]["nickname"] = hostile("nick").into();
    said["attachments"] = json!([{"id": "7", "url": "https://cdn.discordapp.com/attachments/1/7/x.txt",
        "fileName": hostile("file"), "fileSizeBytes": 5}]);
    let mut broken = message("1002", "never read");
    broken["id"] = hostile("id").into();
    let mut file: Value = serde_json::from_str(&export(&[said, broken])).unwrap();
    file["channel"]["name"] = hostile("channel").into();
    world.write("general.json", &file.to_string());
    let imported = world.run(&["import", "general.json"]);
    check("import", &imported, "imported 1 message");

    let mut headers = Headers::default();
    for name in ["dlq-reason", "dlq-error", "dlq-service", "producer"] {
        headers.push(name, hostile(name).into_bytes());
    }
    let letter = OutRecord {
        topic: format!("{}.dlq", topics::MESSAGES),
        key: Some(hostile("key").into_bytes().into()),
        value: Some(hostile("payload").into_bytes().into()),
        headers,
        ..OutRecord::default()
    };
    let backfill = Backfill {
        channel_id: 200.into(),
        guild_id: 100.into(),
        state: BackfillState::Failed,
        reason: Some(hostile("because")),
        ..Backfill::default()
    };
    let backfill = Envelope::new(SettingsEvent::Backfill(backfill), "rtfm/test").encode().unwrap();
    world.publish([letter, backfill]);
    world
}

/// Asserts that a run shows these words and nothing dangerous.
#[track_caller]
fn check(run: &str, ended: &Ended, words: &str) {
    for text in [&ended.stdout, &ended.stderr] {
        assert!(dangerous(text).is_empty(), "{run} prints {:?}: {ended:#?}", dangerous(text));
    }
    let all = format!("{}{}", ended.stdout, ended.stderr);
    for word in words.split(", ") {
        assert!(all.contains(word), "{run} does not show {word}: {ended:#?}");
    }
}

#[test]
fn no_text_from_outside_controls_the_terminal() {
    let world = world();
    let letter = "discord-messages/0";
    let (topic, path) = (hostile("topic"), hostile("path"));
    let wrong_letter = format!("{topic}/7");
    let url = format!("http://127.0.0.1:1/{}", hostile("url"));
    let runs: [(&[&str], &str); 17] = [
        (&["ask", "What is the boiler code?"], "content, nick, channel"),
        (&["search", "boiler code"], "content, nick, channel"),
        (&["dlq", "list"], "dlq-reason, dlq-error, key"),
        (&["dlq", "show", letter, "--content"], "dlq-reason, dlq-error, dlq-service, producer, key, payload"),
        (&["dlq", "show", &wrong_letter], "topic"),
        (&["dlq", "show", &topic], "topic"),
        (&["dlq", "list", "--topic", &topic], "topic"),
        (&["dlq", "list", "--since", &topic], "topic"),
        (&["dlq", "replay", letter, "--yes"], "replayed 1"),
        (&["topics", "describe", &topic], "topic"),
        (&["topics", "delete", &topic, "--yes"], "topic"),
        (&["status"], "because"),
        (&["status", "--data-dir", &path], "path"),
        (&["doctor", "--data-dir", &path], "path"),
        (&["import", &path], "path"),
        (&["eval", &path], "path"),
        (&["health", "--url", &url], "url"),
    ];
    for (arguments, words) in runs {
        check(&format!("{arguments:?}"), &world.run(arguments), words);
    }
    let demo = world.run_with_input(&["up", "--demo", "--data-dir", &path], &format!("/{}\n", hostile("command")));
    check("demo", &demo, "path, command");
    let mut doctor = world.command(&["doctor"]);
    doctor.env("LOG_FORMAT", hostile("format")).env(format!("RTFM_{}", hostile("NAME")), "x");
    check("doctor", &crate::support::Running::spawn(doctor).ended(), "format, NAME");
}

/// All texts in a value.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn json_escapes_what_controls_a_terminal_and_loses_nothing() {
    let world = world();
    let runs: [(&[&str], &[&str]); 3] = [
        (&["dlq", "list", "--json"], &["dlq-reason", "dlq-error", "key"]),
        (&["dlq", "show", "discord-messages/0", "--content", "--json"], &["dlq-error", "producer", "key", "payload"]),
        (&["status", "--json"], &["because"]),
    ];
    for (arguments, words) in runs {
        let ended = world.run(arguments);
        check(&format!("{arguments:?}"), &ended, "");
        let json = ended.json();
        for word in words {
            assert!(texts(&json).contains(&hostile(word).as_str()), "{arguments:?} changes {word}: {json:#}");
        }
    }
    check("search --json", &world.run(&["search", "boiler code", "--json"]), "content, nick, channel");
    let asked = world.run(&["ask", "What is the boiler code?", "--json"]);
    check("ask --json", &asked, "content, nick, channel");
    check("doctor --json", &world.run(&["doctor", "--data-dir", &hostile("path"), "--json"]), "path");
    check("topics --json", &world.run(&["topics", "describe", &hostile("topic"), "--json"]), "topic");
}
