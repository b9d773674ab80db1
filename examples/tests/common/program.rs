//! The program as a process.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

#[expect(clippy::disallowed_methods, reason = "the program itself is under test")]
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ipp-server"));
    command.args(arguments);
    command
}

pub(crate) fn run(arguments: &[&str]) -> Output {
    program(arguments).output().unwrap()
}

pub(crate) fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A configuration file for data of its own, with ports that the system chooses.
pub(crate) fn configuration(folder: &Path, more: &str) -> PathBuf {
    let mut text =
        format!("data = \"{}\"\nlisten = \"127.0.0.1\"\nlog = \"error\"\n", folder.join("data").display());
    if !more.contains("[ports]") {
        text.push_str("[ports]\n");
        for (name, tls) in [("web", false), ("web_tls", true), ("reports", false), ("reports_tls", true)] {
            writeln!(text, "{name} = {{ port = 0, tls = {tls} }}").unwrap();
        }
    }
    text.push_str(more);
    let file = folder.join("ipp.toml");
    std::fs::write(&file, text).unwrap();
    file
}

/// A server that runs until this is dropped, with what it printed.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) printed: Vec<String>,
}

impl Serving {
    pub(crate) fn start(config: &Path, lines: usize) -> Self {
        let mut command = program(&["serve", "--config", config.to_str().unwrap()]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let printed = output.lines().take(lines).map_while(Result::ok).collect();
        Self { child, printed }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the program beside what else this test does.
pub(crate) async fn run_beside(arguments: &[&str]) -> Output {
    let mut command = program(arguments);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// A configuration file that names this data folder.
pub(crate) fn configuration_of(data: &Path, folder: &Path) -> PathBuf {
    let file = folder.join("of.toml");
    std::fs::write(&file, format!("data = \"{}\"\nlisten = \"127.0.0.1\"\n", data.display())).unwrap();
    file
}
