//! Questions about events and dates: their answers are often, but not always, messages of that time or person.

use super::*;
use rtfm_memory::retrieval::AttemptResult;

/// Two friends over months, who also write about each other and about earlier events.
async fn friends() -> World {
    let world = world(None).await;
    let on = |day: &str, id: u64, username: &str, text: &str| ChatMessage {
        timestamp: format!("2023-{day}T10:00:00Z").parse().unwrap(),
        ..said(id, "10", username, text)
    };
    let talk = |day: &str, first: u64, texts: &[(&str, &str)]| {
        (first..).zip(texts).map(|(id, (who, text))| on(day, id, who, text)).collect::<Vec<_>>()
    };
    let sessions = [
        talk("05-08", 100, &[("Caroline", "Hi Melanie, I joined a choir"), ("Melanie", "Lovely, I paint sunsets")]),
        talk("06-27", 200, &[("Melanie", "We went camping in the forest"), ("Caroline", "Tell me about the tent!")]),
        talk("07-12", 300, &[("Caroline", "I gave a speech at a school"), ("Melanie", "My car broke down")]),
        talk("08-14", 400, &[("Caroline", "Last month I adopted a kitten"), ("Melanie", "Caroline sings so well")]),
        talk(
            "10-20",
            500,
            &[("Caroline", "Melanie broke her wrist in the garden"), ("Melanie", "It hurts, but I laugh")],
        ),
        talk("11-30", 600, &[("Melanie", "A puppy moved in"), ("Caroline", "Congratulations, a puppy!")]),
    ];
    for session in sessions {
        world.index_messages(&session).await;
    }
    world
}

impl World {
    async fn retrieves(&self, question: &str) -> AttemptResult {
        let timestamp = "2023-12-01T12:00:00Z".parse().unwrap();
        let query = Query { timestamp, ..query(question, &["10"]) };
        self.answer.retrieval.retrieve(&query, Duration::from_secs(20)).await.unwrap()
    }
}

/// The positions of these messages in the ranking.
fn positions(attempt_result: &AttemptResult, ids: &[&str]) -> Vec<Option<usize>> {
    let place =
        |id: &&str| attempt_result.found.ranking.iter().position(|ranked| ranked.message.message_id.as_str() == *id);
    ids.iter().map(place).collect()
}

#[tokio::test]
async fn messages_of_that_time_come_first() {
    let world = friends().await;
    for (question, first) in [
        ("What did Caroline do in July 2023?", "300"),
        ("What did Caroline do in May 2023?", "100"),
        ("When did Melanie go camping in June?", "200"),
    ] {
        let attempt_result = world.retrieves(question).await;
        assert_eq!(positions(&attempt_result, &[first]), [Some(0)], "{question} {:?}", attempt_result.notice());
        assert!(attempt_result.notice().unwrap().ends_with(" came first."), "{:?}", attempt_result.notice());
    }
}

#[tokio::test]
async fn later_messages_and_other_authors_are_still_found() {
    let world = friends().await;
    for (question, wanted) in [
        ("Which animal did Caroline adopt in July 2023?", "400"),
        ("When did Caroline give a speech, in June?", "300"),
        ("What did Melanie decide about her wrist?", "500"),
        ("How did Caroline feel after Melanie's wrist broke in September?", "500"),
        ("When did the puppy move in, in March?", "600"),
    ] {
        let attempt_result = world.retrieves(question).await;
        let place = positions(&attempt_result, &[wanted])[0];
        assert!(place.is_some_and(|place| place < 3), "{question} {place:?} {:?}", attempt_result.notice());
    }
}

#[tokio::test]
async fn a_question_for_what_someone_said_gets_their_messages_only() {
    let world = friends().await;
    let attempt_result = world.retrieves("What did Melanie say about sunsets?").await;
    assert_eq!(attempt_result.notice(), Some("Only messages of Melanie."));
    assert!(attempt_result.found.ranking.iter().all(|ranked| ranked.message.username == "Melanie"));
    let elsewhere = world.retrieves("What did Melanie say about the choir?").await;
    assert!(positions(&elsewhere, &["100"])[0].is_some(), "the next attempt finds other authors");
    let unmet = world.retrieves("When did the puppy move in, in 2019?").await;
    let told = "Nothing fits from 2019-01-01 to 2019-12-31; this is from all that I may use here.";
    assert_eq!((positions(&unmet, &["600"]), unmet.notice()), (vec![Some(0)], Some(told)));
}

#[tokio::test]
async fn a_person_named_in_the_topic_does_not_enter_the_author_filter() {
    let world = friends().await;
    let attempt_result = world.retrieves("What did Melanie say about the puppy that Caroline recommended?").await;
    assert_eq!(attempt_result.notice(), Some("Only messages of Melanie."));
    assert!(
        attempt_result.found.ranking.iter().all(|ranked| ranked.message.username == "Melanie"),
        "{:?}",
        attempt_result.found.ranking
    );
}
