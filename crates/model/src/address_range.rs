//! Ranges of IP addresses, in policies (§5.6) and in the settings of the server.

use std::fmt;
use std::net::IpAddr;

/// A range of IP addresses in CIDR notation; one address is the range of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    address: IpAddr,
    prefix_length_bits: u8,
}

impl AddressRange {
    /// Reads `203.0.113.0/24`, `2001:db8::/32` or a bare address. None for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix_length_bits = match length {
            None => longest,
            Some(length) if length.bytes().all(|byte| byte.is_ascii_digit()) => {
                length.parse().ok().filter(|&length| length <= longest)?
            }
            Some(_) => return None,
        };
        Some(Self { address, prefix_length_bits })
    }

    /// Whether the address lies in the range. An IPv4 address that arrives mapped into IPv6 is
    /// taken for what it is.
    pub fn contains(self, address: IpAddr) -> bool {
        let equal_bits = match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros()
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros()
            }
            _ => return false,
        };
        equal_bits >= u32::from(self.prefix_length_bits)
    }

    /// Its first and its last address.
    pub fn bounds(self) -> (IpAddr, IpAddr) {
        let free = |bits: u32| bits - u32::from(self.prefix_length_bits);
        match self.address {
            IpAddr::V4(own) => {
                let mask = u32::MAX.checked_shr(32 - free(32)).unwrap_or(0);
                (
                    IpAddr::V4((own.to_bits() & !mask).into()),
                    IpAddr::V4((own.to_bits() | mask).into()),
                )
            }
            IpAddr::V6(own) => {
                let mask = u128::MAX.checked_shr(128 - free(128)).unwrap_or(0);
                (
                    IpAddr::V6((own.to_bits() & !mask).into()),
                    IpAddr::V6((own.to_bits() | mask).into()),
                )
            }
        }
    }

    /// Whether this is a range of IPv4 addresses.
    pub fn is_ipv4(self) -> bool {
        self.address.is_ipv4()
    }

    /// How many leading bits all its addresses share.
    pub fn prefix_length_bits(self) -> u8 {
        self.prefix_length_bits
    }
}

/// In CIDR notation; one address stands for itself.
impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = self.bounds();
        if first == last {
            return write!(f, "{first}");
        }
        write!(f, "{first}/{}", self.prefix_length_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds() {
        for (block, first, last, text) in [
            ("203.0.113.77/24", "203.0.113.0", "203.0.113.255", "203.0.113.0/24"),
            ("0.0.0.0/0", "0.0.0.0", "255.255.255.255", "0.0.0.0/0"),
            ("192.0.2.1/32", "192.0.2.1", "192.0.2.1", "192.0.2.1"),
            ("2001:db8::1/127", "2001:db8::", "2001:db8::1", "2001:db8::/127"),
            ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"),
        ] {
            let range = AddressRange::parse(block).unwrap();
            assert_eq!(range.bounds(), (first.parse().unwrap(), last.parse().unwrap()), "{block}");
            assert_eq!(range.to_string(), text);
        }
    }

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
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.0", false),
            ("0.0.0.0/0", "255.0.0.1", true),
            ("2001:db8::/33", "2001:db8:7fff::1", true),
            ("2001:db8::/33", "2001:db8:8000::1", false),
        ] {
            let contains = AddressRange::parse(block).unwrap().contains(address.parse().unwrap());
            assert_eq!(contains, expected, "{block} {address}");
        }
    }

    #[test]
    fn malformed() {
        for text in [
            "",
            "/",
            "10.0.0.0/+8",
            "10.0.0/8",
            "localhost",
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
            assert_eq!(AddressRange::parse(text), None, "{text}");
        }
    }
}
