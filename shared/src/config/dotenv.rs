//! The `.env` file. It decides where keys are sent, so it is trusted only where this process's user decides: in the
//! working directory, never in one above it, and only if the file belongs to that user or to root.

use super::ConfigError;
use std::{
    fs::File,
    io::{ErrorKind, Read},
};

const NAME: &str = ".env";

/// Adds the variables of the file to the process environment where that does not set them. No file, no variables.
pub(super) fn load() -> Result<(), ConfigError> {
    let text = match File::open(NAME) {
        Ok(file) => read(file)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unreadable(&error)),
    };
    dotenvy::from_read(text.as_bytes()).map_err(|error| match error {
        // Its own text shows the line, and with it a secret.
        dotenvy::Error::LineParse(line, _) => {
            let before = text.find(&line).and_then(|at| text.get(..at)).unwrap_or_default();
            fault(format!("has a malformed line {}", 1 + before.matches('\n').count()), "NAME=value")
        }
        error => unreadable(&error),
    })
}

/// The text of the open file, whose owner is checked on the same handle.
fn read(mut file: File) -> Result<String, ConfigError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let owner = file.metadata().map_err(|error| unreadable(&error))?.uid();
        if !is_trusted(owner, rustix::process::geteuid().as_raw()) {
            return Err(fault(
                format!(
                    "belongs to the user with id {owner}, who could redirect your keys; make it yours (chown), or start \
                     from another directory"
                ),
                "a file of your own",
            ));
        }
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(|error| unreadable(&error))?;
    Ok(text)
}

/// Whether a process of `user` may trust a file of `owner`: its own, or that of root, who decides anyway.
#[cfg(unix)]
fn is_trusted(owner: u32, user: u32) -> bool {
    owner == user || owner == 0
}

fn unreadable(error: &dyn std::fmt::Display) -> ConfigError {
    fault(format!("cannot be read: {error}"), "a file of NAME=value lines")
}

fn fault(fault: String, example: &str) -> ConfigError {
    ConfigError { variable: NAME.to_owned(), fault, example: example.to_owned() }
}

#[cfg(all(test, unix))]
mod tests {
    use super::is_trusted;

    #[test]
    fn the_user_and_root_are_trusted() {
        assert!(is_trusted(1000, 1000) && is_trusted(0, 1000) && is_trusted(0, 0));
        assert!(!is_trusted(1001, 1000) && !is_trusted(1000, 0), "not even by root");
    }
}
