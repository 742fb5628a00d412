//! Channels and links.

use super::*;

fn places(question: &Query) -> Vec<ChannelReference> {
    read(question).channels.into_iter().map(|said| said.what).collect()
}

#[test]
fn a_channel_narrows_the_search_unless_it_is_the_topic() {
    let found = asked("en", "what was decided in #dev-ops about the wiki?");
    assert_eq!(found.channels[0].what.name.as_deref(), Some("dev-ops"));
    assert_eq!(found.without(&found.channels[0].parts), "what was decided about the wiki?");
    for (locale, question) in [
        ("de", "was steht in #regeln dazu?"),
        ("fr", "que dit-on dans #règles ?"),
        ("es", "¿qué se dijo en #reglas?"),
        ("pl", "co było w #zasady?"),
        ("ru", "что писали в #правила?"),
        ("ja", "#規則 で何が決まった？"),
    ] {
        assert_eq!(places(&query(locale, question)).len(), 1, "{question}");
    }
    for about in ["what is #rules for?", "who may write about #rules?", "was weiß man über <#5>?"] {
        assert_eq!(places(&query("en", about)), [], "{about}");
    }
}

#[test]
fn channel_ids_that_the_bot_knows_are_kept() {
    let mention = |shown: &str, ids: &[&str]| Mention {
        shown: shown.to_owned(),
        channel_ids: ids.iter().map(|id| (*id).into()).collect(),
        ..Mention::default()
    };
    let mentions = vec![mention("#rules", &["5", "6"]), mention("<#9>", &[])];
    let known = Query { mentions, ..query("en", "what was said in #rules and <#9> and <#8>?") };
    let found = places(&known);
    assert_eq!(found.len(), 3);
    assert_eq!((found[0].ids.len(), found[0].certain), (2, true));
    assert!(found[1].ids.is_empty() && found[1].certain);
    assert_eq!(found[2].ids, ["8".into()]);
    assert!(!places(&query("en", "#beta testers wanted?"))[0].certain, "it may be no channel at all");
}

#[test]
fn a_message_link_is_resolved() {
    let found = asked("en", "what does https://discord.com/channels/1/2/3 mean?");
    assert_eq!(found.links[0].what.message_id, "3".into());
    assert_eq!(found.without(&found.links[0].parts), "what does mean?");
}
