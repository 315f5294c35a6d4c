//! C-02: whether the running service has the settings of the file.

use std::time::UNIX_EPOCH;

use crate::application::{Application, Severity};
use crate::doctor::finding::Finding;
use crate::systemd;

/// Compares the service's start with the file's last change.
pub async fn check(application: &Application) -> Vec<Finding> {
    let Some(file) = &application.main_file else { return Vec::new() };
    let changed = std::fs::metadata(file)
        .and_then(|metadata| metadata.modified())
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map(|since| since.as_secs());
    let mut findings = Vec::new();
    for service in &application.services {
        let Some(unit) = systemd::show(service).await else { continue };
        let (Some(started), Some(changed)) = (unit.started_unix_seconds, changed) else { continue };
        findings.push(if started < changed {
            Finding::new(
                "C-02",
                Severity::Warning,
                format!(
                    "{} changed after {service} started: the running service still has the old settings",
                    file.display()
                ),
            )
            .fix(format!("systemctl restart {}", application.services.join(" ")))
        } else {
            Finding::ok("C-02", format!("{service} started after the last change of its file"))
        });
    }
    findings
}
