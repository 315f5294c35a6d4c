//! An explanation for people.

use std::fmt::Write as _;

use crate::statement::Quote;
use crate::{Explanation, Plan, ToldLock};

/// The explanation as lines of text. `time` is when the request arrived, written for people.
pub fn text(explanation: &Explanation, time: &str) -> String {
    let mut text = String::new();
    // Writing into memory cannot fail.
    let _ = write(&mut text, explanation, time);
    text
}

fn write(out: &mut String, explanation: &Explanation, time: &str) -> std::fmt::Result {
    let request = &explanation.request;
    let or =
        |value: &Option<String>, other: &str| value.clone().unwrap_or_else(|| other.to_owned());
    if !request.request_id.is_empty() {
        writeln!(out, "request     {} at {time}", request.request_id)?;
    }
    writeln!(out, "caller      {}", or(&request.caller, "not known"))?;
    let side = request.side.as_ref().map_or_else(String::new, |side| format!(" ({side})"));
    writeln!(out, "operation   {}{side}", or(&request.operation, "not known"))?;
    if let Some(bucket) = &request.bucket {
        let key = request.key.as_ref().map_or_else(String::new, |key| format!("/{key}"));
        let version =
            request.version.as_ref().map_or_else(String::new, |id| format!(" version {id}"));
        writeln!(out, "resource    {bucket}{key}{version}")?;
    }
    if let Some(resource) = &request.resource {
        writeln!(out, "resource    {resource}")?;
    }
    if request.status != 0 {
        let code = request.error_code.as_deref().unwrap_or("");
        writeln!(out, "answer      {} {code}", request.status)?;
    }
    writeln!(out, "verdict     {}", explanation.verdict)?;
    if let Some(rule) = &explanation.rule {
        writeln!(out, "rule        {} ({})", rule.name, rule.id)?;
    }
    writeln!(out, "\n{}", explanation.summary)?;
    for reason in &explanation.reasons {
        writeln!(out, "{reason}")?;
    }
    if let Some(lock) = &explanation.lock {
        write_lock(out, lock)?;
    }
    if let Some(statement) = &explanation.statement {
        writeln!(out, "\nThe statement that decided:")?;
        quote(out, statement)?;
    }
    if !explanation.not_applying.is_empty() {
        writeln!(out, "\nStatements that allow something, but not this:")?;
    }
    for one in &explanation.not_applying {
        quote(out, &one.quote)?;
        for because in &one.because {
            writeln!(out, "    - {because}")?;
        }
    }
    if !explanation.steps.is_empty() {
        writeln!(out, "\nThe rules that were asked:")?;
    }
    for step in &explanation.steps {
        writeln!(out, "  {} {}", if step.deciding { '>' } else { ' ' }, step.text)?;
    }
    for (number, plan) in explanation.plans.iter().enumerate() {
        write_plan(out, number, plan)?;
    }
    if let Some(help) = &explanation.no_change_helps {
        writeln!(out, "\n{help}")?;
    }
    Ok(())
}

fn write_lock(out: &mut String, lock: &ToldLock) -> std::fmt::Result {
    writeln!(out, "\nThe lock of the version:")?;
    if let (Some(mode), Some(until)) = (&lock.mode, &lock.retain_until) {
        writeln!(out, "  retention {mode} until {until}")?;
    }
    writeln!(out, "  legal hold {}", if lock.legal_hold { "ON" } else { "OFF" })
}

fn quote(out: &mut String, quote: &Quote) -> std::fmt::Result {
    let name = quote.policy.as_ref().map_or_else(String::new, |name| format!(" {name}"));
    let sid = quote.sid.as_ref().map_or_else(String::new, |sid| format!(" ({sid})"));
    let Quote { source, index, line, column, .. } = quote;
    writeln!(out, "  {source}{name}, statement {index}{sid}, line {line}, column {column}:")?;
    for line in quote.text.lines() {
        writeln!(out, "    {line}")?;
    }
    Ok(())
}

fn write_plan(out: &mut String, number: usize, plan: &Plan) -> std::fmt::Result {
    let title = if number == 0 { "To allow it:" } else { "Or:" };
    writeln!(out, "\n{title}")?;
    if let Some(warning) = &plan.warning {
        writeln!(out, "  WARNING: {warning}.")?;
    }
    for command in &plan.commands {
        writeln!(out, "  {command}")?;
    }
    Ok(())
}
