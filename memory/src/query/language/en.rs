//! English.

use super::*;

pub(super) const WORDS: LanguageData = LanguageData {
    code: "en",
    units: ["hour|hours", "day|days", "week|weeks", "month|months", "year|years"],
    numbers: &["a|an|one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"],
    phrases: &[
        ("today", Likely, Day(0)),
        ("yesterday", Sure, Day(-1)),
        ("the? day before yesterday", Sure, Day(-2)),
        ("last week", Sure, Last(Unit::Week)),
        ("last month", Sure, Last(Unit::Month)),
        ("last year", Sure, Last(Unit::Year)),
        ("this week", Likely, This(Unit::Week)),
        ("this month", Likely, This(Unit::Month)),
        ("this year", Likely, This(Unit::Year)),
        ("last|past {n} {unit}", Sure, Back),
        ("in|within|during|over|for the? last|past {n} {unit}", Sure, Back),
        ("in|within|during|over the last|past {unit}", Sure, Back),
        ("{n} {unit} ago", Sure, Ago),
        ("last|past {weekday}", Sure, Over),
        ("last|past {month}", Sure, Over),
        ("in|during {when}", Likely, At),
        ("on {when}", Weak, At),
        ("from {when}", Weak, At),
        ("since {when}", Sure, Since),
        ("after {when}", Likely, After),
        ("before {when}", Likely, Before),
        ("until|till {when}", Likely, Until),
        ("between {when} and {when}", Likely, Between),
        ("from {when} to|until|till|through {when}", Likely, Between),
    ],
    dates: &[
        "{d} of? {month|short} {year}",
        "{d} of? {month|short}",
        "{month|short} {d} {year}",
        "{month|short} {d}",
        "the {d} of {month} {year}",
        "the {d} of {month}",
        "{month} {year}",
    ],
    goes_on: "of",
    past: "did|said|say|says|was|were|happened|wrote|posted|mentioned|decided|discussed|talked|asked|announced|changed|\
           written|posts|messages",
    future: "will|tomorrow|next|going to|planned|plan|plans|upcoming|scheduled|should|shall",
    spoken: "say|says|said|write|wrote|written|post|posts|posted|mention|mentioned|message|messages|discuss|discussed|\
             discussion|talked|according",
    said_by: &[
        "did|has|does {name} say|said|write|wrote|written|post|posted|mention|mentioned|think|suggest|suggested|\
         recommend|recommended|ask|asked|tell|told|explain|explained|announce|announced|promise|decide",
        "{name} said|wrote|posted|mentioned|suggested|recommended|announced|explained|promised",
        "according to {name}",
        "said|written|posted|announced by {name}",
        "messages|posts from|by {name}",
    ],
    i_said: &[
        "did i say|write|post|mention|ask|promise|suggest",
        "i said|wrote|posted|mentioned|asked",
        "my messages|posts",
    ],
    no_names: "anybody|anyone|somebody|someone|everybody|everyone|nobody|people|you|we|they|he|she|it|who|that|this|\
               there|the|a|what|which|and|i",
    inside: "in|on|inside|from",
    about: "about|of|called|named|for|is|to|create|rename|delete",
    openers: &[
        "and|but|so|or|also",
        "why",
        "how so|come",
        "what about|else|if",
        "how about",
        "who else",
        "since when",
        "when exactly",
        "really",
        "are you sure",
        "more",
    ],
    references: "it|its|that|this|these|those|they|them|their|he|him|his|she|her|then|there|ones",
    fillers: "what|which|who|whom|whose|when|where|why|how|did|do|does|is|are|was|were|be|been|the|a|an|of|to|for|with|\
              about|on|in|at|any|anything|something|me|us|you|i|we|please|happened|happen|going|goes|went|new|there|\
              tell|show|give|say|said|says|talk|talked|discussed|discuss|posted|post|people|everyone|anyone|anybody|\
              somebody|summary|summarize|summarise|recap|news|all|has|have|been|up|it|messages|message|and|so|but",
};
