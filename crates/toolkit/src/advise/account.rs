//! Who asks, and what is set for a whole account.

use bytes::Bytes;
use model::{AccountId, PublicAccessBlock};

use super::AdviseError;
use super::remote::{flags_of, public_access_of};
use crate::s3::{Body, Call, S3Client, Target, is_amazon};

const PUBLIC_ACCESS_BLOCK: &str = "v20180820/configuration/publicAccessBlock";

/// The account whose credentials these are, as GetCallerIdentity of STS has it: at Amazon's own endpoint
/// for it, elsewhere at that of the bucket.
pub async fn caller_account(client: &S3Client) -> Option<AccountId> {
    let mut target = without_bucket(client.target());
    if is_amazon(&target.endpoint) {
        let region = &target.region;
        let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
        target.endpoint = format!("https://sts.{region}.amazonaws.com{suffix}");
    }
    let body = Bytes::from_static(b"Action=GetCallerIdentity&Version=2011-06-15");
    let call = Call { service: Some("sts"), ..Call::bucket("POST") }
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::Plain(body));
    let exchange = client.with_target(target).send(call).await;
    let document = exchange.document().filter(|_| exchange.is_success())?;
    AccountId::parse(document.child("GetCallerIdentityResult")?.text_of("Account")?)
}

/// The endpoint itself.
pub(super) fn without_bucket(target: &Target) -> Target {
    Target { bucket: String::new(), ..target.clone() }
}

/// Block Public Access of an account, by S3 Control.
pub struct AccountPublicAccess {
    client: S3Client,
    account: AccountId,
}

impl AccountPublicAccess {
    /// That of this account.
    pub fn new(client: &S3Client, account: AccountId) -> Self {
        let mut target = without_bucket(client.target());
        if is_amazon(&target.endpoint) {
            target.endpoint =
                target.endpoint.replacen("://s3.", &format!("://{account}.s3-control."), 1);
        }
        Self { client: client.with_target(target), account }
    }

    /// What is set; none if nothing is.
    pub async fn get(&self) -> Result<Option<PublicAccessBlock>, AdviseError> {
        let exchange = self.client.send(self.call("GET")).await;
        match (exchange.status(), exchange.document()) {
            (Some(200), Some(document)) => Ok(Some(public_access_of(&document))),
            (Some(404), _) => Ok(None),
            _ => Err(AdviseError::refused(
                "cannot read Block Public Access of the account",
                exchange,
            )),
        }
    }

    /// Sets it, or removes it.
    pub async fn set(&self, setting: Option<PublicAccessBlock>) -> Result<(), AdviseError> {
        let call = match setting {
            Some(setting) => {
                let document = flags_of(setting).to_xml();
                let namespace = "http://awss3control.amazonaws.com/doc/2018-08-20/";
                let document =
                    document.replace("http://s3.amazonaws.com/doc/2006-03-01/", namespace);
                self.call("PUT").body(Body::Plain(document.into()))
            }
            None => self.call("DELETE"),
        };
        let exchange = self.client.send(call).await;
        if exchange.is_success() {
            return Ok(());
        }
        Err(AdviseError::refused("cannot set Block Public Access of the account", exchange))
    }

    fn call(&self, method: &str) -> Call {
        Call::object(method, PUBLIC_ACCESS_BLOCK)
            .header("x-amz-account-id", self.account.to_string())
    }
}
