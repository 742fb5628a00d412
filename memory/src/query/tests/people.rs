//! Authors in questions, and follow-up questions.

use super::*;
use crate::query::people::PersonIdentity;
use rtfm_shared::event::{Speaker, Turn};

fn names(locale: &str, question: &str) -> Vec<String> {
    asked(locale, question).people.into_iter().map(|said| said.what.text).collect()
}

#[test]
fn authors_are_found_in_every_language() {
    for (locale, question, name) in [
        ("en", "what did ana say about the deploy?", "ana"),
        ("en", "What has Ana Maria written about the wiki?", "Ana Maria"),
        ("en", "according to ben, where is the wiki?", "ben"),
        ("en", "messages from ben about imports", "ben"),
        ("en", "which port ben mentioned", "ben"),
        ("de", "Was hat Ana über den Deploy gesagt?", "Ana"),
        ("de", "Was sagte Jürgen zum Deploy?", "Jürgen"),
        ("de", "Wo ist laut Ben das Wiki?", "Ben"),
        ("fr", "qu'a dit Zoé sur le déploiement ?", "Zoé"),
        ("fr", "que Zoé a écrit sur le wiki ?", "Zoé"),
        ("es", "¿qué dijo Íñigo sobre el despliegue?", "Íñigo"),
        ("pt", "o que a ana disse sobre o deploy?", "ana"),
        ("pt", "o que disse o João sobre o deploy?", "João"),
        ("it", "cosa ha detto Ana del deploy?", "Ana"),
        ("nl", "wat heeft Ana over de deploy gezegd?", "Ana"),
        ("nl", "wat zei Ben?", "Ben"),
        ("pl", "co Łukasz napisał o wdrożeniu?", "Łukasz"),
        ("pl", "co powiedziała Ania?", "Ania"),
        ("ru", "что сказала Аня о деплое?", "Аня"),
        ("ru", "что Аня писала?", "Аня"),
        ("ja", "田中さんは何と言った？", "田中"),
        ("ja", "anaさんがデプロイについて書いたことは？", "ana"),
    ] {
        assert!(names(locale, question).iter().any(|found| found == name), "{question}: {:?}", names(locale, question));
    }
}

#[test]
fn indefinite_pronouns_are_no_names() {
    for (locale, question) in [
        ("en", "did anybody say where the wiki is?"),
        ("en", "what did you say?"),
        ("en", "who said that?"),
        ("en", "has someone posted the link?"),
        ("de", "hat jemand etwas dazu gesagt?"),
        ("fr", "qu'a dit quelqu'un ?"),
        ("es", "¿qué dijo alguien?"),
        ("pt", "alguém disse algo?"),
        ("it", "ha detto qualcuno?"),
        ("nl", "heeft iemand iets gezegd?"),
        ("pl", "czy ktoś napisał?"),
        ("ru", "кто-нибудь писал?"),
        ("ja", "誰が言った？"),
        ("en", "what does `ana said` mean?"),
    ] {
        assert_eq!(names(locale, question), [] as [&str; 0], "{question}");
    }
}

#[test]
fn first_person_means_the_asker() {
    for (locale, question) in [
        ("en", "what did I say about the deploy?"),
        ("de", "was habe ich über den Deploy gesagt?"),
        ("fr", "qu'est-ce que j'ai dit ?"),
        ("es", "¿qué dije?"),
        ("pt", "o que eu disse?"),
        ("it", "cosa ho detto?"),
        ("nl", "wat heb ik gezegd?"),
        ("pl", "co napisałam?"),
        ("ru", "что я писал?"),
        ("ja", "私が言ったことは？"),
    ] {
        let people = asked(locale, question).people;
        assert!(matches!(&people[..], [one] if one.what.who == PersonIdentity::Asker), "{question}: {people:?}");
    }
}

#[test]
fn mentions_resolve_to_ids_in_every_form() {
    let raw = asked("en", "what did <@!7> say about the deploy?");
    assert_eq!((raw.people.len(), &raw.people[0].what.who), (1, &PersonIdentity::Known("7".into())));
    assert_eq!(raw.without(&raw.people[0].parts), "what about the deploy?");
    let mention = Mention { shown: "@Ana Maria".to_owned(), user_id: Some("7".into()), ..Mention::default() };
    let named = Query { mentions: vec![mention], ..query("de", "was hat @Ana Maria über den Deploy gesagt?") };
    let named = read(&named);
    assert_eq!((named.people.len(), &named.people[0].what.who), (1, &PersonIdentity::Known("7".into())));
    assert_eq!(named.without(&named.people[0].parts), "was über den Deploy ?");
    assert_eq!(asked("en", "the deploy notes by <@7>").people.len(), 1);
    for about in ["what do we know about <@7>?", "who is <@7>?"] {
        assert_eq!(asked("en", about).people, [], "{about}");
    }
}

#[test]
fn follow_ups_include_the_previous_question() {
    let history =
        vec![Turn::new(Speaker::User, "how do we deploy the wiki?"), Turn::new(Speaker::Model, "With the script.")];
    let before = |locale: &str, question: &str| {
        let found = read(&Query { history: history.clone(), ..query(locale, question) });
        found.previous.map(|previous| previous.question)
    };
    for (locale, question) in [
        ("en", "and why?"),
        ("en", "what about Windows?"),
        ("en", "who wrote it for Windows users?"),
        ("en", "Windows?"),
        ("de", "und warum?"),
        ("de", "wer hat das geschrieben?"),
        ("fr", "et pourquoi ?"),
        ("es", "¿y por qué?"),
        ("pt", "e por quê?"),
        ("it", "e perché?"),
        ("nl", "en waarom?"),
        ("pl", "a dlaczego?"),
        ("ru", "а почему?"),
        ("ja", "それはなぜ？"),
        ("tr", "neden?"),
    ] {
        assert_eq!(before(locale, question).as_deref(), Some("how do we deploy the wiki?"), "{question}");
    }
    for (locale, question) in [
        ("en", "where is the crane endpoint documented?"),
        ("de", "Wo steht die Adresse des Kranservers?"),
        ("fr", "où se trouve la documentation du serveur ?"),
        ("es", "¿dónde está la documentación del servidor?"),
        ("pt", "é possível instalar o servidor no portátil?"),
        ("pl", "gdzie jest dokumentacja serwera?"),
        ("ru", "где находится документация сервера?"),
    ] {
        assert_eq!(before(locale, question), None, "{question}");
    }
    assert_eq!(asked("en", "and why?").previous, None, "there is no previous question");
}

#[test]
fn a_chain_of_follow_ups_ends_at_a_standalone_question() {
    let user = |content: &str| Turn::new(Speaker::User, content);
    let history = vec![
        user("what is the lunch menu today in the canteen?"),
        user("how do we deploy the wiki?"),
        user("and on Windows?"),
    ];
    let chained = read(&Query { history, ..query("en", "why?") });
    let chain: Vec<&str> = chained.chain().map(|one| one.question.as_str()).collect();
    assert_eq!(chain, ["why?", "and on Windows?", "how do we deploy the wiki?"]);
}

#[test]
fn a_bare_name_is_an_author_after_a_question_about_an_author() {
    let instead = |before: &str, locale: &str, question: &str| {
        let history = vec![Turn::new(Speaker::User, before)];
        let found = read(&Query { history, ..query(locale, question) });
        found.bare_name.map(|said| (said.what.who, found.question[said.parts[0].clone()].to_owned()))
    };
    let of_ana = "what did ana say about the pump last week?";
    for (locale, question, name) in [
        ("en", "and ben?", "ben"),
        ("en", "what about Ana Maria?", "Ana Maria"),
        ("en", "and ben yesterday?", "ben"),
        ("en", "and ben about the boiler?", "ben"),
        ("en", "ben?", "ben"),
        ("de", "und Jürgen?", "Jürgen"),
        ("fr", "et Zoé ?", "Zoé"),
        ("es", "¿y Íñigo?", "Íñigo"),
        ("pl", "a Łukasz?", "Łukasz"),
        ("ru", "а Аня?", "Аня"),
        ("ja", "では、田中は？", "田中"),
    ] {
        let expected = Some((PersonIdentity::Named(name.to_owned()), name.to_owned()));
        assert_eq!(instead(of_ana, locale, question), expected, "{question}");
    }
    assert_eq!(instead(of_ana, "en", "what about <@7>?").unwrap().0, PersonIdentity::Known("7".into()));
    for question in ["and about ben?", "and why?", "and yesterday?", "and it?", "and kafka qdrant redis sqlite?"] {
        assert_eq!(instead(of_ana, "en", question), None, "{question}");
    }
    assert_eq!(instead("where is the wiki?", "en", "and ben?"), None, "the previous question names no author");
}

#[test]
fn the_previous_question_keeps_its_own_time_and_asker() {
    let turn = Turn {
        user_id: Some("8".into()),
        timestamp: Some("2026-11-21T12:00:00Z".parse().unwrap()),
        ..Turn::new(Speaker::User, "what did I say about the pump yesterday?")
    };
    let before = |turn: Turn| {
        let found = read(&Query { history: vec![turn], user_id: "9".into(), ..query("en", "and the boiler?") });
        let before = found.previous.unwrap();
        let who = before.people.into_iter().map(|said| (said.what.who, said.what.text)).collect::<Vec<_>>();
        (who, before.period.unwrap().0.words(&TimeZone::UTC))
    };
    let known = (PersonIdentity::Known("8".into()), "<@8>".to_owned());
    assert_eq!(before(turn.clone()), (vec![known], "of 2026-11-20".to_owned()));
    let asker = vec![(PersonIdentity::Asker, "you".to_owned())];
    let own = Turn { user_id: Some("9".into()), ..turn.clone() };
    assert_eq!(before(own).0, asker);
    // A turn without asker and time counts as the asker's own, a moment ago.
    assert_eq!(before(Turn::new(Speaker::User, turn.content)), (asker, "of 2026-11-27".to_owned()));
}

/// Whether each reference to a person is certain.
fn certainties(locale: &str, question: &str) -> Vec<bool> {
    let understood = asked(locale, question);
    let known = ["ana", "Ana", "Аня", "田中", "Melanie", "Caroline", "<@7>"];
    let people = understood.people.into_iter().map(|said| said.what);
    let certain = people.filter(|person| known.contains(&person.text.as_str())).map(|person| person.certain);
    certain.collect()
}

#[test]
fn questions_about_messages_name_certain_authors_in_every_language() {
    for (locale, question) in [
        ("en", "what did ana say about the deploy?"),
        ("en", "messages from ana since Monday about imports"),
        ("en", "what did <@7> write last week?"),
        ("de", "Was hat Ana letzte Woche über den Deploy geschrieben?"),
        ("fr", "qu'a dit Ana sur le déploiement ?"),
        ("es", "¿qué dijo Ana sobre el despliegue?"),
        ("pt", "o que a ana disse sobre o deploy?"),
        ("it", "cosa ha detto Ana del deploy?"),
        ("nl", "wat heeft Ana over de deploy gezegd?"),
        ("pl", "co powiedziała Ana o wdrożeniu?"),
        ("ru", "что сказала Аня о деплое?"),
        ("ja", "田中さんがデプロイについて書いたことは？"),
    ] {
        assert_eq!(certainties(locale, question), [true], "{question}");
    }
}

#[test]
fn questions_about_deeds_and_feelings_name_no_certain_author() {
    for (question, people) in [
        ("What did Caroline do in July 2023?", 0),
        ("When did Melanie go camping in June?", 0),
        ("How did Caroline feel after Melanie's accident in May?", 0),
        ("What did Melanie decide last summer?", 1),
        ("What did Caroline promise Melanie in May?", 1),
        ("which key did the deploy need last week?", 0),
        ("Was hat Ana im Mai empfohlen?", 1),
        ("the deploy notes by <@7>", 1),
    ] {
        let locale = if question.starts_with("Was") { "de" } else { "en" };
        assert_eq!(certainties(locale, question), vec![false; people], "{question}");
        assert!(!asked(locale, question).dates_messages, "{question}");
    }
}
