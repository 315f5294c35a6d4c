//! What a proxy in front of the server says about its client.
//!
//! `X-Forwarded-For` and `X-Forwarded-Proto` are headers like any other: whoever connects can send
//! them. They are believed only where the operator named the peer as a proxy, and no further than the
//! chain of named proxies reaches.

#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use model::AddressRange;

use crate::origin::{Origin, Transport};

/// The origin of a request that arrived from `peer`.
pub(crate) fn origin(headers: &HeaderMap, peer: Origin, trusted: &[AddressRange]) -> Origin {
    let is_trusted = |address: IpAddr| trusted.iter().any(|range| range.contains(address));
    let peer = Origin { address: peer.address.to_canonical(), ..peer };
    if !is_trusted(peer.address) {
        return peer;
    }
    Origin {
        address: forwarded_address(headers, peer.address, is_trusted),
        transport: forwarded_transport(headers).unwrap_or(peer.transport),
    }
}

/// The last address of the chain that no trusted proxy has. What stands left of it was written by
/// somebody who is not trusted. An entry that is no address ends the chain as well: then the proxy
/// that wrote it is all that is known.
fn forwarded_address(
    headers: &HeaderMap,
    peer: IpAddr,
    is_trusted: impl Fn(IpAddr) -> bool,
) -> IpAddr {
    let fields: Vec<&[u8]> =
        headers.get_all("x-forwarded-for").iter().map(http::HeaderValue::as_bytes).collect();
    let mut nearest = peer;
    let entries = fields.iter().rev().flat_map(|field| field.rsplit(|byte| *byte == b','));
    for entry in entries {
        let Some(address) = entry_address(entry) else { break };
        nearest = address;
        if !is_trusted(address) {
            break;
        }
    }
    nearest
}

/// An address with or without a port, IPv6 with or without brackets.
fn entry_address(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok();
    address
        .or_else(|| text.parse().ok().map(|with_port: SocketAddr| with_port.ip()))
        .map(|address| address.to_canonical())
}

/// None where the proxy says nothing. A chain is secure when each of its hops is.
fn forwarded_transport(headers: &HeaderMap) -> Option<Transport> {
    let mut schemes = headers
        .get_all("x-forwarded-proto")
        .iter()
        .flat_map(|field| field.as_bytes().split(|byte| *byte == b','))
        .peekable();
    schemes.peek()?;
    let all_secure = schemes.all(|scheme| scheme.trim_ascii().eq_ignore_ascii_case(b"https"));
    Some(if all_secure { Transport::Tls(None) } else { Transport::Plain })
}
