//! §5.9: which actions an operation needs.

use std::fmt::Write as _;

use authz::{Asks, Side, required_actions};
use expect_test::expect_file;
use model::Operation;

use crate::world::{Ask, B, Caller, World, ask};

const EVERYTHING: Asks = Asks {
    tagging: true,
    retention: true,
    legal_hold: true,
    bypass_governance: true,
    object_ownership: true,
    object_lock: true,
    copies_source_tags: true,
    request_payer: true,
};

fn actions(ask: &Ask) -> String {
    let caller = Caller::user(B);
    let actions = required_actions(&ask.request(&caller));
    actions.iter().map(|action| action.name()).collect::<Vec<_>>().join(" ")
}

/// The whole table, without and with a version and everything that can be asked for besides.
/// `UPDATE_EXPECT=1` writes the reviewed file anew.
#[test]
fn table() {
    let mut lines = String::new();
    for row in Operation::table() {
        let sides = match row.operation {
            Operation::CopyObject | Operation::UploadPartCopy => {
                &[Side::CopySource, Side::CopyDestination][..]
            }
            _ => &[Side::Whole],
        };
        for &side in sides {
            let plain = ask(row.operation).side(side);
            let full = plain.clone().version().asking(EVERYTHING).canned("public-read");
            let mark = if side == Side::CopySource { " (source)" } else { "" };
            let (plain, full) = (actions(&plain), actions(&full));
            let full = if plain == full { String::new() } else { format!(" / {full}") };
            let _ = writeln!(lines, "{}{mark}: {plain}{full}", row.name);
        }
    }
    expect_file!["../actions_of_operations.txt"].assert_eq(&lines);
}

/// Forgetting the side of a copy allows nothing.
#[test]
fn a_copy_has_two_sides() {
    for operation in [Operation::CopyObject, Operation::UploadPartCopy] {
        World::enforced().denies(&Caller::root(B), &ask(operation).side(Side::Whole));
    }
}
