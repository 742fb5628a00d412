//! The data directory: writable, private, with space.

use crate::checks::Check;
use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

const NAME: &str = "directory";
const MIB: u64 = 1 << 20;
/// Below this much free space nothing more should be written.
const TOO_LITTLE: u64 = 100 * MIB;
/// Below this much somebody should know.
const LITTLE: u64 = 1024 * MIB;

pub(super) fn look(directory: &Path) -> Vec<Check> {
    let Some(there) = existing(directory) else {
        return vec![unusable(directory, "no part of its path exists")];
    };
    if !there.is_dir() {
        return vec![unusable(directory, &format!("{} is no directory", there.display()))];
    }
    // A file without a name: nothing is left of it.
    if let Err(error) = tempfile::tempfile_in(&there) {
        return vec![unusable(directory, &error.to_string())];
    }
    let mut checks = vec![match directory.exists() {
        true => Check::well(NAME, format!("{} can be written", directory.display())),
        false => Check::well(NAME, format!("{} is not there yet and can be made", directory.display())),
    }];
    checks.extend(files(directory).iter().filter_map(|file| open_to_others(file)));
    match rustix::fs::statvfs(&there) {
        Ok(state) => checks.push(space(state.f_bavail.saturating_mul(state.f_frsize))),
        Err(error) => checks.push(Check::skipped(NAME, format!("its free space is not known: {error}"))),
    }
    checks
}

/// The directory, or the nearest above it that is there.
fn existing(directory: &Path) -> Option<PathBuf> {
    let whole = std::path::absolute(directory).ok()?;
    whole.ancestors().find(|path| path.exists()).map(Path::to_owned)
}

fn unusable(directory: &Path, why: &str) -> Check {
    let what = format!("{} cannot be written: {why}", directory.display());
    Check::failed(NAME, what, "check who owns it, or choose another with RTFM_DATA_DIR or --data-dir")
}

fn files(directory: &Path) -> Vec<PathBuf> {
    ["bus.sqlite", "memory.sqlite"].map(|name| directory.join(name)).into_iter().filter(|file| file.exists()).collect()
}

fn open_to_others(file: &Path) -> Option<Check> {
    let mode = std::fs::metadata(file).ok()?.permissions().mode();
    (mode & 0o077 != 0).then(|| {
        let what = format!("{} holds people's messages, and others on this machine may read it", file.display());
        Check::warning(NAME, what, format!("chmod 600 {}", file.display()))
    })
}

fn space(free: u64) -> Check {
    let what = format!("{} MiB are free", free / MIB);
    match free {
        ..TOO_LITTLE => Check::failed(NAME, what, "free some space: without it nothing more is stored"),
        TOO_LITTLE..LITTLE => Check::warning(NAME, what, "free some space soon"),
        _ => Check::well(NAME, what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::Verdict;

    #[test]
    fn little_space_is_told_before_it_is_too_little() {
        let verdicts = [0, 99, 100, 1023, 1024].map(|mib| space(mib * MIB).verdict);
        use Verdict::{Failed, Warning, Well};
        assert_eq!(verdicts, [Failed, Failed, Warning, Warning, Well]);
    }
}
