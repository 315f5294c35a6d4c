//! Tells systemd that the server serves, so that what is ordered after it finds it there
//! (`Type=notify`; manual page sd_notify(3)).

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// The variable in which systemd names its socket.
const VARIABLE: &str = "NOTIFY_SOCKET";

/// Announces it to whoever started the process and waits to be told, if there is somebody. A server
/// that cannot say it serves all the same.
pub(super) fn announce() {
    let Some(socket) = std::env::var_os(VARIABLE) else { return };
    if let Err(error) = send(&socket) {
        tracing::warn!(%error, socket = %socket.display(), "the start was not announced");
    }
}

/// A name that begins with `@` is one of the kernel's abstract names; others are paths.
fn send(socket: &OsStr) -> io::Result<()> {
    let address = match socket.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?.send_to_addr(b"READY=1", &address)?;
    Ok(())
}
