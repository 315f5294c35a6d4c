//! C-01: what the configuration says by itself.

use crate::application::{Application, Remark};
use crate::config::Origin;
use crate::doctor::finding::{Finding, Place};

/// A finding a remark.
pub fn check(application: &Application) -> Vec<Finding> {
    if application.remarks.is_empty() {
        return vec![Finding::ok("C-01", "the configuration can be read and has no known trap")];
    }
    application.remarks.iter().map(finding).collect()
}

fn finding(remark: &Remark) -> Finding {
    let place = Place {
        origin: remark.origin.to_string(),
        setting: remark.setting.clone(),
        current: remark.current.clone(),
        proposed: remark.proposed.clone(),
    };
    let finding =
        Finding::new("C-01", remark.severity, format!("{}: {}", remark.setting, remark.meaning));
    finding.place(Some(place))
}

/// Where a setting stands, or should stand.
pub(crate) fn place(application: &Application, setting: &str, proposed: Option<String>) -> Place {
    let found = application.layers.find(setting);
    let origin = match (&found, &application.main_file) {
        (Some(found), _) => found.origin.to_string(),
        (None, Some(file)) => format!("{} (no such line)", file.display()),
        (None, None) => Origin::Default.to_string(),
    };
    let is_secret = application.secret_settings.contains(&setting);
    let current = found.and_then(|found| found.value).filter(|_| !is_secret);
    Place { origin, setting: setting.to_owned(), current, proposed }
}
