//! Puts the console into the program, if it was built: each file as it is, as brotli and as gzip.
//!
//! `make console` writes `console/dist/site`. Without it the program builds all the same and says so
//! where the console would be.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::hash::Hasher as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let manifest = directory("CARGO_MANIFEST_DIR")?;
    let built = manifest.join("../../console/dist");
    // The directory is always there, because a path that is missing would count as changed.
    println!("cargo::rerun-if-changed={}", built.display());
    println!("cargo::rerun-if-changed=build.rs");
    let site = built.join("site");
    let mut files = Vec::new();
    if site.join("index.html").is_file() {
        collect(&site, &mut files)?;
    }
    files.sort();
    let mut text = String::from("&[\n");
    for file in files {
        write_asset(&mut text, &site, &file)?;
    }
    text.push(']');
    fs::write(directory("OUT_DIR")?.join("console_assets.rs"), text)
}

fn directory(variable: &str) -> io::Result<PathBuf> {
    env::var_os(variable)
        .map(PathBuf::from)
        .ok_or_else(|| io::Error::other(format!("{variable} is not set")))
}

/// All files below a directory that are no compressed form of another.
fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        // What the bundler notes for itself.
        if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else if !path.extension().is_some_and(|extension| extension == "br" || extension == "gz")
        {
            files.push(path);
        }
    }
    Ok(())
}

fn write_asset(text: &mut String, site: &Path, file: &Path) -> io::Result<()> {
    let outside = |_| io::Error::other("a file of the console lies outside of it");
    let name = file.strip_prefix(site).map_err(outside)?.display().to_string();
    let mut hasher = DefaultHasher::new();
    hasher.write(&fs::read(file)?);
    let tag = format!("\"{:016x}\"", hasher.finish());
    let source = fs::canonicalize(file)?;
    let compressed = |ending: &str| {
        let path = PathBuf::from(format!("{}.{ending}", source.display()));
        if path.is_file() {
            format!("Some(include_bytes!({:?}))", path.display().to_string())
        } else {
            "None".to_owned()
        }
    };
    let (brotli, gzip) = (compressed("br"), compressed("gz"));
    let source = source.display().to_string();
    writeln!(
        text,
        "Asset {{ name: {name:?}, tag: {tag:?}, plain: include_bytes!({source:?}), \
         brotli: {brotli}, gzip: {gzip} }},"
    )
    .map_err(io::Error::other)
}
