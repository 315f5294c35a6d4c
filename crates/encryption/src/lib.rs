//! Encrypted bodies.
//!
//! Three levels of keys: a [`WrappingKey`] encrypts the [`DataKey`] of an object, from which each
//! body of the object derives a key of its own, with which its bytes are encrypted chunk by chunk.
//! `FORMAT.md` beside this crate's manifest gives the bytes.
//!
//! What it promises:
//! - A key is opened only with the wrapping key and for the owner that it was wrapped for.
//! - A range of a body is opened by decrypting the chunks that it touches, and no more.
//! - A body may be sealed twice; each layer alone keeps it shut and unchanged.
//! - What is opened is what was sealed, at its place: a changed, moved, exchanged or missing byte is
//!   an error. Never other bytes.
//!
//! What is deliberately not here: where keys are kept, which key is meant, who may use it. No store,
//! no clock, no wire.

mod body;
mod key;
mod layout;
#[cfg(test)]
mod tests;

pub use body::{BodyKey, Opener, Sealer};
pub use key::{DataKey, WrappingKey, fresh_salt};
pub use layout::Layers;

/// The operating system gives no random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no random numbers for a key")]
pub struct NoRandomness;

/// A wrapped key that cannot be opened: another wrapping key, another owner, or changed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the data key was wrapped with another key, or for another object")]
pub struct WrongKey;

/// A body that cannot be sealed: it is longer than a body may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body cannot be encrypted")]
pub struct SealError;

/// A body that is not what was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the encrypted body was changed, or belongs to another object")]
pub struct Damaged;
