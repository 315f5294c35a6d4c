//! What names, paths, tags and descriptions may look like.
//!
//! AWS: IAM user guide, "IAM and AWS STS quotas", and the constraints in the IAM API reference.

use model::limits::{
    IAM_DESCRIPTION_LENGTH_MAX, IAM_GROUP_NAME_LENGTH_MAX, IAM_PATH_LENGTH_MAX,
    IAM_TAG_KEY_LENGTH_MAX, IAM_TAG_VALUE_LENGTH_MAX, IAM_TAGS_MAX, IAM_USER_NAME_LENGTH_MAX,
};

use crate::{IamError, Tag};

/// The name of a user, called `parameter` (in lower camel case) in errors.
pub fn user_name(parameter: &str, name: &str) -> Result<(), IamError> {
    self::name(parameter, name, IAM_USER_NAME_LENGTH_MAX)
}

/// The name of a group or policy.
pub fn group_name(parameter: &str, name: &str) -> Result<(), IamError> {
    self::name(parameter, name, IAM_GROUP_NAME_LENGTH_MAX)
}

fn name(parameter: &str, name: &str, max: usize) -> Result<(), IamError> {
    length(parameter, name, 1, max)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if name.chars().all(allowed) {
        return Ok(());
    }
    Err(IamError::validation(format!(
        "The specified value for {parameter} is invalid. It must contain only alphanumeric \
         characters and/or the following: +=,.@_-"
    )))
}

/// A path, which begins and ends with a slash.
pub fn path(path: &str) -> Result<(), IamError> {
    length("path", path, 1, IAM_PATH_LENGTH_MAX)?;
    let framed = path.starts_with('/') && path.ends_with('/') && !path.contains("//");
    if framed && path.bytes().all(|byte| (0x21..=0x7e).contains(&byte)) {
        return Ok(());
    }
    Err(IamError::validation(
        "The specified value for path is invalid. It must begin and end with / and contain only \
         alphanumeric characters and/or / characters.",
    ))
}

/// A beginning of paths.
pub fn path_prefix(prefix: &str) -> Result<(), IamError> {
    length("pathPrefix", prefix, 1, IAM_PATH_LENGTH_MAX)?;
    if prefix.starts_with('/') && prefix.bytes().all(|byte| (0x21..=0x7e).contains(&byte)) {
        return Ok(());
    }
    Err(IamError::validation(
        "The specified value for pathPrefix is invalid. It must begin with /.",
    ))
}

/// A description of a role or policy.
pub fn description(text: &str) -> Result<(), IamError> {
    length("description", text, 0, IAM_DESCRIPTION_LENGTH_MAX)?;
    let allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{7e}' | '\u{a1}'..='\u{ff}');
    if text.chars().all(allowed) {
        return Ok(());
    }
    Err(constraint(
        "description",
        text,
        "Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*",
    ))
}

/// Tags to be set: their number, keys and values; no key twice, not even in another letter case.
pub fn tags(tags: &[Tag]) -> Result<(), IamError> {
    if tags.len() > IAM_TAGS_MAX {
        return Err(IamError::validation(format!(
            "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member \
             must have length less than or equal to {IAM_TAGS_MAX}"
        )));
    }
    let mut keys: Vec<String> = Vec::new();
    for (index, tag) in (1..).zip(tags) {
        tag_key(index, &tag.key)?;
        let place = format!("tags.{index}.member.value");
        length(&place, &tag.value, 0, IAM_TAG_VALUE_LENGTH_MAX)?;
        if !tag.value.chars().all(is_tag_character) {
            return Err(constraint(&place, &tag.value, TAG_PATTERN));
        }
        let folded = tag.key.to_lowercase();
        if keys.contains(&folded) {
            return Err(IamError::input(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
        keys.push(folded);
    }
    Ok(())
}

/// The key of a tag to be set.
fn tag_key(index: usize, key: &str) -> Result<(), IamError> {
    let place = format!("tags.{index}.member.key");
    length(&place, key, 1, IAM_TAG_KEY_LENGTH_MAX)?;
    if !key.chars().all(is_tag_character) {
        return Err(constraint(&place, key, TAG_PATTERN));
    }
    if key.to_ascii_lowercase().starts_with("aws:") {
        return Err(IamError::input(
            "Tag keys starting with 'aws:' are reserved for internal use.",
        ));
    }
    Ok(())
}

const TAG_PATTERN: &str =
    "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+";

fn is_tag_character(c: char) -> bool {
    c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c)
}

/// The constraint on the length of a parameter, in characters.
pub fn length(parameter: &str, value: &str, min: usize, max: usize) -> Result<(), IamError> {
    let count = value.chars().count();
    if count < min {
        let rule = format!("Member must have length greater than or equal to {min}");
        return Err(constraint(parameter, value, &rule));
    }
    if count > max {
        let rule = format!("Member must have length less than or equal to {max}");
        return Err(constraint(parameter, value, &rule));
    }
    Ok(())
}

/// A parameter that breaks a constraint.
pub fn constraint(parameter: &str, value: &str, rule: &str) -> IamError {
    IamError::validation(format!(
        "1 validation error detected: Value '{value}' at '{parameter}' failed to satisfy \
         constraint: {rule}"
    ))
}

/// A parameter that has to be there.
pub fn required(parameter: &str) -> IamError {
    IamError::validation(format!(
        "1 validation error detected: Value null at '{parameter}' failed to satisfy constraint: \
         Member must not be null"
    ))
}
