//! How evaluation files become a corpus, and which errors and warnings they give.

use super::*;
use serde_json::{Value, json};

fn corpus(sets: &[Value]) -> Result<Corpus, EvalError> {
    let mut corpus = Corpus::default();
    for set in sets {
        let sets = vec![serde_json::from_value(set.clone()).unwrap()];
        corpus.add(EvalFile { path: "x.json".to_owned(), sets })?;
    }
    Ok(corpus)
}

fn message(id: impl Into<Value>, minute: u32) -> Value {
    let time = format!("2026-01-01T00:{minute:02}:00Z");
    json!({"message_id": id.into(), "channel_id": "general", "content": format!("at {minute}"), "timestamp": time})
}

fn error(set: Value) -> String {
    corpus(&[set]).unwrap_err().to_string()
}

#[test]
fn snowflakes_stay_and_other_ids_are_replaced_in_the_order_of_time() {
    let set = json!({"name": "a", "messages": [message("30", 1), message(20, 0)]});
    let other = json!({"messages": [message("m_12", 5), message("m_3", 2), message("7", 9)],
        "queries": [{"question": "?", "channel_id": "general", "relevant": ["m_3"], "exclude": ["7", "never"]}]});
    let corpus = corpus(&[set, other]).unwrap();
    let [first, second] = corpus.sets.as_slice() else { panic!("two sets") };
    let ids =
        |set: &EvalSet| set.messages.iter().map(|message| message.message_id.snowflake().unwrap()).collect::<Vec<_>>();
    assert_eq!((ids(first), &first.ids), (vec![20, 30], &vec!["20".to_owned(), "30".to_owned()]));
    assert_eq!(ids(second), [SNOWFLAKE_STEP, 2 * SNOWFLAKE_STEP, 3 * SNOWFLAKE_STEP]);
    assert_eq!(second.ids, ["m_3", "m_12", "7"]);
    let question = &second.questions[0];
    assert_eq!((&question.relevant, &question.exclude), (&BTreeSet::from([0]), &BTreeSet::from([2])));
    assert_ne!(first.messages[0].channel_id, second.messages[0].channel_id, "two guilds have no channel in common");
    assert_eq!(question.channel.as_ref(), Some(&second.messages[0].channel_id));
}

#[test]
fn ids_of_two_sets_and_ids_that_do_not_rise_with_time_are_replaced() {
    let set = json!({"messages": [message("1", 0), message("2", 1)]});
    let numbered = corpus(&[set.clone(), set]).unwrap();
    let all: HashSet<_> =
        numbered.sets.iter().flat_map(|set| &set.messages).map(|message| &message.message_id).collect();
    assert_eq!(all.len(), 4);
    let backwards = corpus(&[json!({"messages": [message("1", 7), message("2", 1)]})]).unwrap();
    assert_eq!(backwards.sets[0].ids, ["2", "1"], "time decides the order");
}

#[test]
fn missing_fields_get_harmless_values() {
    let set = json!({"messages": [
        {"message_id": "a", "content": "one", "timestamp": "2026-01-01T02:00:00+02:00", "user_id": 5},
        {"message_id": "b", "content": "two", "reply_to": "a"},
        {"message_id": "c", "content": "three", "thread_id": "t", "timestamp": 1_767_225_700, "reply_to": "gone"}]});
    let corpus = corpus(&[set]).unwrap();
    let [one, two, three] = corpus.sets[0].messages.as_slice() else { panic!("three messages") };
    assert_eq!(one.timestamp.to_string(), "2026-01-01T00:00:00Z");
    assert_eq!(two.timestamp.to_string(), "2026-01-01T00:00:01Z");
    assert_eq!((one.username.as_str(), two.username.as_str()), ("5", ""));
    assert_eq!((two.reply_to.as_ref(), three.reply_to.as_ref()), (Some(&one.message_id), None));
    assert_eq!((three.channel_id.as_str(), three.thread_id.as_ref().unwrap().as_str()), ("t", "t"));
}

#[test]
fn a_question_is_unanswerable_in_three_ways() {
    let set = json!({"messages": [message("1", 0)], "unanswerable": ["why?"], "queries": [
        {"question": "where?", "relevant": ["1"], "answerable": false}, {"question": "who?"},
        {"query_id": "q", "question": "what?", "relevant": ["1", "2"]}]});
    let corpus = corpus(&[set]).unwrap();
    let answerable: Vec<_> = corpus.sets[0].questions.iter().map(|q| (q.id.as_str(), q.answerable)).collect();
    assert_eq!(answerable, [("query 1", false), ("query 2", false), ("q", true), ("query 4", false)]);
    assert_eq!(corpus.warnings.len(), 1);
    assert!(corpus.warnings[0].contains("query \"q\" names 1 relevant"), "{:?}", corpus.warnings);
}

#[test]
fn errors_name_the_query_or_message() {
    let twice = json!({"messages": [message("1", 0), message("1", 1)]});
    assert!(error(twice).contains("two different messages have the message_id \"1\""));
    let lost = json!({"messages": [], "queries": [{"question": "?", "answerable": true, "query_id": "q"}]});
    assert!(error(lost).contains("query \"q\" has no `relevant` message"));
    let silent = json!({"messages": [], "queries": [{"question": " "}]});
    assert!(error(silent).contains("query \"query 1\" has an empty `question`"));
}
