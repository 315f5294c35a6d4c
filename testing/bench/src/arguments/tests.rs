use super::*;

fn parse(line: &str) -> Arguments {
    Arguments::try_parse_from(line.split_whitespace()).unwrap()
}

fn refused(line: &str) -> bool {
    Arguments::try_parse_from(line.split_whitespace()).is_err()
}

#[test]
fn the_command_line_is_consistent() {
    use clap::CommandFactory as _;
    Arguments::command().debug_assert();
}

#[test]
fn without_operations_the_standard_workloads_run() {
    assert_eq!(parse("grantry-bench").workloads(), workload::standard());
    assert!(parse("grantry-bench").starts_server());
}

#[test]
fn everything_is_combined_with_everything() {
    let arguments = parse(
        "grantry-bench --operations get,put --sizes 1KiB,16MiB --connections 1,16,64 \
         --signing header,presigned",
    );
    let workloads = arguments.workloads();
    assert_eq!(workloads.len(), 24);
    let last = *workloads.last().unwrap();
    let expected = Workload {
        operation: Operation::Put,
        size_bytes: 16 * 1024 * 1024,
        connections: 64,
        signing: Signing::Presigned,
        aim: None,
    };
    assert_eq!(last, expected);
}

#[test]
fn listing_has_no_sizes() {
    let arguments = parse("grantry-bench --operations list --sizes 1KiB,1MiB --connections 1,16");
    assert_eq!(arguments.workloads().len(), 2);
}

#[test]
fn sizes_are_bytes_or_binary_units() {
    for (text, bytes) in
        [("0", 0), ("512", 512), ("1KiB", 1024), ("16 MiB", 16 << 20), ("1024MiB", 1 << 30)]
    {
        assert_eq!(parse_size(text), Ok(bytes), "{text}");
    }
    for bad in ["", "KiB", "-1", "1.5MiB", "1KB", "1025MiB", "99999999999999999999", "1e3"] {
        assert!(parse_size(bad).is_err(), "{bad}");
    }
}

#[test]
fn times_and_counts_have_limits() {
    assert_eq!(parse_phase("2.5"), Ok(Duration::from_millis(2500)));
    for bad in ["-1", "301", "NaN", "inf", "x"] {
        assert!(parse_phase(bad).is_err(), "{bad}");
    }
    for bad in ["--connections 0", "--connections 4097", "--rounds 0", "--threads 0"] {
        assert!(refused(&format!("grantry-bench {bad}")), "{bad}");
    }
}

#[test]
fn a_bucket_needs_room_for_its_companion() {
    assert!(parse_bucket("grantry-bench").is_ok());
    assert!(parse_bucket("Upper").is_err());
    assert!(parse_bucket(&"a".repeat(58)).is_ok());
    assert!(parse_bucket(&"a".repeat(59)).is_err());
}

const TWO: &str = "grantry-bench --endpoint http://a:1 --endpoint http://b:2";

#[test]
fn endpoints_share_a_key_or_have_their_own() {
    let id = |target: &Target| target.credentials.as_ref().map(|key| key.access_key_id.clone());
    let ids = |line: String| parse(&line).targets().unwrap().iter().map(id).collect::<Vec<_>>();
    let one = "--access-key-id one --secret-access-key 12345678";
    let two = "--access-key-id two --secret-access-key 87654321";
    let some = |id: &str| Some(id.to_owned());
    assert_eq!(ids(TWO.to_owned()), [None, None]);
    assert_eq!(ids(format!("{TWO} {one}")), [some("one"), some("one")]);
    assert_eq!(ids(format!("{TWO} {one} {two}")), [some("one"), some("two")]);
    assert!(refused("grantry-bench --access-key-id one"));
    let uneven = format!("{TWO} {one} {two} --access-key-id three");
    assert!(parse(&uneven).targets().is_err());
}

#[test]
fn processes_belong_to_endpoints_in_order() {
    let pids = |line: &str| {
        let targets = parse(line).targets().unwrap();
        targets.iter().map(|target| target.pid).collect::<Vec<_>>()
    };
    assert_eq!(pids(&format!("{TWO} --server-pid 7 --server-pid 8")), [Some(7), Some(8)]);
    assert_eq!(pids(&format!("{TWO} --server-pid 7")), [Some(7), None]);
    assert!(refused("grantry-bench --server-pid 7"));
}

#[test]
fn two_servers_can_be_compared_and_no_more() {
    let endpoint = "grantry-bench --endpoint http://a:1";
    for good in [
        "grantry-bench".to_owned(),
        "grantry-bench --nginx nginx".to_owned(),
        "grantry-bench --own --nginx nginx".to_owned(),
        format!("{endpoint} --own"),
        format!("{endpoint} --nginx nginx"),
        TWO.to_owned(),
    ] {
        assert!(parse(&good).targets().is_ok(), "{good}");
    }
    for bad in [format!("{TWO} --own"), format!("{endpoint} --own --nginx nginx")] {
        assert!(parse(&bad).targets().is_err(), "{bad}");
    }
}
