//! A PostgreSQL of one's own, for tests and benchmarks: made in a temporary folder, reached by a socket in
//! it, and gone with the process, however that ends.
//!
//! PostgreSQL refuses to run for root; started by root, this one runs as the user `postgres`.

#![expect(clippy::disallowed_methods, reason = "a database for tests is a process that tests start")]

use std::{
    fmt, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::PostgresOptions;

/// Whether what is committed survives a loss of power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durable {
    /// It does: for what is measured, and for what is stopped in the middle.
    Yes,
    /// It does not, which is quicker.
    No,
}

/// A PostgreSQL that runs.
#[derive(Debug)]
pub struct Cluster {
    root: PathBuf,
    programs: PathBuf,
    schemas: AtomicU32,
    /// Waits for the end of its input, which comes when this value or the whole process is gone, and
    /// then stops the database and takes the folder away.
    _caretaker: Child,
}

/// Why there is no PostgreSQL.
#[derive(Debug, Clone)]
pub struct ClusterError(String);

impl fmt::Display for ClusterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "PostgreSQL 15 or newer cannot be started for the tests: {}. `make test` installs it; by hand, install \
             the package `postgresql` of the distribution",
            self.0
        )
    }
}

impl std::error::Error for ClusterError {}

type Result<T> = std::result::Result<T, ClusterError>;

/// Stops the database and takes its folder away once the input ends.
const CARETAKER: &str =
    "trap '' INT TERM HUP; cat >/dev/null; \"$1/pg_ctl\" stop -D \"$2/data\" -m immediate; rm -rf \"$2\"";

impl Cluster {
    /// Makes and starts one.
    pub fn start(durable: Durable) -> Result<Self> {
        let programs = programs()?;
        let root = PathBuf::from(said(as_user("mktemp").args(["-d", "/tmp/ipp-postgres-XXXXXX"]))?);
        let caretaker = as_user("sh")
            .args(["-c", CARETAKER, "sh"])
            .args([&programs, &root])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed("sh"))?;
        let cluster = Self { root, programs, schemas: AtomicU32::new(0), _caretaker: caretaker };
        let data = cluster.root.join("data");
        // The collation of the database is not that of the store, which has to set its own.
        said(
            cluster
                .program("initdb")
                .arg("-D")
                .arg(&data)
                .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"])
                .args(["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en"]),
        )?;
        cluster.configure(durable)?;
        cluster.go()?;
        Ok(cluster)
    }

    /// The one that all tests of a process share.
    pub fn shared() -> Result<&'static Self> {
        static SHARED: OnceLock<Result<Cluster>> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(Durable::No)).as_ref().map_err(Clone::clone)
    }

    /// The URL of the database that is there from the beginning.
    pub fn url(&self) -> String {
        self.database_url("postgres")
    }

    /// The URL of a database.
    pub fn database_url(&self, name: &str) -> String {
        format!("postgres://postgres@{}/{name}", self.root.display().to_string().replace('/', "%2F"))
    }

    /// Makes a database; its URL.
    pub fn database(&self, name: &str) -> Result<String> {
        said(self.program("createdb").arg("-h").arg(&self.root).args(["-U", "postgres", name]))?;
        Ok(self.database_url(name))
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.root.join(".s.PGSQL.5432")
    }

    /// A store of its own in the database.
    pub fn options(&self) -> PostgresOptions {
        let number = self.schemas.fetch_add(1, Ordering::Relaxed);
        PostgresOptions::at(self.url()).schema(format!("s{number}")).connections(4)
    }

    /// Stops the database as a crash does: no connection is told, nothing is written any more.
    pub fn crash(&self) -> Result<()> {
        said(self.program("pg_ctl").args(["stop", "-w", "-m", "immediate", "-D"]).arg(self.root.join("data")))
            .map(drop)
    }

    /// Starts the database again.
    pub fn go(&self) -> Result<()> {
        let (data, log) = (self.root.join("data"), self.root.join("log"));
        let started =
            said(self.program("pg_ctl").args(["start", "-w", "-s", "-D"]).arg(data).arg("-l").arg(&log));
        started.map(drop).map_err(|error| {
            let told = fs::read_to_string(&log).unwrap_or_default();
            ClusterError(format!(
                "{}; its log ends with: {}",
                error.0,
                told.lines().last().unwrap_or_default()
            ))
        })
    }

    /// What the database writes down of itself.
    pub fn log(&self) -> String {
        fs::read_to_string(self.root.join("log")).unwrap_or_default()
    }

    fn configure(&self, durable: Durable) -> Result<()> {
        let fsync = if durable == Durable::Yes { "on" } else { "off" };
        let settings = format!(
            "listen_addresses = ''\nunix_socket_directories = '{}'\nmax_connections = 300\nshared_buffers = 128MB\n\
             fsync = {fsync}\nfull_page_writes = {fsync}\nmax_wal_size = 1GB\n",
            self.root.display()
        );
        let mut child = as_user("sh")
            .args(["-c", "cat >>\"$1\"", "sh"])
            .arg(self.root.join("data/postgresql.conf"))
            .stdin(Stdio::piped())
            .spawn()
            .map_err(failed("sh"))?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(settings.as_bytes()).map_err(failed("postgresql.conf"))?;
        }
        child.wait().map(drop).map_err(failed("postgresql.conf"))
    }

    fn program(&self, name: &str) -> Command {
        as_user(self.programs.join(name))
    }
}

/// Where the programs of the newest PostgreSQL are.
fn programs() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin")))
        })
        .filter(|(_, path)| path.join("initdb").exists())
        .max();
    let elsewhere = || {
        let found = said(Command::new("pg_config").arg("--bindir")).ok().map(PathBuf::from);
        found.filter(|path| path.join("initdb").exists())
    };
    newest
        .map(|(_, path)| path)
        .or_else(elsewhere)
        .ok_or_else(|| ClusterError("no `initdb` was found".to_owned()))
}

/// A command, which for root runs as the user of the package.
fn as_user(program: impl AsRef<Path>) -> Command {
    let program = program.as_ref();
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    // Wherever the tests run, this user may be allowed nothing there.
    command.current_dir("/");
    command
}

/// What a command writes to its output, which must succeed.
fn said(command: &mut Command) -> Result<String> {
    let name = format!("{command:?}");
    // A server that is started keeps what it inherits open, so its output is not waited for.
    let starts = name.contains("\"start\"");
    let output = if starts {
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.map(|status| std::process::Output { status, stdout: Vec::new(), stderr: Vec::new() })
    } else {
        command.stdin(Stdio::null()).output()
    };
    let output = output.map_err(failed(&name))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(ClusterError(format!("{name} failed: {}", told.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn failed(name: &str) -> impl FnOnce(std::io::Error) -> ClusterError {
    let name = name.to_owned();
    move |error| ClusterError(format!("{name}: {error}"))
}
