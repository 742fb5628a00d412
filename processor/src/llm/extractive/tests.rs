//! What an extractive answer looks like, and what it never does.

use super::*;
use proptest::prelude::*;

fn message(n: u32, username: &str, content: &str) -> Evidence {
    Evidence {
        n,
        username: username.to_owned(),
        channel_name: Some("general".to_owned()),
        timestamp: "2026-11-02T23:59:00Z".parse().unwrap(),
        content: content.to_owned(),
    }
}

fn text(question: &str, evidence: &[Evidence]) -> String {
    answer(question, evidence).unwrap().text
}

#[test]
fn an_answer_reads_like_this() {
    let mut direct = message(4, "ben", "It wants a token for the API since yesterday.\n\nAsk Ana for one.");
    direct.channel_name = None;
    let evidence = [message(1, "ana", "The API endpoint is https://api.example.com/v2."), direct];
    let extract = answer("What is the API endpoint?", &evidence).unwrap();
    let expected = "ana in #general, 2 Nov 2026 [1]\n\
                    > The API endpoint is https://api.example.com/v2.\n\
                    \n\
                    ben, 2 Nov 2026 [4]\n\
                    > It wants a token for the API since yesterday.\n\
                    >\n\
                    > Ask Ana for one.";
    assert_eq!(extract.text, expected);
    assert_eq!(extract.cited, [1, 4]);
}

#[test]
fn the_best_come_first_repetition_and_noise_do_not_come_at_all() {
    let evidence = [
        message(1, "zoe", "Where are the backups stored?"),
        message(2, "ana", "The backups are stored in the blue bucket."),
        message(3, "ben", "the backups  are stored in the blue bucket."),
        message(4, "cid", "   "),
        message(5, "dan", "lol"),
        message(6, "eve", "lol again"),
        message(7, "fay", "I had soup."),
        message(8, "gus", "We also had soup."),
        message(9, "hal", "Nothing to add."),
        message(10, "ida", "Me neither."),
    ];
    assert_eq!(answer("where are backups stored", &evidence).unwrap().cited, [2, 1]);
    let many: Vec<Evidence> = (1..9).map(|n| message(n, "ana", &format!("Backup number {n}."))).collect();
    assert_eq!(answer("which backup", &many).unwrap().cited, [1, 2, 3, 4, 5]);
}

#[test]
fn evidence_without_a_common_word_is_trusted_in_its_order() {
    let evidence = [message(3, "ana", "Der Schlüssel liegt unter der Matte."), message(1, "ben", "Ja, genau dort.")];
    assert_eq!(answer("where is the key?", &evidence).unwrap().cited, [3, 1]);
    let many: Vec<Evidence> = (1..9).map(|n| message(n, "ana", &format!("Nummer {n}"))).collect();
    assert_eq!(answer("where is the key?", &many).unwrap().cited, [1, 2, 3]);
}

#[test]
fn nothing_said_is_no_answer() {
    assert_eq!(answer("anything?", &[]), None);
    assert_eq!(answer("anything?", &[message(1, "ana", " \n ")]), None);
}

#[test]
fn a_long_message_is_cut_at_the_end_of_a_sentence() {
    let content = "This is one sentence about the release, and it goes on for a while. ".repeat(20);
    let text = text("release?", &[message(1, "ana", &content)]);
    assert!(text.ends_with("goes on for a while. …"), "{text}");
    assert!(length(&text) <= FIRST + 60, "{text}");
}

#[test]
fn a_long_message_is_quoted_where_it_speaks_of_the_question() {
    let filler = "Many things happened today that nobody needs to hear about. ".repeat(15);
    let content = format!("{filler}The password rotates every Monday. {filler}");
    let text = text("When does the password rotate?", &[message(1, "ana", &content)]);
    assert!(text.contains("> … The password rotates every Monday."), "{text}");
}

#[test]
fn a_text_without_sentences_is_cut_between_words_and_one_without_words_anywhere() {
    let words = text("x", &[message(1, "ana", &"word ".repeat(300))]);
    assert!(words.ends_with("word …"), "{words}");
    let blob = text("x", &[message(1, "ana", &"é".repeat(3000))]);
    assert!(blob.ends_with("é …") && length(&blob) < 700, "{blob}");
}

#[test]
fn code_is_whole_or_left_out() {
    let short = "Use this:\n```sh\n# comment\nmake  demo\n```\nDone.";
    let kept = text("how", &[message(1, "ana", short)]);
    assert!(kept.ends_with("> Use this:\n> ```sh\n> # comment\n> make  demo\n> ```\n> Done."), "{kept}");
    let long = format!("Use this:\n```sh\n{}```\nThat is all.", "make demo\n".repeat(100));
    let dropped = text("how", &[message(1, "ana", &long)]);
    assert!(dropped.ends_with("> Use this:\n> (code left out)\n> That is all."), "{dropped}");
    let cut =
        format!("Use this:\n```sh\nmake demo\n```\n{}", "It takes a while: longer than one would think. ".repeat(20));
    let cut = text("how", &[message(1, "ana", &cut), message(2, "ben", "No.")]);
    assert!(cut.contains("> ```\n> It takes a while: longer than one would think. It"), "{cut}");
    let cut = format!("```sh\n{}```\n{}", "make demo\n".repeat(45), "word ".repeat(40));
    let cut = text("how", &[message(1, "ana", &cut)]);
    assert!(cut.ends_with("> make demo\n> ```\n> …"), "{cut}");
    let open = text("how", &[message(1, "ana", "Look: ```sh\nmake"), message(2, "ben", "No.")]);
    assert!(!open.contains("```"), "{open}");
}

#[test]
fn markup_cannot_break_out_of_a_quotation() {
    let evidence = [message(1, "__ana__ *x* some_name", "# Big\n> > quoted\n-# small\n>>> all")];
    let text = text("x", &evidence);
    assert!(text.starts_with("\\_\\_ana\\_\\_ \\*x\\* some_name in #general"), "{text}");
    assert!(text.ends_with("> Big\n> quoted\n> small\n> all"), "{text}");
    let heading = heading(&message(1, "# a\n@everyone", ""));
    assert_eq!(heading, "\\# a@everyone in #general, 2 Nov 2026 [1]\n");
}

#[test]
fn a_spoiler_that_is_cut_stays_hidden() {
    let content = format!("The ending: ||{}||", "he did it. ".repeat(100));
    let text = text("ending", &[message(1, "ana", &content)]);
    assert_eq!(text.matches("||").count(), 2, "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn it_is_always_short_quoted_and_deterministic(
        question in ".{0,80}",
        contents in proptest::collection::vec("(?s)([a-z]{1,9}[ .?!\n]|```|\\||`|> |# |.){0,120}", 0..8),
    ) {
        let evidence: Vec<Evidence> = contents.iter().zip(1..).map(|(text, n)| message(n, "a_b", text)).collect();
        let extract = answer(&question, &evidence);
        prop_assert_eq!(&extract, &answer(&question, &evidence));
        if let Some(Extract { text, cited }) = extract {
            prop_assert!(length(&text) <= TOTAL, "{} characters", length(&text));
            prop_assert!((1..=QUOTES).contains(&cited.len()));
            prop_assert_eq!(text.matches("```").count() % 2, 0);
            for line in text.split('\n').filter(|line| !line.is_empty() && !line.starts_with('>')) {
                prop_assert!(line.starts_with("a_b in #general, 2 Nov 2026 ["), "{line:?}");
            }
        }
    }
}
