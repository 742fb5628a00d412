//! The form and the limits of extractive answers.

use super::*;
use proptest::prelude::*;

fn message(n: u32, username: &str, content: &str) -> EvidenceItem {
    EvidenceItem {
        n,
        username: username.to_owned(),
        channel_name: Some("general".to_owned()),
        timestamp: "2026-11-02T23:59:00Z".parse().unwrap(),
        content: content.to_owned(),
    }
}

fn now() -> Timestamp {
    "2026-11-06T12:00:00Z".parse().unwrap()
}

/// Candidates with one conversation per message, best first.
fn apart(evidence: &[EvidenceItem]) -> Vec<QuoteCandidate<'_>> {
    let candidate =
        |(place, evidence)| QuoteCandidate { evidence, conversation: place, score: 1.0 / (place as f64 + 1.0) };
    evidence.iter().enumerate().map(candidate).collect()
}

fn extract(question: &str, evidence: &[EvidenceItem]) -> Extract {
    answer(question, &apart(evidence), now()).unwrap()
}

fn text(question: &str, evidence: &[EvidenceItem]) -> String {
    extract(question, evidence).text
}

#[test]
fn an_answer_has_headings_quotations_and_citations() {
    let mut direct = message(9, "cid", "It wants a token for the API since yesterday.\n\nAsk Ana for one.");
    direct.channel_name = None;
    let evidence = [
        message(3, "ben", "Where is the API endpoint now?"),
        message(4, "dan", "no idea"),
        message(5, "ana", "The API endpoint is https://api.example.com/v2."),
        direct,
    ];
    let candidates: Vec<QuoteCandidate<'_>> = evidence
        .iter()
        .zip([(0, 0.0), (0, 0.0), (0, 0.9), (1, 0.5)])
        .map(|(evidence, (conversation, score))| QuoteCandidate { evidence, conversation, score })
        .collect();
    let extract = answer("What is the API endpoint?", &candidates, now()).unwrap();
    let expected = "Quoted from the messages that fit best:\n\
                    \n\
                    In #general, 2 Nov 2026 (3 days ago):\n\
                    > ben: Where is the API endpoint now? [1]\n\
                    > ana: The API endpoint is https://api.example.com/v2. [2]\n\
                    \n\
                    2 Nov 2026 (3 days ago):\n\
                    > cid: It wants a token for the API since yesterday.\n\
                    >\n\
                    > Ask Ana for one. [3]";
    assert_eq!(extract.text, expected);
    assert_eq!(extract.cited, [3, 5, 9]);
}

#[test]
fn the_best_messages_come_first_without_repetition_and_noise() {
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
    assert_eq!(extract("where are backups stored", &evidence).cited, [2, 1]);
    let many: Vec<EvidenceItem> = (1..9).map(|n| message(n, "ana", &format!("Backup number {n}."))).collect();
    assert_eq!(extract("which backup", &many).cited, [1, 2, 3, 4]);
}

#[test]
fn without_a_shared_word_the_search_order_decides() {
    let evidence = [message(3, "ana", "Der Schlüssel liegt unter der Matte."), message(1, "ben", "Ja, genau dort.")];
    assert_eq!(extract("where is the key?", &evidence).cited, [3, 1]);
    let many: Vec<EvidenceItem> = (1..9).map(|n| message(n, "ana", &format!("Nummer {n}"))).collect();
    assert_eq!(extract("where is the key?", &many).cited, [1, 2, 3]);
}

#[test]
fn empty_messages_make_no_answer() {
    assert_eq!(answer("anything?", &[], now()), None);
    assert_eq!(answer("anything?", &apart(&[message(1, "ana", " \n ")]), now()), None);
}

#[test]
fn a_long_message_is_cut_at_the_end_of_a_sentence() {
    let content = "This is one sentence about the release, and it goes on for a while. ".repeat(20);
    let text = text("release?", &[message(1, "ana", &content)]);
    assert!(text.ends_with("goes on for a while. … [1]"), "{text}");
    assert!(utf16_len(&text) <= FIRST_CHARS + 100, "{text}");
}

#[test]
fn a_long_message_is_quoted_where_it_matches_the_question() {
    let filler = "Many things happened today that nobody needs to hear about. ".repeat(15);
    let content = format!("{filler}The password rotates every Monday. {filler}");
    let text = text("When does the password rotate?", &[message(1, "ana", &content)]);
    assert!(text.contains("> ana: … The password rotates every Monday."), "{text}");
}

#[test]
fn text_without_sentences_is_cut_between_words_or_characters() {
    let words = text("x", &[message(1, "ana", &"word ".repeat(300))]);
    assert!(words.ends_with("word … [1]"), "{words}");
    let blob = text("x", &[message(1, "ana", &"é".repeat(3000))]);
    assert!(blob.ends_with("é … [1]") && utf16_len(&blob) < 560, "{blob}");
}

#[test]
fn an_address_is_whole_or_omitted() {
    let long = format!("look {} https://a.example/{}", "word ".repeat(70), "x".repeat(200));
    let shown = text("word", &[message(1, "ana", &long)]);
    assert!(shown.ends_with("word … [1]") && !shown.contains("https"), "{shown}");
    let masked = format!("{} [some words to read](https://a.example)", "word ".repeat(78));
    let shown = text("word", &[message(1, "ana", &masked)]);
    assert!(!shown.contains("[some") && shown.ends_with("… [1]"), "{shown}");
    let only = format!("https://a.example/{}", "x".repeat(900));
    assert_eq!(
        answer("word", &apart(&[message(1, "ana", &only)]), now()).map(|one| one.text.contains("https")),
        Some(false)
    );
}

#[test]
fn code_is_whole_or_omitted() {
    let short = "Use this:\n```sh\n# comment\nmake  demo\n```\nDone.";
    let kept = text("how", &[message(1, "ana", short)]);
    assert!(kept.ends_with("> ana: Use this:\n> ```sh\n> # comment\n> make  demo\n> ```\n> Done. [1]"), "{kept}");
    let long = format!("Use this:\n```sh\n{}```\nThat is all.", "make demo\n".repeat(100));
    let dropped = text("how", &[message(1, "ana", &long)]);
    assert!(dropped.ends_with("> ana: Use this:\n> (code left out)\n> That is all. [1]"), "{dropped}");
    let alone = text("how", &[message(1, "ana", "```sh\nmake\n```")]);
    assert!(alone.ends_with("> ana:\n> ```sh\n> make\n> ```\n> [1]"), "{alone}");
    let open = text("how", &[message(1, "ana", "RetrievalPipeline: ```sh\nmake"), message(2, "ben", "No.")]);
    assert!(!open.contains("```"), "{open}");
}

#[test]
fn markup_cannot_break_out_of_a_quotation() {
    let evidence = [message(1, "__ana__ *x* some_name", "# Big\n> > quoted\n-# small\n>>> all [2] [[3]](x)")];
    let text = text("x", &evidence);
    assert!(text.contains("\n> \\_\\_ana\\_\\_ \\*x\\* some_name: Big\n"), "{text}");
    assert!(text.ends_with("> quoted\n> small\n> all [\u{200b}2] [\u{200b}[\u{200b}3]](x) [1]"), "{text}");
    let mut odd = message(1, "ana", "");
    odd.channel_name = Some("# a\n@everyone".to_owned());
    assert_eq!(group::heading(&odd, now()), "In # a@everyone, 2 Nov 2026 (3 days ago):");
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
    fn any_answer_is_short_quoted_and_deterministic(
        question in ".{0,80}",
        contents in proptest::collection::vec("(?s)([a-z]{1,9}[ .?!\n]|```|\\||`|> |# |.){0,120}", 0..8),
        conversations in proptest::collection::vec(0..3_usize, 8),
    ) {
        let mut conversations = conversations;
        conversations.sort_unstable();
        let evidence: Vec<EvidenceItem> = contents.iter().zip(1..).map(|(text, n)| message(n, "a_b", text)).collect();
        let candidates: Vec<QuoteCandidate<'_>> = evidence
            .iter()
            .zip(conversations)
            .map(|(evidence, conversation)| QuoteCandidate { evidence, conversation, score: f64::from(evidence.n % 3) })
            .collect();
        let extract = answer(&question, &candidates, now());
        prop_assert_eq!(&extract, &answer(&question, &candidates, now()));
        if let Some(Extract { text, cited }) = extract {
            prop_assert!(utf16_len(&text) + cited.len() * (SOURCE_CHARS - 6) <= MAX_CHARS, "{} characters", utf16_len(&text));
            prop_assert!((1..=2 * MAX_QUOTES).contains(&cited.len()));
            prop_assert_eq!(text.matches("```").count() % 2, 0);
            for line in text.split('\n').skip(1).filter(|line| !line.is_empty() && !line.starts_with('>')) {
                prop_assert_eq!(line, "In #general, 2 Nov 2026 (3 days ago):");
            }
        }
    }
}
