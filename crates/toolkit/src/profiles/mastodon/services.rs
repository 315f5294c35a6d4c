//! Mastodon's database, Redis, mail and web address.

use identity::uri::encode_query;

use crate::application::{Database, RedisAddress, Smtp};
use crate::config::Layers;

pub(super) fn web_url(layers: &Layers) -> Option<String> {
    let domain = layers.non_empty("WEB_DOMAIN").or_else(|| layers.non_empty("LOCAL_DOMAIN"))?;
    Some(format!("https://{domain}"))
}

pub(super) fn database(layers: &Layers) -> Database {
    let or = |name: &str, default: &str| layers.non_empty(name).unwrap_or_else(|| default.into());
    Database {
        url: layers.non_empty("DATABASE_URL"),
        host: or("DB_HOST", "localhost"),
        port: or("DB_PORT", "5432").parse().unwrap_or(5432),
        name: or("DB_NAME", "mastodon_production"),
        user: or("DB_USER", "mastodon"),
        password: or("DB_PASS", ""),
        ssl_mode: or("DB_SSLMODE", "prefer"),
    }
}

/// `SIDEKIQ_REDIS_URL`, else Sidekiq's own parts or sentinels, else the same without `SIDEKIQ_`.
pub(super) fn redis(layers: &Layers) -> RedisAddress {
    let namespace = layers.non_empty("REDIS_NAMESPACE");
    let has_own = ["URL", "HOST", "PORT", "DB", "USER", "PASSWORD", "SENTINELS"]
        .iter()
        .any(|part| layers.non_empty(&format!("SIDEKIQ_REDIS_{part}")).is_some());
    let front = if has_own { "SIDEKIQ_REDIS" } else { "REDIS" };
    let part = |name: &str| layers.non_empty(&format!("{front}_{name}"));
    let login = match (part("USER"), part("PASSWORD")) {
        (None, None) => None,
        (user, password) => Some((user.unwrap_or_default(), password.unwrap_or_default())),
    };
    let sentinel_port = part("SENTINEL_PORT").unwrap_or_else(|| "26379".to_owned());
    let with_port = |sentinel: &str| {
        let sentinel = sentinel.trim();
        if sentinel.contains(':') {
            sentinel.to_owned()
        } else {
            format!("{sentinel}:{sentinel_port}")
        }
    };
    let sentinels: Vec<_> = part("SENTINELS")
        .map(|list| list.split(',').filter(|one| !one.trim().is_empty()).map(with_port).collect())
        .unwrap_or_default();
    let sentinel_master = part("SENTINEL_MASTER");
    let sentinel_login = match (part("SENTINEL_USERNAME"), part("SENTINEL_PASSWORD")) {
        (None, None) => login.clone(),
        (user, password) => Some((user.unwrap_or_default(), password.unwrap_or_default())),
    };
    let url = part("URL").unwrap_or_else(|| {
        let login = login.map_or(String::new(), |(user, password)| {
            format!("{}:{}@", encode_query(user.as_bytes()), encode_query(password.as_bytes()))
        });
        let host = part("HOST").unwrap_or_else(|| "localhost".to_owned());
        let port = part("PORT").unwrap_or_else(|| "6379".to_owned());
        let database = part("DB").unwrap_or_else(|| "0".to_owned());
        format!("redis://{login}{host}:{port}/{database}")
    });
    let sentinels = if sentinel_master.is_some() { sentinels } else { Vec::new() };
    RedisAddress { url, sentinels, sentinel_master, sentinel_login, namespace }
}

pub(super) fn smtp(layers: &Layers) -> Option<Smtp> {
    let is_on = |name: &str| layers.get(name).as_deref() == Some("true");
    let is_implicit_tls = is_on("SMTP_TLS") || is_on("SMTP_SSL");
    let starttls = layers.non_empty("SMTP_ENABLE_STARTTLS").unwrap_or_else(|| {
        let off = layers.get("SMTP_ENABLE_STARTTLS_AUTO").as_deref() == Some("false");
        if off { "never".to_owned() } else { "auto".to_owned() }
    });
    Some(Smtp {
        server: layers.non_empty("SMTP_SERVER")?,
        port: layers.get("SMTP_PORT").and_then(|port| port.parse().ok()).unwrap_or(587),
        login: layers.non_empty("SMTP_LOGIN"),
        password: layers.non_empty("SMTP_PASSWORD"),
        from: layers.non_empty("SMTP_FROM_ADDRESS"),
        is_implicit_tls,
        starttls,
    })
}
