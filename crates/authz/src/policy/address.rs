//! IP addresses and CIDR blocks (§5.6).

use std::net::IpAddr;

/// A CIDR block, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cidr {
    address: IpAddr,
    prefix_length_bits: u8,
}

impl Cidr {
    /// Reads `203.0.113.0/24`, `2001:db8::/32` or a bare address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let longest = address_length_bits(address);
        let prefix_length_bits = match length {
            None => longest,
            Some(length) if length.bytes().all(|byte| byte.is_ascii_digit()) => {
                length.parse().ok().filter(|&length| length <= longest)?
            }
            Some(_) => return None,
        };
        Some(Self { address, prefix_length_bits })
    }

    /// Whether the address lies in the block. An IPv4 address that arrives mapped into IPv6 is
    /// taken for what it is.
    pub(super) fn contains(self, address: IpAddr) -> bool {
        let differing_bits = match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros()
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros()
            }
            _ => return false,
        };
        differing_bits >= u32::from(self.prefix_length_bits)
    }

    /// Whether the block is too broad to keep a policy from being public: broader than /8 or, for
    /// IPv6, /32 (§4.4). No private range of RFC 1918 is broader than /8, so the exemption for
    /// them needs no rule of its own.
    pub(super) fn is_too_broad(self) -> bool {
        let broadest = if self.address.is_ipv4() { 8 } else { 32 };
        self.prefix_length_bits < broadest
    }
}

fn address_length_bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks() {
        for (block, address, expected) in [
            ("203.0.113.0/24", "203.0.113.255", true),
            ("203.0.113.0/24", "203.0.114.0", false),
            ("203.0.113.77/24", "203.0.113.1", true),
            ("203.0.113.7", "203.0.113.7", true),
            ("203.0.113.7", "203.0.113.8", false),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "1.2.3.4", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("2001:db8::1", "2001:db8:0:0:0:0:0:1", true),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("128.0.0.0/1", "127.0.0.1", false),
        ] {
            let contains = Cidr::parse(block).unwrap().contains(address.parse().unwrap());
            assert_eq!(contains, expected, "{block} {address}");
        }
    }

    #[test]
    fn malformed() {
        for text in [
            "",
            "1.2.3",
            "1.2.3.4/",
            "1.2.3.4/33",
            "::/129",
            "1.2.3.4/-1",
            "1.2.3.4/+8",
            "1.2.3.4/8/8",
            "010.0.0.1",
            "1.2.3.*",
            "host",
            "1.2.3.4 ",
            "${aws:SourceIp}",
        ] {
            assert_eq!(Cidr::parse(text), None, "{text}");
        }
    }
}
