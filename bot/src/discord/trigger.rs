//! Finds messages that ask the bot something, and their questions. Pure: it sees a message's text and a few
//! facts about it, never Discord.

/// What must be known of a message to tell whether it asks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MessageFacts<'a> {
    /// The text as it was written.
    pub(crate) content: &'a str,
    /// The bot's own user id.
    pub(crate) bot_id: u64,
    /// The bot's own roles: people often pick the role of the same name in the list.
    pub(crate) bot_roles: &'a [u64],
    /// Whether Discord counts the bot, or one of those roles, among the mentioned (text in code is not).
    pub(crate) mentions_bot: bool,
    /// Whether it replies to a message of the bot.
    pub(crate) replies_to_bot: bool,
    /// Whether it is a direct message.
    pub(crate) is_direct: bool,
    /// Whether it is in a thread that the bot started.
    pub(crate) in_own_thread: bool,
    /// Whether it replies to another person.
    pub(crate) replies_to_other: bool,
}

/// How a message came to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// It begins with RTFM.
    Word,
    /// It mentions the bot.
    Mention,
    /// It replies to one of the bot's messages.
    Reply,
    /// It is a direct message.
    Direct,
    /// It is in a thread of the bot's, and not addressed to another person.
    Thread,
}

/// How a message asks, and the question without the trigger; `None` when it does not. A message asks
/// once, however many triggers it has.
pub(crate) fn trigger(facts: &MessageFacts<'_>) -> Option<(Trigger, String)> {
    let mentions: Vec<String> = own_mentions(facts);
    let mentioned = facts.mentions_bot && mentions.iter().any(|mention| facts.content.contains(mention.as_str()));
    let mut question = facts.content.to_owned();
    if mentioned {
        for mention in &mentions {
            question = question.replace(&format!("{mention} "), "").replace(mention.as_str(), "");
        }
    }
    let after_word = after_word(&question).map(str::to_owned);
    let trigger = match () {
        () if after_word.is_some() => Trigger::Word,
        () if mentioned => Trigger::Mention,
        () if facts.replies_to_bot => Trigger::Reply,
        () if facts.is_direct => Trigger::Direct,
        // A sticker, or a text that the bot may not read, asks nothing.
        () if facts.in_own_thread && !question.trim().is_empty() && !is_to_other(facts, &mentions) => Trigger::Thread,
        () => return None,
    };
    let question = after_word.unwrap_or(question);
    // A mention leaves its comma behind ("@RTFM, where is…").
    let question = if mentioned { question.trim_start_matches(is_separator) } else { question.as_str() };
    Some((trigger, question.trim().to_owned()))
}

/// Whether it is addressed to another person: a reply to them, or their mention comes first.
fn is_to_other(facts: &MessageFacts<'_>, own: &[String]) -> bool {
    let text = facts.content.trim_start();
    let begins_with_mention = text.starts_with("<@") && !own.iter().any(|mention| text.starts_with(mention.as_str()));
    facts.replies_to_other || begins_with_mention
}

fn own_mentions(facts: &MessageFacts<'_>) -> Vec<String> {
    let users = [format!("<@{}>", facts.bot_id), format!("<@!{}>", facts.bot_id)];
    users.into_iter().chain(facts.bot_roles.iter().map(|role| format!("<@&{role}>"))).collect()
}

/// What follows RTFM as a word of its own at the beginning. Not "rtfmanual", "RTFM's" or "rtfm-bot".
fn after_word(text: &str) -> Option<&str> {
    const WORD: &str = "rtfm";
    let text = text.trim_start();
    let (word, rest) = text.split_at_checked(WORD.len())?;
    if !word.eq_ignore_ascii_case(WORD) {
        return None;
    }
    let follows = match rest.chars().next() {
        None | Some(':' | ',' | '：' | '，') => true,
        Some(c) if c.is_whitespace() => true,
        // "RTFM!" and "RTFM? where is…", but not "rtfm.md" or "rtfm-bot".
        Some(c) if is_separator(c) => rest.trim_start_matches(is_mark).chars().next().is_none_or(char::is_whitespace),
        Some(_) => false,
    };
    follows.then(|| rest.trim_start_matches(is_separator))
}

fn is_mark(c: char) -> bool {
    matches!(c, ':' | ',' | ';' | '.' | '!' | '?' | '-' | '–' | '—' | '：' | '，' | '？' | '！')
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || is_mark(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOT: u64 = 42;

    fn facts(content: &str) -> MessageFacts<'_> {
        MessageFacts { content, bot_id: BOT, ..MessageFacts::default() }
    }

    fn ask(content: &str) -> Option<(Trigger, String)> {
        trigger(&facts(content))
    }

    fn word(question: &str) -> Option<(Trigger, String)> {
        Some((Trigger::Word, question.to_owned()))
    }

    #[test]
    fn rtfm_as_the_first_word_asks() {
        for text in [
            "RTFM where is the wiki?",
            "rtfm where is the wiki?",
            "Rtfm: where is the wiki?",
            "rtfm, where is the wiki?",
            "RTFM:where is the wiki?",
            "  RTFM — where is the wiki?",
            "RTFM!! where is the wiki?",
            "RTFM\nwhere is the wiki?",
            "RTFM：where is the wiki?",
        ] {
            assert_eq!(ask(text), word("where is the wiki?"), "{text:?}");
        }
    }

    #[test]
    fn words_that_only_begin_with_it_do_not() {
        for text in
            ["rtfmanual", "RTFM's great", "rtfm-bot is down", "rtfm.md is old", "rtfm_x", "please RTFM", "rtf", ""]
        {
            assert_eq!(ask(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_empty_question_is_one_still() {
        for text in ["RTFM", "rtfm?", "RTFM!  ", "rtfm:"] {
            assert_eq!(ask(text), word(""), "{text:?}");
        }
    }

    #[test]
    fn a_mention_asks_wherever_it_stands() {
        let ask = |content| trigger(&MessageFacts { mentions_bot: true, bot_roles: &[7], ..facts(content) });
        let asked = |question: &str| Some((Trigger::Mention, question.to_owned()));
        assert_eq!(ask("<@42> where is it?"), asked("where is it?"));
        assert_eq!(ask("<@!42>, where is it?"), asked("where is it?"));
        assert_eq!(ask("hey <@42> where is <@99>?"), asked("hey where is <@99>?"));
        assert_eq!(ask("where is it <@&7>"), asked("where is it"));
        assert_eq!(ask("<@42>"), asked(""));
        assert_eq!(ask("<@42> RTFM where is it?"), word("where is it?"));
        assert_eq!(ask("nothing of the kind"), None);
    }

    #[test]
    fn text_that_looks_like_a_mention_but_is_none_does_not_ask() {
        assert_eq!(ask("`<@42>` is how one mentions it"), None);
    }

    #[test]
    fn replies_and_direct_messages_ask_with_all_they_say() {
        let reply = MessageFacts { replies_to_bot: true, ..facts(" and why? ") };
        assert_eq!(trigger(&reply), Some((Trigger::Reply, "and why?".to_owned())));
        let direct = MessageFacts { is_direct: true, ..facts("...what about `a`?") };
        assert_eq!(trigger(&direct), Some((Trigger::Direct, "...what about `a`?".to_owned())));
        let all =
            MessageFacts { replies_to_bot: true, is_direct: true, mentions_bot: true, ..facts("<@42> rtfm: why?") };
        assert_eq!(trigger(&all), word("why?"));
    }

    #[test]
    fn in_a_thread_of_the_bots_everything_asks_that_is_not_said_to_somebody_else() {
        let said = |content| MessageFacts { in_own_thread: true, ..facts(content) };
        assert_eq!(trigger(&said("and why?")), Some((Trigger::Thread, "and why?".to_owned())));
        assert_eq!(trigger(&said("what of <@99>?")), Some((Trigger::Thread, "what of <@99>?".to_owned())));
        assert_eq!(trigger(&said("<@99> do you know?")), None);
        assert_eq!(trigger(&said(" ")), None);
        assert_eq!(trigger(&said("<@&8> do you know?")), None);
        assert_eq!(trigger(&MessageFacts { replies_to_other: true, ..said("I do") }), None);
        assert_eq!(trigger(&MessageFacts { replies_to_other: true, ..said("RTFM why?") }), word("why?"));
        assert_eq!(trigger(&MessageFacts { mentions_bot: true, ..said("<@42> why?") }).unwrap().0, Trigger::Mention);
    }

    #[test]
    fn line_breaks_and_indents_of_a_question_are_kept() {
        assert_eq!(ask("RTFM what is\n```\n  a  b\n```"), word("what is\n```\n  a  b\n```"));
        assert_eq!(ask("RTFM ünïcödé?"), word("ünïcödé?"));
        assert_eq!(ask("rtf\u{301}m x"), None);
    }
}
