use super::*;

fn parse(body: &str) -> Parameters {
    Parameters::parse("", body.as_bytes()).unwrap()
}

#[test]
fn values_are_form_encoded() {
    let parameters = parse("Action=CreateUser&Path=%2Fa%2F&Note=a+b%2B&Empty&");
    assert_eq!(parameters.get("Path"), Some("/a/"));
    assert_eq!(parameters.get("Note"), Some("a b+"));
    assert_eq!(parameters.get("Empty"), Some(""));
    assert_eq!(parameters.get("path"), None);
}

#[test]
fn what_is_given_twice_is_refused() {
    for (query, body) in [("", "A=1&A=1"), ("A=1", "A=2"), ("A=1&A=2", "")] {
        let error = Parameters::parse(query, body.as_bytes()).unwrap_err();
        assert_eq!(error.code(), IamErrorCode::MalformedQueryString, "{query} {body}");
    }
    assert!(Parameters::parse("", b"A=%ff").is_err());
    assert!(Parameters::parse("", b"A=\xff").is_err());
    let many: Vec<String> = (0..=QUERY_PARAMETERS_MAX).map(|index| format!("P{index}=x")).collect();
    assert!(Parameters::parse("", many.join("&").as_bytes()).is_err());
}

#[test]
fn lists_end_where_a_member_is_missing() {
    let parameters = parse("X.member.2=b&X.member.1=a&X.member.4=d&Y.member.0=z");
    assert_eq!(parameters.list("X").unwrap(), ["a", "b"]);
    assert!(parameters.list("Y").unwrap().is_empty());
    let tags = parse("Tags.member.1.Key=k&Tags.member.1.Value=&Tags.member.2.Key=l");
    let error = tags.tags().unwrap_err();
    assert_eq!(
        error.message(),
        "1 validation error detected: Value null at 'tags.2.member.value' failed to satisfy \
         constraint: Member must not be null"
    );
    let tags = parse("Tags.member.1.Key=k&Tags.member.1.Value=v").tags().unwrap();
    assert_eq!(tags, [Tag { key: "k".into(), value: "v".into() }]);
    assert_eq!(parse("E.member.1.A=1&E.member.2.B.member.1=2").members("E").unwrap(), 2);
}

#[test]
fn errors_name_the_parameter() {
    let parameters = parse("Flag=maybe&Number=-1&Word=x");
    assert_eq!(
        parameters.required("UserName").unwrap_err().message(),
        "1 validation error detected: Value null at 'userName' failed to satisfy constraint: \
         Member must not be null"
    );
    assert!(parameters.flag("Flag").is_err());
    assert!(parameters.number("Number").is_err());
    assert_eq!(
        parameters.word("Word", &["a", "b"]).unwrap_err().message(),
        "1 validation error detected: Value 'x' at 'word' failed to satisfy constraint: Member \
         must satisfy enum value set: [a, b]"
    );
    assert_eq!(parameters.number("Absent").unwrap(), None);
}
