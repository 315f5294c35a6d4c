//! The applications that are known. Adding one is described in `docs/howto/toolkit-profiles.md`.

pub mod activestorage;
mod base;
pub mod discourse;
pub mod generic;
pub mod gitlab;
pub mod laravel;
pub mod mastodon;
pub mod misskey;
pub mod nextcloud;
pub mod peertube;
pub mod pict_rs;
pub mod pleroma;
#[cfg(test)]
mod testing;

use crate::profile::{Profile, ProfileError};

/// All profiles, in the order of the help text.
pub const PROFILES: [&dyn Profile; 12] = [
    &mastodon::Mastodon,
    &peertube::PeerTube,
    &laravel::Pixelfed,
    &laravel::Laravel,
    &misskey::Misskey,
    &nextcloud::Nextcloud,
    &discourse::Discourse,
    &gitlab::GitLab,
    &activestorage::ActiveStorage,
    &pleroma::Pleroma,
    &pict_rs::PictRs,
    &generic::Generic,
];

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
