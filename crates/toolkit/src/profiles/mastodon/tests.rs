//! Environment files and what Mastodon does with them.

use super::*;
use crate::application::Severity;

const BASE: &str = "S3_ENABLED=true\nS3_BUCKET=media\nAWS_ACCESS_KEY_ID=AKIAEXAMPLE\n\
    AWS_SECRET_ACCESS_KEY=secretsecret\nLOCAL_DOMAIN=social.example\n";

struct Home(tempfile::TempDir);

impl Home {
    fn new(text: &str) -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        home.write(ENVIRONMENT_FILE, text);
        home
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn inputs(&self) -> Inputs {
        Inputs { file: Some(self.0.path().join(ENVIRONMENT_FILE)), ..Inputs::default() }
    }

    fn load(&self) -> Application {
        Mastodon.load(&self.inputs()).unwrap()
    }
}

fn with(text: &str) -> Application {
    Home::new(&format!("{BASE}{text}")).load()
}

fn check_acls(permission: Option<&str>, version: Option<Version>, expected: &[Option<&str>]) {
    let found = upload_acls(permission, version);
    let found: Vec<_> = found.iter().map(|upload| upload.acl.as_deref()).collect();
    assert_eq!(found, expected, "{permission:?} {version:?}");
}

/// The table of the specification's chapter about `x-amz-acl`.
#[test]
fn when_an_acl_is_sent() {
    let old = Some(Version(3, 5, 0));
    let middle = Some(Version(4, 1, 1));
    let new = Some(Version(4, 1, 2));
    for version in [None, old, new] {
        check_acls(None, version, &[Some("public-read"), Some("private")]);
        check_acls(Some("private"), version, &[Some("private")]);
        check_acls(Some("odd"), version, &[Some("odd"), Some("private")]);
    }
    check_acls(Some(""), old, &[Some(""), Some("private")]);
    check_acls(Some(""), middle, &[None, Some("private")]);
    check_acls(Some(""), new, &[None]);
    check_acls(Some(""), None, &[None]);
}

#[test]
fn the_strongest_file_counts() {
    let home = Home::new(&format!("{BASE}S3_PERMISSION=\n"));
    assert_eq!(home.load().upload_acls, [UploadAcl::new(None, "media and archive exports")]);
    home.write(".env", "S3_PERMISSION=private\n");
    assert_eq!(home.load().upload_acls.len(), 1);
    home.write(".env.production.local", "S3_PERMISSION=public-read\n");
    let application = home.load();
    assert_eq!(application.upload_acls[0].acl.as_deref(), Some("public-read"));
    assert!(application.remarks.iter().any(|remark| remark.setting == "S3_PERMISSION"));
    let mut inputs = home.inputs();
    inputs.stronger.push(Layer::named("the unit", [("S3_PERMISSION".to_owned(), String::new())]));
    assert_eq!(Mastodon.load(&inputs).unwrap().upload_acls[0].acl, None);
}

#[test]
fn only_exactly_true_enables_s3() {
    for value in ["True", "1", "yes", ""] {
        let home = Home::new(&format!("S3_ENABLED={value}\nS3_BUCKET=b\n"));
        let error = Mastodon.load(&home.inputs()).unwrap_err();
        assert!(matches!(error, ProfileError::NotS3(_)), "{value}");
    }
    let home = Home::new("S3_ENABLED=true\n");
    assert!(matches!(Mastodon.load(&home.inputs()), Err(ProfileError::Missing { .. })));
}

#[test]
fn endpoints_and_styles() {
    let url = |text: &str| with(text).target().url(Some("k"), "");
    assert_eq!(url("S3_REGION=eu-west-1\n"), "https://media.s3.eu-west-1.amazonaws.com/k");
    assert_eq!(url("S3_ENDPOINT=http://h:9000\n"), "http://h:9000/media/k");
    assert_eq!(
        url("S3_ENDPOINT=http://h:9000\nS3_OVERRIDE_PATH_STYLE=true\n"),
        "http://media.h:9000/k"
    );
    assert_eq!(url("S3_OVERRIDE_PATH_STYLE=true\n"), "https://media.s3.us-east-1.amazonaws.com/k");
}

#[test]
fn public_urls() {
    let base = |text: &str| with(text).public_urls[0].base.clone();
    assert_eq!(base(""), "https://s3-us-east-1.amazonaws.com/media/");
    assert_eq!(base("S3_HOSTNAME=h\nS3_PROTOCOL=http\n"), "http://h/media/");
    assert_eq!(base("S3_CLOUDFRONT_HOST=c\n"), "https://c/");
    assert_eq!(base("S3_CLOUDFRONT_HOST=c\nS3_ALIAS_HOST=a/pre\n"), "https://a/pre/");
    assert_eq!(with("").web_url.as_deref(), Some("https://social.example"));
}

#[test]
fn versions_and_checksums() {
    let home = Home::new(BASE);
    assert_eq!(home.load().checksum, ChecksumMode::Crc32);
    home.write(
        "lib/mastodon/version.rb",
        "def major\n  4\nend\ndef minor\n  3\nend\ndef patch\n  8\nend\n",
    );
    let application = home.load();
    assert_eq!(application.version, Some(Version(4, 3, 8)));
    assert_eq!(application.checksum, ChecksumMode::ContentMd5);
    let application = with("AWS_REQUEST_CHECKSUM_CALCULATION=when_required\n");
    assert_eq!(application.checksum, ChecksumMode::None);
}

fn check_remark(text: &str, setting: &str, severity: Severity) {
    let application = with(text);
    let found = application.remarks.iter().any(|r| r.setting == setting && r.severity == severity);
    assert!(found, "{text:?}: {:?}", application.remarks);
}

#[test]
fn what_the_configuration_says_by_itself() {
    use Severity::{Failing, Info, Warning};
    check_remark("", "S3_PERMISSION", Info);
    check_remark("S3_PERMISSION=\"'public-read'\"\n", "S3_PERMISSION", Failing);
    check_remark("S3_ACL=private\n", "S3_ACL", Info);
    check_remark("S3_ENDPOINT=\n", "S3_ENDPOINT", Failing);
    check_remark("S3_ENDPOINT=h:9000\n", "S3_ENDPOINT", Failing);
    check_remark("S3_ENDPOINT=https://media.h\n", "S3_ENDPOINT", Warning);
    check_remark("S3_MULTIPART_THRESHOLD=15\n", "S3_MULTIPART_THRESHOLD", Failing);
    check_remark("S3_MULTIPART_THRESHOLD=50MB\n", "S3_MULTIPART_THRESHOLD", Failing);
    check_remark("S3_READ_TIMEOUT=0.5\n", "S3_READ_TIMEOUT", Failing);
    check_remark("S3_ALIAS_HOST=https://a/\n", "S3_ALIAS_HOST", Failing);
    check_remark("AWS_SECRET_ACCESS_KEY=abcdefgh#ijk\n", "AWS_SECRET_ACCESS_KEY", Failing);
    check_remark("AWS_SECRET_ACCESS_KEY=abcdefgh$ijk\n", "AWS_SECRET_ACCESS_KEY", Failing);
    check_remark("AWS_ACCESS_KEY_ID=ASIAEXAMPLE\n", "AWS_ACCESS_KEY_ID", Warning);
    check_remark("S3_STORAGE_CLASS=\n", "S3_STORAGE_CLASS", Warning);
    check_remark("S3_SIGNATURE_VERSION=v2\n", "S3_SIGNATURE_VERSION", Failing);
    check_remark("S3_REGION=a\nS3_REGION=b\n", "S3_REGION", Warning);
    let quiet = with("S3_PERMISSION=\nAWS_SECRET_ACCESS_KEY='abcdefgh#$k'\n");
    let is_failing = |remark: &crate::application::Remark| remark.severity == Failing;
    assert!(!quiet.remarks.iter().any(is_failing), "{:?}", quiet.remarks);
    assert_eq!(quiet.credentials.unwrap().secret.expose(), "abcdefgh#$k");
}

#[test]
fn database_redis_and_mail() {
    let application = with("DB_HOST=/run/pg\nDB_PASS=p\nREDIS_PASSWORD=a b\nREDIS_DB=2\n");
    assert_eq!(application.database.as_ref().unwrap().host, "/run/pg");
    assert_eq!(application.redis.as_ref().unwrap().url, "redis://:a%20b@localhost:6379/2");
    let shown = format!("{:?} {:?}", application.database, application.redis);
    assert!(!shown.contains("a%20b"), "{shown}");
    let application = with(
        "REDIS_SENTINELS=s1, s2:1\nREDIS_SENTINEL_MASTER=m\nREDIS_PASSWORD=p\nREDIS_NAMESPACE=n\n\
         SMTP_SERVER=mail\nSMTP_SSL=true\n",
    );
    let redis = application.redis.unwrap();
    assert_eq!(redis.sentinels, ["s1:26379", "s2:1"]);
    assert_eq!(redis.sentinel_login, Some((String::new(), "p".to_owned())));
    assert_eq!(redis.namespace.as_deref(), Some("n"));
    assert!(application.smtp.unwrap().is_implicit_tls);
    let application = with("SIDEKIQ_REDIS_URL=redis://x/1\nREDIS_URL=redis://y\n");
    assert_eq!(application.redis.unwrap().url, "redis://x/1");
}
