//! What is known, in the text format of Prometheus: for the textfile collector of node_exporter, or to be
//! fetched.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use super::result::{CheckResult, Level};
use super::state::State;
use crate::files::{self, Appearance};

/// The text. No time stamps: the collector refuses them.
pub fn render(state: &State, results: &[CheckResult]) -> String {
    let mut text = String::new();
    family(&mut text, "up", "gauge", "Whether the check was well when it last ran.");
    for (check, memory) in &state.checks {
        let well = u8::from(memory.level == Level::Ok);
        line(&mut text, "up", &[("check", check.as_str())], f64::from(well));
    }
    family(&mut text, "level", "gauge", "0 well, 1 warning, 2 failing, 3 unknown.");
    for (check, memory) in &state.checks {
        let level = f64::from(memory.level.exit_code());
        line(&mut text, "level", &[("check", check.as_str())], level);
    }
    family(&mut text, "last_run_timestamp_seconds", "gauge", "When the check last ran.");
    for (check, memory) in &state.checks {
        let name = "last_run_timestamp_seconds";
        line(&mut text, name, &[("check", check.as_str())], seconds(memory.last_run));
    }
    family(&mut text, "last_success_timestamp_seconds", "gauge", "When the check was last well.");
    for (check, memory) in &state.checks {
        let Some(at) = memory.last_ok else { continue };
        let name = "last_success_timestamp_seconds";
        line(&mut text, name, &[("check", check.as_str())], seconds(at));
    }
    of_results(&mut text, results);
    family(&mut text, "undelivered_notices", "gauge", "Notices that no channel took yet.");
    line(&mut text, "undelivered_notices", &[], count(state.undelivered.len()));
    family(&mut text, "build_info", "gauge", "The version of this program.");
    line(&mut text, "build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    text
}

fn of_results(text: &mut String, results: &[CheckResult]) {
    family(text, "step_up", "gauge", "Whether a step of the upload check did what it should.");
    for step in results.iter().flat_map(|result| &result.steps) {
        line(text, "step_up", &[("step", step.name)], f64::from(u8::from(step.is_ok)));
    }
    family(text, "step_seconds", "gauge", "How long a step of the upload check took.");
    for step in results.iter().flat_map(|result| &result.steps) {
        line(text, "step_seconds", &[("step", step.name)], step.took.as_secs_f64());
    }
    family(text, "objects", "gauge", "What was counted, by check and state.");
    for result in results {
        for (state, number) in &result.counts {
            let labels = [("check", result.check.as_str()), ("state", state.as_str())];
            line(text, "objects", &labels, count(usize::try_from(*number).unwrap_or(usize::MAX)));
        }
    }
}

/// Writes the text where the collector reads it: at once, readable for everybody.
pub fn write_textfile(path: &Path, text: &str) -> io::Result<()> {
    files::replace(path, text.as_bytes(), &Appearance::with_mode(0o644))
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    _ = write!(text, "# HELP grantry_watch_{name} {help}\n# TYPE grantry_watch_{name} {kind}\n");
}

fn line(text: &mut String, name: &str, labels: &[(&str, &str)], value: f64) {
    _ = write!(text, "grantry_watch_{name}");
    let labels: Vec<String> = labels
        .iter()
        .map(|(label, value)| {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            format!("{label}=\"{value}\"")
        })
        .collect();
    if !labels.is_empty() {
        _ = write!(text, "{{{}}}", labels.join(","));
    }
    _ = writeln!(text, " {value}");
}

fn seconds(unix_millis: i64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "times of this millennium are exact in a double"
    )]
    let millis = unix_millis as f64;
    millis / 1000.0
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::from(u32::MAX), f64::from)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::Timestamp;

    use super::super::memory::{Rules, remember};
    use super::super::result::{CheckName, Step};
    use super::*;

    #[test]
    fn the_text_is_what_prometheus_reads() {
        let mut result = CheckResult::new(CheckName::Write, Level::Failing, "s");
        result.steps.push(Step {
            name: "put",
            is_ok: false,
            took: Duration::from_millis(250),
            evidence: String::new(),
        });
        result.counts.push(("a\"b".into(), 2));
        let mut state = State::default();
        let mut memory = None;
        let now = Timestamp::from_unix_millis(1_500);
        remember(&mut memory, &result, now, &Rules::default());
        state.checks.insert(CheckName::Write, memory.unwrap());
        let text = render(&state, &[result]);
        for expected in [
            "grantry_watch_up{check=\"write\"} 0\n",
            "grantry_watch_level{check=\"write\"} 2\n",
            "grantry_watch_last_run_timestamp_seconds{check=\"write\"} 1.5\n",
            "grantry_watch_step_seconds{step=\"put\"} 0.25\n",
            "grantry_watch_objects{check=\"write\",state=\"a\\\"b\"} 2\n",
            "grantry_watch_undelivered_notices 0\n",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
        assert!(!text.contains("last_success_timestamp_seconds{"));
        assert!(text.ends_with('\n'));
        let families = text.lines().filter(|line| line.starts_with("# TYPE")).count();
        assert_eq!(families, 9);
    }
}
