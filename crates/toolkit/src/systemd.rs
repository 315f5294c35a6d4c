//! What systemd knows about services, and how they are restarted.

use std::process::{Command, Stdio};

use crate::config::Layer;

/// A unit as `systemctl show` tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// When its main process started.
    pub started_unix_seconds: Option<u64>,
    /// `Environment=` of the unit and its drop-ins.
    pub environment: Vec<(String, String)>,
    /// `EnvironmentFile=` of the unit and its drop-ins, later ones are stronger.
    pub environment_files: Vec<String>,
}

/// Asks systemd; none where there is no systemd or no such unit.
pub async fn show(service: &str) -> Option<Unit> {
    let service = service.to_owned();
    let asked = tokio::task::spawn_blocking(move || {
        Command::new("systemctl")
            .args(["show", "--timestamp=unix", "--property"])
            .arg("LoadState,ActiveState,ExecMainStartTimestamp,Environment,EnvironmentFiles")
            .arg(&service)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
    });
    let output = asked.await.ok()?.ok()?;
    output.status.success().then(|| parse(&String::from_utf8_lossy(&output.stdout)))?
}

fn parse(text: &str) -> Option<Unit> {
    let mut unit = Unit::default();
    let mut is_running = false;
    for line in text.lines() {
        let Some((name, value)) = line.split_once('=') else { continue };
        match name {
            "LoadState" if value != "loaded" => return None,
            "ActiveState" => is_running = value == "active",
            "ExecMainStartTimestamp" => {
                unit.started_unix_seconds = value.trim_start_matches('@').parse().ok();
            }
            "Environment" => unit.environment = assignments(value),
            "EnvironmentFiles" => {
                let file = value.split(" (").next().unwrap_or(value);
                if !file.is_empty() {
                    unit.environment_files.push(file.to_owned());
                }
            }
            _ => {}
        }
    }
    if !is_running {
        unit.started_unix_seconds = None;
    }
    Some(unit)
}

/// `A=b "C=d e"`.
fn assignments(text: &str) -> Vec<(String, String)> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut is_quoted = false;
    for character in text.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(std::mem::take(&mut word)),
            _ => word.push(character),
        }
    }
    words.push(word);
    let pairs = words.iter().filter_map(|word| word.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

impl Unit {
    /// The environment that the unit gives to the service, the strongest source first.
    pub fn layers(&self, service: &str) -> Vec<Layer> {
        let mut layers: Vec<Layer> = Vec::new();
        // systemd.exec: settings from files override those from `Environment=`, later files earlier
        // ones.
        for file in self.environment_files.iter().rev() {
            let path = std::path::Path::new(file);
            if let Ok(layer) = Layer::read(path, crate::config::Format::SystemdEnvironment) {
                layers.push(layer);
            }
        }
        if !self.environment.is_empty() {
            let name = format!("Environment= of {service}.service");
            layers.push(Layer::named(name, self.environment.clone()));
        }
        layers
    }
}

/// Restarts services; the words of systemctl if that fails.
pub async fn restart(services: &[String]) -> Result<(), String> {
    let services = services.to_vec();
    let run = tokio::task::spawn_blocking(move || {
        Command::new("systemctl").arg("restart").args(&services).stdin(Stdio::null()).output()
    });
    let output = run
        .await
        .map_err(|error| error.to_string())?
        .map_err(|error| format!("systemctl cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(format!("systemctl says {}: {}", output.status, words.trim()))
}

/// Units whose names begin with that of a service, as `mastodon-sidekiq-ingress` or
/// `mastodon-sidekiq@default`.
pub async fn split_units(service: &str) -> Vec<String> {
    let patterns = [format!("{service}-*.service"), format!("{service}@*.service")];
    let run = tokio::task::spawn_blocking(move || {
        Command::new("systemctl")
            .args(["list-units", "--plain", "--no-legend", "--type=service"])
            .args(&patterns)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
    });
    let Ok(Ok(output)) = run.await else { return Vec::new() };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let names = text.lines().filter_map(|line| line.split_whitespace().next());
    names.map(|name| name.trim_end_matches(".service").to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read() {
        let text = "LoadState=loaded\nActiveState=active\nExecMainStartTimestamp=@1700000000\n\
            Environment=A=b \"C=d e\"\nEnvironmentFiles=/etc/a (ignore_errors=no)\n\
            EnvironmentFiles=/etc/b (ignore_errors=yes)\n";
        let unit = parse(text).unwrap();
        assert_eq!(unit.started_unix_seconds, Some(1_700_000_000));
        assert_eq!(unit.environment[1], ("C".to_owned(), "d e".to_owned()));
        assert_eq!(unit.environment_files, ["/etc/a", "/etc/b"]);
        assert_eq!(parse("LoadState=not-found\n"), None);
        let stopped = parse("LoadState=loaded\nActiveState=failed\nExecMainStartTimestamp=@1\n");
        assert_eq!(stopped.unwrap().started_unix_seconds, None);
    }
}
