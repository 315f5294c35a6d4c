//! Users and roles that a stored policy names (POL-3).
//!
//! A policy is kept with the unique ids of the users and roles that it named by ARN when it came,
//! and shown with the ARNs that they have now. Nothing else in its text changes, not even white
//! space (POL-2).

use std::ops::Range;

use super::PrincipalDirectory;
use super::json_scan::Scanner;

/// Says what users and roles are called, and what they are kept as.
pub trait PrincipalNames: PrincipalDirectory {
    /// The unique id of the user or role that has this ARN now.
    fn unique_id_of(&self, arn: &str) -> Option<String>;
    /// The ARN that the user or role with this unique id has now.
    fn arn_of(&self, unique_id: &str) -> Option<String>;
}

/// A bucket or trust policy as it is kept: users and roles by their unique ids.
pub fn with_unique_ids(text: &str, names: &dyn PrincipalNames) -> String {
    rewritten(text, |name| names.unique_id_of(name))
}

/// A kept policy as it is shown: users and roles by their ARNs, except for those that are gone.
pub fn with_arns(text: &str, names: &dyn PrincipalNames) -> String {
    rewritten(text, |name| names.arn_of(name))
}

fn rewritten(text: &str, other_name: impl Fn(&str) -> Option<String>) -> String {
    let mut rewritten = String::with_capacity(text.len());
    let mut copied = 0;
    for range in of_principals(text) {
        let Some(literal) = text.get(range.clone()) else { continue };
        let Ok(name) = serde_json::from_str::<String>(literal) else { continue };
        let Some(other) = other_name(&name) else { continue };
        rewritten.push_str(text.get(copied..range.start).unwrap_or_default());
        rewritten.push_str(&serde_json::Value::from(other).to_string());
        copied = range.end;
    }
    rewritten.push_str(text.get(copied..).unwrap_or_default());
    rewritten
}

/// Where the values of the members `AWS` stand, in the order of the text.
fn of_principals(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    // What ends the search early is a text that is no policy.
    let _ = Scanner::new(text).members(|name, policy| match name {
        "Statement" => policy.items(|statement| {
            statement.members(|name, principals| match (name, principals.peek()?) {
                ("Principal" | "NotPrincipal", b'{') => {
                    principals.members(|name, names| match name {
                        "AWS" => names.items(|name| {
                            found.push(name.value()?);
                            Some(())
                        }),
                        _ => names.value().map(drop),
                    })
                }
                _ => principals.value().map(drop),
            })
        }),
        _ => policy.value().map(drop),
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let renamed = rewritten(text, |name| match name {
            "arn:aws:iam::111122223333:user/x" => Some("AIDAX".to_owned()),
            "arn:aws:iam::111122223333:role/\u{e9}" => Some("AROA\"".to_owned()),
            _ => None,
        });
        assert_eq!(renamed, expected, "{text}");
    }

    #[test]
    fn principals_are_renamed_and_nothing_else() {
        let x = "arn:aws:iam::111122223333:user/x";
        for (before, after) in [
            (r#"{"AWS":"X"}"#, r#"{"AWS":"AIDAX"}"#),
            (r#"{ "AWS" : [ "X" ,"Y","X"] }"#, r#"{ "AWS" : [ "AIDAX" ,"Y","AIDAX"] }"#),
            (r#"{"Service":"X","AWS":"X"}"#, r#"{"Service":"X","AWS":"AIDAX"}"#),
            (r#"{"\u0041WS":"X"}"#, r#"{"\u0041WS":"AIDAX"}"#),
            (r#"{"CanonicalUser":["X"]}"#, r#"{"CanonicalUser":["X"]}"#),
            (r#""X""#, r#""X""#),
        ] {
            let policy = |principal: &str| {
                let rest = r#""Resource":"X","Condition":{"StringEquals":{"AWS":"X"}}"#;
                let statement = format!(r#"{{"Sid":"X","Principal":{principal},{rest}}}"#);
                format!(r#"{{ "Statement":[{statement},{{"NotPrincipal":{principal}}}],"Id":"X"}}"#)
                    .replace('X', x)
            };
            let kept = policy(before);
            let expected =
                policy("PLACE").replace("PLACE", &after.replace("\"X\"", &format!("\"{x}\"")));
            check(&kept, &expected);
        }
        check(
            r#"{"Statement":{"Principal":{"AWS":"arn:aws:iam::111122223333:role\/\u00e9"}}}"#,
            r#"{"Statement":{"Principal":{"AWS":"AROA\""}}}"#,
        );
    }

    #[test]
    fn what_is_no_policy_stays() {
        for text in ["", "{", "[]", r#"{"Statement":[{"Principal":{"AWS":["#, r#"{"Statement":1}"#]
        {
            check(text, text);
        }
    }
}
