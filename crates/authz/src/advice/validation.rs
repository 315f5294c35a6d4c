//! ValidatePolicy: everything that is wrong in a policy, each with the place where it stands.
//!
//! What [`lint`](super::lint) finds, with Amazon's names where it has the same; every problem of the
//! grammar instead of the first one; and some habits that Amazon warns of. AWS: IAM User Guide, "IAM
//! policy validation check reference".

use model::BucketName;
use model::limits::POLICY_REDUNDANCY_ITEMS_MAX;
use serde_json::Value;

use super::lint::{self, Finding, PolicyKind, listed};
use crate::policy::{AskedAction, PathStep, Position, locate, matches_action, position, problems};

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// `ERROR`, `SECURITY_WARNING`, `WARNING` or `SUGGESTION`.
    pub kind: String,
    /// Amazon's name for it, or ours where Amazon has no such check.
    pub code: String,
    /// What it is.
    pub details: String,
    /// The way to it through the JSON of the policy.
    pub path: Vec<PathStep>,
    /// Its first character.
    pub start: Place,
    /// The character behind its last.
    pub end: Place,
}

/// A place in a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Counted from 1.
    pub line: u32,
    /// In characters, counted from 0.
    pub column: u32,
    /// In characters from the beginning.
    pub offset: usize,
}

/// The checks of Amazon's that are made here, which its documentation explains.
const AMAZONS: &[&str] = &[
    "ALLOW_WITH_NOT_PRINCIPAL",
    "DATA_TYPE_MISMATCH",
    "EMPTY_SID_VALUE",
    "INVALID_ACTION",
    "INVALID_ARN_PREFIX",
    "INVALID_ARN_RESOURCE",
    "INVALID_CONDITION_DATA_TYPE",
    "INVALID_CONDITION_OPERATOR",
    "INVALID_EFFECT",
    "INVALID_GLOBAL_CONDITION_KEY",
    "INVALID_POLICY_ELEMENT",
    "INVALID_PRINCIPAL_FORMAT",
    "INVALID_SERVICE_CONDITION_KEY",
    "INVALID_VERSION",
    "JSON_SYNTAX_ERROR",
    "MISSING_ACTION",
    "MISSING_EFFECT",
    "MISSING_PRINCIPAL",
    "MISSING_QUALIFIER",
    "MISSING_RESOURCE",
    "MISSING_STATEMENT",
    "MISSING_VERSION",
    "PASS_ROLE_WITH_STAR_IN_RESOURCE",
    "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA",
    "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA",
    "REDUNDANT_ACTION",
    "REDUNDANT_RESOURCE",
    "TYPE_MISMATCH_DATE",
    "TYPE_MISMATCH_IP_RANGE",
    "UNIQUE_SIDS_REQUIRED",
    "UNSUPPORTED_ACTION_IN_POLICY",
    "UNSUPPORTED_ELEMENT_COMBINATION",
    "UNSUPPORTED_PRINCIPAL",
    "UNSUPPORTED_RESOURCE_ARN_IN_POLICY",
];

impl Issue {
    /// Whether Amazon has the same check under the same name.
    pub fn is_amazons(&self) -> bool {
        AMAZONS.contains(&self.code.as_str())
    }
}

/// Everything that is found in a policy, in the order of its places.
pub fn validate(text: &str, kind: &PolicyKind) -> Vec<Issue> {
    let mut issues: Vec<Issue> = lint::lint(text, kind)
        .into_iter()
        .filter(|finding| finding.code != "POLICY_REFUSED")
        .map(|finding| of_finding(text, finding))
        .collect();
    if let Ok(document) = serde_json::from_str::<Value>(text) {
        for problem in problems(text, kind) {
            let is_known = |issue: &Issue| issue.kind == "ERROR" && issue.path == problem.path;
            if !issues.iter().any(is_known) {
                let (code, details) = (problem.code.to_owned(), problem.message);
                issues.push(issue(text, ("ERROR", code, details), problem.path));
            }
        }
        issues.extend(habits(text, &document));
    }
    issues.sort_by_key(|issue| issue.start.offset);
    issues
}

/// The bucket that a bucket policy is for, if one of its statements says so: requests to validate a
/// policy do not name it.
pub fn bucket_of(text: &str) -> Option<BucketName> {
    let document: Value = serde_json::from_str(text).ok()?;
    let statements = match document.get("Statement")? {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let resources = statements.iter().filter_map(Value::as_object).flat_map(|statement| {
        ["Resource", "NotResource"].into_iter().flat_map(|name| listed(statement, name))
    });
    let bucket = |(_, resource): (_, String)| {
        let name = resource.strip_prefix("arn:aws:s3:::")?.split('/').next()?.to_owned();
        BucketName::parse(&name.replace(['*', '?'], "x"))
    };
    resources.into_iter().find_map(bucket)
}

/// Amazon's name for what the linter found.
fn amazons_name(finding: &Finding) -> &str {
    let of_s3 = || match finding.path.last() {
        Some(PathStep::Member(key)) => key.to_ascii_lowercase().starts_with("s3:"),
        _ => false,
    };
    match finding.code.as_str() {
        "JSON_SYNTAX" => "JSON_SYNTAX_ERROR",
        "UNKNOWN_ACTION" => "INVALID_ACTION",
        "OTHER_SERVICE" => "UNSUPPORTED_ACTION_IN_POLICY",
        "OTHER_BUCKET" => "UNSUPPORTED_RESOURCE_ARN_IN_POLICY",
        "UNKNOWN_CONDITION_KEY" if of_s3() => "INVALID_SERVICE_CONDITION_KEY",
        "UNKNOWN_CONDITION_KEY" => "INVALID_GLOBAL_CONDITION_KEY",
        "MULTIVALUED_KEY" => "MISSING_QUALIFIER",
        own => own,
    }
}

fn of_finding(text: &str, finding: Finding) -> Issue {
    let code = amazons_name(&finding).to_owned();
    let what = (finding.kind.as_str(), code, finding.message.clone());
    let mut issue = issue(text, what, finding.path);
    // A text that is no JSON has no places but the one where that was noticed.
    if let (Some(line), "JSON_SYNTAX_ERROR") = (finding.line, issue.code.as_str()) {
        let begins = text.split_inclusive('\n').take(line.saturating_sub(1) as usize);
        let before: usize = begins.map(str::len).sum();
        let behind = text.get(before..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
        (issue.start, issue.end) = (place(text, before), place(text, before + behind));
    }
    issue
}

fn issue(text: &str, (kind, code, details): (&str, String, String), path: Vec<PathStep>) -> Issue {
    let at = locate(text, &path).unwrap_or(0..text.len());
    Issue {
        kind: kind.to_owned(),
        code,
        details,
        path,
        start: place(text, at.start),
        end: place(text, at.end),
    }
}

fn place(text: &str, at: usize) -> Place {
    let Position { line, column } = position(text, at);
    let offset = text.get(..at).unwrap_or(text).chars().count();
    Place { line, column: column.saturating_sub(1), offset }
}

/// What is allowed, and not what one should do.
fn habits(text: &str, document: &Value) -> Vec<Issue> {
    let mut issues = Vec::new();
    let statements = document.get("Statement");
    let (list, is_list) = match statements {
        Some(Value::Array(list)) => (list.as_slice(), true),
        Some(one) => (std::slice::from_ref(one), false),
        None => return issues,
    };
    for (at, statement) in list.iter().enumerate() {
        let Value::Object(statement) = statement else { continue };
        let mut front = vec![PathStep::Member("Statement".to_owned())];
        front.extend(is_list.then_some(PathStep::Item(at)));
        let mut push = |kind: &str, code: &str, details: String, inside: Vec<PathStep>| {
            let path = front.iter().cloned().chain(inside).collect();
            issues.push(issue(text, (kind, code.to_owned(), details), path));
        };
        if statement.get("Sid").and_then(Value::as_str) == Some("") {
            let details = "a Sid without a value says nothing and can be left out".to_owned();
            let path = vec![PathStep::Member("Sid".to_owned())];
            push("SUGGESTION", "EMPTY_SID_VALUE", details, path);
        }
        let resources = listed(statement, "Resource");
        let actions = listed(statement, "Action");
        let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        let pass_role = AskedAction::Api("iam:PassRole");
        let passes = actions.iter().any(|(_, action)| matches_action(action, pass_role));
        let star = resources.iter().find(|(_, resource)| resource == "*");
        if let (true, true, Some((path, _)), false) =
            (allows, passes, star, statement.contains_key("Condition"))
        {
            let details =
                "iam:PassRole on every resource lets roles be given to services that may do \
                           more than their user"
                    .to_owned();
            push("SECURITY_WARNING", "PASS_ROLE_WITH_STAR_IN_RESOURCE", details, path.clone());
        }
        for (code, what, items) in
            [("REDUNDANT_ACTION", "action", actions), ("REDUNDANT_RESOURCE", "resource", resources)]
        {
            for (path, covered, by) in redundant(&items, what == "action") {
                let details = format!("the {what} {covered} is covered by {by}");
                push("SUGGESTION", code, details, path);
            }
        }
    }
    issues
}

/// Items of a list that another one covers.
fn redundant(
    items: &[(Vec<PathStep>, String)],
    ignores_case: bool,
) -> Vec<(Vec<PathStep>, String, String)> {
    let fold = |text: &str| if ignores_case { text.to_ascii_lowercase() } else { text.to_owned() };
    let mut found = Vec::new();
    if items.len() > POLICY_REDUNDANCY_ITEMS_MAX {
        return found;
    }
    for (at, (path, covered)) in items.iter().enumerate() {
        let by = items.iter().enumerate().find(|(other, (_, text))| {
            let (wide, narrow) = (fold(text), fold(covered));
            // Of two equal ones the first stays.
            *other != at && if wide == narrow { *other < at } else { covers(&wide, &narrow) }
        });
        if let Some((_, (_, by))) = by {
            found.push((path.clone(), covered.clone(), by.clone()));
        }
    }
    found
}

/// Whether a text that ends with `*`, and has no other wildcard, begins like another.
fn covers(wide: &str, narrow: &str) -> bool {
    let Some(beginning) = wide.strip_suffix('*') else { return false };
    !beginning.contains(['*', '?', '$']) && narrow.starts_with(beginning)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, kind: &PolicyKind, expected: &[(&str, &str, &str)]) {
        let found = validate(text, kind);
        let shown: Vec<_> = found
            .iter()
            .map(|issue| {
                let chars = text.chars().skip(issue.start.offset);
                let inside = chars.take(issue.end.offset - issue.start.offset).collect::<String>();
                (issue.kind.as_str(), issue.code.as_str(), inside)
            })
            .collect();
        let expected: Vec<_> =
            expected.iter().map(|(kind, code, text)| (*kind, *code, (*text).to_owned())).collect();
        assert_eq!(shown, expected, "{text}");
    }

    fn policy(statement: &str) -> String {
        format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)
    }

    #[test]
    fn every_issue_has_its_place() {
        let identity = |statement: &str, expected: &[(&str, &str, &str)]| {
            check(&policy(statement), &PolicyKind::Identity, expected);
        };
        identity(r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#, &[]);
        identity(
            r#"{"Effect":"allow","Action":["s3:GetObject","s3:Gett"],"Resource":"x"}"#,
            &[
                ("ERROR", "INVALID_EFFECT", r#""allow""#),
                ("ERROR", "INVALID_ACTION", r#""s3:Gett""#),
            ],
        );
        let missing = r#"{"Effect":"Allow","Resource":"*"}"#;
        identity(missing, &[("ERROR", "MISSING_ACTION", missing)]);
        identity(
            r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::b/*","x"]}"#,
            &[("ERROR", "INVALID_ARN_PREFIX", r#""x""#)],
        );
        identity(
            r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Ressource":"*"}"#,
            &[("ERROR", "INVALID_POLICY_ELEMENT", r#""*""#)],
        );
        identity(
            r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StrngEquals":{"aws:Referer":"x"}}}"#,
            &[("ERROR", "INVALID_CONDITION_OPERATOR", r#"{"aws:Referer":"x"}"#)],
        );
        identity(
            r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"s3:prefx":["x"]}}}"#,
            &[("ERROR", "INVALID_SERVICE_CONDITION_KEY", r#"["x"]"#)],
        );
        identity(
            r#"{"Sid":"","Effect":"Allow","Action":["iam:PassRole","s3:Get*","s3:GetObject"],"Resource":"*"}"#,
            &[
                ("SUGGESTION", "EMPTY_SID_VALUE", "\"\""),
                ("SUGGESTION", "REDUNDANT_ACTION", r#""s3:GetObject""#),
                ("SECURITY_WARNING", "PASS_ROLE_WITH_STAR_IN_RESOURCE", r#""*""#),
            ],
        );
        // One problem of each statement.
        identity(
            r#"{"Effect":"x","Action":"*","Resource":"*"},{"Effect":"y","Action":"*","Resource":"*"}"#,
            &[("ERROR", "INVALID_EFFECT", r#""x""#), ("ERROR", "INVALID_EFFECT", r#""y""#)],
        );
        check(
            "{\n  \"a\": }",
            &PolicyKind::Identity,
            &[("ERROR", "JSON_SYNTAX_ERROR", "  \"a\": }")],
        );
        check("", &PolicyKind::Identity, &[("ERROR", "JSON_SYNTAX_ERROR", "")]);
    }

    #[test]
    fn resource_policies() {
        let open = r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b-b/*"}"#;
        let bucket = bucket_of(&policy(open)).unwrap();
        assert_eq!(bucket.as_str(), "b-b");
        check(
            &policy(open),
            &PolicyKind::Bucket(bucket),
            &[("SECURITY_WARNING", "PUBLIC_ACCESS", open)],
        );
        check(&policy(open), &PolicyKind::Resource, &[("SECURITY_WARNING", "PUBLIC_ACCESS", open)]);
        let trust =
            r#"{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"s3:GetObject"}"#;
        let expected = [("ERROR", "UNSUPPORTED_ACTION_IN_POLICY", r#""s3:GetObject""#)];
        check(&policy(trust), &PolicyKind::Trust, &expected);
        let trust = r#"{"Effect":"Allow","Principal":{"AWS":"x"},"Action":"sts:AssumeRole"}"#;
        let expected = [("ERROR", "INVALID_PRINCIPAL_FORMAT", r#"{"AWS":"x"}"#)];
        check(&policy(trust), &PolicyKind::Trust, &expected);
        assert_eq!(bucket_of("{}"), None);
        assert_eq!(bucket_of(&policy(trust)), None);
    }

    #[test]
    fn places_are_counted_in_characters() {
        let text = "{\"Version\":\"2012-10-17\",\n \"Id\":\"é\", \"Statement\":[]}";
        let found = validate(text, &PolicyKind::Identity);
        let [issue] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(issue.code, "MISSING_STATEMENT");
        assert_eq!(issue.start, Place { line: 2, column: 23, offset: 48 });
        assert_eq!(issue.end, Place { line: 2, column: 25, offset: 50 });
    }
}
