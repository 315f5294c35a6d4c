//! `grantry explain` and `grantry decisions`: why requests were refused.

mod handler;
pub(crate) mod protocol;

use std::process::ExitCode;

use explain::Explanation;
use ops::Store;

use self::protocol::{Answer, Request};
use crate::cli::{DecisionsArguments, ExplainArguments};
use crate::control::{Question, ask};
use crate::failure::Failure;
use crate::output;
use crate::settings::Settings;

/// Exit code where there is nothing to explain.
const NOTHING_FOUND: u8 = 1;

/// Explains a request, or a question.
pub(crate) fn run(arguments: ExplainArguments, settings: &Settings) -> Result<ExitCode, Failure> {
    let json = arguments.json;
    let request = if let Some(request_id) = &arguments.request_id {
        Request::Explain { request_id: request_id.clone(), replay: arguments.replay }
    } else {
        Request::Ask(arguments.question())
    };
    let answer = ask(&request, settings)?;
    let Answer::Explanations { explanations, today } = answer else {
        return Err(Failure::new("cannot explain", "the server answered another question"));
    };
    if json {
        output::print(&to_json(&serde_json::json!({
            "explanations": explanations,
            "today": today,
        }))?)?;
    } else {
        output::print(&texts(&explanations, &today))?;
    }
    if explanations.is_empty() {
        let id = arguments.request_id.unwrap_or_default();
        let what = format!("there is no record of request {id:?}");
        let why = "it was not made here, or is older than the decision log";
        output::error(&Failure::new(what, why));
        return Ok(ExitCode::from(NOTHING_FOUND));
    }
    Ok(ExitCode::SUCCESS)
}

/// Lists decisions.
pub(crate) fn list(arguments: DecisionsArguments, settings: &Settings) -> Result<(), Failure> {
    let json = arguments.json;
    let answer = ask(&Request::Decisions(arguments.into()), settings)?;
    let Answer::Decisions { decisions, next } = answer else {
        return Err(Failure::new("cannot list decisions", "the server answered another question"));
    };
    if json {
        let document = serde_json::json!({"decisions": decisions, "nextToken": next});
        return output::print(&to_json(&document)?);
    }
    let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let lines: Vec<String> = decisions
        .iter()
        .map(|one| {
            let resource = match (&one.bucket, &one.key) {
                (Some(bucket), Some(key)) => format!("{bucket}/{key}"),
                (bucket, _) => or(bucket),
            };
            format!(
                "{}  {}  {:9}  {} {}  {}  {}  {resource}  {}\n",
                one.time,
                one.request_id,
                one.verdict,
                one.status,
                or(&one.error_code),
                or(&one.caller_arn),
                or(&one.operation),
                or(&one.rule)
            )
        })
        .collect();
    output::print(&lines.concat())?;
    match next {
        Some(next) => output::print(&format!("more with --from {next}\n")),
        None => Ok(()),
    }
}

fn texts(explanations: &[Explanation], today: &[Explanation]) -> String {
    let mut text = String::new();
    for (number, explanation) in explanations.iter().enumerate() {
        if number > 0 {
            text.push('\n');
        }
        let time = crate::clock::format(model::Timestamp::from_unix_millis(
            explanation.request.time_millis,
        ));
        text.push_str(&explain::text(explanation, &time));
        if let Some(now) = today.get(number) {
            text.push_str(&difference(explanation, now));
            if now.summary != explanation.summary || now.statement != explanation.statement {
                text.push_str(&explain::text(now, &time));
            }
        }
    }
    text
}

/// What the rules of today say.
fn difference(then: &Explanation, now: &Explanation) -> String {
    let rule = |explanation: &Explanation| {
        let rule = explanation.rule.as_ref();
        rule.map_or_else(String::new, |rule| format!(" by {} ({})", rule.name, rule.id))
    };
    let change = if then.verdict == now.verdict { "still" } else { "now" };
    format!(
        "\nThen it was {}{}; with the rules of today it is {change} {}{}.\n",
        then.verdict,
        rule(then),
        now.verdict,
        rule(now)
    )
}

fn to_json(document: &serde_json::Value) -> Result<String, Failure> {
    serde_json::to_string_pretty(document)
        .map(|json| format!("{json}\n"))
        .map_err(|error| Failure::new("cannot write JSON", error))
}

impl Question for Request {
    type Answer = Answer;
    const KIND: &'static str = "decisions";

    fn failed(&self) -> String {
        "cannot explain".to_owned()
    }

    async fn answer(&self, store: &Store) -> Result<Answer, String> {
        handler::answer(store, self).await.map_err(|error| error.to_string())
    }
}
