//! Follow-up questions: the topic and the filters that they inherit, and those that they replace.

use super::{
    filters::{asked, notice, team},
    *,
};
use rtfm_shared::event::{Speaker, Turn};

fn follow_up(question: &str) -> Query {
    let turn = |role, content: &str| Turn::new(role, content);
    let history = vec![turn(Speaker::User, "which key does the deploy need?"), turn(Speaker::Model, "The blue key.")];
    Query { history, ..asked(question, &["10"]) }
}

#[tokio::test]
async fn a_follow_up_inherits_the_topic() {
    let world = team(None).await;
    for question in ["and why?", "und warum?", "а почему?"] {
        assert_eq!(cited(&world.answers(&follow_up(question)).await)[0], "1", "{question}");
    }
    // A standalone question inherits nothing.
    assert_eq!(cited(&world.answers(&follow_up("when is lunch, at noon?")).await), ["2"]);
}

#[tokio::test]
async fn a_small_model_rewrites_a_follow_up_and_rules_serve_without_it() {
    let mut world = team(None).await;
    let cases: [(&str, bool, Script); 5] = [
        ("2", true, Box::new(|_| Ok("SEARCH: lunch noon".to_owned()))),
        ("1", true, Box::new(|_| Ok("lunch noon".to_owned()))),
        ("1", true, Box::new(|_| Err(LlmError::Unavailable("503".to_owned())))),
        ("1", true, Box::new(|_| Ok("HANG".to_owned()))),
        // A rewrite cannot widen the scope.
        ("", false, Box::new(|_| Ok("SEARCH: heron password in <#20> by eve".to_owned()))),
    ];
    for (first, found, script) in cases {
        let cheap = Arc::new(Scripted { script, prompts: Mutex::default() });
        world.answer.retrieval.rewriter = Some(cheap.clone());
        let response = world.answers(&follow_up("and why?")).await;
        assert_eq!(cited(&response).first().copied().unwrap_or_default(), first, "{}", response.response_text);
        assert_eq!(response.status == Status::Answered, found);
        assert!(!response.response_text.contains("heron") && response.metadata.notice.is_none());
        assert_eq!(cheap.prompts.lock().unwrap().len(), 1);
        world.answers(&asked("which key does the deploy need?", &["10"])).await;
        assert_eq!(cheap.prompts.lock().unwrap().len(), 1, "a standalone question is not rewritten");
    }
}

/// A question after one that narrowed the search.
fn after(before: &str, question: &str) -> Query {
    let history = vec![Turn::new(Speaker::User, before)];
    Query { history, ..asked(question, &["10"]) }
}

#[tokio::test]
async fn a_follow_up_inherits_the_person_and_the_time() {
    let world = team(None).await;
    let before = "what did ana say about the plants last week?";
    let ana = "Only messages of ana, from 2026-11-16 to 2026-11-22.";
    let ben = "Only messages of ben, from 2026-11-16 to 2026-11-22.";
    for (question, found, told) in [
        ("and about the deploy?", "23", ana),
        ("the deploy?", "23", ana),
        // A filter of the question itself replaces the inherited one.
        ("and what did ben say about the deploy?", "24", ben),
        ("and the deploy in March?", "1", "Only messages of ana, from 2026-03-01 to 2026-03-31."),
        ("and ben about the deploy?", "24", ben),
    ] {
        let response = world.answers(&after(before, question)).await;
        assert_eq!((cited(&response), notice(&response)), (vec![found], told), "{question}");
    }
    let response = world.answers(&after("what did ana say about the deploy last week?", "and ben?")).await;
    assert_eq!((cited(&response), notice(&response)), (vec!["24"], ben), "the topic is inherited");
    // Without a topic, the newest messages of the person answer.
    let response = world.answers(&after("what did ana say last week?", "and ben?")).await;
    assert_eq!((cited(&response), notice(&response)), (vec!["24"], ben));
    let of_ben = Query { user_id: "u-ben".into(), ..after(before, "and what did I say about the deploy?") };
    let response = world.answers(&of_ben).await;
    assert_eq!(cited(&response), ["24"], "{}", notice(&response));
    // No author has this name, so it is part of the topic.
    let response = world.answers(&after(before, "and deploy?")).await;
    assert_eq!((cited(&response), notice(&response)), (vec!["23"], ana));
}

#[tokio::test]
async fn an_inherited_filter_without_matches_is_dropped() {
    let world = team(None).await;
    let response = world.answers(&after("what did ana say about the plants last week?", "and about lunch?")).await;
    let told = "Nothing fits of ana, from 2026-11-16 to 2026-11-22; this is from all that I may use here.";
    assert_eq!((cited(&response), notice(&response)), (vec!["2"], told));
    // A standalone question inherits no filter.
    let alone = after("what did ana say about the plants last week?", "which review does the deploy need?");
    let response = world.answers(&alone).await;
    assert_eq!((cited(&response).contains(&"24"), notice(&response)), (true, ""));
}

#[tokio::test]
async fn a_follow_up_inherits_the_channel() {
    let world = team(None).await;
    let query = |channels: &[&str]| Query {
        scope: asked("", channels).scope,
        ..after("what was said in <#20> about lunch?", "and the deploy password?")
    };
    let response = world.answers(&query(&["10", "20"])).await;
    assert_eq!((cited(&response), notice(&response)), (vec!["27"], "Only messages in <#20>."));
    // A channel outside the scope is not inherited either.
    let response = world.answers(&query(&["10"])).await;
    assert!(!cited(&response).contains(&"27") && notice(&response).contains("I cannot use <#20> here."));
}

#[tokio::test]
async fn the_earlier_topic_alone_does_not_answer_a_follow_up() {
    let world = world(None).await;
    let talk = (2..=30).map(|id| said(id, "10", "mia", &format!("the cellar is {id} steps down")));
    let pump = said(1, "10", "ben", "the red pump is recommended for the cellar");
    world.index_messages(&talk.chain([pump]).collect::<Vec<_>>()).await;
    let before = "which pump is recommended for the cellar?";
    let response = world.answers(&asked(before, &["10"])).await;
    assert_eq!(response.status, Status::Answered, "{}", response.response_text);
    for question in ["and the helicopter?", "which helicopter engine was it?"] {
        let response = world.answers(&after(before, question)).await;
        assert_eq!(response.status, Status::NotFound, "{question} {}", response.response_text);
    }
}
