//! Sessions: whoever acts in one is represented by one that is told, and the words say which.

use super::report::Row;
use super::*;

/// Worlds of one run.
const WORLDS: u64 = 5_000;
const NAMES: [&str; 9] = ["aa", "ab", "ba", "bb", "session", "as", "sb", "zz", "a.b"];
const KEYS: [&str; 4] = ["a", "b", "ab", "ba"];

fn question<'a>(bucket: &'a BucketFacts, switches: &'a Switches) -> Question<'a> {
    Question {
        bucket,
        action: Action::GetObject,
        scope: Scope::Prefix(""),
        objects: &[],
        tags: None,
        switches,
        is_amazon: false,
    }
}

fn bucket(statements: &[String]) -> BucketFacts {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    let name = BucketName::parse(BUCKET).unwrap();
    let policy = (!statements.is_empty())
        .then(|| Arc::new(Policy::parse_stored_bucket_policy(&text, &name).unwrap()));
    BucketFacts {
        name,
        owner: account('1'),
        region: "us-east-1".into(),
        ownership: Some(ObjectOwnership::BucketOwnerEnforced),
        public_access: PublicAccessBlock::NONE,
        policy,
        acl: AccessControlList::private(account('1').canonical_id),
        requester_pays: false,
    }
}

fn name(name: &str) -> Arc<IamName> {
    Arc::new(IamName { path: "/".into(), name: name.into(), unique_id: format!("AIDA{name}") })
}

fn caller(principal: Principal, kind: CallerKind, statements: &[String]) -> Caller {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    let own =
        (!statements.is_empty()).then(|| Arc::new(Policy::parse_identity_policy(&text).unwrap()));
    let facts = IdentityFacts { policies: own.into_iter().collect(), ..IdentityFacts::default() };
    Caller {
        principal,
        identity: (kind != CallerKind::Root).then_some(facts),
        policy_names: vec!["own".to_owned()],
        boundary_name: String::new(),
        tags: Some(Vec::new()),
        kind,
    }
}

fn role(statements: &[String]) -> Caller {
    let (account, session_name) = (account('1'), "session".into());
    let principal = Principal::AssumedRole { account, role: name("r"), session_name };
    caller(principal, CallerKind::Role, statements)
}

fn user(statements: &[String]) -> Caller {
    let principal = Principal::User { account: account('1'), user: name("u") };
    caller(principal, CallerKind::User, statements)
}

fn root() -> Caller {
    caller(Principal::Root(account('1')), CallerKind::Root, &[])
}

fn condition(dice: &mut Dice) -> String {
    const IDS: &[&str] = &[
        "AIDAr:a*",
        "*:ab",
        "AIDAr:*b",
        "AIDAr:ab",
        "111111111111:a*",
        "111111111111:?b",
        "*a",
        "*",
    ];
    const ARNS: &[&str] = &[
        "arn:aws:sts::111111111111:federated-user/a*",
        "arn:aws:sts::*:federated-user/ab",
        "arn:aws:iam::111111111111:role/r",
        "arn:aws:iam::*:user/*",
    ];
    let text = ["StringLike", "StringNotLike", "StringEquals", "StringNotEqualsIgnoreCase"];
    match dice.number(5) {
        0 | 1 => String::new(),
        2 | 3 => {
            let (operator, value) = (dice.one(&text), dice.one(IDS));
            format!(r#","Condition":{{"{operator}":{{"aws:userid":"{value}"}}}}"#)
        }
        _ => {
            let operator = dice.one(&["ArnLike", "ArnNotLike"]);
            let value = dice.one(ARNS);
            format!(r#","Condition":{{"{operator}":{{"aws:PrincipalArn":"{value}"}}}}"#)
        }
    }
}

fn statement(dice: &mut Dice, names_principal: bool) -> String {
    let effect = dice.one(&["Allow", "Allow", "Deny"]);
    let session = dice.one(&NAMES);
    let principal = match dice.number(5) {
        0 => r#""*""#.to_owned(),
        1 => r#"{"AWS":"111111111111"}"#.to_owned(),
        2 => r#"{"AWS":"arn:aws:iam::111111111111:role/r"}"#.to_owned(),
        3 => format!(r#"{{"AWS":"arn:aws:sts::111111111111:assumed-role/r/{session}"}}"#),
        _ => format!(r#"{{"AWS":"arn:aws:sts::111111111111:federated-user/{session}"}}"#),
    };
    let principal =
        if names_principal { format!(r#""Principal":{principal},"#) } else { String::new() };
    let resource = dice.one(&["*", "a*", "b", "?b"]);
    let condition = condition(dice);
    format!(
        r#"{{"Effect":"{effect}",{principal}"Action":"s3:GetObject","Resource":"arn:aws:s3:::b-b/{resource}"{condition}}}"#
    )
}

const FEDERATES: &str = r#"{"Effect":"Allow","Action":"sts:GetFederationToken","Resource":"*"}"#;

fn verdicts(question: &Question<'_>, caller: &Caller) -> Vec<bool> {
    let owner = &question.bucket.owner.canonical_id;
    let object = ObjectFacts::Present { owner, acl: None };
    let allowed = |key: &&str| {
        let key = ObjectKey::parse(key).unwrap();
        decided(question, caller, Some(&key), object, &Values::default())
    };
    KEYS.iter().map(allowed).collect()
}

/// The same caller in a session with another name.
fn named(session: &Caller, other: &str) -> Caller {
    let principal = match session.principal.clone() {
        Principal::AssumedRole { account, role, .. } => {
            Principal::AssumedRole { account, role, session_name: other.into() }
        }
        Principal::FederatedUser { account, .. } => {
            Principal::FederatedUser { account, name: other.into() }
        }
        other => panic!("{other} is no session"),
    };
    Caller { principal, ..session.clone() }
}

#[test]
fn every_session_is_represented() {
    let switches = Switches::default();
    let mut told_apart = 0;
    for world in 0..WORLDS {
        let mut dice = Dice(world.wrapping_mul(0x9876_5432_1fed_cba9));
        let of_bucket: Vec<_> = (0..dice.number(4)).map(|_| statement(&mut dice, true)).collect();
        let mut own: Vec<_> = (0..dice.number(3)).map(|_| statement(&mut dice, false)).collect();
        own.push(FEDERATES.to_owned());
        let caller = match dice.number(3) {
            0 => role(&own),
            1 => user(&own),
            _ => root(),
        };
        let bucket = bucket(&of_bucket);
        let question = question(&bucket, &switches);
        let all = sessions(&question, &caller);
        let is_session = |one: &&Session| {
            matches!(
                one.caller.principal,
                Principal::AssumedRole { .. } | Principal::FederatedUser { .. }
            )
        };
        let sessions: Vec<_> = all.iter().filter(is_session).collect();
        let known: Vec<_> = sessions.iter().map(|one| verdicts(&question, &one.caller)).collect();
        let mut found: Vec<Vec<bool>> = Vec::new();
        for name in NAMES {
            let actual = named(&sessions[0].caller, name);
            let expected = verdicts(&question, &actual);
            let told = sessions.iter().zip(&known);
            let own = told.clone().find(|(one, _)| one.caller.principal == actual.principal);
            let is_told = match own {
                Some((_, own)) => *own == expected,
                None => known.contains(&expected),
            };
            assert!(
                is_told,
                "world {world}: {}\n{of_bucket:?}\n{own:?}",
                actual.principal,
                own = own.map(|(one, _)| one)
            );
            found.push(expected);
        }
        found.dedup();
        told_apart += u64::from(found.len() > 1);
    }
    // The comparison is worth something only if names matter.
    assert!(told_apart * 10 > WORLDS, "{told_apart} of {WORLDS}");
}

fn rows(statements: &[&str], caller: Caller) -> Vec<Row> {
    let bucket = bucket(&statements.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
    let switches = Switches::default();
    let question = question(&bucket, &switches);
    let report = who_can(&question, &[Action::GetObject], &[caller], &[account('1')]);
    report.rows.into_iter().filter(|row| row.kind != "stranger").collect()
}

fn who(statements: &[&str], caller: Caller) -> Vec<String> {
    rows(statements, caller).into_iter().map(|row| row.who).collect()
}

#[test]
fn sessions_in_words() {
    let ann = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:sts::111111111111:assumed-role/r/ann"},
        "Action":"s3:GetObject","Resource":"arn:aws:s3:::b-b/*"}"#;
    // What a policy gives to one session the role does not have.
    assert_eq!(who(&[ann], role(&[])), ["arn:aws:sts::111111111111:assumed-role/r/ann"]);
    let read = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#.to_owned();
    assert_eq!(
        who(&[ann], role(std::slice::from_ref(&read))),
        ["arn:aws:iam::111111111111:role/r"]
    );
    // Nor has a session what is refused to it.
    let denied = ann.replace("Allow", "Deny");
    let told = rows(&[&denied], role(std::slice::from_ref(&read)));
    assert_eq!(told.len(), 1);
    let cut = "what refuses it to arn:aws:sts::111111111111:assumed-role/r/ann: bucket policy, statement 1";
    assert_eq!(told[0].cut_by, [cut]);
    // Sessions that a condition tells apart.
    let like = r#"{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"s3:GetObject",
        "Resource":"arn:aws:s3:::b-b/*","Condition":{"StringLike":{"aws:userid":"*:ci-*"}}}"#;
    let ci = read.replace('}', r#","Condition":{"StringLike":{"aws:userid":"*:ci-*"}}}"#);
    assert_eq!(who(&[like], role(&[])), [] as [&str; 0]);
    assert_eq!(
        who(&[], role(&[ci])),
        ["sessions with names like arn:aws:sts::111111111111:assumed-role/r/ci-"]
    );
}

#[test]
fn federated_users_in_words() {
    let federates = FEDERATES.to_owned();
    let read = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#.to_owned();
    let user_arn = "arn:aws:iam::111111111111:user/u";
    // What a user may do, those whom it makes may do too; that is not told again.
    assert_eq!(who(&[], user(&[read.clone(), federates.clone()])), [user_arn]);
    assert_eq!(who(&[], root()), ["arn:aws:iam::111111111111:root"]);
    // What only they may do.
    let bob = "arn:aws:sts::111111111111:federated-user/bob";
    let only = |condition: &str| read.replace('}', &format!(r#","Condition":{{{condition}}}}}"#));
    let of_bob = only(&format!(r#""ArnEquals":{{"aws:PrincipalArn":"{bob}"}}"#));
    assert_eq!(who(&[], user(&[of_bob.clone(), federates.clone()])), [bob]);
    let of_all = only(r#""StringLike":{"aws:userid":"111111111111:*"}"#);
    let all = who(&[], user(&[of_all, federates]));
    assert_eq!(all, ["sessions with names like arn:aws:sts::111111111111:federated-user/a"]);
    // Who may not make any has none.
    assert_eq!(who(&[], user(&[of_bob])), [] as [&str; 0]);
    // What is refused to one of them.
    let deny = format!(
        r#"{{"Effect":"Deny","Principal":{{"AWS":"{bob}"}},"Action":"s3:GetObject",
            "Resource":"arn:aws:s3:::b-b/*"}}"#
    );
    let told = rows(&[&deny], root());
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[1].who, "federated users of arn:aws:iam::111111111111:root");
    assert!(told[1].cut_by[0].contains(bob), "{told:?}");
}
