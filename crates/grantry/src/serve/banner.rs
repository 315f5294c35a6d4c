//! What the server says on standard output when it is ready.
//!
//! The first line is for programs too: `listening on SCHEME://ADDRESS:PORT`, where
//! the scheme is `https` if there is a certificate, else `http`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::root_account::RootAccount;

/// The message. Secrets stand in it on the first start only, and only those that were generated.
pub(super) fn text(
    scheme: &str,
    address: SocketAddr,
    region: &str,
    root: &RootAccount,
    console: Option<&str>,
) -> String {
    let keys = match root {
        RootAccount::Created { account, key, given } => {
            let secret = if *given {
                "'…'  # fill in the secret from the settings".to_owned()
            } else {
                quoted(key.secret_access_key.expose())
            };
            format!(
                "First start: made account `{}`, id {}, canonical id {}.\n{}\n\n{}",
                account.name,
                account.identity.id,
                account.identity.canonical_id,
                note(*given),
                commands(&endpoint(scheme, address), region, &quoted(&key.access_key_id), &secret)
            )
        }
        RootAccount::Existing { access_key_ids, .. } if access_key_ids.is_empty() => {
            "There is no access key; `grantry account key create` adds one.\n".to_owned()
        }
        RootAccount::Existing { access_key_ids, more } => {
            let more = if *more > 0 { format!(" and {more} more") } else { String::new() };
            format!("access keys: {}{more}\n", access_key_ids.join(", "))
        }
    };
    let console = console
        .map(|path| format!("console at {}{path}\n", endpoint(scheme, address)))
        .unwrap_or_default();
    format!("listening on {scheme}://{address}\n{console}{keys}")
}

fn note(given: bool) -> &'static str {
    if given {
        "It has the access key that was given in the settings."
    } else {
        "Its access key is shown this once; keep the secret."
    }
}

fn commands(endpoint: &str, region: &str, id: &str, secret: &str) -> String {
    format!(
        "  export AWS_ACCESS_KEY_ID={id}\n\
         \x20 export AWS_SECRET_ACCESS_KEY={secret}\n\
         \x20 export AWS_DEFAULT_REGION={region}\n\
         \x20 export AWS_ENDPOINT_URL={endpoint}\n\
         \x20 aws --endpoint-url {endpoint} s3 mb s3://my-first-bucket\n"
    )
}

/// Where a client on this machine finds the server.
fn endpoint(scheme: &str, address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("{scheme}://{}", SocketAddr::new(ip, address.port()))
}

/// The word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+/._-".contains(&byte);
    if word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
