//! Files of a test in a directory of their own.

use crate::application::Application;
use crate::profile::{Inputs, Profile, ProfileError};

/// Loads a profile from one file.
pub(super) fn load(
    profile: &dyn Profile,
    name: &str,
    text: &str,
) -> Result<Application, ProfileError> {
    load_beside(profile, name, text, &[])
}

/// The same with further files beside it.
pub(super) fn load_beside(
    profile: &dyn Profile,
    name: &str,
    text: &str,
    others: &[(&str, &str)],
) -> Result<Application, ProfileError> {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in others.iter().chain([&(name, text)]) {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let file = Some(directory.path().join(name));
    profile.load(&Inputs { file, ..Inputs::default() })
}
