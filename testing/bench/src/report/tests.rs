use super::*;
use crate::workload::Signing;

fn line(server: &str, aim: Option<Aim>, figures: &[(f64, f64)]) -> Line {
    let round = |&(requests_per_second, cpu)| Round {
        requests: 100,
        requests_per_second,
        p99_micros: Some(1000.0),
        server_cpu_micros_per_request: Some(cpu),
        ..Round::default()
    };
    let workload = Workload {
        operation: Operation::Get,
        size_bytes: 1024,
        connections: 64,
        signing: Signing::Header,
        aim,
    };
    Line { server: server.into(), workload, rounds: figures.iter().map(round).collect() }
}

fn report(lines: Vec<Line>) -> Report {
    let idle = vec![Idle { server: "grantry".into(), resident_bytes: 10 << 20 }];
    Report { idle, lines }
}

#[test]
fn the_table_has_medians_and_the_range_of_cpu_time() {
    let table = report(vec![line("grantry", None, &[(10.0, 30.0), (30.0, 20.0), (20.0, 25.0)])]);
    let table = table.table();
    assert!(table.starts_with("grantry: 10.0 MiB resident when idle\n"), "{table}");
    let row = table.lines().find(|line| line.starts_with("GET 1 KiB x64")).unwrap();
    assert!(row.contains("grantry (header)"), "{row}");
    assert!(row.contains("  20  "), "{row}");
    assert!(row.contains("25.0 (20.0-30.0)"), "{row}");
}

#[test]
fn ratios_are_those_of_neighbouring_rounds() {
    let first = line("a", None, &[(100.0, 10.0), (50.0, 20.0), (10.0, 30.0)]);
    let second = line("b", None, &[(50.0, 20.0), (25.0, 40.0), (10.0, 30.0)]);
    let ratios = report(vec![first, second]).ratios();
    assert_eq!(ratios, "  GET 1 KiB x64, a / b: req/s 2.00, server CPU 0.50, p99 1.00\n");
    assert_eq!(report(vec![line("a", None, &[(1.0, 1.0)])]).ratios(), "");
}

#[test]
fn aims_are_reached_or_missed() {
    let cpu = Some(Aim::ServerCpuMicrosAtMost(25.0));
    let aims = report(vec![
        line("grantry", cpu, &[(1.0, 25.0)]),
        line("grantry", cpu, &[(1.0, 25.1)]),
        line("grantry", cpu, &[]),
    ]);
    let aims = aims.aims();
    let verdicts: Vec<_> = aims.lines().map(|line| line.rsplit_once(": ").unwrap().1).collect();
    assert_eq!(verdicts, ["25.00, reached", "25.10, missed", "not measured"]);
}

#[test]
fn the_ratio_to_nginx_needs_nginx() {
    let aim = Some(Aim::NginxRatioAtLeast(0.8));
    let aims = |lines| report(lines).aims();
    let grantry = || line("grantry", aim, &[(8.0, 1.0)]);
    assert!(aims(vec![grantry(), line("nginx", aim, &[(10.0, 1.0)])]).ends_with("0.80, reached\n"));
    assert!(aims(vec![grantry(), line("nginx", aim, &[(10.1, 1.0)])]).ends_with("missed\n"));
    assert!(aims(vec![grantry()]).ends_with("not measured\n"));
}

#[test]
fn json_has_all_rounds() {
    let report = report(vec![line("a", None, &[(1.0, 1.0), (2.0, 2.0)])]);
    let value: serde_json::Value = serde_json::from_str(&report.json().unwrap()).unwrap();
    let rounds = value["lines"][0]["rounds"].as_array().unwrap();
    assert_eq!(rounds.len(), 2);
    assert_eq!(rounds[1]["requests_per_second"], 2.0);
    assert_eq!(value["lines"][0]["workload"]["operation"], "get");
}

#[test]
fn columns_are_aligned() {
    let row = |cells: [&str; 3]| cells.map(str::to_owned);
    let text = align(&[row(["a", "bb", "c"]), row(["aaa", "b", "10"])]);
    assert_eq!(text, "a    bb   c\naaa  b   10\n");
}
