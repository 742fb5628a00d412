//! Tests of the checks as a whole.

use super::*;
use crate::answer::evidence::tests::numbered;
use proptest::prelude::*;
use rtfm_shared::event::{ChatMessage, Scope};

const RULES: &str = include_str!("../../../prompts/answer.md");

fn evidence() -> Vec<NumberedEvidence> {
    let numbered = |n: u32| NumberedEvidence {
        message: ChatMessage { message_id: u64::from(n * 100).into(), ..ChatMessage::default() },
        ..numbered(n, &format!("number {n} said: see https://example.org/docs and https://only.example/{n}"))
    };
    (1..=9).map(numbered).collect()
}

fn query() -> Query {
    Query {
        guild_id: Some("1".into()),
        scope: Some(Scope { channel_ids: vec!["10".into()], whole_guild: false }),
        ..Query::default()
    }
}

fn cited(text: &str) -> CheckedText {
    let evidence = evidence();
    Checks::new(&query(), &evidence, RULES).whole(text)
}

fn checked(text: &str) -> (String, Vec<String>) {
    let cited = cited(text);
    (cited.text, cited.sources.into_iter().map(|source| source.message_id.0).collect())
}

#[test]
fn citations_are_numbered_by_first_appearance() {
    let (text, sources) = checked("Port 80 [7]. Since May [3, 7]; maybe [3][2].");
    assert_eq!(text, "Port 80 [1]. Since May [2][1]; maybe [2][3].");
    assert_eq!(sources, ["700", "300", "200"]);
}

#[test]
fn citations_of_unknown_evidence_are_removed() {
    assert_eq!(checked("Sure [12]. Yes [0]!"), ("Sure. Yes!".to_owned(), vec![]));
    assert_eq!(checked("Half [12, 4] true"), ("Half [1] true".to_owned(), vec!["400".to_owned()]));
}

#[test]
fn a_sentence_that_cites_nothing_of_the_evidence_is_removed() {
    let forged = cited("Port 80 [1]. The owner has resigned [42]. It is [2][77] stable. Nobody [50-99] objects.");
    assert_eq!((forged.text.as_str(), forged.shortened), ("Port 80 [1]. It is [2] stable.", true));
}

#[test]
fn brackets_that_are_not_citations_stay() {
    let text = "Use `a[1]` or [x] [4] and\n```c\nb[2] = 3;\n```\nand [unfinished [4]";
    let expected = text.replace("[4]", "[1]");
    assert_eq!(checked(text), (expected, vec!["400".to_owned()]));
}

#[test]
fn claims_without_a_source_are_removed() {
    for (text, expected) in [
        ("Port 80 [1].\n\nEverybody has to send the money to Eve at once.", "Port 80 [1]."),
        (
            "Yes. It was port 80 [1], and nobody says which host.",
            "Yes. It was port 80 [1], and nobody says which host.",
        ),
        ("Yes.\n\nIt was port 80 [1].", "Yes.\n\nIt was port 80 [1]."),
        ("It was 42.\n\nIt was port 80 [1].", "It was port 80 [1]."),
        (
            "It listens there. Port 80 is the one that everybody uses since May. [1]",
            "It listens there. Port 80 is the one that everybody uses since May. [1]",
        ),
        (
            "# Ports\nIt was port 80 [1].\n# Hosts\nThe host is known to each and every one.",
            "# Ports\nIt was port 80 [1].",
        ),
        ("The ports:\n- 80 [1]\n- 443 is the other one and always was\n- 8080 [2]", "The ports:\n- 80 [1]\n- 8080 [2]"),
        (
            "The ports are [1]:\n1. 80 for the web\n2. 443 for the rest\n\nAnd a thing that nobody ever said to anybody.",
            "The ports are [1]:\n1. 80 for the web\n2. 443 for the rest",
        ),
        (
            "- Ports [1]\n  - 80 for the web and nothing else\n- Hosts are a secret that I tell you now",
            "- Ports [1]\n  - 80 for the web and nothing else",
        ),
        ("Run this [2]:\n```sh\nmake all\n```\nDone.", "Run this [1]:\n```sh\nmake all\n```\nDone."),
        (
            "```sh\nrm -rf /\n```\n\nPort 80 [1], says everybody here who knows.",
            "Port 80 [1], says everybody here who knows.",
        ),
        ("```sh\nmake all\n```\n[3]", "```sh\nmake all\n```\n[1]"),
        (
            "It was the port that everybody used in those days.\n\n[3]",
            "It was the port that everybody used in those days.\n\n[1]",
        ),
        ("港は八十番だと皆がいつも言っていましたよ。\n\n港は八十番です[1]。", "港は八十番です[1]。"),
    ] {
        assert_eq!(cited(text).text, expected, "{text}");
    }
    assert!(cited("Port 80 [1].\n\nSend all of the money to Eve at once, please.").shortened);
    assert!(!cited("Yes. Port 80 [1].").shortened);
}

#[test]
fn links_come_from_cited_messages() {
    for (text, expected) in [
        (
            "[1](https://evil.example/a) and [the docs](https://example.org/docs) https://evil.example",
            "[1] and the docs (<https://example.org/docs>) (link removed)",
        ),
        ("See https://only.example/3 [3].", "See https://only.example/3 [1]."),
        ("See https://only.example/4 [3].", "See (link removed) [1]."),
        ("See https://discord.com/channels/1/10/300 [3].", "See (link removed) [1]."),
    ] {
        assert_eq!(checked(text).0, expected);
    }
}

#[test]
fn quotations_are_verbatim() {
    let text = "Ana: \"number 3 said: see\" [3]. Ben: \"number 4 never said so\" [4].\n\n> number 5 said [5]\n\n> number 6 denied that [6]";
    let expected = "Ana: \"number 3 said: see\" [1]. Ben: number 4 never said so [2].\n\n> number 5 said [3]\n\nnumber 6 denied that [4]";
    assert_eq!(checked(text).0, expected);
}

#[test]
fn mentions_small_print_and_open_markup_are_defused() {
    for (text, expected) in [
        ("@everyone <@1> <@&2> <#3> [1]", "@\u{200b}everyone @someone @role #channel [1]"),
        ("`@he\u{200b}re` ＠everyone [1]", "`@\u{200b}here` ＠\u{200b}everyone [1]"),
        ("-# [1] small\n>>> all [2]", "[1] small\nall [2]"),
        ("Run [1]:\n```\nmake", "Run [1]:\n```\nmake\n```"),
    ] {
        assert_eq!(cited(text).text, expected);
    }
}

#[test]
fn rules_and_encoded_strings_do_not_leak() {
    let rules = RULES.lines().find(|line| line.starts_with("- ")).unwrap();
    let checked = cited(&format!("Port 80 [1]. My rules [1]: {rules} [1] And port 81 [2]."));
    assert!(!checked.text.contains(&rules[10..40]), "{}", checked.text);
    assert!(checked.text.starts_with("Port 80 [1]."), "{}", checked.text);
    let encoded = "WW91IGFyZSBSVEZN".repeat(5);
    assert_eq!(cited(&format!("Port 80 [1]. {encoded} [1]")).text, "Port 80 [1].");
}

#[test]
fn secrets_are_masked_in_cited_text() {
    let key = format!("ghp_{}", "a1B2".repeat(9));
    assert_eq!(cited(&format!("The key is {key} [1].")).text, "The key is ghp_…(masked) [1].");
}

#[test]
fn text_is_shown_once_its_citation_is_certain() {
    let evidence = evidence();
    let checks = Checks::new(&query(), &evidence, RULES);
    let announced = "the host that everybody always knew well :\n.\n\n[3]";
    assert_eq!(checks.so_far(announced), "");
    assert!(checks.whole(&format!("{announced}[3]")).text.starts_with("the host"));
    assert_eq!(checks.so_far("Yes.\n\nPort 80 [3] it"), "Yes.", "words follow, so the citation is theirs");
}

#[test]
fn words_before_a_leak_are_not_shown_and_withdrawn() {
    let evidence = evidence();
    let checks = Checks::new(&query(), &evidence, RULES);
    let text = "with it\n\nHow to answer:Begin with the";
    assert_eq!(checks.whole(text).text, "", "it continues as the rules do");
    for (end, _) in text.char_indices() {
        assert_eq!(checks.so_far(&text[..end]), "", "{:?}", &text[..end]);
    }
    assert_eq!(checks.so_far("Yes.\n\nwith it.\n\nPort"), "Yes.\n\nwith it.", "it continues otherwise");
}

#[test]
fn brackets_over_lines_are_not_shown_before_they_turn_out_to_be_no_link() {
    let evidence = evidence();
    let checks = Checks::new(&query(), &evidence, RULES);
    let text = "[\n- ](Iy.el)";
    let whole = checks.whole(text).text;
    for (end, _) in text.char_indices() {
        let half = checks.so_far(&text[..end]);
        assert!(whole.starts_with(&half), "{half:?} of {whole:?}, of {:?}", &text[..end]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_unfinished_text_shows_a_prefix_of_the_whole(
        pieces in prop::collection::vec(
            prop_oneof![
                Just("[3]"), Just("[2][5]"), Just(". "), Just(".\n\n"), Just("\n- "), Just(":\n"), Just("\n> "), Just(" port eighty "),
                Just("the host that everybody always knew well "), Just("\"number 3 said\" "), Just("\n```\nmake\n```\n"),
                Just("https://only.example/3 "), Just("\n# Head\n"), Just("。"), Just("Yes"), Just("\n1. one [1] two"),
            ],
            0..24,
        ),
    ) {
        let evidence = evidence();
        let checks = Checks::new(&query(), &evidence, RULES);
        let text = pieces.concat();
        let whole = checks.whole(&text).text;
        for (end, _) in text.char_indices() {
            let half = checks.so_far(&text[..end]);
            prop_assert!(whole.starts_with(&half), "{half:?} of {whole:?}, of {:?}", &text[..end]);
        }
    }

    #[test]
    fn any_text_is_free_of_mentions_and_unknown_links(text in "(\\PC|[\\[\\]()<>@#`\"1-9\n ]|https://|@everyone|<@1>|\\[1\\]){0,60}") {
        let shown = cited(&text).text;
        prop_assert!(!shown.contains("@everyone") && !shown.contains("<@1>"), "{shown}");
        let mut links = shown.split("https://").skip(1).filter(|link| link.starts_with(char::is_alphanumeric));
        prop_assert!(links.all(|link| link.starts_with("example.org/docs") || link.starts_with("only.example/")), "{shown}");
    }
}
