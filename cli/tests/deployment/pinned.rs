//! What comes from others comes as it was chosen: images by digest, actions by commit, tools by version, models and jars by
//! checksum.

use super::{root, text};
use std::{
    collections::{BTreeMap, BTreeSet},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};
use tempfile::TempDir;

/// The files that name images.
fn files_with_images() -> Vec<String> {
    let mut files = vec!["Dockerfile".to_owned(), "docker-compose.yml".to_owned()];
    for directory in ["deploy", "scripts"] {
        let names = std::fs::read_dir(root().join(directory)).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        files.extend(names.filter(|name| name.ends_with(".yml")).map(|name| format!("{directory}/{name}")));
    }
    assert!(files.len() >= 4, "{files:?}");
    files
}

/// The images of others in a file.
fn images(text: &str) -> BTreeSet<String> {
    let named = text.lines().map(str::trim_start);
    let named = named.filter_map(|line| line.strip_prefix("FROM ").or_else(|| line.strip_prefix("image: ")));
    let images = named.map(|rest| rest.split_whitespace().next().unwrap().to_owned());
    images.filter(|image| image != "rtfm:local").collect()
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')))
}

/// SECURITY.md: "Images are pinned by digest", but for those that it names.
#[test]
fn images_are_pinned_by_digest_but_for_those_that_the_documents_name() {
    let mut references: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files_with_images() {
        let text = text(&file);
        assert!(!text.contains("# syntax="), "{file}: a Dockerfile frontend is an image as well");
        for image in images(&text) {
            let name = image.split(['@', ':']).next().unwrap().to_owned();
            references.entry(name).or_default().insert(image);
        }
    }
    assert!(references.len() >= 6, "{references:?}");
    let security = text("SECURITY.md");
    let excepted: BTreeSet<&str> = security
        .split("Pinned by tag only")
        .nth(1)
        .map(|rest| rest.split("\n\n").next().unwrap().split('`').skip(1).step_by(2).collect())
        .unwrap_or_default();
    let mut by_tag = BTreeSet::new();
    for (name, references) in &references {
        assert_eq!(references.len(), 1, "{name} in several versions: {references:?}");
        let image = references.first().unwrap();
        let (tagged, digest) =
            image.split_once('@').map_or((image.as_str(), None), |(tag, digest)| (tag, Some(digest)));
        let tag = tagged.split_once(':').unwrap_or_else(|| panic!("{image}: no tag")).1;
        // `1.95`, `trixie-slim` and the like move on.
        assert!(tag.matches('.').count() >= 2 || tag.contains("-20"), "{image}: not an exact tag");
        match digest {
            Some(digest) => assert!(is_digest(digest), "{image}"),
            None => assert!(by_tag.insert(tagged), "{image}"),
        }
    }
    let excepted: BTreeSet<&str> = excepted.into_iter().filter(|name| name.contains(':')).collect();
    assert_eq!(by_tag, excepted, "SECURITY.md names exactly the images without a digest");
}

#[test]
fn actions_are_pinned_by_commit() {
    let workflow = text(".github/workflows/ci.yml");
    let used: Vec<&str> = workflow.lines().filter_map(|line| line.trim().strip_prefix("- uses: ")).collect();
    assert!(!used.is_empty());
    for action in used {
        let commit = action.split_once('@').unwrap().1.split(' ').next().unwrap();
        assert!(commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit()), "{action}");
    }
}

#[test]
fn tools_are_installed_in_one_version() {
    let script = text("scripts/cargo-tool.sh");
    for tool in ["deny", "cyclonedx"] {
        let version = script.lines().find_map(|line| line.trim().strip_prefix(&format!("{tool}) version="))).unwrap();
        assert_eq!(version.trim_end_matches(" ;;").split('.').count(), 3, "{tool}: {version}");
    }
    for file in [".ci/run", "Makefile", "CONTRIBUTING.md", "scripts/check-dependencies.sh", "scripts/sbom.sh"] {
        assert!(!text(file).contains("cargo install"), "{file} installs a tool past scripts/cargo-tool.sh");
    }
}

fn write_program(path: &Path, body: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs a script with these programs before all others.
fn run(
    script: &Path,
    arguments: &[&str],
    programs: &[(&str, &str)],
    environment: &[(&str, &Path)],
) -> (Output, String) {
    let bin = TempDir::new().unwrap();
    for (name, body) in programs {
        write_program(&bin.path().join(name), body);
    }
    let path = format!("{}:{}", bin.path().display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(script);
    let output =
        command.args(arguments).env_clear().env("PATH", path).envs(environment.iter().copied()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output, said)
}

#[test]
fn a_tool_in_another_version_is_missing() {
    let script = root().join("scripts/cargo-tool.sh");
    let has =
        |said: &str| run(&script, &["has", "deny"], &[("cargo", &format!("echo '{said}'"))], &[]).0.status.success();
    assert!(has("cargo-deny 0.20.2"));
    assert!(!has("cargo-deny 0.20.20") && !has("cargo-deny 10.20.2") && !has("cargo-deny 0.19.0") && !has(""));
    let cargo = r#"[ "$1" = install ] && echo "$@""#;
    let (_, said) = run(&script, &["install", "deny"], &[("cargo", cargo)], &[]);
    assert_eq!(said, "install --locked cargo-deny@0.20.2\n");
}

#[test]
fn other_jars_than_the_listed_ones_are_refused() {
    let script = root().join("scripts/kafka-broker.sh");
    let directory = TempDir::new().unwrap();
    let libs = directory.path().join("libs");
    let mvn = r#"for word; do case $word in -DoutputDirectory=*) out=${word#*=} ;; esac; done
        mkdir -p "$out" && echo tampered >"$out/kafka-clients-4.1.1.jar""#;
    let programs = [("mvn", mvn), ("java", "exit 0")];
    let (output, said) = run(&script, &["fetch"], &programs, &[("KAFKA_LIBS", &libs)]);
    assert!(!output.status.success() && said.contains("other jars"), "{said}");
    assert!(!libs.exists(), "nothing is installed");

    // Neither are those that were there already.
    std::fs::create_dir_all(&libs).unwrap();
    let version = text("scripts/kafka-broker.sh");
    let version = version.lines().find_map(|line| line.strip_prefix("KAFKA_VERSION=")).unwrap();
    std::fs::write(libs.join(format!(".complete-{version}")), "").unwrap();
    std::fs::write(libs.join("evil.jar"), "").unwrap();
    let (output, said) = run(&script, &["fetch"], &programs, &[("KAFKA_LIBS", &libs)]);
    assert!(!output.status.success() && said.contains("other jars"), "{said}");
}

#[test]
fn the_model_of_the_tests_is_the_one_that_the_product_downloads() {
    let script = text("scripts/local-model.sh");
    let hub = text("models/src/embed/local/hub.rs") + &text("models/src/embed/local/model.rs");
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let line = script.lines().find(|line| line.trim_end_matches('\'').ends_with(&format!("  {name}")));
        let line = line.unwrap_or_else(|| panic!("{name} has no checksum"));
        let digest = line.trim_start_matches("SHA256='").split(' ').next().unwrap();
        assert!(is_digest(&format!("sha256:{digest}")) && hub.contains(digest), "{name}: {digest}");
    }
    let folder = TempDir::new().unwrap();
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        std::fs::write(folder.path().join(name), "tampered").unwrap();
    }
    let script = root().join("scripts/local-model.sh");
    let (output, said) = run(&script, &["fetch"], &[], &[("LOCAL_MODEL_DIR", folder.path())]);
    assert!(!output.status.success() && said.contains("tokenizer.json") && said.contains("delete it"), "{said}");
}

#[test]
fn make_pin_images_writes_the_digests_that_the_registries_name() {
    let copy = TempDir::new().unwrap();
    let files =
        ["Makefile", "Dockerfile", "docker-compose.yml", "scripts/pin-images.sh", "scripts/test-kafka.compose.yml"];
    std::fs::create_dir(copy.path().join("scripts")).unwrap();
    for file in files {
        std::fs::copy(root().join(file), copy.path().join(file)).unwrap();
    }
    let read = |file: &str| std::fs::read_to_string(copy.path().join(file)).unwrap();
    let pin = |body: &str| {
        write_program(&copy.path().join("docker"), body);
        let mut make = Command::new("make");
        for variable in ["MAKEFLAGS", "MAKELEVEL", "MFLAGS"] {
            make.env_remove(variable);
        }
        make.args(["pin-images", "DOCKER=./docker"]).current_dir(copy.path()).output().unwrap()
    };
    let before = files.map(read);
    assert!(!pin("case \"$*\" in *grafana*) exit 1 ;; *) echo sha256:$(printf '%064d' 1) ;; esac").status.success());
    assert!(!pin("echo nothing").status.success());
    assert_eq!(files.map(read), before, "a failure changes no file");

    // Twice, as after an update of an image.
    for digit in ["7", "8"] {
        let output =
            pin(&format!("[ \"$1 $2 $3\" = 'buildx imagetools inspect' ] && echo sha256:$(printf '%064d' {digit})"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let end = format!("@sha256:{}{digit}", "0".repeat(63));
        for file in ["Dockerfile", "docker-compose.yml", "scripts/test-kafka.compose.yml"] {
            let (now, before) = (images(&read(file)), images(&text(file)));
            assert!(now.iter().all(|image| image.ends_with(&end) && image.matches('@').count() == 1), "{now:?}");
            let names = |images: &BTreeSet<String>| -> BTreeSet<String> {
                images.iter().map(|image| image.split('@').next().unwrap().to_owned()).collect()
            };
            assert_eq!(names(&now), names(&before));
        }
        assert!(read("Dockerfile").contains(" AS build\n"));
    }
}
