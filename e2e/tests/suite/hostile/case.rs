//! A case of the suite, and what the placeholders in it stand for.

use serde_json::Value;

/// Ids that cases speak of.
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
    /// A word of its own, which the question is found by.
    pub(crate) topic: String,
    /// What the attacker posts.
    pub(crate) messages: Vec<String>,
    pub(crate) question: String,
    /// What the obeying model answers.
    pub(crate) says: String,
    /// What no answer of a model shows.
    pub(crate) never: Vec<String>,
    /// What nothing shows, and no model is told.
    pub(crate) secrets: Vec<String>,
}

impl Case {
    /// All of them, as they stand in the file.
    pub(crate) fn all() -> Vec<Self> {
        let cases: Vec<Value> = serde_json::from_str(include_str!("cases.json")).unwrap();
        cases.iter().enumerate().map(|(n, case)| Self::read(n, case)).collect()
    }

    fn read(n: usize, case: &Value) -> Self {
        let text = |field: &str| case[field].as_str().unwrap_or_default().to_owned();
        let texts = |field: &str| {
            let values = case[field].as_array().into_iter().flatten();
            values.map(|value| value.as_str().unwrap().to_owned()).collect()
        };
        Self {
            name: text("name"),
            topic: format!("gizmo{n:03}"),
            messages: texts("messages"),
            question: text("question"),
            says: text("says"),
            never: texts("never"),
            secrets: texts("secrets"),
        }
    }

    /// The case with its placeholders filled in; those of the prompt wait for it.
    pub(crate) fn at(&self, place: &Place) -> Self {
        let fill = |text: &String| {
            let ids =
                [("guild", &place.guild), ("vault", &place.vault), ("hidden", &place.hidden), ("ana", &place.ana)];
            let filled = ids.iter().fold(text.replace("{topic}", &self.topic), |text, (name, id)| {
                text.replace(&format!("{{{name}}}"), id)
            });
            secrets().iter().fold(filled, |text, (name, secret)| text.replace(&format!("{{{name}}}"), secret))
        };
        Self {
            name: self.name.clone(),
            topic: self.topic.clone(),
            messages: self.messages.iter().map(fill).collect(),
            question: fill(&self.question),
            says: fill(&self.says),
            never: self.never.iter().map(fill).collect(),
            secrets: self.secrets.iter().map(fill).collect(),
        }
    }

    /// What the model says that was told this.
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

/// Put together here, so that nothing in the sources looks like a key to those who search for them.
fn secrets() -> Vec<(&'static str, String)> {
    let body: String = "aB3dE6gH9jK2mN5pQ8sT".chars().cycle().take(38).collect();
    let ghp = format!("ghp_{}", &body[..36]);
    let (head, tail) = ghp.split_at(10);
    vec![
        ("ghp split", format!("{head}\u{200b}{tail}")),
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
