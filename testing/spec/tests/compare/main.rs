//! Does the engine, the crate `authz`, say what the model says?

#[cfg(test)]
mod bridge;
#[cfg(test)]
mod dice;
#[cfg(test)]
mod exhaustive;
#[cfg(test)]
mod explained;
#[cfg(test)]
mod management;
#[cfg(test)]
mod policy_text;
#[cfg(test)]
mod random;
#[cfg(test)]
mod space;
