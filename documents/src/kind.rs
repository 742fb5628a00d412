//! The kind of a file, from its name or else from the media type that Discord reports.

use rtfm_shared::event::Attachment;
use serde::{Deserialize, Serialize};

/// How a file is read.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// Paragraphs: plain text and Markdown.
    Prose,
    /// Lines that make sense alone: code, logs, configuration.
    Lines,
    /// A header line, then rows: CSV and the like.
    Table,
    /// JSON, laid out one value a line.
    Json,
    /// PDF, read in a process of its own.
    Pdf,
}

const PROSE: &[&str] = &["txt", "text", "md", "markdown", "mdx", "rst", "adoc", "org", "tex", "srt", "vtt"];
const TABLES: &[&str] = &["csv", "tsv"];
const JSON: &[&str] = &["json", "geojson", "ipynb", "har", "webmanifest"];
const LINES: &[&str] = &[
    // Logs and configuration.
    "log",
    "out",
    "err",
    "trace",
    "diff",
    "patch",
    "jsonl",
    "ndjson",
    "yaml",
    "yml",
    "toml",
    "ini",
    "cfg",
    "conf",
    "properties",
    "env",
    "xml",
    "html",
    "htm",
    "svg",
    "plist",
    "lock",
    "service",
    "dockerfile",
    "makefile",
    // Code.
    "rs",
    "py",
    "js",
    "mjs",
    "cjs",
    "ts",
    "tsx",
    "jsx",
    "c",
    "h",
    "cc",
    "cpp",
    "cxx",
    "hpp",
    "cs",
    "java",
    "kt",
    "kts",
    "scala",
    "go",
    "rb",
    "php",
    "swift",
    "m",
    "mm",
    "pl",
    "pm",
    "lua",
    "r",
    "jl",
    "hs",
    "ml",
    "mli",
    "fs",
    "ex",
    "exs",
    "erl",
    "clj",
    "lisp",
    "el",
    "vim",
    "sh",
    "bash",
    "zsh",
    "fish",
    "ps1",
    "bat",
    "cmd",
    "sql",
    "css",
    "scss",
    "sass",
    "less",
    "vue",
    "svelte",
    "dart",
    "zig",
    "nim",
    "asm",
    "s",
    "proto",
    "graphql",
    "gql",
    "tf",
    "hcl",
    "nix",
    "cmake",
    "gradle",
    "groovy",
    "gd",
    "glsl",
    "wgsl",
    "hlsl",
];

impl DocumentKind {
    /// The kind of a file; `None` if files of its type are not read.
    pub fn of(file: &Attachment) -> Option<Self> {
        let name = file.filename.to_lowercase();
        // A name without a dot is its own extension: Makefile, Dockerfile.
        let extension = name.rsplit('.').next().unwrap_or_default();
        let listed = |list: &[&str]| list.contains(&extension);
        if listed(PROSE) {
            Some(Self::Prose)
        } else if listed(TABLES) {
            Some(Self::Table)
        } else if listed(JSON) {
            Some(Self::Json)
        } else if listed(LINES) {
            Some(Self::Lines)
        } else if extension == "pdf" {
            Some(Self::Pdf)
        } else {
            Self::of_media_type(file.content_type.as_deref()?)
        }
    }

    fn of_media_type(media_type: &str) -> Option<Self> {
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_lowercase();
        match essence.as_str() {
            "text/plain" | "text/markdown" => Some(Self::Prose),
            "text/csv" | "text/tab-separated-values" => Some(Self::Table),
            "application/json" => Some(Self::Json),
            "application/pdf" => Some(Self::Pdf),
            "application/xml"
            | "application/yaml"
            | "application/x-yaml"
            | "application/toml"
            | "application/javascript"
            | "application/x-sh"
            | "application/sql" => Some(Self::Lines),
            other if other.starts_with("text/") => Some(Self::Lines),
            other if other.ends_with("+json") => Some(Self::Json),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(filename: &str, content_type: Option<&str>) -> Option<DocumentKind> {
        let content_type = content_type.map(str::to_owned);
        DocumentKind::of(&Attachment { filename: filename.to_owned(), content_type, ..Attachment::default() })
    }

    #[test]
    fn the_name_selects_the_kind_or_else_the_media_type() {
        assert_eq!(kind("Notes.MD", None), Some(DocumentKind::Prose));
        assert_eq!(kind("build.log", Some("text/plain; charset=utf-8")), Some(DocumentKind::Lines));
        assert_eq!(kind("prices.csv", Some("application/vnd.ms-excel")), Some(DocumentKind::Table));
        assert_eq!(kind("config.json", None), Some(DocumentKind::Json));
        assert_eq!(kind("paper.pdf", None), Some(DocumentKind::Pdf));
        assert_eq!(kind("Dockerfile", None), Some(DocumentKind::Lines));
        assert_eq!(kind("unknown", Some("Text/Plain; charset=utf-8")), Some(DocumentKind::Prose));
        assert_eq!(kind("feed", Some("application/ld+json")), Some(DocumentKind::Json));
    }

    #[test]
    fn pictures_and_archives_are_not_read() {
        for (name, media_type) in [
            ("cat.png", Some("image/png")),
            ("clip.mp4", Some("video/mp4")),
            ("all.zip", Some("application/zip")),
            ("notes.txt.exe", None),
            ("", None),
        ] {
            assert_eq!(kind(name, media_type), None, "{name}");
        }
    }
}
