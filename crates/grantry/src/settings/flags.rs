//! The flags, made from the table of settings.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches, value_parser};

use super::table::{self, Exposure, Setting};

/// What was given on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GivenFlags {
    /// `--config`
    pub(crate) config: Option<PathBuf>,
    /// Settings by name.
    pub(crate) values: BTreeMap<&'static str, String>,
}

/// The flags of all settings that may be flags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SettingFlags(pub(crate) GivenFlags);

/// The flags of a data directory and its master key only, with `--config`, for commands that need no
/// more; before or behind their subcommands.
pub(crate) type DataDirectoryFlags = GlobalFlags<InDataDirectory>;

/// The flags of a master key only, with `--config`, for commands that name the directory otherwise.
pub(crate) type MasterKeyFlags = GlobalFlags<OfMasterKey>;

/// Flags of some settings, which may stand behind a subcommand too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GlobalFlags<S>(pub(crate) GivenFlags, PhantomData<S>);

/// Which settings [`GlobalFlags`] has.
pub(crate) trait Selection {
    /// The settings.
    const SETTINGS: &[&Setting];
}

/// See [`DataDirectoryFlags`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct InDataDirectory;

impl Selection for InDataDirectory {
    const SETTINGS: &[&Setting] =
        &[&table::DATA_DIR, &table::MASTER_KEY_FILE, &table::PREVIOUS_MASTER_KEY_FILE];
}

/// See [`MasterKeyFlags`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OfMasterKey;

impl Selection for OfMasterKey {
    const SETTINGS: &[&Setting] = &[&table::MASTER_KEY_FILE, &table::PREVIOUS_MASTER_KEY_FILE];
}

fn all() -> impl Iterator<Item = &'static Setting> {
    table::ALL.iter().copied().filter(|setting| setting.exposure == Exposure::Public)
}

fn config_argument() -> Arg {
    Arg::new("config")
        .long("config")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help("Configuration file, TOML [environment: GRANTRY_CONFIG]")
}

fn argument(setting: &'static Setting) -> Arg {
    let default = setting.default.unwrap_or("none");
    Arg::new(setting.name)
        .long(setting.flag())
        .value_name(setting.value)
        .hide_short_help(setting.name.contains('.'))
        .help(format!(
            "{} [default: {default}] [key: {}] [environment: {}]",
            setting.help,
            setting.name,
            setting.variable()
        ))
}

/// The settings that have no flag, for the end of the help.
fn without_flag() -> String {
    let settings = table::ALL.iter().filter(|setting| setting.exposure != Exposure::Public);
    let rows: Vec<String> = settings
        .map(|setting| {
            format!("  {} {}\n      {}", setting.variable(), setting.value, setting.help)
        })
        .collect();
    format!(
        "Only in the environment or the file:\n{}\n\nThe command line wins over the environment, \
         the environment over the file.",
        rows.join("\n")
    )
}

fn given(matches: &ArgMatches, settings: impl Iterator<Item = &'static Setting>) -> GivenFlags {
    let value = |setting: &'static Setting| {
        matches.get_one::<String>(setting.name).map(|text| (setting.name, text.clone()))
    };
    GivenFlags {
        config: matches.get_one::<PathBuf>("config").cloned(),
        values: settings.filter_map(value).collect(),
    }
}

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        command.arg(config_argument()).args(all().map(argument)).after_help(without_flag())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Ok(Self(given(matches, all())))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<S: Selection> Args for GlobalFlags<S> {
    fn augment_args(command: Command) -> Command {
        let settings = S::SETTINGS.iter().map(|setting| argument(setting).global(true));
        command.arg(config_argument().global(true)).args(settings)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<S: Selection> FromArgMatches for GlobalFlags<S> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Ok(Self(given(matches, S::SETTINGS.iter().copied()), PhantomData))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
