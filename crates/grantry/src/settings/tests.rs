//! Precedence, errors, and the one-name rule.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use authz::switches::{PolicyGet, PolicyStatusWithoutPolicy, ResourceStar};
use clap::{CommandFactory as _, Parser as _};
use model::{ObjectOwnership, PublicAccessBlock};

use super::table::Exposure;
use super::values::Source;
use super::*;
use crate::cli::{Cli, Command};
use crate::failure::EXIT_USAGE;

/// What a test gives in each place.
#[derive(Default)]
struct Given<'a> {
    flags: &'a [&'a str],
    environment: &'a [(&'a str, &'a str)],
    file: &'a str,
}

/// Values as `grantry serve` would collect them, and the file.
fn collect(given: &Given<'_>) -> Result<(Values, PathBuf), Failure> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("grantry.toml");
    std::fs::write(&file, given.file).unwrap();
    let config = file.to_str().unwrap();
    let line = [&["grantry", "serve", "--config", config], given.flags].concat();
    let Command::Serve(arguments) = Cli::parse_from(line).command else {
        panic!("not `serve`");
    };
    let environment = |name: &str| -> Option<OsString> {
        let found = given.environment.iter().find(|(other, _)| *other == name);
        found.map(|(_, value)| value.into())
    };
    Values::collect(&arguments.settings.0, &environment).map(|values| (values, file.clone()))
}

fn settings(given: &Given<'_>) -> Result<Settings, Failure> {
    collect(given).and_then(|(values, _)| Settings::from_values(&values))
}

fn error(given: &Given<'_>) -> String {
    let failure = settings(given).unwrap_err();
    assert_eq!(failure.exit_code, EXIT_USAGE, "{failure}");
    failure.to_string()
}

#[test]
fn defaults_are_those_of_the_documentation() {
    let settings = settings(&Given::default()).unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:9000");
    assert_eq!(settings.data_directory, Path::new("./data"));
    assert_eq!(settings.region, "us-east-1");
    assert_eq!(settings.base_domains, ["localhost", "s3.localhost"]);
    assert_eq!(settings.tls, None);
    assert_eq!(settings.trusted_proxies, []);
    assert!(!settings.signature_version_2);
    assert_eq!(settings.body_timeout, Duration::from_mins(1));
    assert_eq!(settings.root_key, None);
    assert_eq!(settings.switches, Switches::default());
    assert_eq!(settings.new_buckets, NewBucketDefaults::CURRENT);
}

#[test]
fn flags_win_over_the_environment_and_it_over_the_file() {
    let all = Given {
        flags: &["--region", "from-flag"],
        environment: &[("GRANTRY_REGION", "from-environment"), ("GRANTRY_LOG", "debug")],
        file: "region = 'from-file'\nlog = 'trace'\nlisten = '127.0.0.1:1'",
    };
    let (values, file) = collect(&all).unwrap();
    let sources = [
        (&table::REGION, "from-flag", Source::Flag),
        (&table::LOG, "debug", Source::Environment),
        (&table::LISTEN, "127.0.0.1:1", Source::File(file)),
        (&table::DATA_DIR, "./data", Source::Default),
    ];
    for (setting, text, source) in sources {
        let given = values.get(setting).unwrap();
        assert_eq!((given.text.as_str(), &given.source), (text, &source), "{}", setting.name);
    }
}

#[test]
fn an_empty_variable_counts_as_absent() {
    let environment = &[("GRANTRY_REGION", ""), ("GRANTRY_ROOT_ACCESS_KEY_ID", "")];
    let settings = settings(&Given { environment, ..Given::default() }).unwrap();
    assert_eq!(settings.region, "us-east-1");
    assert_eq!(settings.root_key, None);
}

#[test]
fn the_environment_names_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("elsewhere.toml");
    std::fs::write(&file, "region = 'from-file'").unwrap();
    let environment =
        |name: &str| (name == "GRANTRY_CONFIG").then(|| file.clone().into_os_string());
    let values = Values::collect(&flags::GivenFlags::default(), &environment).unwrap();
    assert_eq!(Settings::from_values(&values).unwrap().region, "from-file");
}

#[test]
fn tables_lists_and_numbers_of_the_file() {
    let file = "
        base_domains = ['s3.example.com', 'localhost']
        connections_max = 7
        header_timeout_seconds = '5'
        signature_version_2 = true
        [switches]
        boe_private_acl = 'owner_equivalent'
        policy_get = 'normalised'
        log_source_region_field = 'off'
        policy_resource_star = 'accept'
        policy_status_without_policy = 'false'
        [new_buckets]
        object_ownership = 'ObjectWriter'
        block_public_access = 'none'
    ";
    let settings = settings(&Given { file, ..Given::default() }).unwrap();
    assert_eq!(settings.base_domains, ["s3.example.com", "localhost"]);
    assert_eq!(settings.connections_max, 7);
    assert!(settings.signature_version_2);
    assert_eq!(settings.header_timeout, Duration::from_secs(5));
    let owner_equivalent = authz::switches::BoePrivateAcl::OwnerEquivalent;
    assert_eq!(settings.switches.boe_private_acl, owner_equivalent);
    assert_eq!(settings.switches.policy_get, PolicyGet::Normalised);
    assert!(!settings.log_source_region);
    assert_eq!(settings.switches.policy_resource_star, ResourceStar::Accept);
    let without_policy = settings.switches.policy_status_without_policy;
    assert_eq!(without_policy, PolicyStatusWithoutPolicy::False);
    assert_eq!(settings.new_buckets.ownership, Some(ObjectOwnership::ObjectWriter));
    assert_eq!(settings.new_buckets.public_access, None);
}

#[test]
fn keys_of_tables_have_flags_and_variables_too() {
    let given = Given {
        flags: &["--switches-rich-access-denied", "never"],
        environment: &[("GRANTRY_NEW_BUCKETS_OBJECT_OWNERSHIP", "none")],
        ..Given::default()
    };
    let settings = settings(&given).unwrap();
    assert_eq!(settings.switches.rich_access_denied, authz::switches::RichAccessDenied::Never);
    assert_eq!(settings.new_buckets.ownership, None);
    assert_eq!(settings.new_buckets.public_access, Some(PublicAccessBlock::ALL));
}

/// Each setting with a value that is not allowed: the message names setting, value and place.
#[test]
fn errors_name_the_setting_the_value_and_the_place() {
    let flag = |setting: &Setting| format!("flag --{}", setting.flag());
    for (setting, bad) in [
        (&table::LISTEN, "localhost"),
        (&table::LISTEN, "127.0.0.1:99999"),
        (&table::DATA_DIR, ""),
        (&table::REGION, "US East"),
        (&table::BASE_DOMAINS, "localhost,S3.example.com"),
        (&table::BASE_DOMAINS, "localhost:9000"),
        (&table::TRUSTED_PROXIES, "10.0.0.0/33"),
        (&table::TRUSTED_PROXIES, "127.0.0.1,proxy.example.com"),
        (&table::LOG, "info,=,"),
        (&table::LOG_FORMAT, "xml"),
        (&table::CONNECTIONS_MAX, "0"),
        (&table::HEADER_TIMEOUT_SECONDS, "-1"),
        (&table::BODY_TIMEOUT_SECONDS, "0"),
        (&table::WRITE_TIMEOUT_SECONDS, "1.5"),
        (&table::SHUTDOWN_TIMEOUT_SECONDS, "86401"),
        (&table::BOE_PRIVATE_ACL, "accept"),
        (&table::CREATE_BUCKET_PRIVATE_ACL_OWNERSHIP, "BOP"),
        (&table::BOE_PUT_OBJECT_ACL_NOOP, ""),
        (&table::FOREIGN_OVERWRITE_VIA_BUCKET_WRITE, "yes"),
        (&table::BPA_MESSAGE_STYLE, "blocked"),
        (&table::RICH_ACCESS_DENIED, "always"),
        (&table::CUSTOMER_KEYS_OVER_HTTP, "true"),
        (&table::MASTER_KEY_MISMATCH, "ignore"),
        (&table::OBJECT_OWNERSHIP, "bucketownerenforced"),
        (&table::BLOCK_PUBLIC_ACCESS, "true"),
    ] {
        let argument = format!("--{}={bad}", setting.flag());
        let message = error(&Given { flags: &[&argument], ..Given::default() });
        let expected = format!("setting `{}`: {bad:?} ({}) is not ", setting.name, flag(setting));
        assert!(message.starts_with(&expected), "{message}");
    }
}

#[test]
fn errors_say_which_variable_or_file() {
    let environment = &[("GRANTRY_LISTEN", "nowhere")];
    assert_eq!(
        error(&Given { environment, ..Given::default() }),
        "setting `listen`: \"nowhere\" (environment variable GRANTRY_LISTEN) is not an IP address \
         and a port, such as 127.0.0.1:9000 or [::]:9000"
    );
    let message = error(&Given { file: "log_format = 'xml'", ..Given::default() });
    assert!(message.contains("key `log_format` in /"), "{message}");
    assert!(message.contains("grantry.toml) is not one of: text, json"), "{message}");
}

#[test]
fn unknown_keys_and_wrong_types_name_key_and_file() {
    for (file, expected) in [
        ("lissten = 'x'", "unknown key `lissten`"),
        ("[switches]\nrich = 'x'", "unknown key `switches.rich`"),
        ("[swiches]\nrich_access_denied = 'x'", "unknown key `swiches.rich_access_denied`"),
        ("switches = 'x'", "unknown key `switches`"),
        (
            "listen = 1.5",
            "key `listen` must be a text, a number, a truth value, or a list of texts",
        ),
        ("base_domains = [1]", "key `base_domains` must be a text"),
        ("region = 'x'\nlisten = ", "line 2: "),
    ] {
        let message = error(&Given { file, ..Given::default() });
        assert!(message.contains(expected), "{file}: {message}");
        assert!(message.contains("grantry.toml"), "{file}: {message}");
    }
}

#[test]
fn a_missing_file_is_an_error() {
    let environment = |name: &str| (name == "GRANTRY_CONFIG").then(|| "/nonexistent.toml".into());
    let failure = Values::collect(&flags::GivenFlags::default(), &environment).err().unwrap();
    assert!(failure.to_string().starts_with("configuration file /nonexistent.toml: "), "{failure}");
}

/// The example that is shipped says what holds without it, and every line of it can be used.
#[test]
fn the_example_configuration_is_true() {
    let example = include_str!("../../../../deploy/grantry.toml");
    let defaults = format!("{:?}", settings(&Given::default()).unwrap());
    let as_shipped = settings(&Given { file: example, ..Given::default() }).unwrap();
    let expected = defaults.replace("./data", "/var/lib/grantry");
    assert_eq!(format!("{as_shipped:?}"), expected);

    let all: String = example
        .lines()
        .map(|line| line.strip_prefix('#').unwrap_or(line).to_owned() + "\n")
        .filter(|line| !line.starts_with(' '))
        .collect();
    // Secrets are read with the settings, so the example's file has to be somewhere.
    let secret = tempfile::NamedTempFile::new().unwrap();
    let path = secret.path().to_str().unwrap();
    assert!(all.contains("/etc/grantry/thumbnails.secret"));
    let all = all.replace("/etc/grantry/thumbnails.secret", path);
    let values = file::values(&all).unwrap().values;
    for setting in table::ALL.iter().filter(|setting| setting.exposure == Exposure::Public) {
        let value = values.get(setting.name);
        let value = value.unwrap_or_else(|| panic!("{} is not in the example", setting.name));
        if let Some(default) = setting.default.filter(|default| *default != "./data") {
            assert_eq!(value, default, "{}", setting.name);
        }
    }
    let settings = settings(&Given { file: &all, ..Given::default() }).unwrap();
    assert!(settings.tls.is_some() && !settings.trusted_proxies.is_empty());
}

#[test]
fn certificate_and_key_come_together() {
    let certificate = "--tls-certificate=/c.pem";
    let key = "--tls-private-key=/k.pem";
    let tls = settings(&Given { flags: &[certificate, key], ..Given::default() }).unwrap().tls;
    let expected = TlsFiles { certificate: "/c.pem".into(), private_key: "/k.pem".into() };
    assert_eq!(tls, Some(expected));
    for (given, missing) in [(certificate, "tls_private_key"), (key, "tls_certificate")] {
        let message = error(&Given { flags: &[given], ..Given::default() });
        assert!(message.starts_with(&format!("setting `{missing}`: is not given")), "{message}");
    }
}

#[test]
fn proxies_are_a_list_of_ranges() {
    let file = "trusted_proxies = ['127.0.0.1', '2001:db8::/32']";
    let proxies = settings(&Given { file, ..Given::default() }).unwrap().trusted_proxies;
    let expected = ["127.0.0.1", "2001:db8::/32"].map(|text| AddressRange::parse(text).unwrap());
    assert_eq!(proxies, expected);
}

#[test]
fn the_root_key_comes_whole_or_not_at_all() {
    let id = ("GRANTRY_ROOT_ACCESS_KEY_ID", "Given-Key");
    let secret = ("GRANTRY_ROOT_SECRET_ACCESS_KEY", "given-secret");
    let environment = &[id, secret];
    let key = settings(&Given { environment, ..Given::default() }).unwrap().root_key.unwrap();
    assert_eq!(key.access_key_id, "Given-Key");
    assert_eq!(key.secret_access_key.expose(), "given-secret");
    for (given, missing) in [(id, "root_secret_access_key"), (secret, "root_access_key_id")] {
        let message = error(&Given { environment: &[given], ..Given::default() });
        assert!(message.starts_with(&format!("setting `{missing}`: is not given")), "{message}");
    }
}

#[test]
fn the_root_key_must_be_one_that_can_sign() {
    let secret = ("GRANTRY_ROOT_SECRET_ACCESS_KEY", "given-secret");
    let environment = &[("GRANTRY_ROOT_ACCESS_KEY_ID", "a/b"), secret];
    let message = error(&Given { environment, ..Given::default() });
    let place = "environment variable GRANTRY_ROOT_ACCESS_KEY_ID";
    let expected = format!("setting `root_access_key_id`: \"a/b\" ({place}) is not 3 to 128");
    assert!(message.starts_with(&expected), "{message}");
}

/// RustFS GHSA-r54g and its kin: secrets in logs.
#[test]
fn rustfs_ghsa_r54g_no_message_shows_a_secret() {
    let bad = "not a secret";
    let environment =
        &[("GRANTRY_ROOT_ACCESS_KEY_ID", "Key"), ("GRANTRY_ROOT_SECRET_ACCESS_KEY", bad)];
    let message = error(&Given { environment, ..Given::default() });
    assert!(!message.contains(bad) && message.contains("root_secret_access_key"), "{message}");
    // A line that is no TOML is not shown either.
    let file = "root_secret_access_key = not-quoted-secret";
    let message = error(&Given { file, ..Given::default() });
    assert!(!message.contains("not-quoted"), "{message}");

    let environment =
        &[("GRANTRY_ROOT_ACCESS_KEY_ID", "Key"), ("GRANTRY_ROOT_SECRET_ACCESS_KEY", "good-secret")];
    let given = Given { environment, ..Given::default() };
    let (values, _) = collect(&given).unwrap();
    let printed = print(&values);
    assert!(!printed.contains("good-secret"), "{printed}");
    assert!(printed.contains("root_access_key_id = \"Key\""), "{printed}");
    assert!(!format!("{:?}", settings(&given).unwrap()).contains("good-secret"));
}

#[test]
fn a_master_key_comes_from_one_place_and_is_never_shown() {
    let digits = "5a".repeat(32);
    let environment =
        &[("GRANTRY_MASTER_KEY", digits.as_str()), ("GRANTRY_PREVIOUS_MASTER_KEY_FILE", "/k")];
    let given = Given { environment, ..Given::default() };
    let printed = print(&collect(&given).unwrap().0);
    let checked = settings(&given).unwrap();
    assert!(matches!(checked.master_key.source, MasterKeySource::Given(_)));
    assert!(matches!(checked.master_key.previous, Some(MasterKeySource::File(_))));
    assert!(printed.contains("# master_key is not shown"), "{printed}");
    for text in [printed, format!("{checked:?}"), checked.master_key.source.to_string()] {
        assert!(!text.contains("5a5a"), "{text}");
    }
    let both = Given { flags: &["--master-key-file=/k"], ..given };
    assert!(error(&both).contains("`master_key_file` too; give one of them"));
    let bad = &[("GRANTRY_MASTER_KEY", "5a5a")];
    let message = error(&Given { environment: bad, ..Given::default() });
    assert!(message.contains("is not 64 hexadecimal digits") && !message.contains("5a5a"));
    let none = settings(&Given::default()).unwrap().master_key;
    assert!(matches!(none.source, MasterKeySource::DataDirectory) && none.previous.is_none());
}

#[test]
fn what_is_printed_is_a_file_with_the_same_values() {
    let given = Given { flags: &["--region=eu-west-1", "--log=debug"], ..Given::default() };
    let (values, _) = collect(&given).unwrap();
    let printed = print(&values);
    let again = file::values(&printed).unwrap().values;
    for setting in table::ALL {
        let value = values.get(setting).map(|given| &given.text);
        assert_eq!(again.get(setting.name), value, "{}", setting.name);
    }
    assert!(printed.contains("region = \"eu-west-1\"  # flag --region\n"), "{printed}");
    assert!(printed.contains("listen = \"127.0.0.1:9000\"  # default\n"), "{printed}");
}

/// The key in the file, the variable and the flag are one name; secrets have no flag.
#[test]
fn every_setting_has_one_name() {
    let cli = Cli::command();
    let serve = cli.find_subcommand("serve").unwrap();
    let mut names = BTreeSet::new();
    for setting in table::ALL {
        assert!(names.insert(setting.flag()), "two settings are called {}", setting.flag());
        let argument = serve.get_arguments().find(|argument| argument.get_id() == setting.name);
        match argument {
            Some(argument) => assert_eq!(argument.get_long(), Some(setting.flag().as_str())),
            None => assert_ne!(setting.exposure, Exposure::Public, "{}", setting.name),
        }
    }
    assert_eq!(table::LISTEN.variable(), "GRANTRY_LISTEN");
    assert_eq!(table::BOE_PRIVATE_ACL.flag(), "switches-boe-private-acl");
    let secret = &table::ROOT_SECRET_ACCESS_KEY;
    assert_eq!(secret.variable(), "GRANTRY_ROOT_SECRET_ACCESS_KEY");
    assert_eq!(secret.exposure, Exposure::Secret);
    cli.debug_assert();
}
