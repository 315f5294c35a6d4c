//! How requests come out.

/// How a request came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A decision refused it.
    Refused,
    /// A decision allowed it; whether it then succeeded, its error code tells.
    Allowed,
    /// It was refused before there was anything to decide, as for a wrong signature.
    Undecided,
}

impl Outcome {
    /// All of them; the position is what is stored.
    pub const ALL: [Self; 3] = [Self::Refused, Self::Allowed, Self::Undecided];

    /// The word for people and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Allowed => "allowed",
            Self::Undecided => "undecided",
        }
    }

    /// The outcome with this word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}
