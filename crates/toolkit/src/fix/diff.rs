//! What changes between two texts, line by line, without secrets.

/// Lines that go and come, in order, each with its number. Values of `secrets` are masked.
pub fn diff(old: &str, new: &str, secrets: &[&str]) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same_front = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same_front;
    let same_back =
        old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let of = |lines: &[&str], mark: char| -> Vec<String> {
        let changed = lines.iter().enumerate().take(lines.len() - same_back).skip(same_front);
        changed
            .map(|(index, line)| format!("{mark}{}: {}", index + 1, masked(line, secrets)))
            .collect()
    };
    let (gone, come) = (of(&old, '-'), of(&new, '+'));
    // Lines between two changes are on both sides, and not worth telling.
    let text = |line: &String| line.split_once(": ").map(|(_, text)| text.to_owned());
    let on_both =
        |line: &String, others: &[String]| others.iter().any(|other| text(other) == text(line));
    let only_gone = gone.iter().filter(|line| !on_both(line, &come)).cloned();
    let only_come = come.iter().filter(|line| !on_both(line, &gone)).cloned();
    only_gone.chain(only_come).collect()
}

fn masked(line: &str, secrets: &[&str]) -> String {
    let name = line.trim_start_matches(['#', ' ', '\t']).trim_start_matches("export ");
    let is_secret = |secret: &&&str| {
        name.strip_prefix(**secret).is_some_and(|rest| rest.trim_start().starts_with(['=', ':']))
    };
    match secrets.iter().find(is_secret) {
        Some(secret) => format!("{secret}=…"),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changes_is_told() {
        let told = diff("A=1\nK=v\nB=2\nX=y\n", "A=1\nK=\nB=2\n", &[]);
        assert_eq!(told, ["-2: K=v", "-4: X=y", "+2: K="]);
        assert_eq!(diff("A\n", "A\nB\n", &[]), ["+2: B"]);
        assert!(diff("A\n", "A\n", &[]).is_empty());
    }

    #[test]
    fn secrets_are_masked() {
        for line in ["S=abc", "# S=abc", "export S = abc", "S: abc"] {
            let told = diff(line, "", &["S"]);
            assert!(told.iter().all(|line| !line.contains("abc")), "{told:?}");
        }
    }
}
