//! What policies would say, without doing anything.

use authz::simulate::{MatchedStatement, PolicyOrigin, Simulated, SimulatedContext};
use iam::{IamError, Page, validate};
use model::limits::IAM_POLICY_DOCUMENT_LENGTH_MAX;
use ops::iam::simulation::{self, Evaluation, Simulation};

use super::element;
use crate::service::Outcome;
use crate::xml::Xml;
use crate::{Call, Parameters};

/// AWS: IAM API reference, ContextEntry. All of them are texts on the wire, and compared as the
/// operators of policies want.
const KEY_TYPES: [&str; 12] = [
    "string",
    "stringList",
    "numeric",
    "numericList",
    "boolean",
    "booleanList",
    "ip",
    "ipList",
    "binary",
    "binaryList",
    "date",
    "dateList",
];
/// AWS: IAM API reference, ActionNameType.
const ACTION_NAME_LENGTH: (usize, usize) = (3, 128);
/// AWS: IAM API reference, ResourceNameType.
const RESOURCE_NAME_LENGTH: (usize, usize) = (1, 2048);

pub(super) async fn custom(call: &Call<'_>) -> Outcome {
    let simulation = read(call.parameters)?;
    if simulation.policies.is_empty() {
        return Err(validate::required("policyInputList"));
    }
    let page = simulation::custom(&call.api(), &simulation, &call.page()?).await?;
    Ok(Some(results(&page, &simulation)))
}

pub(super) async fn principal(call: &Call<'_>) -> Outcome {
    let source = call.parameters.required("PolicySourceArn")?;
    let simulation = read(call.parameters)?;
    let page = simulation::principal(&call.api(), source, &simulation, &call.page()?).await?;
    Ok(Some(results(&page, &simulation)))
}

pub(super) fn custom_context_keys(call: &Call<'_>) -> Outcome {
    let policies = documents(call.parameters, "PolicyInputList")?;
    if policies.is_empty() {
        return Err(validate::required("policyInputList"));
    }
    Ok(Some(keys(&simulation::custom_context_keys(&call.api(), &policies)?)))
}

pub(super) fn principal_context_keys(call: &Call<'_>) -> Outcome {
    let source = call.parameters.required("PolicySourceArn")?;
    let policies = documents(call.parameters, "PolicyInputList")?;
    Ok(Some(keys(&simulation::principal_context_keys(&call.api(), source, &policies)?)))
}

fn read(parameters: &Parameters) -> Result<Simulation, IamError> {
    let actions = parameters.list("ActionNames")?;
    if actions.is_empty() {
        return Err(validate::required("actionNames"));
    }
    for action in &actions {
        let (min, max) = ACTION_NAME_LENGTH;
        validate::length("actionNames", action, min, max)?;
        if !action.contains(':') {
            return Err(IamError::input(format!("Invalid Action name: {action}")));
        }
    }
    let resources = parameters.list("ResourceArns")?;
    for resource in &resources {
        let (min, max) = RESOURCE_NAME_LENGTH;
        validate::length("resourceArns", resource, min, max)?;
    }
    let optional = |name: &str| parameters.get(name).map(str::to_owned);
    let resource_policy = optional("ResourcePolicy");
    if let Some(policy) = &resource_policy {
        validate::length("resourcePolicy", policy, 1, IAM_POLICY_DOCUMENT_LENGTH_MAX)?;
    }
    Ok(Simulation {
        policies: documents(parameters, "PolicyInputList")?,
        boundaries: documents(parameters, "PermissionsBoundaryPolicyInputList")?,
        actions,
        resources,
        resource_policy,
        resource_owner: optional("ResourceOwner"),
        caller: optional("CallerArn"),
        context: context(parameters)?,
    })
}

fn documents(parameters: &Parameters, name: &str) -> Result<Vec<String>, IamError> {
    let documents = parameters.list(name)?;
    for document in &documents {
        validate::length("policyInputList", document, 1, IAM_POLICY_DOCUMENT_LENGTH_MAX)?;
    }
    Ok(documents)
}

fn context(parameters: &Parameters) -> Result<SimulatedContext, IamError> {
    let mut context = SimulatedContext::default();
    for index in 1..=parameters.members("ContextEntries")? {
        let entry = format!("ContextEntries.member.{index}");
        parameters.word(&format!("{entry}.ContextKeyType"), &KEY_TYPES)?;
        let name = parameters.owned(&format!("{entry}.ContextKeyName"))?;
        context.insert(name, parameters.list(&format!("{entry}.ContextKeyValues"))?);
    }
    Ok(context)
}

fn keys(names: &[String]) -> Xml {
    let mut xml = Xml::default();
    xml.texts("ContextKeyNames", names);
    xml
}

fn results(page: &Page<Evaluation>, simulation: &Simulation) -> Xml {
    let mut xml = Xml::default();
    xml.list("EvaluationResults", &page.items, |xml, evaluation| {
        let decision = evaluation.result.decision.as_str();
        xml.text("EvalActionName", &evaluation.action);
        xml.text("EvalResourceName", &evaluation.resource).text("EvalDecision", decision);
        details(xml, evaluation);
        if !simulation.resources.is_empty() {
            xml.list("ResourceSpecificResults", [evaluation], |xml, evaluation| {
                xml.text("EvalResourceName", &evaluation.resource);
                xml.text("EvalResourceDecision", decision);
                details(xml, evaluation);
            });
        }
    });
    element::page_end(&mut xml, page.next.as_deref());
    xml
}

/// What EvaluationResult and ResourceSpecificResult have in common.
fn details(xml: &mut Xml, Evaluation { result, sources, .. }: &Evaluation) {
    let Simulated { matched, missing_context, allowed_by_boundary, details, .. } = result;
    xml.list("MatchedStatements", matched.iter().zip(sources), |xml, (statement, source)| {
        matched_statement(xml, statement, source);
    });
    xml.texts("MissingContextValues", missing_context);
    xml.element("EvalDecisionDetails", |xml| {
        for (kind, said) in details {
            xml.element("entry", |xml| {
                xml.text("key", kind).text("value", said.as_str());
            });
        }
    });
    if let Some(allowed) = allowed_by_boundary {
        xml.element("PermissionsBoundaryDecisionDetail", |xml| {
            xml.value("AllowedByPermissionsBoundary", allowed);
        });
    }
}

fn matched_statement(xml: &mut Xml, statement: &MatchedStatement, source: &str) {
    xml.text("SourcePolicyId", source);
    xml.text(
        "SourcePolicyType",
        match statement.origin {
            PolicyOrigin::Resource => "Resource Policy",
            PolicyOrigin::Identity(_) | PolicyOrigin::Boundary | PolicyOrigin::Session(_) => {
                "IAM Policy"
            }
        },
    );
    for (name, place) in [("StartPosition", statement.start), ("EndPosition", statement.end)] {
        xml.element(name, |xml| {
            xml.value("Line", place.line).value("Column", place.column);
        });
    }
}
