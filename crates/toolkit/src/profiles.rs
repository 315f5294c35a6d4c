//! The applications that are known. Adding one is described in `docs/howto/toolkit-profiles.md`.

mod base;
pub mod generic;
pub mod mastodon;

use crate::profile::{Profile, ProfileError};

/// All profiles, in the order of the help text.
pub const PROFILES: [&dyn Profile; 2] = [&mastodon::Mastodon, &generic::Generic];

/// The profile with this name.
pub fn find(name: &str) -> Result<&'static dyn Profile, ProfileError> {
    let wanted = name.to_ascii_lowercase();
    let found = PROFILES
        .into_iter()
        .find(|profile| profile.name() == wanted || profile.aliases().contains(&&*wanted));
    found.ok_or_else(|| {
        let names: Vec<_> = PROFILES.iter().map(|profile| profile.name()).collect();
        ProfileError::Unknown { name: name.to_owned(), known: names.join(", ") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        let mut names: Vec<&str> = PROFILES
            .iter()
            .flat_map(|profile| profile.aliases().iter().copied().chain([profile.name()]))
            .collect();
        for name in &names {
            assert!(find(name).is_ok(), "{name}");
        }
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(find("nothing").is_err());
    }
}
