//! Embeds and components as Discord returns them, with their defaults.

use serde_json::{Value, json};

use super::render::merge;

/// An embed as it comes back.
pub(crate) fn embed(embed: &Value) -> Value {
    let mut embed = embed.clone();
    fill(&mut embed, json!({"type": "rich"}));
    for field in embed.get_mut("fields").and_then(Value::as_array_mut).into_iter().flatten() {
        fill(field, json!({"inline": false}));
    }
    embed
}

/// Components as they come back, numbered through.
pub(crate) fn components(given: &[Value]) -> Vec<Value> {
    let mut next = 0;
    given.iter().map(|given| component(given, &mut next)).collect()
}

fn component(given: &Value, next: &mut u64) -> Value {
    *next += 1;
    let mut component = given.clone();
    fill(&mut component, json!({"id": *next}));
    match component.get("type").and_then(Value::as_u64) {
        Some(2) => {
            // An emoji of Unicode's has no id.
            let emoji = component.get_mut("emoji").and_then(Value::as_object_mut);
            emoji.into_iter().for_each(|emoji| emoji.retain(|_, value| !value.is_null()));
        }
        Some(3 | 5..=8) => fill(&mut component, json!({"min_values": 1, "max_values": 1})),
        Some(11) => {
            fill(&mut component, json!({"description": null, "spoiler": false}));
            media(component.get_mut("media"));
        }
        Some(12) => {
            for item in component.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten() {
                fill(item, json!({"description": null, "spoiler": false}));
                media(item.get_mut("media"));
            }
        }
        Some(13) => {
            fill(&mut component, json!({"name": "file", "size": 0, "spoiler": false}));
            media(component.get_mut("file"));
        }
        Some(14) => fill(&mut component, json!({"spacing": 1, "divider": true})),
        Some(17) => fill(&mut component, json!({"accent_color": null, "spoiler": false})),
        _ => {}
    }
    for inner in component.get_mut("components").and_then(Value::as_array_mut).into_iter().flatten() {
        *inner = self::component(inner, next);
    }
    if let Some(accessory) = component.get_mut("accessory") {
        *accessory = self::component(accessory, next);
    }
    component
}

fn media(media: Option<&mut Value>) {
    let Some(media) = media else { return };
    let url = media.get("url").cloned().unwrap_or_default();
    fill(media, json!({"id": "1", "proxy_url": url}));
}

/// Adds the fields that are missing.
fn fill(value: &mut Value, mut defaults: Value) {
    if let (Some(defaults), Some(given)) = (defaults.as_object_mut(), value.as_object()) {
        defaults.retain(|name, _| !given.contains_key(name));
    }
    merge(value, defaults);
}
