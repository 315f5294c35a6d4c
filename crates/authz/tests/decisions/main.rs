//! The decision seen from outside: test vectors of the specification, laws, and the permission
//! matrix.

#[cfg(test)]
mod acl_storage;
#[cfg(test)]
mod advisories;
#[cfg(test)]
mod creation;
#[cfg(test)]
mod enforced;
#[cfg(test)]
mod evaluation;
#[cfg(test)]
mod foreign_objects;
#[cfg(test)]
mod hiding;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod other_stages;
#[cfg(test)]
mod public_access;
#[cfg(test)]
mod telling;
#[cfg(test)]
mod world;
