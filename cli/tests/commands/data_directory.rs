//! The data directory and its files are their owner's alone, whatever the umask and whatever was there.

use crate::support::{Running, World, export, message};
use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

/// Every path below a directory, with itself.
fn all(directory: &Path) -> Vec<PathBuf> {
    let mut all = vec![directory.to_owned()];
    for at in 0.. {
        let Some(path) = all.get(at) else { break };
        all.extend(std::fs::read_dir(path).into_iter().flatten().map(|entry| entry.unwrap().path()));
    }
    all
}

#[track_caller]
fn all_private(world: &World) {
    let paths = all(&world.path("data"));
    for name in ["bus.sqlite", "bus.lock", "bus.members", "memory.sqlite"] {
        assert!(paths.contains(&world.path("data").join(name)), "{name} is missing in {paths:?}");
    }
    for path in paths {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}: {mode:o}", path.display());
    }
}

#[test]
fn everything_in_it_is_private_whatever_the_umask() {
    for umask in ["000", "022"] {
        let world = World::new();
        world.write("export.json", &export(&[message("1", "the kettle is blue")]));
        let rtfm = world.command(&["import", "export.json"]);
        let mut command = Command::new("sh");
        command.args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")]).arg(rtfm.get_program());
        command.args(rtfm.get_args()).current_dir(rtfm.get_current_dir().unwrap()).env_clear();
        command.envs(rtfm.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.stdin(std::process::Stdio::null());
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        Running::spawn(command).ended().with_code(0);
        all_private(&world);
        for path in all(&world.path("data")) {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        world.run(&["search", "kettle"]).with_code(0);
        all_private(&world);
    }
}

#[test]
fn a_directory_that_others_use_is_refused_and_left_alone() {
    let world = World::new();
    let shared = world.path("shared");
    std::fs::create_dir(&shared).unwrap();
    std::fs::write(shared.join("of-somebody-else"), "").unwrap();
    std::fs::set_permissions(&shared, std::fs::Permissions::from_mode(0o777)).unwrap();
    let refused = world.run(&["topics", "create", "--data-dir", "shared"]).with_code(2);
    for part in ["shared", "files that are not RTFM's", "--data-dir or RTFM_DATA_DIR"] {
        assert!(refused.stderr.contains(part), "{refused:?}");
    }
    assert_eq!(all(&shared).len(), 2, "nothing was created");
    assert_eq!(std::fs::metadata(&shared).unwrap().permissions().mode() & 0o777, 0o777);
    world.run(&["topics", "create", "--data-dir", "shared/rtfm"]).with_code(0);
    let inside = std::fs::metadata(shared.join("rtfm")).unwrap();
    assert_eq!(inside.permissions().mode() & 0o777, 0o700);
}
