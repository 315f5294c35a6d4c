//! The checks, run on this repository.

use std::io;

use xtask::{CHECKS, Workspace};

/// Runs the check of that name and shows what it found.
fn assert_clean(name: &str) -> io::Result<()> {
    let workspace = Workspace::read()?;
    let checks = CHECKS.iter().filter(|(known, _)| *known == name);
    let findings = checks.flat_map(|(_, check)| check(&workspace));
    let list: Vec<_> = findings.map(|finding| finding.to_string()).collect();
    assert!(list.is_empty(), "{name}: {} finding(s)\n{}\n", list.len(), list.join("\n"));
    Ok(())
}

macro_rules! checks {
    ($($test:ident $name:literal;)*) => {
        $(
            #[test]
            fn $test() -> io::Result<()> {
                assert_clean($name)
            }
        )*

        /// Also that no test above names a check that is not there.
        #[test]
        fn every_check_is_a_test() {
            let tested = [$($name),*];
            let known = CHECKS.map(|(name, _)| name);
            assert_eq!(tested, known);
        }
    };
}

checks! {
    imports_go_downwards "imports go downwards";
    each_door_has_one_keeper "each door has one keeper";
    the_pure_crates_stay_pure "the pure crates stay pure";
    every_crate_has_the_lints "every crate has the workspace's lints";
    files_are_short "files are short";
    no_leftovers "no leftovers and no machine's own paths";
    public_registries_only "packages come from the public registries";
    links_lead_somewhere "links lead somewhere";
    generated_text_is_current "generated text is current";
    no_operation_is_forgotten "no operation is forgotten";
    every_switch_is_documented "every switch is documented";
}
