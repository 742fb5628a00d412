//! Checks every request and reply of the fake against Discord's own OpenAPI document. Without the document the check is
//! skipped, and [`Schema::is_present`] reports that.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

const URI: &str = "https://discord.test/openapi.json";
const FILE: &str = "reference/schema/discord-openapi.json";

/// Parsed once per process, and only when the first request comes.
static DOCUMENT: LazyLock<Option<Document>> = LazyLock::new(Document::load);

struct Document {
    templates: Vec<(Vec<String>, String)>,
    root: &'static Value,
    registry: Registry<'static>,
    validators: Mutex<HashMap<String, Option<&'static Validator>>>,
}

/// Where to look for the document: `RTFM_SHARED`, or a folder named `shared` beside any folder above.
fn path() -> Option<PathBuf> {
    if let Some(shared) = std::env::var_os("RTFM_SHARED") {
        return Some(Path::new(&shared).join(FILE)).filter(|path| path.is_file());
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().map(|folder| folder.join("shared").join(FILE)).find(|path| path.is_file())
}

impl Document {
    fn load() -> Option<Self> {
        let text = std::fs::read(path()?).ok()?;
        // One for the whole process, like the static it ends up in: the registry only borrows it.
        let root: &'static Value = Box::leak(Box::new(serde_json::from_slice(&text).ok()?));
        let registry = Registry::new().add(URI, root).ok()?.prepare().ok()?;
        let paths = root.get("paths")?.as_object()?.keys();
        let templates =
            paths.map(|path| (path.split('/').skip(1).map(str::to_owned).collect(), path.clone())).collect();
        Some(Self { templates, root, registry, validators: Mutex::default() })
    }

    /// The documented path that matches a real one; literal segments take precedence over parameters.
    fn template(&self, path: &[&str]) -> Option<&str> {
        let fits = |template: &[String]| {
            template.len() == path.len()
                && template.iter().zip(path).all(|(wanted, given)| wanted.starts_with('{') || wanted == given)
        };
        let literal = |template: &[String]| template.iter().filter(|segment| !segment.starts_with('{')).count();
        let fitting = self.templates.iter().filter(|(template, _)| fits(template));
        fitting.max_by_key(|(template, _)| literal(template)).map(|(_, path)| path.as_str())
    }

    /// The validator of one part of the document. It lives as long as the process, like the document.
    fn validator(&'static self, pointer: &str) -> Option<&'static Validator> {
        self.root.pointer(pointer)?;
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let known = validators.entry(pointer.to_owned()).or_insert_with(|| {
            let fragment = pointer.replace('{', "%7B").replace('}', "%7D");
            let schema = json!({"$ref": format!("{URI}#{fragment}")});
            let built = jsonschema::options().with_registry(&self.registry).build(&schema);
            built.ok().map(|validator| &*Box::leak(Box::new(validator)))
        });
        *known
    }
}

/// The check, as one fake uses it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schema {
    enabled: bool,
}

impl Schema {
    pub(crate) fn new(enabled: bool) -> Self {
        Self { enabled }
    }

    /// Whether bodies are checked.
    pub(crate) fn is_present(self) -> bool {
        self.enabled && DOCUMENT.is_some()
    }

    /// Schema violations of a request's body.
    pub(crate) fn check_request(self, method: &str, path: &[&str], body: &Value) -> Vec<String> {
        if body.is_null() {
            return Vec::new();
        }
        self.check(method, path, "requestBody", &as_documented(body))
    }

    /// Schema violations of an answer's body.
    pub(crate) fn check_reply(self, method: &str, path: &[&str], status: u16, body: &Value) -> Vec<String> {
        self.check(method, path, &format!("responses/{status}"), body)
    }

    fn check(self, method: &str, path: &[&str], part: &str, body: &Value) -> Vec<String> {
        let document = if self.enabled { DOCUMENT.as_ref() } else { None };
        let Some((document, template)) = document.and_then(|document| Some((document, document.template(path)?)))
        else {
            return Vec::new();
        };
        let template = template.replace('~', "~0").replace('/', "~1");
        let pointer = format!("/paths/{template}/{}/{part}/content/application~1json/schema", method.to_lowercase());
        let Some(validator) = document.validator(&pointer) else { return Vec::new() };
        validator
            .iter_errors(body)
            .map(|error| format!("{error} (at {:?})", error.instance_path().to_string()))
            .collect()
    }
}

/// Discord takes numbers for ids where its document only knows strings; clients number new attachments so. And it takes
/// the permissions that a command needs as the text of a number, as it shows them itself, where its document only knows
/// numbers.
fn as_documented(body: &Value) -> Value {
    match body {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| match value {
                Value::Number(number) if name == "id" || name.ends_with("_id") => {
                    (name.clone(), json!(number.to_string()))
                }
                Value::String(bits) if name == "default_member_permissions" => {
                    let bits = bits.parse::<u64>().map_or_else(|_| value.clone(), Value::from);
                    (name.clone(), bits)
                }
                other => (name.clone(), as_documented(other)),
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(as_documented).collect(),
        other => other.clone(),
    }
}
