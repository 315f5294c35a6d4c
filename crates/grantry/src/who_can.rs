//! `grantry who-can`: who may do something, for people and programs.

use std::fmt::Write as _;

use authz::ResourceType;
use authz::reach::report::{ObjectsRow, Report, Row, Way};

use crate::cli::WhoCanArguments;
use crate::failure::Failure;
use crate::inquiry::{Findings, Inquiry, WhoCan, action, inquire};
use crate::output;
use crate::settings::Settings;

/// Asks and prints the answer.
pub(crate) fn run(arguments: &WhoCanArguments, settings: &Settings) -> Result<(), Failure> {
    let question = question(&arguments.action, &arguments.target)
        .map_err(|message| Failure::new("cannot ask", message))?;
    let Findings::WhoCan(report) = inquire(&Inquiry::WhoCan(question), settings)? else {
        return Err(Failure::new("cannot ask", "the server answered another question"));
    };
    output::print(&if arguments.json { json(&report)? } else { text(&report) })
}

/// Reads the command line.
fn question(actions: &str, target: &str) -> Result<WhoCan, String> {
    let (bucket, rest) = match target.split_once('/') {
        Some((bucket, rest)) => (bucket, Some(rest).filter(|rest| !rest.is_empty())),
        None => (target, None),
    };
    let (prefix, key) = match rest.map(|rest| (rest, rest.strip_suffix('*'))) {
        None => (Some(String::new()), None),
        Some((_, Some(prefix))) => (Some(prefix.to_owned()), None),
        Some((key, None)) => (None, Some(key.to_owned())),
    };
    let of_bucket = rest.is_none();
    let mut names = Vec::new();
    for name in actions.split(',') {
        let meant: &[&str] = match name {
            "read" => &["s3:GetObject"],
            "write" => &["s3:PutObject"],
            "delete" => &["s3:DeleteObject", "s3:DeleteObjectVersion"],
            "list" => &["s3:ListBucket"],
            "read-acl" if of_bucket => &["s3:GetBucketAcl", "s3:GetBucketPolicy"],
            "read-acl" => &["s3:GetObjectAcl"],
            "write-acl" if of_bucket => &[
                "s3:PutBucketAcl",
                "s3:PutBucketPolicy",
                "s3:DeleteBucketPolicy",
                "s3:PutBucketOwnershipControls",
                "s3:PutBucketPublicAccessBlock",
            ],
            "write-acl" => &["s3:PutObjectAcl"],
            other => &[action(other)?.name()],
        };
        names.extend(meant.iter().map(|&name| name.to_owned()));
    }
    Ok(WhoCan { actions: names, bucket: bucket.to_owned(), prefix, key })
}

fn json(report: &Report) -> Result<String, Failure> {
    let json = serde_json::to_string_pretty(report);
    json.map(|json| format!("{json}\n")).map_err(|error| Failure::new("cannot print", error))
}

/// A paragraph for each of those who may, by action.
fn text(report: &Report) -> String {
    let mut text = String::new();
    let mut heading = "";
    for row in &report.rows {
        if row.action != heading {
            let gap = if heading.is_empty() { "" } else { "\n" };
            _ = writeln!(text, "{gap}{} on {}", row.action, target(report, row));
            heading = &row.action;
        }
        text.push_str(&paragraph(row));
    }
    if report.rows.is_empty() {
        _ = writeln!(text, "nobody may do this on {}", report.bucket);
    }
    for note in &report.notes {
        _ = writeln!(text, "\nnote: {note}");
    }
    text
}

fn target(report: &Report, row: &Row) -> String {
    let on_objects =
        action(&row.action).is_ok_and(|action| action.resource_type() == ResourceType::Object);
    match (&report.prefix, &report.key, on_objects) {
        (_, Some(key), true) => format!("{}/{key}", report.bucket),
        (Some(prefix), _, true) => format!("{}/{prefix}*", report.bucket),
        (Some(prefix), _, false) if row.action.starts_with("s3:List") && !prefix.is_empty() => {
            format!("{}, with the prefix {prefix}", report.bucket)
        }
        _ => report.bucket.clone(),
    }
}

fn paragraph(row: &Row) -> String {
    let mut flags = String::new();
    if row.public {
        flags.push_str("  PUBLIC");
    }
    if row.cross_account {
        flags.push_str("  CROSS-ACCOUNT");
    }
    let mut text = format!("  {}{flags}\n", row.who);
    for line in how_far(row) {
        _ = writeln!(text, "      {line}");
    }
    for objects in &row.objects {
        _ = writeln!(text, "      {}", objects_line(objects));
    }
    if !row.paths.is_empty() {
        _ = writeln!(text, "      by {}", row.paths.join("; "));
    }
    if !row.cut_by.is_empty() {
        _ = writeln!(text, "      except for {}", row.cut_by.join("; "));
    }
    for reason in &row.undecided_because {
        _ = writeln!(text, "      could not be decided to the end: {reason}");
    }
    text
}

fn how_far(row: &Row) -> Vec<String> {
    let subject = match row.keys.as_deref() {
        Some("all") => "all keys",
        Some("some") => "some keys",
        Some("none") => "no ordinary object",
        _ => "",
    };
    match (row.allowed.as_str(), row.ways.is_empty()) {
        ("undecided", _) => vec!["could not be decided".to_owned()],
        ("always", _) if subject.is_empty() => vec!["always".to_owned()],
        ("always", _) => vec![format!("{subject}, always")],
        ("never", _) if row.keys.is_some() => vec![subject.to_owned()],
        ("never", _) => vec!["never".to_owned()],
        (_, true) => vec![format!("{subject}, under conditions")],
        (_, false) => {
            let mut lines: Vec<_> = row.ways.iter().map(way_line).collect();
            if row.more_ways {
                lines.push("and in more ways".to_owned());
            }
            lines
        }
    }
}

fn way_line(way: &Way) -> String {
    let keys = way.keys.join(" and ");
    let conditions = way.conditions.join(" and ");
    let example = match &way.example {
        Some(key) if !way.keys.is_empty() => format!(" (for example {key:?})"),
        _ => String::new(),
    };
    match (keys.is_empty(), conditions.is_empty()) {
        (true, true) => "always".to_owned(),
        (true, false) => format!("only if {conditions}"),
        (false, true) => format!("only if {keys}{example}"),
        (false, false) => format!("only if {keys}{example} and {conditions}"),
    }
}

fn objects_line(objects: &ObjectsRow) -> String {
    let versions = if objects.count == 1 {
        "1 object version".to_owned()
    } else {
        format!("{} object versions", objects.count)
    };
    let examples = objects.examples.join(", ");
    let ways: Vec<_> = objects.ways.iter().map(way_line).collect();
    let how = match objects.allowed.as_str() {
        "sometimes" if !ways.is_empty() => ways.join(", or "),
        other => other.to_owned(),
    };
    format!("{versions} with an owner or ACL of their own: {how} ({examples})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions() {
        for (actions, target, expected, prefix, key) in [
            ("read", "b-b", &["s3:GetObject"][..], Some(""), None),
            ("read", "b-b/", &["s3:GetObject"], Some(""), None),
            ("write,list", "b-b/a/*", &["s3:PutObject", "s3:ListBucket"], Some("a/"), None),
            ("s3:getobject", "b-b/a/b", &["s3:GetObject"], None, Some("a/b")),
            ("read-acl", "b-b/a", &["s3:GetObjectAcl"], None, Some("a")),
        ] {
            let question = question(actions, target).unwrap();
            assert_eq!(question.actions, expected, "{actions}");
            assert_eq!((question.prefix.as_deref(), question.key.as_deref()), (prefix, key));
        }
        assert!(question("s3:Nothing", "b-b").is_err());
    }
}
