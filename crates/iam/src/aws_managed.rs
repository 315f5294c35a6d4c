//! Managed policies that every account finds, under the ARNs that they have at AWS.
//!
//! The documents say what those of AWS say about the services that this server has.

use model::Timestamp;

use crate::entity::PolicyVersion;

/// A policy that comes with the server and cannot be changed.
#[derive(Debug, PartialEq, Eq)]
pub struct AwsManagedPolicy {
    /// Its name.
    pub name: &'static str,
    /// `ANPA…`, as AWS gives it out.
    pub id: &'static str,
    /// For people.
    pub description: &'static str,
    /// The policy.
    pub document: &'static str,
}

impl AwsManagedPolicy {
    /// Its path.
    pub const PATH: &'static str = "/";

    /// Its ARN, in which `aws` stands for the account.
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::aws:policy/{}", self.name)
    }

    /// When the oldest of them was published at AWS; ours bear that date, all of them.
    pub fn created() -> Timestamp {
        Timestamp::from_unix_seconds(1_423_162_805)
    }

    /// Its only version.
    pub fn version(&self) -> PolicyVersion {
        PolicyVersion { number: 1, document: self.document.to_owned(), created: Self::created() }
    }
}

/// The policy with this ARN.
pub fn by_arn(arn: &str) -> Option<&'static AwsManagedPolicy> {
    let name = arn.strip_prefix("arn:aws:iam::aws:policy/")?;
    POLICIES.iter().find(|policy| policy.name == name)
}

/// All of them by name.
pub const POLICIES: [AwsManagedPolicy; 6] = [
    AwsManagedPolicy {
        name: "AdministratorAccess",
        id: "ANPAIWMBCKSKIEE64ZLYK",
        description: "Provides full access to all services and resources.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    },
    AwsManagedPolicy {
        name: "AmazonS3FullAccess",
        id: "ANPAIFIR6V6BVTRAHWINE",
        description: "Provides full access to all buckets.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*"}]}"#,
    },
    AwsManagedPolicy {
        name: "AmazonS3ReadOnlyAccess",
        id: "ANPAIZTJ4DXE7G6AGAE6M",
        description: "Provides read only access to all buckets.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*"],"Resource":"*"}]}"#,
    },
    AwsManagedPolicy {
        name: "IAMFullAccess",
        id: "ANPAI7XKCFMBPM3QQRRVQ",
        description: "Provides full access to IAM.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","organizations:DescribeAccount","organizations:DescribeOrganization","organizations:DescribeOrganizationalUnit","organizations:DescribePolicy","organizations:ListChildren","organizations:ListParents","organizations:ListPoliciesForTarget","organizations:ListRoots","organizations:ListPolicies","organizations:ListTargetsForPolicy"],"Resource":"*"}]}"#,
    },
    AwsManagedPolicy {
        name: "IAMReadOnlyAccess",
        id: "ANPAJKSO7NDY4T57MWDSQ",
        description: "Provides read only access to IAM.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GenerateCredentialReport","iam:GenerateServiceLastAccessedDetails","iam:Get*","iam:List*","iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy"],"Resource":"*"}]}"#,
    },
    AwsManagedPolicy {
        name: "ReadOnlyAccess",
        id: "ANPAILL3HVNFSB6DCOWYQ",
        description: "Provides read only access to the services of this server.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Generate*","iam:Get*","iam:List*","iam:Simulate*","organizations:Describe*","organizations:List*","s3:Get*","s3:List*","sts:GetAccessKeyInfo","sts:GetCallerIdentity","sts:GetSessionToken"],"Resource":"*"}]}"#,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_is_accepted() {
        for policy in &POLICIES {
            crate::policy_document::check_identity_policy(policy.document).unwrap();
            assert_eq!(by_arn(&policy.arn()), Some(policy));
        }
        assert_eq!(by_arn("arn:aws:iam::aws:policy/administratoraccess"), None);
    }
}
