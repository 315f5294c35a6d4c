//! Who pays for requests to a bucket (§11.2).

/// The payer of a bucket. AWS: API reference, RequestPaymentConfiguration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Payer {
    /// The owner of the bucket.
    #[default]
    BucketOwner,
    /// Whoever asks; callers of other accounts must say that they know (RP-2).
    Requester,
}

impl Payer {
    /// The name in XML.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BucketOwner => "BucketOwner",
            Self::Requester => "Requester",
        }
    }

    /// The payer with this XML name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::BucketOwner, Self::Requester].into_iter().find(|payer| payer.as_str() == text)
    }
}
