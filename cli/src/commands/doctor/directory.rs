//! Checks of the data directory: writable, private, and with free space.

use crate::checks::Check;
use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

const NAME: &str = "directory";
const MIB: u64 = 1 << 20;
/// Below this much free space the check fails.
const FAILURE_BELOW: u64 = 100 * MIB;
/// Below this much free space it warns.
const WARNING_BELOW: u64 = 1024 * MIB;

pub(super) fn check(directory: &Path) -> Vec<Check> {
    let Some(nearest) = existing(directory) else {
        return vec![unusable(directory, "no part of its path exists")];
    };
    if !nearest.is_dir() {
        return vec![unusable(directory, &format!("{} is not a directory", nearest.display()))];
    }
    // An unnamed file, which the system removes.
    if let Err(error) = tempfile::tempfile_in(&nearest) {
        return vec![unusable(directory, &error.to_string())];
    }
    let mut checks = vec![if directory.exists() {
        Check::passed(NAME, format!("{} is writable", directory.display()))
    } else {
        Check::passed(NAME, format!("{} does not exist yet and can be created", directory.display()))
    }];
    checks.extend(private(directory).iter().filter_map(|path| open_to_others(path)));
    match rustix::fs::statvfs(&nearest) {
        Ok(stats) => checks.push(space(stats.f_bavail.saturating_mul(stats.f_frsize))),
        Err(error) => checks.push(Check::skipped(NAME, format!("failed to read its free space: {error}"))),
    }
    checks
}

/// The directory, or its nearest existing parent.
fn existing(directory: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(directory).ok()?;
    absolute.ancestors().find(|path| path.exists()).map(Path::to_owned)
}

fn unusable(directory: &Path, why: &str) -> Check {
    let finding = format!("{} is not writable: {why}", directory.display());
    Check::failed(NAME, finding, "check its owner, or choose another with RTFM_DATA_DIR or --data-dir")
}

/// What only the owner may read.
fn private(directory: &Path) -> Vec<PathBuf> {
    let paths = ["", "bus.sqlite", "memory.sqlite"].map(|name| directory.join(name));
    paths.into_iter().filter(|path| path.exists()).collect()
}

fn open_to_others(path: &Path) -> Option<Check> {
    let metadata = std::fs::metadata(path).ok()?;
    (metadata.permissions().mode() & 0o077 != 0).then(|| {
        let finding =
            format!("{} holds people's messages, and other users of this machine may read it", path.display());
        let mode = if metadata.is_dir() { 700 } else { 600 };
        Check::warning(NAME, finding, format!("chmod {mode} {}", path.display()))
    })
}

fn space(free: u64) -> Check {
    let finding = format!("{} MiB are free", free / MIB);
    match free {
        ..FAILURE_BELOW => Check::failed(NAME, finding, "free some space: without it, storing fails"),
        FAILURE_BELOW..WARNING_BELOW => Check::warning(NAME, finding, "free some space soon"),
        _ => Check::passed(NAME, finding),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::CheckStatus;

    #[test]
    fn a_warning_precedes_the_failure() {
        let statuses = [0, 99, 100, 1023, 1024].map(|mib| space(mib * MIB).status);
        use CheckStatus::{Failed, Passed, Warning};
        assert_eq!(statuses, [Failed, Failed, Warning, Warning, Passed]);
    }
}
