use super::super::tests::*;
use super::*;
use crate::policy::{AskedAction, AskedResource};
use crate::{Action, NoContext};

fn naming(principal: &str, caller: &Principal) -> Option<Naming> {
    PrincipalPattern::parse_aws(principal, &Directory).expect(principal).naming(caller)
}

#[test]
fn whom_a_principal_names() {
    use Naming::{Account, Everyone, Exact, Role};
    let x = user(ACCOUNT, "x");
    let y = user_in(ACCOUNT, "/team/", "y");
    let of_role = session(ACCOUNT, "/", "r", "s");
    let fed = federated(ACCOUNT, "n");
    let anonymous = Principal::Anonymous;
    let service = Principal::Service("logging.s3.amazonaws.com");
    let arn = |entity: &str| format!("arn:aws:iam::111122223333:{entity}");
    let sts = |entity: &str| format!("arn:aws:sts::111122223333:{entity}");
    for (principal, caller, expected) in [
        ("*".to_owned(), &anonymous, Some(Everyone)),
        ("*".to_owned(), &service, Some(Everyone)),
        (ACCOUNT.to_owned(), &root(ACCOUNT), Some(Exact)),
        (ACCOUNT.to_owned(), &x, Some(Account)),
        (ACCOUNT.to_owned(), &of_role, Some(Account)),
        (ACCOUNT.to_owned(), &user(OTHER_ACCOUNT, "x"), None),
        (ACCOUNT.to_owned(), &anonymous, None),
        (ACCOUNT.to_owned(), &service, None),
        (arn("root"), &root(ACCOUNT), Some(Exact)),
        (arn("root"), &fed, Some(Account)),
        (arn("user/x"), &x, Some(Exact)),
        (arn("user/x"), &user(OTHER_ACCOUNT, "x"), None),
        (arn("user/x"), &root(ACCOUNT), None),
        (arn("user/x"), &user_in(ACCOUNT, "/team/", "x"), None),
        (arn("user/team/y"), &y, Some(Exact)),
        (arn("user/team/y"), &user(ACCOUNT, "y"), None),
        (arn("role/r"), &of_role, Some(Role)),
        (arn("role/r"), &session(ACCOUNT, "/team/", "r", "s"), None),
        (arn("role/r"), &user(ACCOUNT, "r"), None),
        (sts("assumed-role/r/s"), &of_role, Some(Exact)),
        (sts("assumed-role/r/s"), &session(ACCOUNT, "/team/", "r", "s"), Some(Exact)),
        (sts("assumed-role/r/t"), &of_role, None),
        (sts("assumed-role/q/s"), &of_role, None),
        (sts("federated-user/n"), &fed, Some(Exact)),
        (sts("federated-user/m"), &fed, None),
    ] {
        assert_eq!(naming(&principal, caller), expected, "{principal} {caller}");
    }
}

#[test]
fn canonical_users_services_and_providers() {
    let own = PrincipalPattern::parse_canonical(&canonical_id(ACCOUNT), &Directory).unwrap();
    assert_eq!(own.naming(&root(ACCOUNT)), Some(Naming::Exact));
    assert_eq!(own.naming(&user(ACCOUNT, "x")), Some(Naming::Account));
    assert_eq!(own.naming(&root(OTHER_ACCOUNT)), None);
    assert_eq!(own.naming(&Principal::Anonymous), None);
    let service = PrincipalPattern::parse_service("logging.s3.amazonaws.com").unwrap();
    assert_eq!(
        service.naming(&Principal::Service("logging.s3.amazonaws.com")),
        Some(Naming::Exact)
    );
    assert_eq!(service.naming(&Principal::Service("cloudtrail.amazonaws.com")), None);
    let provider = PrincipalPattern::parse_federated("graph.facebook.com").unwrap();
    for caller in [Principal::Anonymous, root(ACCOUNT), federated(ACCOUNT, "graph.facebook.com")] {
        assert_eq!(provider.naming(&caller), None);
    }
}

#[test]
fn not_principal_exempts_whom_it_lists_completely() {
    let account = "111122223333";
    let (user_x, role) = ("arn:aws:iam::111122223333:user/x", "arn:aws:iam::111122223333:role/r");
    let of_session = "arn:aws:sts::111122223333:assumed-role/r/s";
    let x = user(ACCOUNT, "x");
    let of_role = session(ACCOUNT, "/", "r", "s");
    for (listed, caller, exempt) in [
        (&["*"][..], &Principal::Anonymous, true),
        (&[account], &root(ACCOUNT), true),
        (&[account], &x, false),
        (&[user_x], &x, false),
        (&[account, user_x], &x, true),
        (&[account, user_x], &user(ACCOUNT, "z"), false),
        (&[account, user_x], &Principal::Anonymous, false),
        (&[account, role], &of_role, false),
        (&[account, of_session], &of_role, false),
        (&[account, role, of_session], &of_role, true),
        (&[account, role, of_session], &session(ACCOUNT, "/", "r", "t"), false),
        (&[account], &root(OTHER_ACCOUNT), false),
        (&[account], &Principal::Service("logging.s3.amazonaws.com"), false),
    ] {
        let patterns =
            listed.iter().map(|text| PrincipalPattern::parse_aws(text, &Directory).unwrap());
        let principals = Principals::AllExcept(patterns.collect());
        let query = Query {
            caller,
            provider: None,
            action: AskedAction::S3(Action::GetObject),
            resource: AskedResource::Object("bucket", "k"),
            context: &NoContext,
        };
        let applies = principals.naming(&query).is_some();
        assert_eq!(applies, !exempt, "{listed:?} {caller}");
    }
}
