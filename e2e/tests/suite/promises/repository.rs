//! What the documents say about the files of the repository.

use super::text;

#[test]
fn the_image_is_built_from_the_committed_lock_file() {
    let dockerfile = text("Dockerfile");
    let builds: Vec<&str> = dockerfile.lines().filter(|line| line.contains("cargo build")).collect();
    assert!(!builds.is_empty() && builds.iter().all(|line| line.contains("--locked")), "{builds:?}");
    assert!(text("Cargo.lock").contains("name = \"rtfm-cli\""));
    assert!(!text(".gitignore").lines().any(|line| line.contains("Cargo.lock")));
}

#[test]
fn no_crate_allows_unsafe_code() {
    assert!(text("Cargo.toml").contains("unsafe_code = \"forbid\""));
    for member in ["bot", "cli", "documents", "memory", "models", "processor", "shared"] {
        assert!(text(&format!("{member}/Cargo.toml")).contains("[lints]\nworkspace = true"), "{member}");
    }
}
