//! The repository's own checks, and the parts of its documents that are generated.
//!
//! `cargo test -p xtask` runs the checks, `cargo run -p xtask -- docs` writes what is generated.
//! Every check is a pure function from the files to a list of [`Finding`]s, whose text says what to
//! do about it; the tests beside each check show that it bites. What is deliberately not here:
//! everything that rustc, clippy and rustfmt check already.

pub mod coverage;
pub mod doors;
pub mod finding;
pub mod forbidden_text;
pub mod generated;
pub mod imports;
pub mod links;
pub mod lints;
mod manifest;
mod rust_source;
pub mod sizes;
pub mod switches;
pub mod workspace;

pub use finding::Finding;
pub use workspace::Workspace;

/// A check: its name, and what finds the places that break it.
pub type Check = (&'static str, fn(&Workspace) -> Vec<Finding>);

/// All checks, in the order in which they are reported.
pub const CHECKS: [Check; 11] = [
    ("imports go downwards", imports::check),
    ("each door has one keeper", doors::check),
    ("the pure crates stay pure", doors::check_purity),
    ("every crate has the workspace's lints", lints::check),
    ("files are short", sizes::check),
    ("no leftovers and no machine's own paths", forbidden_text::check),
    ("packages come from the public registries", forbidden_text::check_lock_file),
    ("links lead somewhere", links::check),
    ("generated text is current", generated::check),
    ("no operation is forgotten", coverage::check),
    ("every switch is documented", switches::check),
];
