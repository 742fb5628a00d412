//! `rtfm up --demo`: works out of the box, keeps the private channel private, leaves nothing behind.

use crate::support::{Running, World};

/// Words that only the private channel contains.
const PRIVATE: [&str; 4] = ["42,000", "legal entity", "statutes", "seedlord"];

#[test]
fn three_answers_and_nothing_private() {
    let world = World::new();
    let mut command = world.command(&["up", "--demo"]);
    // The demonstration ignores settings of real servers.
    command.env("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1").env("QDRANT_URL", "http://127.0.0.1:1");
    command.env("DISCORD_TOKEN", "none");
    let shown = Running::spawn(command).ended().with_code(0);
    let text = &shown.stdout;
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} is missing: {shown:#?}"));
    let questions = [
        at("› What is the API endpoint"),
        at("› How do I calibrate"),
        at("› How much did the Halvorsen"),
        at("Now you."),
    ];
    let answers: Vec<&str> = questions.windows(2).map(|ends| &text[ends[0]..ends[1]]).collect();
    assert!(answers[0].contains("https://ingest.fernwatch.example/v2/readings"), "{}", answers[0]);
    assert!(answers[1].contains("fern calibrate --dry"), "{}", answers[1]);
    for answer in &answers[..2] {
        assert!(
            answer.contains("Sources") && answer.contains("https://discord.com/channels/830000000000000001/"),
            "{answer}"
        );
    }
    assert!(!answers[2].contains("Sources"), "{}", answers[2]);
    for private in PRIVATE {
        assert!(!text.contains(private), "{private} is private: {text}");
    }
    assert!(text.contains("#moderators is private") && !text.contains('\u{1b}'), "{text}");
    assert_eq!(shown.stderr, "");
    assert_eq!(world.files(), Vec::<String>::new(), "nothing is left behind");
}

#[test]
fn questions_can_be_piped_in_and_moderators_may_read_more() {
    let world = World::new();
    let input = "Which filament for the outdoor case?\n/as moderators\nHow much did the Halvorsen Foundation offer us?\n\
                 /as everyone\n/dance\n";
    let shown = world.run_with_input(&["up", "--demo", "--data-dir", "kept"], input).with_code(0);
    let own = shown.stdout.split("Now you.").nth(1).unwrap();
    let (first, second) = own.split_once("in #moderators ›").unwrap();
    assert!(first.contains("ASA or PETG, never PLA"), "{first}");
    assert!(second.contains("42,000 euros"), "{second}");
    assert!(second.contains("/dance is not a command here"), "{second}");
    assert_eq!(world.files(), ["kept"], "a named directory is kept");
    // The same directory serves `rtfm ask` afterwards.
    let answer = world.run(&["ask", "Which filament for the outdoor case?", "--data-dir", "kept"]).with_code(0);
    assert!(answer.stdout.contains("ASA or PETG"), "{answer:?}");
}

#[test]
fn it_can_be_interrupted_at_the_prompt() {
    let world = World::new();
    let mut command = world.command(&["up", "--demo"]);
    command.stdin(std::process::Stdio::piped());
    let mut running = Running::spawn(command);
    running.line_with("Now you.");
    running.interrupt();
    running.ended().with_code(0);
    assert_eq!(world.files(), Vec::<String>::new(), "nothing is left behind");
}
