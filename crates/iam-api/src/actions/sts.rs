//! The Security Token Service. AWS: STS API reference.

use iam::{IamError, IamErrorCode};
use identity::SessionCredentials;
use model::Timestamp;
use ops::sts::assume_role::{self, AssumeRole};
use ops::sts::web_identity::{self, AssumeRoleWithWebIdentity};
use ops::sts::{IssuedSession, SessionRequest, caller_identity, federation_token, session_token};

use crate::service::Outcome;
use crate::xml::Xml;
use crate::{Call, Parameters};

pub(super) fn get_caller_identity(call: &Call<'_>) -> Outcome {
    let found = caller_identity::get(&call.api())?;
    let mut xml = Xml::default();
    xml.text("Arn", &found.arn).text("UserId", &found.user_id).value("Account", found.account);
    Ok(Some(xml))
}

pub(super) async fn get_access_key_info(call: &Call<'_>) -> Outcome {
    let id = call.parameters.required("AccessKeyId")?;
    let account = caller_identity::access_key_info(&call.api(), id).await?;
    let mut xml = Xml::default();
    xml.value("Account", account);
    Ok(Some(xml))
}

pub(super) fn assume_role(call: &Call<'_>) -> Outcome {
    let parameters = call.parameters;
    let request = AssumeRole {
        role_arn: parameters.owned("RoleArn")?,
        session_name: parameters.owned("RoleSessionName")?,
        external_id: parameters.get("ExternalId").map(str::to_owned),
        session: session_request(parameters)?,
    };
    let issued = assume_role::assume(&call.api(), &request)?;
    let mut xml = Xml::default();
    assumed_role(&mut xml, &issued);
    Ok(Some(xml))
}

pub(super) async fn assume_role_with_web_identity(call: &Call<'_>) -> Outcome {
    let parameters = call.parameters;
    let request = AssumeRoleWithWebIdentity {
        role_arn: parameters.owned("RoleArn")?,
        session_name: parameters.owned("RoleSessionName")?,
        token: parameters.owned("WebIdentityToken")?,
        provider_id: parameters.get("ProviderId").map(str::to_owned),
        session: SessionRequest {
            duration_seconds: parameters.number("DurationSeconds")?.map(u64::from),
            policy: parameters.get("Policy").map(str::to_owned),
            policy_arns: policy_arns(parameters)?,
            ..SessionRequest::default()
        },
    };
    let made = web_identity::assume(&call.api(), call.providers, &request).await?;
    let mut xml = Xml::default();
    xml.text("SubjectFromWebIdentityToken", &made.claims.subject);
    xml.text("Audience", &made.claims.audience);
    assumed_role(&mut xml, &made.issued);
    xml.text("Provider", &made.provider);
    Ok(Some(xml))
}

pub(super) fn get_session_token(call: &Call<'_>) -> Outcome {
    let issued = session_token::get(&call.api(), &session_request(call.parameters)?)?;
    let mut xml = Xml::default();
    credentials(&mut xml, &issued.credentials, issued.expires);
    Ok(Some(xml))
}

pub(super) fn get_federation_token(call: &Call<'_>) -> Outcome {
    let name = call.parameters.required("Name")?;
    let issued = federation_token::get(&call.api(), name, &session_request(call.parameters)?)?;
    let mut xml = Xml::default();
    credentials(&mut xml, &issued.credentials, issued.expires);
    xml.element("FederatedUser", |xml| {
        xml.text("FederatedUserId", &issued.id).text("Arn", &issued.arn);
    });
    packed_size(&mut xml, &issued);
    Ok(Some(xml))
}

/// This server tells reasons in plain words and encodes none.
pub(super) fn decode_authorization_message(call: &Call<'_>) -> Outcome {
    call.parameters.required("EncodedMessage")?;
    Err(IamError::new(
        IamErrorCode::InvalidAuthorizationMessageException,
        "Message is not valid: this server encodes no authorization messages.",
    ))
}

fn session_request(parameters: &Parameters) -> Result<SessionRequest, IamError> {
    Ok(SessionRequest {
        duration_seconds: parameters.number("DurationSeconds")?.map(u64::from),
        policy: parameters.get("Policy").map(str::to_owned),
        policy_arns: policy_arns(parameters)?,
        tags: parameters.tags()?,
        transitive_tag_keys: parameters.list("TransitiveTagKeys")?,
        source_identity: parameters.get("SourceIdentity").map(str::to_owned),
        names_mfa_device: parameters.get("SerialNumber").is_some()
            || parameters.get("TokenCode").is_some(),
    })
}

fn policy_arns(parameters: &Parameters) -> Result<Vec<String>, IamError> {
    let count = parameters.members("PolicyArns")?;
    let arn = |index| parameters.owned(&format!("PolicyArns.member.{index}.arn"));
    (1..=count).map(arn).collect()
}

fn assumed_role(xml: &mut Xml, issued: &IssuedSession) {
    credentials(xml, &issued.credentials, issued.expires);
    xml.element("AssumedRoleUser", |xml| {
        xml.text("AssumedRoleId", &issued.id).text("Arn", &issued.arn);
    });
    packed_size(xml, issued);
    xml.optional("SourceIdentity", issued.source_identity.as_deref());
}

fn credentials(xml: &mut Xml, credentials: &SessionCredentials, expires: Timestamp) {
    xml.element("Credentials", |xml| {
        xml.text("AccessKeyId", &credentials.access_key_id);
        xml.text("SecretAccessKey", credentials.secret_access_key.expose());
        xml.text("SessionToken", &credentials.session_token);
        xml.time("Expiration", expires);
    });
}

fn packed_size(xml: &mut Xml, issued: &IssuedSession) {
    if let Some(percent) = issued.packed_size_percent {
        xml.value("PackedPolicySize", percent);
    }
}
