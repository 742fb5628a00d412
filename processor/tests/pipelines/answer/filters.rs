//! Questions that name a time, a person or a place, or link to messages.

use super::*;
use rtfm_shared::event::Mention;

const NOW: &str = "2026-11-28T12:00:00Z";

/// A message on a day of 2026.
fn on(day: &str, id: u64, channel: &str, username: &str, text: &str) -> ChatMessage {
    ChatMessage { timestamp: format!("2026-{day}T10:00:00Z").parse().unwrap(), ..said(id, channel, username, text) }
}

pub(super) fn asked(question: &str, channels: &[&str]) -> Query {
    Query { timestamp: NOW.parse().unwrap(), user_id: "u-zoe".into(), ..query(question, channels) }
}

impl World {
    pub(super) async fn answers(&self, query: &Query) -> Response {
        self.answer.respond(query, None).await
    }
}

pub(super) fn notice(response: &Response) -> &str {
    response.metadata.notice.as_deref().unwrap_or_default()
}

/// A team that discusses the deploy and other things in channel 10, while eve writes in channel 20.
pub(super) async fn team(script: Option<Script>) -> World {
    let world = world(script).await;
    world
        .index_messages(&[
            on("03-05", 1, "10", "ana", "the deploy needs the blue key"),
            on("03-06", 2, "10", "ben", "lunch is at noon"),
            on("06-01", 11, "10", "mia", "good morning"),
            on("06-02", 12, "10", "mia", "good evening"),
            on("06-03", 13, "10", "mia", "good night"),
            on("06-04", 14, "10", "mia", "good grief"),
            on("06-05", 15, "10", "mia", "good bye"),
            on("11-17", 23, "10", "ana", "the deploy goes out on friday evening"),
            on("11-18", 24, "10", "ben", "the deploy needs a review first"),
            on("11-19", 25, "10", "ana", "the plants are watered by mia"),
            on("11-27", 26, "10", "Zoé Lee", "the deploy is done"),
            on("11-18", 27, "20", "eve", "the deploy password is heron"),
        ])
        .await;
    world
}

#[tokio::test]
async fn a_time_and_a_person_narrow_the_search_with_a_notice() {
    let world = team(None).await;
    let response = world.answers(&asked("what did ana say last week about the deploy?", &["10"])).await;
    assert_eq!(cited(&response), ["23"], "{}", response.response_text);
    assert_eq!(notice(&response), "Only messages of ana, from 2026-11-16 to 2026-11-22.");
    let german =
        Query { locale: Some("de".to_owned()), ..asked("Was hat Ana im März zum deploy geschrieben?", &["10"]) };
    assert_eq!(cited(&world.answers(&german).await), ["1"]);
    let mention = Mention { shown: "@Ben".to_owned(), user_id: Some("u-ben".into()), ..Mention::default() };
    let mentioned = Query { mentions: vec![mention], ..asked("what does @Ben think of the deploy?", &["10"]) };
    assert_eq!(cited(&world.answers(&mentioned).await), ["24"]);
    let first = world.answers(&asked("what did zoe say about the deploy?", &["10"])).await;
    assert_eq!((cited(&first), notice(&first)), (vec!["26"], "Only messages of zoe."), "by her first name");
}

#[tokio::test]
async fn a_filter_without_matches_is_dropped_with_a_notice() {
    let world = team(None).await;
    let response = world.answers(&asked("what was said yesterday about the key of the deploy?", &["10"])).await;
    assert_eq!(cited(&response)[0], "1", "{}", response.response_text);
    assert_eq!(notice(&response), "Nothing fits of 2026-11-27; this is from all that I may use here.");
    // A question that does not ask what was said is not narrowed.
    let response = world.answers(&asked("which key did the deploy need yesterday?", &["10"])).await;
    assert_eq!(cited(&response)[0], "1", "{}", response.response_text);
    assert_eq!(notice(&response), "Messages of 2026-11-27 came first.");
    // A filter from a command option stays.
    let chosen = Query { authors: vec!["u-ben".into()], ..asked("which key did the deploy need yesterday?", &["10"]) };
    let response = world.answers(&chosen).await;
    assert!(!cited(&response).contains(&"1"), "{}", response.response_text);
    let since = Query {
        since: Some("2026-11-01T00:00:00Z".parse().unwrap()),
        ..asked("what did ana say in March about the deploy?", &["10"])
    };
    let response = world.answers(&since).await;
    assert!(!cited(&response).contains(&"1"), "{}", response.response_text);
}

#[tokio::test]
async fn a_model_that_finds_no_answer_in_the_filter_is_asked_without_it() {
    let world = team(model(|prompt| {
        Ok(if prompt.user.contains("blue key") { "The blue key [1]." } else { "NOT_FOUND" }.to_owned())
    }))
    .await;
    let question = "what was said last week about the key of the deploy?";
    let response = world.answers(&asked(question, &["10"])).await;
    assert_eq!(response.status, Status::Answered);
    assert!(notice(&response).starts_with("Nothing fits from 2026-11-16"), "{}", notice(&response));
    let prompts = world.model.as_ref().unwrap().prompts.lock().unwrap();
    assert_eq!(prompts.len(), 2);
    assert!(prompts[0].user.contains("Of the passages: Only messages from"));
    assert!(prompts[0].user.trim_end().ends_with(question), "as it was asked");
}

#[tokio::test]
async fn a_question_with_only_time_and_people_gets_the_matching_messages() {
    let world = team(None).await;
    let response = world.answers(&asked("What happened last week?", &["10"])).await;
    let mut all = cited(&response);
    all.sort_unstable();
    assert_eq!(all, ["23", "24", "25"], "{}", response.response_text);
    assert_eq!(notice(&response), "Only messages from 2026-11-16 to 2026-11-22.");
    let response = world.answers(&asked("what did ben say today?", &["10"])).await;
    assert!(!cited(&response).is_empty() && response.sources.iter().all(|source| source.username == "ben"));
    assert_eq!(notice(&response), "Nothing fits of ben, of 2026-11-28; these are the newest messages of ben.");
    let response = world.answers(&asked("what did I say?", &["10"])).await;
    assert_eq!((response.status, notice(&response)), (Status::NotFound, "Only messages of you."));
}

#[tokio::test]
async fn a_channel_narrows_the_search_inside_the_scope() {
    let world = team(None).await;
    world.index_messages(&[on("11-20", 28, "30", "mia", "the deploy of the wiki is manual")]).await;
    let named = world.answers(&asked("which deploy is manual in #name-of-30?", &["10", "30"])).await;
    assert_eq!((cited(&named), notice(&named)), (vec!["28"], "Only messages in #name-of-30."));
    let mentioned = world.answers(&asked("which deploy is manual in <#30>?", &["10", "30"])).await;
    assert_eq!((cited(&mentioned), notice(&mentioned)), (vec!["28"], "Only messages in <#30>."));
    let everywhere = Scope { channel_ids: vec![], whole_guild: true };
    let operator = Query { scope: Some(everywhere), ..asked("which deploy is manual in <#30>?", &[]) };
    assert_eq!(cited(&world.answers(&operator).await), ["28"]);
}

#[tokio::test]
async fn names_and_links_reveal_nothing_outside_of_the_scope() {
    let world = team(None).await;
    let of = |question: &str| {
        let query = asked(question, &["10"]);
        let world = &world;
        async move {
            let Response { response_text, status, sources, metadata, .. } = world.answers(&query).await;
            (response_text, status, sources, metadata.notice)
        }
    };
    let link = |channel: &str, id: &str| format!("what does https://discord.com/channels/1/{channel}/{id} say?");
    for (there, gone) in [
        ("what is the deploy password in <#20>?".to_owned(), "what is the deploy password in <#21>?".to_owned()),
        (
            "what is the deploy password in #name-of-20?".to_owned(),
            "what is the deploy password in #name-of-21?".to_owned(),
        ),
        ("what did eve say about the deploy?".to_owned(), "what did eva say about the deploy?".to_owned()),
        ("what did eve say?".to_owned(), "what did eva say?".to_owned()),
        (link("20", "27"), link("20", "77")),
        // A link that names the wrong channel.
        (link("10", "27"), link("10", "77")),
    ] {
        let (known, unknown) = (of(&there).await, of(&gone).await);
        assert!(
            !known.0.contains("heron") && known.2.iter().all(|source| source.channel_id == "10".into()),
            "{known:?}"
        );
        let same = |text: &str| text.replace("of-20", "of-21").replace("<#20", "<#21").replace("eve", "eva");
        assert_eq!(known.3.as_deref().map(same), unknown.3.as_deref().map(same), "{there}");
        assert_eq!((same(&known.0), known.1, known.2), (same(&unknown.0), unknown.1, unknown.2), "{there}");
    }
    let told = of("what is the deploy password in <#20>?").await.3;
    assert!(told.is_some_and(|told| told.contains("I cannot use <#20> here.")));
}

#[tokio::test]
async fn a_linked_message_is_read_with_its_neighbours() {
    let world = team(model(|prompt| {
        Ok(if prompt.user.contains("plants are watered") { "The plants [1]." } else { "NOT_FOUND" }.to_owned())
    }))
    .await;
    let response = world.answers(&asked("what is https://canary.discord.com/channels/1/10/25 about?", &["10"])).await;
    assert_eq!((response.status, response.metadata.notice.as_deref()), (Status::Answered, None));
    let prompts = world.model.as_ref().unwrap().prompts.lock().unwrap();
    assert!(prompts[0].user.contains("needs a review first"), "its neighbours: {}", prompts[0].user);
    assert!(!prompts[0].user.contains("heron"));
}
