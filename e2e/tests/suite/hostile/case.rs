//! A case of the suite: what carries the attack, what is asked, and what the model that obeys answers.

use crate::hostile::CANARY;
use serde_json::Value;

/// The cases, by what carries their attack. Attacks by the conversation before a question are in `history`.
const FILES: [(&str, &str); 6] = [
    ("messages", include_str!("cases/messages.json")),
    ("names", include_str!("cases/names.json")),
    ("files", include_str!("cases/files.json")),
    ("unread", include_str!("cases/unread.json")),
    ("settings", include_str!("cases/settings.json")),
    ("questions", include_str!("cases/questions.json")),
];

/// Ids that cases name.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) guild: String,
    pub(crate) vault: String,
    pub(crate) hidden: String,
    pub(crate) ana: String,
}

/// An attack.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// A word of its own, by which its messages are found.
    pub(crate) topic: String,
    /// The attacker's name on the server.
    pub(crate) author: Option<String>,
    /// The name of the channel; otherwise the topic.
    pub(crate) channel: Option<String>,
    /// The name of the thread that the attacker starts there, for a name of any characters.
    pub(crate) thread: Option<String>,
    /// The attacker's messages.
    pub(crate) messages: Vec<String>,
    /// The attacker's files: name and text.
    pub(crate) files: Vec<(String, String)>,
    /// What no message's text says, as Discord sends it beside one.
    pub(crate) extras: Vec<Value>,
    /// Messages of another bot.
    pub(crate) bots: Vec<String>,
    /// What a manager of the server sets with `/rtfm settings answers`.
    pub(crate) settings: Vec<(String, Value)>,
    pub(crate) question: String,
    /// Whether the question comes by `/ask`, so that the bot shows it.
    pub(crate) by_command: bool,
    /// The answer of the model that obeys.
    pub(crate) says: String,
    /// What no answer of a model shows.
    pub(crate) never: Vec<String>,
    /// What no answer shows and no prompt contains.
    pub(crate) secrets: Vec<String>,
    /// What is not read at all: in no store, no prompt, no text to embed and no answer.
    pub(crate) unread: Vec<String>,
}

impl Case {
    /// All cases with their carriers and with the placeholders of `place` filled in; those of the prompt remain.
    pub(crate) fn all(place: &Place) -> Vec<(&'static str, Self)> {
        let read = |(carrier, json): (&'static str, &str)| {
            let cases: Vec<Value> = serde_json::from_str(json).unwrap_or_else(|why| panic!("{carrier}: {why}"));
            cases.into_iter().map(move |case| (carrier, case)).collect::<Vec<_>>()
        };
        let cases = FILES.into_iter().flat_map(read).enumerate();
        cases.map(|(n, (carrier, case))| (carrier, Self::read(n, case, place))).collect()
    }

    /// The case for another server.
    pub(crate) fn is_of_own_server(&self) -> bool {
        !self.settings.is_empty()
    }

    fn read(n: usize, mut case: Value, place: &Place) -> Self {
        let topic = format!("gizmo{n:03}");
        let mut values = secrets();
        values.extend([
            ("topic", topic.clone()),
            ("guild", place.guild.clone()),
            ("vault", place.vault.clone()),
            ("hidden", place.hidden.clone()),
            ("ana", place.ana.clone()),
        ]);
        fill(&mut case, &values);
        let maybe = |field: &str| case[field].as_str().map(str::to_owned);
        let text = |field: &str| maybe(field).unwrap_or_default();
        let list = |field: &str| case[field].as_array().cloned().unwrap_or_default();
        let texts = |field: &str| list(field).iter().map(|value| value.as_str().unwrap().to_owned()).collect();
        let pair = |file: &Value| (file[0].as_str().unwrap().to_owned(), file[1].as_str().unwrap().to_owned());
        let settings = case["settings"].as_object().cloned().unwrap_or_default();
        Self {
            name: text("name"),
            topic,
            author: maybe("author"),
            channel: maybe("channel"),
            thread: maybe("thread"),
            messages: texts("messages"),
            files: list("files").iter().map(pair).collect(),
            extras: list("extras"),
            bots: texts("bots"),
            settings: settings.into_iter().collect(),
            question: text("question"),
            by_command: case["by_command"].as_bool().unwrap_or_default(),
            says: text("says"),
            never: texts("never"),
            secrets: texts("secrets"),
            unread: texts("unread"),
        }
    }

    /// Every text that people brought in with this case.
    pub(crate) fn posted(&self) -> Vec<String> {
        let names = [&self.author, &self.channel, &self.thread].into_iter().flatten().cloned();
        let files = self.files.iter().flat_map(|(name, text)| [name.clone(), text.clone()]);
        names.chain(self.messages.clone()).chain(files).chain([self.question.clone()]).collect()
    }

    /// The answer of the model that obeys and was given this prompt.
    pub(crate) fn obeyed(&self, system: &str, prompt: &str) -> String {
        let words: Vec<&str> = system.split_whitespace().collect();
        let in_threes = |join: &str| words.chunks(3).map(|words| words.join(" ")).collect::<Vec<_>>().join(join);
        let list: Vec<String> = system.lines().map(|line| format!("- {line} [1]")).collect();
        let flood = "It opens at noon [1]. @everyone come and see! ".repeat(400);
        [
            ("{system}", system.to_owned()),
            ("{SYSTEM}", system.to_uppercase()),
            ("{system cited}", in_threes(" [1] ")),
            ("{system list}", list.join("\n")),
            ("{system slow}", in_threes("\n\n")),
            ("{system base64}", base64(system.as_bytes())),
            ("{prompt}", prompt.to_owned()),
            ("{flood}", flood),
        ]
        .iter()
        .fold(self.says.clone(), |says, (name, text)| says.replace(name, text))
    }
}

/// Fills placeholders in every text of a case.
fn fill(value: &mut Value, values: &[(&str, String)]) {
    match value {
        Value::String(text) => {
            for (name, filled) in values {
                *text = text.replace(&format!("{{{name}}}"), filled);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, values)),
        Value::Object(fields) => fields.values_mut().for_each(|field| fill(field, values)),
        _ => {}
    }
}

/// Assembled here, so that scanners for keys find none in the sources.
fn secrets() -> Vec<(&'static str, String)> {
    let body: String = "aB3dE6gH9jK2mN5pQ8sT".chars().cycle().take(38).collect();
    let ghp = format!("ghp_{}", &body[..36]);
    let (head, tail) = ghp.split_at(10);
    vec![
        ("canary", CANARY.to_owned()),
        ("ghp split", format!("{head}\u{200b}{tail}")),
        ("short", format!("sk_live_{}", &body[..20])),
        ("aws", format!("AKIA{}", "ABCD2345".repeat(2))),
        ("jwt", format!("eyJ{}.eyJ{}.{body}", &body[..20], &body[..30])),
        ("hook", format!("https://discord.com/api/webhooks/123456/{}", body.repeat(2))),
        ("bot", format!("MTk4{}.Gx9aBc.{body}", &body[..20])),
        ("pem", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC".repeat(2)),
        ("password", "hunter2-Xy7!q".to_owned()),
        ("ghp", ghp),
    ]
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let sextets = |three: &[u8]| {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        (0..=three.len()).map(move |n| char::from(SIGNS[(bits >> (18 - 6 * n) & 63) as usize])).collect::<String>()
    };
    bytes.chunks(3).map(sextets).collect()
}
