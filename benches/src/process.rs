//! Servers in processes of their own: this program again, or nginx.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Error, ErrorKind, Result},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use tempfile::TempDir;

/// A process that ends with this value.
#[derive(Debug)]
pub struct Process(Child);

/// An nginx that serves a folder, started for this run alone.
#[derive(Debug)]
pub struct Nginx {
    process: Process,
    /// Where it serves as it comes: it opens the file for each request.
    pub plain: SocketAddr,
    /// Where it keeps files open that were asked for before.
    pub cached: SocketAddr,
    // Dropped last: nginx still writes while it stops.
    folder: TempDir,
}

/// Starts this program again with an argument that makes it a server; answers what it says first, in
/// one line. It is to end with its input.
pub fn again(argument: &str) -> Result<(Process, String)> {
    let mut command = program(&std::env::current_exe()?);
    let mut child = command.arg(argument).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take();
    let process = Process(child);
    let mut line = String::new();
    BufReader::new(output.ok_or(ErrorKind::BrokenPipe)?).read_line(&mut line)?;
    if line.is_empty() { Err(Error::other("the server process did not start")) } else { Ok((process, line)) }
}

impl Process {
    /// Its id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Nginx {
    /// Serves these files; `None` where nginx is not installed. One process with one thread: there is
    /// nobody to supervise it for.
    pub fn start(files: &[(&str, &[u8])]) -> Result<Option<Self>> {
        let Some(mut command) = installed() else { return Ok(None) };
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("files"))?;
        for (name, content) in files {
            std::fs::write(folder.path().join("files").join(name), content)?;
        }
        let (plain, cached) = (free_address()?, free_address()?);
        std::fs::write(folder.path().join("nginx.conf"), configuration(plain, cached))?;
        let child =
            command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "error.log"]).spawn()?;
        let nginx = Self { process: Process(child), plain, cached, folder };
        for address in [plain, cached] {
            nginx.wait(address)?;
        }
        Ok(Some(nginx))
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    fn wait(&self, address: SocketAddr) -> Result<()> {
        for _ in 0..100 {
            if TcpStream::connect(address).is_ok() {
                return Ok(());
            }
            sleep(Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default();
        Err(Error::other(format!("nginx does not start: {log}")))
    }
}

fn installed() -> Option<Command> {
    // Distributions keep it where only administrators look for programs.
    ["nginx", "/usr/sbin/nginx"].into_iter().find_map(|name| {
        let quiet = program(name.as_ref()).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status();
        quiet.is_ok_and(|status| status.success()).then(|| program(name.as_ref()))
    })
}

fn configuration(plain: SocketAddr, cached: SocketAddr) -> String {
    let mut text = "daemon off; master_process off; pid nginx.pid; error_log error.log crit;
events { worker_connections 1024; }
http {
    access_log off; sendfile on; tcp_nopush on; tcp_nodelay on;
    keepalive_timeout 60s; keepalive_requests 100000000;
    default_type application/octet-stream; types { text/plain cfg; }
"
    .to_owned();
    for place in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let _ = writeln!(text, "    {place}_temp_path {place};");
    }
    for (address, more) in [(plain, ""), (cached, "open_file_cache max=1000 inactive=60s;")] {
        let _ = writeln!(text, "    server {{ listen {address}; root files; {more} }}");
    }
    text + "}\n"
}

/// An address that nobody listens on. Somebody else may take it meanwhile; then nginx says so.
fn free_address() -> Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

#[expect(clippy::disallowed_methods, reason = "servers that are measured run in processes of their own")]
fn program(path: &Path) -> Command {
    Command::new(path)
}
