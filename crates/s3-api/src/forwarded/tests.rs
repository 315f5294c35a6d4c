//! Which of the forwarded values count.

use super::*;
use crate::origin::TlsVersion;

fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

fn ranges(texts: &[&str]) -> Vec<AddressRange> {
    texts.iter().map(|text| AddressRange::parse(text).unwrap()).collect()
}

fn plain(address: &str) -> Origin {
    Origin { address: address.parse().unwrap(), transport: Transport::Plain }
}

fn address(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
    let fields: Vec<_> = forwarded.iter().map(|value| ("x-forwarded-for", *value)).collect();
    origin(&headers(&fields), plain(peer), &ranges(trusted)).address.to_string()
}

/// RustFS CVE-2026-21862: a policy on `aws:SourceIp` was passed by whoever sent the header.
#[test]
fn what_a_stranger_says_is_ignored() {
    let headers = headers(&[
        ("x-forwarded-for", "10.0.0.1"),
        ("x-forwarded-proto", "https"),
        ("x-real-ip", "10.0.0.1"),
        ("forwarded", "for=10.0.0.1;proto=https"),
    ]);
    let stranger = plain("192.0.2.1");
    for trusted in [&[][..], &["192.0.2.2", "10.0.0.0/8", "2001:db8::/32"]] {
        assert_eq!(origin(&headers, stranger, &ranges(trusted)), stranger);
    }
}

#[test]
fn the_last_address_that_is_no_proxy_counts() {
    let trusted = ["10.0.0.0/8", "2001:db8::/32"];
    for (forwarded, expected) in [
        (&["203.0.113.7"][..], "203.0.113.7"),
        (&["10.0.0.9, 203.0.113.7"], "203.0.113.7"),
        // What stands left of it was written by the client itself.
        (&["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
        (&["198.51.100.1,203.0.113.7 , 10.1.1.1"], "203.0.113.7"),
        (&["198.51.100.1", "203.0.113.7", "10.1.1.1"], "203.0.113.7"),
        (&["10.0.0.9, 10.0.0.8"], "10.0.0.9"),
        (&["203.0.113.7:4711"], "203.0.113.7"),
        (&["[2001:db9::1]:4711"], "2001:db9::1"),
        (&["[2001:db9::1]"], "2001:db9::1"),
        (&["2001:db9::1, 2001:db8::5"], "2001:db9::1"),
        (&["::ffff:203.0.113.7"], "203.0.113.7"),
        // Nothing that could be believed: the nearest proxy is what is known.
        (&[], "10.0.0.1"),
        (&[""], "10.0.0.1"),
        (&["203.0.113.7, unknown"], "10.0.0.1"),
        (&["203.0.113.7, unknown, 10.0.0.2"], "10.0.0.2"),
        (&["203.0.113.7,"], "10.0.0.1"),
        (&["[203.0.113.7"], "10.0.0.1"),
    ] {
        assert_eq!(address("10.0.0.1", forwarded, &trusted), expected, "{forwarded:?}");
    }
    // A server that listens on IPv6 sees proxies of IPv4 mapped.
    assert_eq!(address("::ffff:10.0.0.1", &["203.0.113.7"], &trusted), "203.0.113.7");
}

#[test]
fn the_scheme_is_that_of_the_client() {
    let transport = |schemes: &[&str], peer: Transport| {
        let fields: Vec<_> = schemes.iter().map(|value| ("x-forwarded-proto", *value)).collect();
        let peer = Origin { transport: peer, ..plain("10.0.0.1") };
        origin(&headers(&fields), peer, &ranges(&["10.0.0.1"])).transport
    };
    let tls = Transport::Tls(Some(TlsVersion::V1_3));
    assert_eq!(transport(&["https"], Transport::Plain), Transport::Tls(None));
    assert_eq!(transport(&["HTTPS"], tls), Transport::Tls(None));
    assert_eq!(transport(&["http"], tls), Transport::Plain);
    assert_eq!(transport(&["https, http"], tls), Transport::Plain);
    assert_eq!(transport(&["https", "http"], tls), Transport::Plain);
    assert_eq!(transport(&["wss"], tls), Transport::Plain);
    assert_eq!(transport(&[], tls), tls);
    assert_eq!(transport(&[], Transport::Plain), Transport::Plain);
}
