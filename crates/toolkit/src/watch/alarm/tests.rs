use std::time::Duration;

use super::super::memory::{Rules, remember};
use super::super::result::Step;
use super::*;

fn place() -> Place {
    Place { host: "web1".into(), application: "Mastodon".into(), bucket: "media".into() }
}

fn notice(level: Level, reason: Reason) -> Notice {
    let mut result = CheckResult::new(CheckName::Write, level, "PUT answers 400").code("X");
    result.details.push("the bucket takes no ACL".into());
    result.steps.push(Step {
        name: "put",
        is_ok: false,
        took: Duration::from_millis(20),
        evidence: "PUT … → 400 AccessControlListNotSupported".into(),
    });
    let mut memory = None;
    let now = Timestamp::from_unix_seconds(1);
    remember(&mut memory, &result, now, &Rules::default());
    Notice::of(&result, reason, &memory.unwrap(), &place(), (now, "id@web1".into()))
}

#[test]
fn notices_say_what_where_and_what_to_do() {
    let told = notice(Level::Failing, Reason::Trouble);
    assert_eq!(told.subject, "[CRITICAL] Mastodon fails: uploads");
    for part in ["PUT answers 400", "takes no ACL", "FAIL put", "grantry doctor", "Bucket media"] {
        assert!(told.text.contains(part), "{part}: {}", told.text);
    }
    let again = notice(Level::Ok, Reason::Recovered { after: Duration::from_mins(200) });
    assert_eq!(again.subject, "[OK] Mastodon works again after 3 h 20 min: uploads");
    assert!(!again.text.contains("doctor"));
}

#[test]
fn lengths_of_time_are_readable() {
    for (seconds, expected) in [
        (5, "5 s"),
        (60, "1 min"),
        (3600, "1 h"),
        (3660, "1 h 1 min"),
        (86_400, "1 d"),
        (90_000, "1 d 1 h"),
    ] {
        assert_eq!(duration(Duration::from_secs(seconds)), expected);
    }
}

#[tokio::test]
async fn what_is_for_no_channel_is_given_up() {
    let mut undelivered =
        vec![Undelivered { channel: "gone".into(), notice: notice(Level::Ok, Reason::First) }];
    assert!(deliver(&[], &mut undelivered, Vec::new()).await.is_empty());
    assert!(undelivered.is_empty());
}
