//! Block Public Access (§4).

/// The four flags of a Block Public Access configuration (§4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PublicAccessBlock {
    /// Refuse writes that carry a public ACL.
    pub block_public_acls: bool,
    /// Treat grants to the public groups as absent.
    pub ignore_public_acls: bool,
    /// Refuse to store a public bucket policy.
    pub block_public_policy: bool,
    /// While the policy is public, serve only the owner's account and AWS services.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// What a new bucket gets (BPA-3).
    pub const ALL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };

    /// Nothing blocked: the effect of having no configuration (BPA-6).
    pub const NONE: Self = Self {
        block_public_acls: false,
        ignore_public_acls: false,
        block_public_policy: false,
        restrict_public_buckets: false,
    };

    /// Both levels together: the most restrictive wins (BPA-1).
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            block_public_acls: self.block_public_acls || other.block_public_acls,
            ignore_public_acls: self.ignore_public_acls || other.ignore_public_acls,
            block_public_policy: self.block_public_policy || other.block_public_policy,
            restrict_public_buckets: self.restrict_public_buckets || other.restrict_public_buckets,
        }
    }
}
