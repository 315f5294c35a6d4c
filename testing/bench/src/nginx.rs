//! nginx as the yardstick for reading: the same objects as plain files, without any permission.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::failure::Failure;
use crate::prepare;
use crate::program::Program;
use crate::requests::Payload;
use crate::target::Target;
use crate::workload::Workload;

const START_TIME_MAX: Duration = Duration::from_secs(10);
const START_POLL: Duration = Duration::from_millis(20);

/// nginx; ended, and its files removed, when dropped.
pub(crate) struct Nginx {
    address: SocketAddr,
    program: Program,
    /// Last, so that it is removed when nginx has ended.
    _directory: TempDir,
}

impl Nginx {
    /// Writes the objects of all workloads that read, and starts `program` on loopback.
    pub(crate) fn start(
        program: &Path,
        parent: &Path,
        bucket: &str,
        workloads: &[Workload],
    ) -> Result<Self, Failure> {
        let failed = |error| Failure::new("cannot prepare nginx", error);
        let directory = TempDir::with_prefix_in("grantry-bench-nginx-", parent).map_err(failed)?;
        for workload in workloads.iter().filter(|workload| workload.operation.reads_an_object()) {
            write_objects(directory.path(), bucket, workload.size_bytes).map_err(failed)?;
        }
        let address = free_address().map_err(failed)?;
        let configuration = directory.path().join("nginx.conf");
        fs::write(&configuration, configuration_text(directory.path(), address)).map_err(failed)?;
        let mut command = Command::new(program);
        command.arg("-c").arg(&configuration).arg("-p").arg(directory.path());
        command.stdin(Stdio::null()).stderr(Stdio::null());
        let program = Program::start(&mut command)?;
        wait_for(address)?;
        Ok(Self { address, program, _directory: directory })
    }

    /// nginx as a target.
    pub(crate) fn target(&self, bucket: &str) -> Target {
        Target {
            name: "nginx".into(),
            authority: self.address.to_string(),
            credentials: None,
            pid: Some(self.program.pid()),
            region: String::new(),
            bucket: bucket.to_owned(),
            read_only: true,
        }
    }
}

fn write_objects(directory: &Path, bucket: &str, size_bytes: usize) -> std::io::Result<()> {
    let payload = Payload::of_size(size_bytes);
    for number in 0..prepare::object_count(size_bytes) {
        let path = directory.join(bucket).join(prepare::object_key(size_bytes, number));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, payload.bytes())?;
    }
    Ok(())
}

/// A port that was free a moment ago.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn wait_for(address: SocketAddr) -> Result<(), Failure> {
    let deadline = Instant::now() + START_TIME_MAX;
    loop {
        match TcpStream::connect(address) {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() > deadline => {
                return Err(Failure::new("nginx did not start", error));
            }
            Err(_) => std::thread::sleep(START_POLL),
        }
    }
}

/// As somebody would configure it who wants it fast.
fn configuration_text(directory: &Path, address: SocketAddr) -> String {
    let directory = directory.display();
    // Workers of a root's nginx are somebody else, who could not enter our directory.
    let user = if rustix::process::geteuid().is_root() { "user root root;\n" } else { "" };
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = kinds.map(|kind| format!("  {kind}_temp_path {directory}/{kind};\n")).concat();
    format!(
        "{user}daemon off;\n\
         worker_processes auto;\n\
         pid {directory}/nginx.pid;\n\
         error_log stderr;\n\
         events {{ worker_connections 8192; }}\n\
         http {{\n\
         {temporary}\
         \x20 access_log off;\n\
         \x20 sendfile on;\n\
         \x20 tcp_nopush on;\n\
         \x20 keepalive_requests 1000000000;\n\
         \x20 open_file_cache max=10000;\n\
         \x20 server {{ listen {address}; root {directory}; }}\n\
         }}\n"
    )
}
