//! The page: pictures are fenced blocks under a comment with their name.

use crate::scenes::Scene;
use std::{collections::BTreeSet, path::PathBuf};

const MARK: &str = "<!-- scene: ";
// Four, because there is code in what people see.
const OPEN: &str = "````text";
const CLOSE: &str = "````";

/// The page's text.
pub(crate) struct Page(String);

fn path() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/discord.md"))
}

impl Page {
    pub(crate) fn read() -> Self {
        Self(std::fs::read_to_string(path()).unwrap())
    }

    pub(crate) fn write(&self) {
        std::fs::write(path(), &self.0).unwrap();
    }

    /// The same page with these pictures.
    pub(crate) fn render(&self, scenes: &[Scene]) -> Self {
        let (mut text, mut name, mut inside) = (String::new(), None, false);
        for line in self.0.lines() {
            inside &= line != CLOSE;
            if inside {
                continue;
            }
            text.push_str(line);
            text.push('\n');
            name = named(line).or(name);
            if let Some(name) = name.take_if(|_| line == OPEN) {
                let (_, drawn) = scenes.iter().find(|(played, _)| *played == name).expect("a scene that is played");
                text.push_str(drawn);
                inside = true;
            }
        }
        Self(text)
    }

    /// Demands that the page has exactly these pictures.
    pub(crate) fn compare(&self, scenes: &[Scene]) {
        let shown: BTreeSet<&str> = self.0.lines().filter_map(named).collect();
        let played: BTreeSet<&str> = scenes.iter().map(|(name, _)| *name).collect();
        assert_eq!(shown, played, "the scenes of docs/discord.md, and those that are played");
        for (name, drawn) in scenes {
            let picture = self.picture(name);
            assert!(
                picture == *drawn,
                "docs/discord.md shows the scene {name:?} as\n{picture}\nand it looks like\n{drawn}\nIf that is meant, \
                 RTFM_RENDER_DOCS=1 draws the pictures anew."
            );
        }
    }

    fn picture(&self, scene: &str) -> String {
        let after = self.0.lines().skip_while(|line| named(line) != Some(scene));
        let inside = after.skip_while(|line| *line != OPEN).skip(1).take_while(|line| *line != CLOSE);
        inside.map(|line| format!("{line}\n")).collect()
    }
}

fn named(line: &str) -> Option<&str> {
    line.strip_prefix(MARK)?.strip_suffix(" -->")
}
