//! Phrases about time, and words that only resemble one.

use super::*;

/// The period of a question in words, and the question without it.
fn found(locale: &str, question: &str) -> (String, String) {
    let understood = asked(locale, question);
    match &understood.period {
        Some((period, places)) => (period.words(&TimeZone::UTC), understood.without(places)),
        None => (String::new(), understood.question),
    }
}

fn table(rows: &[(&str, &str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(locale, question, expected)| {
            let (period, _) = found(locale, question);
            (period != *expected).then(|| format!("{locale} {question:?}: {period:?}, not {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const YESTERDAY: &str = "of 2026-11-27";
const LAST_WEEK: &str = "from 2026-11-16 to 2026-11-22";
const SINCE_MONDAY: &str = "since 2026-11-23";
const MARCH: &str = "from 2026-03-01 to 2026-03-31";
const OF_2024: &str = "from 2024-01-01 to 2024-12-31";
const DAYS_3_AGO: &str = "of 2026-11-25";
const LAST_3_DAYS: &str = "since 2026-11-25";
const MARCH_3: &str = "since 2026-03-03";

#[test]
fn the_same_times_are_understood_in_every_language() {
    table(&[
        ("en", "what did ana say yesterday about the deploy?", YESTERDAY),
        ("en", "what happened last week", LAST_WEEK),
        ("en", "anything new since Monday?", SINCE_MONDAY),
        ("en", "what was decided in March?", MARCH),
        ("en", "which release did we ship in 2024?", OF_2024),
        ("en", "what broke 3 days ago?", DAYS_3_AGO),
        ("en", "errors in the last 3 days", LAST_3_DAYS),
        ("en", "news since 3 March", MARCH_3),
        ("de", "Was hat Ana gestern über den Deploy gesagt?", YESTERDAY),
        ("de", "Was ist letzte Woche passiert?", LAST_WEEK),
        ("de", "Gibt es seit Montag etwas Neues?", SINCE_MONDAY),
        ("de", "Was wurde im März beschlossen?", MARCH),
        ("de", "Was haben wir im Jahr 2024 veröffentlicht?", OF_2024),
        ("de", "Was ging vor 3 Tagen kaputt?", DAYS_3_AGO),
        ("de", "Fehler in den letzten drei Tagen", LAST_3_DAYS),
        ("de", "Neues seit dem 3. März", MARCH_3),
        ("fr", "qu'a dit ana hier ?", YESTERDAY),
        ("fr", "que s'est-il passé la semaine dernière ?", LAST_WEEK),
        ("fr", "quoi de neuf depuis lundi ?", SINCE_MONDAY),
        ("fr", "qu'est-ce qui a été décidé en mars ?", MARCH),
        ("fr", "qu'avons-nous publié en 2024 ?", OF_2024),
        ("fr", "qui a cassé le serveur il y a trois jours ?", DAYS_3_AGO),
        ("fr", "les erreurs des 3 derniers jours, ces 3 derniers jours", LAST_3_DAYS),
        ("fr", "quoi de neuf depuis le 3 mars ?", MARCH_3),
        ("es-ES", "¿qué dijo ana ayer?", YESTERDAY),
        ("es-ES", "¿qué pasó la semana pasada?", LAST_WEEK),
        ("es-ES", "¿hay algo nuevo desde el lunes?", SINCE_MONDAY),
        ("es-ES", "¿qué se decidió en marzo?", MARCH),
        ("es-ES", "¿qué publicamos en 2024?", OF_2024),
        ("es-ES", "¿qué se rompió hace tres días?", DAYS_3_AGO),
        ("es-ES", "errores en los últimos 3 días", LAST_3_DAYS),
        ("es-ES", "novedades desde el 3 de marzo", MARCH_3),
        ("pt-BR", "o que a ana disse ontem?", YESTERDAY),
        ("pt-BR", "o que aconteceu na semana passada?", LAST_WEEK),
        ("pt-BR", "alguma novidade desde segunda-feira?", SINCE_MONDAY),
        ("pt-BR", "o que foi decidido em março?", MARCH),
        ("pt-BR", "o que lançamos em 2024?", OF_2024),
        ("pt-BR", "o que quebrou há 3 dias?", DAYS_3_AGO),
        ("pt-BR", "erros nos últimos três dias", LAST_3_DAYS),
        ("pt-BR", "novidades desde 3 de março", MARCH_3),
        ("it", "cosa ha detto ana ieri?", YESTERDAY),
        ("it", "cosa è successo la settimana scorsa?", LAST_WEEK),
        ("it", "ci sono novità da lunedì?", SINCE_MONDAY),
        ("it", "cosa è stato deciso a marzo?", MARCH),
        ("it", "cosa abbiamo pubblicato nel 2024?", OF_2024),
        ("it", "cosa si è rotto tre giorni fa?", DAYS_3_AGO),
        ("it", "errori negli ultimi 3 giorni", LAST_3_DAYS),
        ("it", "novità dal 3 marzo", MARCH_3),
        ("nl", "wat zei ana gisteren?", YESTERDAY),
        ("nl", "wat is er vorige week gebeurd?", LAST_WEEK),
        ("nl", "is er iets nieuws sinds maandag?", SINCE_MONDAY),
        ("nl", "wat is er in maart besloten?", MARCH),
        ("nl", "wat hebben we in 2024 uitgebracht?", OF_2024),
        ("nl", "wat ging er drie dagen geleden stuk?", DAYS_3_AGO),
        ("nl", "fouten in de afgelopen 3 dagen", LAST_3_DAYS),
        ("nl", "nieuws sinds 3 maart", MARCH_3),
        ("pl", "co ana mówiła wczoraj?", YESTERDAY),
        ("pl", "co się działo w zeszłym tygodniu?", LAST_WEEK),
        ("pl", "czy jest coś nowego od poniedziałku?", SINCE_MONDAY),
        ("pl", "co ustalono w marcu?", MARCH),
        ("pl", "co wydaliśmy w 2024?", OF_2024),
        ("pl", "co się zepsuło trzy dni temu?", DAYS_3_AGO),
        ("pl", "błędy w ciągu ostatnich 3 dni", LAST_3_DAYS),
        ("pl", "nowości od 3 marca", MARCH_3),
        ("ru", "что ana говорила вчера?", YESTERDAY),
        ("ru", "что было на прошлой неделе?", LAST_WEEK),
        ("ru", "что нового с понедельника?", SINCE_MONDAY),
        ("ru", "что решили в марте?", MARCH),
        ("ru", "что мы выпустили в 2024?", OF_2024),
        ("ru", "что сломалось три дня назад?", DAYS_3_AGO),
        ("ru", "ошибки за последние 3 дня", LAST_3_DAYS),
        ("ru", "новости с 3 марта", MARCH_3),
        ("ja", "昨日anaさんは何と言った？", YESTERDAY),
        ("ja", "先週何があった？", LAST_WEEK),
        ("ja", "月曜日から何か新しいことは？", SINCE_MONDAY),
        ("ja", "3月に何が決まった？", MARCH),
        ("ja", "2024年に何があった？", OF_2024),
        ("ja", "3日前に何が起きた？", DAYS_3_AGO),
        ("ja", "過去3日のエラー", LAST_3_DAYS),
        ("ja", "3月3日から何があった？", MARCH_3),
    ]);
}

#[test]
fn the_locale_decides_date_order_and_first_weekday() {
    table(&[
        ("en-US", "what happened last week?", "from 2026-11-15 to 2026-11-21"),
        ("en-GB", "what happened last week?", LAST_WEEK),
        ("en-US", "news since 03/04/2026", "since 2026-03-04"),
        ("en-GB", "news since 03/04/2026", "since 2026-04-03"),
        ("de", "Neues seit 03/04/2026", "since 2026-04-03"),
        ("en-US", "news since 25/12/2025", "since 2025-12-25"),
        ("de", "Neues seit dem 3.3.2026", MARCH_3),
        ("fr", "quoi de neuf depuis 2026-03-03 ?", MARCH_3),
        // Every locale understands all languages.
        ("de", "what happened last week?", LAST_WEEK),
        ("ja", "Was ist letzte Woche passiert?", LAST_WEEK),
        ("", "what was said yesterday?", YESTERDAY),
    ]);
    let now = "2026-11-28T02:00:00Z".parse().unwrap();
    let zone = TimeZone::get("America/Los_Angeles").unwrap();
    let there = understand(&query("en-US", "what was said yesterday?"), AskingContext { now, zone: &zone });
    assert_eq!(
        there.period.unwrap().0.since,
        Some("2026-11-26T08:00:00Z".parse().unwrap()),
        "it is still the 27th there"
    );
}

#[test]
fn every_form_of_a_time_is_understood() {
    table(&[
        ("en", "what happened today?", "of 2026-11-28"),
        ("en", "what was posted this week?", "from 2026-11-23 to 2026-11-29"),
        ("en", "what happened last month?", "from 2026-10-01 to 2026-10-31"),
        ("en", "what happened last year?", "from 2025-01-01 to 2025-12-31"),
        ("en", "what did we decide before Friday?", "before 2026-11-27"),
        ("en", "what was discussed between May and July?", "from 2026-05-01 to 2026-07-31"),
        ("en", "what was discussed between November and February?", "from 2025-11-01 to 2026-02-28"),
        ("en", "what did ana write on March 3rd, 2025?", "of 2025-03-03"),
        ("en", "what did ana write on Monday?", "of 2026-11-23"),
        ("en", "what changed since 3 March 2025 about imports?", "since 2025-03-03"),
        ("en", "when did ana say that the server would move last March?", MARCH),
        ("en", "what was said in December?", "from 2025-12-01 to 2025-12-31"),
        ("en", "what was said in November?", "from 2026-11-01 to 2026-11-30"),
        ("en", "a summary of the past two weeks", "since 2026-11-14"),
        ("en", "what happened in the last week?", "since 2026-11-21"),
        ("en", "who joined a month ago?", "from 2026-10-01 to 2026-10-31"),
        ("en", "what was said since last Tuesday?", "since 2026-11-24"),
        ("en", "anything in the last 2 hours?", "since 2026-11-28 10:00"),
        ("en", "since Monday, until yesterday, what broke?", "from 2026-11-23 to 2026-11-27"),
        ("en", "what was said after 2026-03-01?", "since 2026-03-02"),
        ("en", "what was asked in January 2025?", "from 2025-01-01 to 2025-01-31"),
    ]);
}

#[test]
fn words_that_resemble_a_time_name_no_period() {
    table(&[
        ("en", "may I deploy on my own?", ""),
        ("en", "how do we march forward?", ""),
        ("en", "where is today's build?", ""),
        ("en", "what came of last week's meeting?", ""),
        ("en", "when do we meet tonight at 8?", ""),
        ("en", "what is planned for next week?", ""),
        ("en", "what will happen in March?", ""),
        ("en", "is the office open on Monday?", ""),
        ("en", "is it out on Mondays?", ""),
        ("en", "what does `last week` return?", ""),
        ("en", "what did he mean by \"since Monday\"?", ""),
        ("en", "how long is the last week of the sprint?", ""),
        ("en", "where is 10.0.0.1 from?", ""),
        ("en", "what changed in 1.2.2026.4?", ""),
        ("en", "what is in 8080?", ""),
        ("en", "what is the roadmap in 2031?", ""),
        ("en", "who is the last man standing, week after week?", ""),
        ("en", "since when do we use Kafka?", ""),
        ("en", "what are the last 5 messages?", ""),
        ("en", "how many days are in a year?", ""),
        ("en", "what is the second rule?", ""),
        ("en", "the deploy of 2026-03-01", ""),
        ("de", "Was ist morgen geplant?", ""),
        ("de", "Wo ist die Woche der Doku?", ""),
        ("de", "Ist am Montag jemand da?", ""),
        ("de", "Was passiert vor dem Deploy?", ""),
        ("fr", "où est la planète mars ?", ""),
        ("fr", "c'est sept ou huit ?", ""),
        ("fr", "qui vient lundi prochain ?", ""),
        ("es", "¿cuándo es la próxima semana de pruebas?", ""),
        ("es", "¿quién va en marzo?", ""),
        ("pt", "o que deu na segunda tentativa?", ""),
        ("it", "perché non funziona mai?", ""),
        ("it", "sei sicuro di questo?", ""),
        ("nl", "mag ik voor de deploy mergen?", ""),
        ("pl", "co będzie w poniedziałek?", ""),
        ("pl", "co jest do zrobienia?", ""),
        ("ru", "что будет в понедельник?", ""),
        ("ru", "как войти в систему?", ""),
        ("ja", "日本語の設定はどこ？", ""),
        ("ja", "来週の予定は？", ""),
        ("ja", "火曜会のリンクは？", ""),
        ("zh", "上周发生了什么", ""),
    ]);
}

#[test]
fn the_words_of_a_time_leave_the_question() {
    for (locale, question, left) in [
        ("en", "what broke the build last week?", "what broke the build ?"),
        ("en", "since Monday, until yesterday, what broke?", ", , what broke?"),
        ("de", "Was wurde seit dem 3. März über Kafka gesagt?", "Was wurde über Kafka gesagt?"),
        ("ja", "先週のデプロイは？", "のデプロイは？"),
    ] {
        assert_eq!(found(locale, question).1, left);
    }
}

#[test]
fn a_verbatim_question_is_not_interpreted() {
    let verbatim = Query { verbatim: true, ..query("en", "ana said last week in #rules that <@5> left") };
    let expected = QueryUnderstanding { question: verbatim.question.clone(), ..QueryUnderstanding::default() };
    assert_eq!(read(&verbatim), expected);
}

#[test]
fn a_time_dates_messages_unless_it_may_date_their_topic() {
    for (locale, question, expected) in [
        ("en", "what was discussed last week about imports?", true),
        ("en", "what was said about imports last week?", true),
        ("en", "messages since Monday about imports", true),
        ("en", "what did ana say in May about the fair?", true),
        ("en", "what did ana say about the fair in May?", false),
        ("en", "which key did the deploy need yesterday?", false),
        ("en", "What did Caroline do in July 2023?", false),
        ("de", "Was hat Ana im Mai über die Messe gesagt?", true),
        ("de", "Was hat Ana über die Messe im Mai gesagt?", false),
        ("fr", "qu'a dit Ana en mai ?", true),
        ("es", "¿qué dijo Ana sobre la feria en mayo?", false),
        ("ru", "что сказала Аня вчера о ярмарке?", true),
    ] {
        let understood = asked(locale, question);
        assert!(understood.period.is_some(), "{question}");
        assert_eq!(understood.dates_messages, expected, "{question}");
    }
}
