//! Colours, where they are wanted.

use std::io::IsTerminal as _;

use toolkit::doctor::Marks;

/// Colours only for a terminal that has them and a person who wants them. `NO_COLOR` switches them
/// off if it is not empty (no-color.org).
pub(super) fn marks() -> Marks {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    if is_set("NO_COLOR") || is_dumb || !std::io::stdout().is_terminal() {
        return Marks::Plain;
    }
    Marks::Coloured
}
