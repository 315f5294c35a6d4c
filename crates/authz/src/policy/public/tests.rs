use super::super::tests::*;

fn check(principal: &str, condition: &str, public: bool) {
    let policy = bucket_policy(&policy_of(&format!(
        r#"{{"Effect":"Allow","Principal":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/k","Condition":{{{condition}}}}}"#
    )));
    assert_eq!(policy.is_public(), public, "{principal} {condition}");
    assert_eq!(policy.public_statement(), public.then_some(0));
}

#[test]
fn principals() {
    for (principal, public) in [
        (r#""*""#, true),
        (r#"{"AWS":"*"}"#, true),
        (r#"{"AWS":"111122223333"}"#, false),
        (
            r#"{"AWS":["arn:aws:iam::111122223333:user/x","arn:aws:iam::111122223333:role/r"]}"#,
            false,
        ),
        (r#"{"Service":"logging.s3.amazonaws.com"}"#, false),
        (
            r#"{"CanonicalUser":"1111111111111111111111111111111111111111111111111111111111111111"}"#,
            false,
        ),
        // BPA-14
        (r#"{"Federated":"graph.facebook.com"}"#, true),
        (r#"{"AWS":"111122223333","Federated":"graph.facebook.com"}"#, true),
    ] {
        check(principal, "", public);
    }
}

#[test]
fn anchors() {
    for (condition, public) in [
        // BPA-15
        (r#""StringLike":{"aws:SourceVpc":"vpc-*"}"#, true),
        (r#""StringEquals":{"aws:SourceVpc":"vpc-91237329"}"#, false),
        (r#""StringLike":{"aws:SourceVpc":"vpc-91237329"}"#, false),
        (r#""StringEquals":{"aws:SourceVpc":"vpc-*"}"#, true),
        (r#""StringEquals":{"aws:SourceVpc":["vpc-1","vpc-2"]}"#, false),
        (r#""StringLike":{"aws:SourceVpc":["vpc-1","vpc-*"]}"#, true),
        (r#""StringEqualsIgnoreCase":{"aws:SourceVpce":"vpce-1"}"#, false),
        (r#""StringEquals":{"aws:PrincipalOrgID":"o-1"}"#, false),
        (r#""StringEquals":{"aws:PrincipalAccount":"111122223333"}"#, false),
        (r#""StringEquals":{"aws:SourceAccount":"111122223333"}"#, false),
        (r#""StringEquals":{"aws:SourceOwner":"111122223333"}"#, false),
        (r#""ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/r"}"#, false),
        (r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}"#, true),
        (r#""ArnLike":{"aws:SourceArn":"*"}"#, true),
        (r#""StringEquals":{"aws:userid":"AROAX:s"}"#, false),
        (r#""StringLike":{"aws:userid":"AROAX:*"}"#, true),
        // POL-65
        (r#""StringEquals":{"aws:PrincipalAccount":"${aws:SourceAccount}"}"#, true),
        // BPA-12
        (r#""StringNotEquals":{"aws:SourceVpc":"vpc-1"}"#, true),
        (r#""StringEqualsIfExists":{"aws:SourceVpc":"vpc-1"}"#, true),
        (r#""Null":{"aws:SourceVpc":"false"}"#, true),
        (r#""ArnNotEquals":{"aws:SourceArn":"arn:aws:s3:::b"}"#, true),
        // BPA-11
        (r#""ForAllValues:StringEquals":{"aws:SourceVpc":"vpc-1"}"#, true),
        (r#""ForAllValues:StringEquals":{"aws:PrincipalOrgPaths":"o-1/r-1/"}"#, true),
        (r#""ForAnyValue:StringEquals":{"aws:PrincipalOrgPaths":"o-1/r-1/"}"#, false),
        (r#""ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-1/*"}"#, true),
        (r#""StringEquals":{"aws:PrincipalOrgPaths":"o-1/r-1/"}"#, true),
        // Not anchors.
        (r#""StringEquals":{"aws:Referer":"http://www.example.com/"}"#, true),
        (r#""StringEquals":{"aws:UserAgent":"secret"}"#, true),
        (r#""Bool":{"aws:SecureTransport":"true"}"#, true),
        (r#""StringEquals":{"s3:ExistingObjectTag/x":"y"}"#, true),
        (r#""StringEquals":{"aws:PrincipalTag/x":"y"}"#, true),
        // One anchor suffices, as conditions are ANDed.
        (r#""StringLike":{"aws:Referer":"*"},"StringEquals":{"aws:SourceVpc":"vpc-1"}"#, false),
        ("", true),
    ] {
        check(r#""*""#, condition, public);
    }
}

#[test]
fn source_addresses_u_17() {
    for (blocks, public) in [
        (r#""203.0.113.0/24""#, false),
        (r#""203.0.113.7""#, false),
        (r#""54.0.0.0/8""#, false),
        (r#""54.0.0.0/7""#, true),
        (r#""0.0.0.0/0""#, true),
        (r#"["203.0.113.0/24","0.0.0.0/1"]"#, true),
        (r#""2001:db8::/32""#, false),
        (r#""2001:db8::/31""#, true),
        (r#""10.0.0.0/8""#, false),
        (r#"["10.0.0.0/8","172.16.0.0/12","192.168.0.0/16"]"#, false),
    ] {
        check(r#""*""#, &format!(r#""IpAddress":{{"aws:SourceIp":{blocks}}}"#), public);
        check(r#""*""#, &format!(r#""NotIpAddress":{{"aws:SourceIp":{blocks}}}"#), true);
        check(r#""*""#, &format!(r#""IpAddressIfExists":{{"aws:SourceIp":{blocks}}}"#), true);
    }
}

#[test]
fn access_points() {
    for (condition, public) in [
        (r#""StringEquals":{"s3:DataAccessPointAccount":"111122223333"}"#, false),
        (r#""StringLike":{"s3:DataAccessPointAccount":"1111*"}"#, true),
        (
            r#""ArnLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-east-1:111122223333:accesspoint/*"}"#,
            false,
        ),
        (
            r#""StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-east-1:111122223333:accesspoint/*"}"#,
            false,
        ),
        (
            r#""StringEquals":{"s3:DataAccessPointArn":"arn:aws:s3:us-east-1:111122223333:accesspoint/n"}"#,
            false,
        ),
        (r#""ArnLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-east-1:*:accesspoint/n"}"#, true),
        (r#""StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-east-1:*"}"#, true),
        (r#""StringLike":{"s3:DataAccessPointArn":"*"}"#, true),
        (r#""ArnLike":{"s3:DataAccessPointArn":"*"}"#, true),
    ] {
        check(r#""*""#, condition, public);
    }
}

#[test]
fn deny_and_order_play_no_role_bpa_13() {
    let statement = |effect: &str, principal: &str| {
        format!(
            r#"{{"Effect":"{effect}","Principal":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}}"#
        )
    };
    let deny = statement("Deny", r#""*""#);
    let fixed = statement("Allow", r#"{"AWS":"111122223333"}"#);
    let public = statement("Allow", r#""*""#);
    for (statements, expected) in [
        (vec![&deny], None),
        (vec![&deny, &fixed], None),
        (vec![&fixed, &deny, &public], Some(2)),
        (vec![&public, &public], Some(0)),
    ] {
        let text = statements.iter().map(|text| text.as_str()).collect::<Vec<_>>().join(",");
        assert_eq!(bucket_policy(&policy_of(&text)).public_statement(), expected, "{text}");
    }
}

#[test]
fn the_newest_list_has_no_encryption_key_anchor() {
    let text = policy_of(
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::bucket/*",
            "Condition":{"StringEquals":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:us-east-1:111122223333:key/k"}}}"#,
    );
    assert!(bucket_policy(&text).is_public());
}

#[test]
fn tv_099_and_tv_100_broad_and_narrow_addresses() {
    check(r#""*""#, r#""IpAddress":{"aws:SourceIp":"203.0.113.0/24"}"#, false);
    check(r#""*""#, r#""IpAddress":{"aws:SourceIp":"0.0.0.0/1"}"#, true);
}

#[test]
fn a_fixed_statement_beside_a_public_one() {
    let text = policy_of(
        r#"{"Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::bucket/*"},
           {"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}"#,
    );
    assert_eq!(bucket_policy(&text).public_statement(), Some(1));
}

#[test]
fn identity_policies_are_never_public() {
    let text = policy_of(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    assert!(!crate::policy::Policy::parse_identity_policy(&text).unwrap().is_public());
}
