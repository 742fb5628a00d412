//! No ring of modules: from no module of a crate does a chain of uses lead back to it.

use super::source::{Source, all, is_word};
use std::collections::{BTreeMap, BTreeSet};

type Arrows = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

#[test]
fn no_chain_of_modules_leads_back() {
    let sources = all();
    let crates: BTreeSet<&str> = sources.iter().map(|source| source.krate.as_str()).collect();
    let mut rings = Vec::new();
    for krate in crates {
        let own: Vec<&Source> = sources.iter().filter(|source| source.krate == krate).collect();
        let arrows = arrows(&own);
        let ring = in_rings(&arrows);
        if !ring.is_empty() {
            rings.push(describe(krate, &arrows, &ring));
        }
    }
    assert!(rings.is_empty(), "modules use each other in a ring:\n{}", rings.join("\n"));
}

/// Which module uses which other one of its crate, and in which files.
fn arrows(sources: &[&Source]) -> Arrows {
    let is_root = |room: &str| matches!(room, "lib" | "main");
    let rooms: BTreeSet<&str> = sources.iter().map(|source| source.room()).filter(|room| !is_root(room)).collect();
    let exported = exported(sources);
    let mut arrows = Arrows::new();
    for source in sources.iter().filter(|source| !is_root(source.room())) {
        for head in heads(&source.code) {
            let room = exported.get(&head).cloned().unwrap_or(head);
            if rooms.contains(room.as_str()) && room != source.room() {
                let files = arrows.entry(source.room().to_owned()).or_default().entry(room).or_default();
                files.insert(source.path.clone());
            }
        }
    }
    arrows
}

/// What the crate's root passes on, with the module that it comes from.
fn exported(sources: &[&Source]) -> BTreeMap<String, String> {
    let mut exported = BTreeMap::new();
    for root in sources.iter().filter(|source| source.room() == "lib") {
        for (at, _) in root.code.match_indices("use ") {
            let tree = root.code[at + 4..].split(';').next().unwrap_or("");
            let Some((room, names)) = tree.trim().split_once("::") else { continue };
            let room = room.trim().trim_start_matches("crate::").to_owned();
            for name in names.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|name| !name.is_empty()) {
                exported.insert(name.to_owned(), room.clone());
            }
        }
    }
    exported
}

/// The first names after `crate::`, those of use-trees included.
fn heads(code: &str) -> BTreeSet<String> {
    let mut heads = BTreeSet::new();
    for (at, _) in code.match_indices("crate::").filter(|(at, _)| is_word(code, *at, "crate")) {
        let rest = code[at + "crate::".len()..].trim_start();
        let Some(tree) = rest.strip_prefix('{') else {
            heads.insert(first_name(rest));
            continue;
        };
        let (mut depth, mut part) = (0, String::new());
        for c in tree.chars() {
            match c {
                '}' if depth == 0 => break,
                ',' if depth == 0 => {
                    heads.insert(first_name(part.trim_start()));
                    part.clear();
                }
                _ => {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    part.push(c);
                }
            }
        }
        heads.insert(first_name(part.trim_start()));
    }
    heads
}

fn first_name(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The modules from which a chain leads back to themselves.
fn in_rings(arrows: &Arrows) -> BTreeSet<String> {
    let reached = |from: &str| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(room) = open.pop() {
            for next in arrows.get(&room).into_iter().flat_map(BTreeMap::keys) {
                if seen.insert(next.clone()) {
                    open.push(next.clone());
                }
            }
        }
        seen
    };
    arrows.keys().filter(|room| reached(room).contains(*room)).cloned().collect()
}

fn describe(krate: &str, arrows: &Arrows, ring: &BTreeSet<String>) -> String {
    let mut lines = vec![format!("{krate}: {}", ring.iter().cloned().collect::<Vec<_>>().join(" "))];
    for (from, to) in arrows.iter().filter(|(from, _)| ring.contains(*from)) {
        for (to, files) in to.iter().filter(|(to, _)| ring.contains(*to)) {
            lines.push(format!("  {from} -> {to}: {}", files.iter().cloned().collect::<Vec<_>>().join(", ")));
        }
    }
    lines.join("\n")
}

#[test]
fn a_ring_is_found_and_a_chain_is_none() {
    let source =
        |path: &str, code: &str| Source { krate: "x".to_owned(), path: format!("x/src/{path}"), code: code.to_owned() };
    let lib = source("lib.rs", "mod a; mod b; mod c; pub use c::{Deep, Other};");
    let a = source("a/mod.rs", "use crate::{b::{One, Two}, z};");
    let b = source("b.rs", "fn f() { crate::Deep::new() }");
    let c = source("c.rs", "use crate::a::Thing;");
    let free = source("c.rs", "use std::fmt;");
    let rooms = |sources: &[&Source]| in_rings(&arrows(sources)).into_iter().collect::<Vec<_>>();
    assert_eq!(rooms(&[&lib, &a, &b, &c]), ["a", "b", "c"]);
    assert!(rooms(&[&lib, &a, &b, &free]).is_empty());
}
