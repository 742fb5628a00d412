//! `rtfm import`: which messages it imports, which it skips, and which errors it reports.

use crate::support::{Running, World, export, message};
use serde_json::json;

fn ask(world: &World, question: &str) -> serde_json::Value {
    world.run(&["ask", question, "--json"]).with_code(0).json()
}

#[test]
fn imported_messages_answer_questions() {
    let world = World::new();
    let mut bot = message("1002", "The umbrella is in the fridge");
    bot["author"]["isBot"] = json!(true);
    let mut joined = message("1003", "Joined the server.");
    joined["type"] = json!("GuildMemberJoin");
    let mut reply = message("1004", "The spare umbrella hangs behind the kitchen door");
    reply["type"] = json!("Reply");
    reply["reference"] = json!({"messageId": "1001", "channelId": "200", "guildId": "100"});
    world.write("general.json", &export(&[message("1001", "Where is the spare umbrella?"), bot, joined, reply]));
    let imported = world.run(&["import", "general.json"]).with_code(0);
    assert_eq!(
        imported.stdout,
        "imported 2 messages from 1 channel in 1 file; skipped 2 (1 by bots, 1 by Discord itself, 0 empty)\n"
    );
    assert_eq!(imported.stderr, "", "no progress bar and no log in a pipe");

    let answer = ask(&world, "spare umbrella kitchen door");
    assert_eq!(answer["status"], "answered", "{answer}");
    assert!(answer["response_text"].as_str().unwrap().contains("behind the kitchen door"), "{answer}");
    assert!(!answer.to_string().contains("fridge"), "messages by bots are not stored: {answer}");
    let source = answer["sources"].as_array().unwrap().iter().find(|source| source["message_id"] == "1004").unwrap();
    assert_eq!(
        (&source["username"], &source["channel_name"], &source["guild_id"]),
        (&json!("Ana"), &json!("general"), &json!("100"))
    );
}

#[test]
fn importing_twice_stores_once() {
    let world = World::new();
    world.write("general.json", &export(&[message("1001", "The piano tuner comes on Wednesday")]));
    for _ in 0..2 {
        let imported = world.run(&["import", "general.json"]).with_code(0);
        assert!(imported.stdout.starts_with("imported 1 message "), "{imported:?}");
    }
    let answer = ask(&world, "When does the piano tuner come?");
    let sources = answer["sources"].as_array().unwrap();
    assert_eq!(sources.len(), 1, "{answer}");
    assert_eq!(answer["response_text"].as_str().unwrap().matches("Wednesday").count(), 1, "{answer}");
}

#[test]
fn errors_name_file_and_position_and_the_import_continues() {
    let world = World::new();
    let mut wrong = message("1002", "never read");
    wrong["timestamp"] = json!(17);
    world.write(
        "a.json",
        &export(&[message("1001", "The ladder is at Peter's"), wrong, message("1003", "The saw is at Mia's")]),
    );
    let whole = export(&[message("1004", "The drill is at Jo's"), message("1005", "lost")]);
    world.write("b.json", &whole[..whole.find("\"1005\"").unwrap() + 20]);
    world.write("c.json", "no export at all");
    world.write("d.json", &export(&[message("1006", "The shovel is at Kim's")]));
    let imported = world.run(&["import", "a.json", "b.json", "c.json", "missing.json", "d.json"]).with_code(1);
    assert_eq!(
        imported.stdout,
        "imported 4 messages from 1 channel in 5 files; 1 message could not be read; 3 files could not be read to the end\n"
    );
    let errors: Vec<&str> = imported.stderr.lines().collect();
    assert_eq!(errors.len(), 4, "{errors:#?}");
    assert!(errors[0].starts_with("rtfm: a.json: message 2 (id \"1002\"), ending on line "), "{errors:#?}");
    assert!(errors[0].ends_with("field timestamp is a number, not a text"), "{errors:#?}");
    assert!(
        errors[1].starts_with("rtfm: b.json:") && errors[1].contains("1 messages before it were read"),
        "{errors:#?}"
    );
    assert!(errors[2].starts_with("rtfm: c.json:1:"), "{errors:#?}");
    assert!(errors[3].starts_with("rtfm: missing.json: No such file"), "{errors:#?}");
    for (question, holder) in
        [("Who has the saw?", "Mia"), ("Who has the drill?", "Jo"), ("Who has the shovel?", "Kim")]
    {
        let answer = ask(&world, question);
        assert!(answer["response_text"].as_str().unwrap().contains(holder), "{answer}");
    }
}

#[test]
fn a_running_up_indexes_imported_messages() {
    let world = World::new();
    let mut up = Running::spawn(world.command(&["up"]));
    up.line_with("RTFM is up");
    world.write("general.json", &export(&[message("1001", "The choir sings at seven on Thursdays")]));
    world.run(&["import", "general.json"]).with_code(0);
    let answer = ask(&world, "When does the choir sing?");
    assert!(answer["response_text"].as_str().unwrap().contains("seven on Thursdays"), "{answer}");
    up.interrupt();
    up.ended().with_code(0);
}

#[test]
fn many_messages_come_in_batches() {
    let world = World::new();
    let messages: Vec<_> =
        (0..1_201).map(|n| message(&(5_000 + n).to_string(), &format!("entry number {n}"))).collect();
    world.write("general.json", &export(&messages));
    let imported = world.run(&["import", "general.json"]).with_code(0);
    assert!(imported.stdout.starts_with("imported 1201 messages "), "{imported:?}");
    let described = world.run(&["topics", "describe", "discord-messages", "--json"]).json();
    assert_eq!(described[0]["records"], 1_201);
    let answer = ask(&world, "entry number 1200");
    assert!(answer["sources"].as_array().unwrap().iter().any(|source| source["message_id"] == "6200"), "{answer}");
}
