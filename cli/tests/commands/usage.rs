//! Wrong usage, and help.

use crate::support::World;

#[test]
fn help_names_every_command() {
    let help = World::new().run(&["--help"]).with_code(0);
    for command in ["up", "import", "reindex", "ask", "search", "eval", "topics", "dlq", "status", "doctor", "health"] {
        assert!(help.stdout.lines().any(|line| line.trim_start().starts_with(command)), "{command}: {}", help.stdout);
    }
    assert_eq!(help.stderr, "");
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let world = World::new();
    for arguments in [
        &["fly"][..],
        &[],
        &["import"],
        &["ask"],
        &["ask", ""],
        &["search"],
        &["eval"],
        &["topics", "bend"],
        &["ask", "x", "--colour"],
    ] {
        let ended = world.run(arguments).with_code(2);
        assert_eq!(ended.stdout, "", "{arguments:?}");
        assert!(!ended.stderr.is_empty(), "{arguments:?}");
    }
    assert_eq!(world.files(), Vec::<String>::new(), "nothing was created");
}

#[test]
fn a_wrong_setting_ends_with_2_and_names_it() {
    let world = World::new();
    for (variable, value) in
        [("KAFKA_BOOTSTRAP_SERVERS", "kafka"), ("HTTP_ADDR", "everywhere"), ("DISCORD_TOKEN", "none")]
    {
        let mut command = world.command(&["up"]);
        command.env(variable, value);
        let ended = crate::support::Running::spawn(command).ended().with_code(2);
        assert!(ended.stderr.starts_with(&format!("rtfm: {variable} ")), "{ended:?}");
        assert!(!ended.stderr.contains("backtrace"), "{ended:?}");
    }
}

#[test]
fn an_impossible_data_directory_is_named() {
    let world = World::new();
    world.write("occupied", "a file");
    let ended = world.run(&["topics", "list", "--data-dir", "occupied/data"]).with_code(2);
    assert!(ended.stderr.contains("occupied/data") && ended.stderr.contains("--data-dir"), "{ended:?}");
}

#[test]
fn settings_from_a_dotenv_file_apply() {
    let world = World::new();
    world.write(".env", "RTFM_DATA_DIR=elsewhere\n");
    world.run(&["topics", "create"]).with_code(0);
    assert!(world.files().contains(&"elsewhere".to_owned()), "{:?}", world.files());
}

#[test]
fn a_dotenv_file_of_a_parent_directory_is_not_read() {
    let world = World::new();
    world.write(".env", "RTFM_DATA_DIR=elsewhere\n");
    std::fs::create_dir(world.path("inside")).unwrap();
    let mut command = world.command(&["topics", "create"]);
    command.current_dir(world.path("inside"));
    crate::support::Running::spawn(command).ended().with_code(0);
    assert!(world.path("inside/data").exists() && !world.path("inside/elsewhere").exists(), "{:?}", world.files());
}

#[cfg(unix)]
#[test]
fn a_dotenv_file_of_another_user_is_refused() {
    let world = World::new();
    let file = world.write(".env", "RTFM_DATA_DIR=elsewhere\n");
    if std::os::unix::fs::chown(&file, Some(54_321), None).is_err() {
        return println!("a .env file of another user: left out (only root can make one)");
    }
    for arguments in [&["topics", "create"][..], &["doctor"]] {
        let ended = world.run(arguments);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(ended.code != Some(0) && said.contains(".env belongs to the user with id 54321"), "{ended:?}");
        assert!(!world.path("elsewhere").exists());
    }
}

#[test]
fn a_malformed_line_of_a_dotenv_file_is_named_and_not_shown() {
    let world = World::new();
    for (text, line) in [("# keys\n\nGEMINI_API_KEY sesame\n", 3), ("LOG_LEVEL=info\nGEMINI_API_KEY=\"sesame\n", 2)] {
        world.write(".env", text);
        let ended = world.run(&["topics", "list"]).with_code(2);
        assert!(ended.stderr.contains(&format!(".env has a malformed line {line}")), "{ended:?}");
        assert!(!ended.stderr.contains("sesame"), "{ended:?}");
    }
}

#[test]
fn a_url_without_encryption_to_another_machine_is_warned_of_once() {
    let world = World::new();
    let warned = |qdrant: &str, gemini: &str| {
        let mut command = world.command(&["doctor"]);
        command.env("QDRANT_URL", qdrant).env("GEMINI_BASE_URL", gemini).env("GEMINI_API_KEY", "sesame");
        let ended = crate::support::Running::spawn(command).ended();
        let of = |variable: &str| ended.stderr.matches(&format!("{variable} begins with http://")).count();
        assert!(!ended.stderr.contains("secret"), "{ended:?}");
        (of("QDRANT_URL"), of("GEMINI_BASE_URL"))
    };
    assert_eq!(warned("http://ana:secret@qdrant.invalid:6334", "http://gemini.invalid/v1beta"), (1, 1));
    assert_eq!(warned("http://127.0.0.1:1", "https://gemini.invalid/v1beta"), (0, 0));
}

#[test]
fn an_unavailable_broker_is_named_in_one_line() {
    let world = World::new();
    world.write("general.json", "{}");
    // A port without a listener: it was free a moment ago.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    for arguments in
        [&["ask", "Who?"][..], &["import", "general.json"], &["topics", "list"], &["topics", "create", "--tries", "1"]]
    {
        let mut command = world.command(arguments);
        command.env("KAFKA_BOOTSTRAP_SERVERS", &closed);
        let ended = crate::support::Running::spawn(command).ended().with_code(1);
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
        assert!(ended.stderr.starts_with(&format!("rtfm: Kafka at {closed} cannot be reached")), "{ended:?}");
    }
}
