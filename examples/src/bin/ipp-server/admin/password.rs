//! A password, asked for where nobody reads along.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use ipp_core::vault::SecretText;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::Failure;

/// Asks for a password twice on a terminal, without showing it; else reads the first line of standard
/// input.
pub(super) fn ask() -> Result<SecretText, Failure> {
    if !io::stdin().is_terminal() {
        return line();
    }
    let quiet = Quiet::begin()?;
    let first = prompt("Password: ")?;
    let second = prompt("Once more: ")?;
    drop(quiet);
    if first != second {
        return Err("the two are not the same; nothing was done".into());
    }
    Ok(first)
}

fn prompt(text: &str) -> Result<SecretText, Failure> {
    write!(io::stderr(), "{text}")?;
    io::stderr().flush()?;
    let line = line();
    // The line feed that was typed is not shown either.
    writeln!(io::stderr())?;
    line
}

fn line() -> Result<SecretText, Failure> {
    let mut text = zeroize::Zeroizing::new(String::new());
    io::stdin().lock().read_line(&mut text)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err("there is no password on standard input".into());
    }
    Ok(line.to_owned().into())
}

/// A terminal that shows nothing of what is typed, until it is dropped.
struct Quiet(Termios);

impl Quiet {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &quiet)?;
        Ok(Self(before))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing any more.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}
