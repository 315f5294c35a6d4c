//! Laravel with Flysystem, and Pixelfed, which is one: `.env` and `config/filesystems.php`.

use std::path::{Path, PathBuf};

use crate::application::{AclRemedy, Application, PublicUrl, PublicUrlKind, UploadAcl};
use crate::config::{Format, Layer, Layers, php};
use crate::profile::{Inputs, Profile, ProfileError};
use crate::s3::Addressing;

use super::base::{
    apply_flags, blank, required, sdk_addressing, take_credentials, with_scheme, with_slash,
};

/// Pixelfed.
pub struct Pixelfed;
/// Any other Laravel.
pub struct Laravel;

impl Profile for Pixelfed {
    fn name(&self) -> &'static str {
        "pixelfed"
    }

    fn title(&self) -> &'static str {
        "Pixelfed"
    }

    fn configuration(&self) -> &'static str {
        ".env, usually /usr/share/webapps/pixelfed/.env"
    }

    fn load(&self, inputs: &Inputs) -> Result<Application, ProfileError> {
        let (file, layers) = layers(inputs)?;
        let enabled = layers.get("PF_ENABLE_CLOUD").unwrap_or_default();
        if !matches!(enabled.as_str(), "true" | "1" | "(true)") {
            return Err(ProfileError::NotS3(
                "PF_ENABLE_CLOUD is not true: Pixelfed keeps its files on the local disk".into(),
            ));
        }
        load(self, inputs, file, layers, "public")
    }
}

impl Profile for Laravel {
    fn name(&self) -> &'static str {
        "laravel"
    }

    fn title(&self) -> &'static str {
        "a Laravel application"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["flysystem"]
    }

    fn configuration(&self) -> &'static str {
        ".env beside config/filesystems.php"
    }

    fn load(&self, inputs: &Inputs) -> Result<Application, ProfileError> {
        let (file, layers) = layers(inputs)?;
        load(self, inputs, file, layers, "private")
    }
}

/// `.env`, and the disks of `config/filesystems.php` below it, with what `env()` gives there.
fn layers(inputs: &Inputs) -> Result<(PathBuf, Layers), ProfileError> {
    let file = inputs.file.clone().unwrap_or_else(|| PathBuf::from(".env"));
    let mut layers = Layers { layers: inputs.stronger.clone() };
    layers.push(Layer::read(&file, Format::PhpDotenv)?);
    let disks = file.parent().unwrap_or(Path::new("")).join("config/filesystems.php");
    if let Ok(text) = crate::config::read_text(&disks) {
        let entries = php::parse(&text, &|name| layers.get(name)).map_err(ProfileError::Invalid)?;
        let name = disks.display().to_string();
        layers.push(Layer { path: Some(disks), name, format: Format::Php, entries });
    }
    Ok((file, layers))
}

fn load(
    profile: &dyn Profile,
    inputs: &Inputs,
    file: PathBuf,
    layers: Layers,
    default_visibility: &str,
) -> Result<Application, ProfileError> {
    let disk = layers.non_empty("FILESYSTEM_CLOUD").unwrap_or_else(|| "s3".to_owned());
    let of_disk =
        |name: &str| layers.get(&format!("disks.{disk}.{name}")).filter(|v| !v.is_empty());
    let or = |variable: &str, name: &str| layers.non_empty(variable).or_else(|| of_disk(name));
    let bucket =
        inputs.flag("bucket").map(ToOwned::to_owned).or_else(|| or("AWS_BUCKET", "bucket"));
    let bucket = required(bucket, "AWS_BUCKET", "the bucket of the disk")?;
    let endpoint = or("AWS_ENDPOINT", "endpoint");
    let region = or("AWS_DEFAULT_REGION", "region");
    let path_style = or("AWS_USE_PATH_STYLE_ENDPOINT", "use_path_style_endpoint");
    let url = or("AWS_URL", "url");
    let visibility = of_disk("visibility")
        .or_else(|| layers.non_empty("AWS_VISIBILITY"))
        .unwrap_or_else(|| default_visibility.to_owned());
    let own_acl = layers.get(&format!("disks.{disk}.options.ACL"));
    let acl = own_acl.unwrap_or_else(|| {
        if visibility == "public" { "public-read" } else { "private" }.to_owned()
    });
    let mut application = blank(profile, layers, Format::PhpDotenv);
    application.main_file = Some(file);
    if let Some(endpoint) = endpoint {
        application.endpoint = with_scheme(&endpoint, "https");
    }
    if let Some(region) = region {
        application.region = region;
    }
    let is_path = path_style.is_some_and(|style| matches!(&*style, "true" | "1" | "(true)"));
    application.addressing = if is_path { Addressing::Path } else { sdk_addressing(&bucket) };
    application.bucket = bucket;
    application.upload_acls = vec![UploadAcl::new(Some(&acl), "files")];
    application.changes_acls = true;
    application.acl_remedy = AclRemedy::Instructions(format!(
        "Flysystem always sends an ACL. In config/filesystems.php give the disk `{disk}` \
         'options' => ['ACL' => 'bucket-owner-full-control'], which buckets without ACLs take \
         (AWS_VISIBILITY=private still sends `private`); then `php artisan config:cache`"
    ));
    if let Some(url) = url {
        application.public_urls =
            vec![PublicUrl { kind: PublicUrlKind::Alias, base: with_slash(&url) }];
    }
    application.secret_settings = vec!["AWS_SECRET_ACCESS_KEY", "APP_KEY", "DB_PASSWORD"];
    let get = |name: &str| application.layers.get(name);
    let (id, secret) = (get("AWS_ACCESS_KEY_ID"), get("AWS_SECRET_ACCESS_KEY"));
    take_credentials(
        &mut application,
        ("AWS_ACCESS_KEY_ID", id),
        ("AWS_SECRET_ACCESS_KEY", secret),
    );
    apply_flags(&mut application, inputs)?;
    Ok(application)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{load, load_beside};
    use super::*;

    const TEXT: &str = "PF_ENABLE_CLOUD=true\nAWS_BUCKET=pix\nAWS_ENDPOINT=http://h:1\n\
        AWS_USE_PATH_STYLE_ENDPOINT=true\nAWS_ACCESS_KEY_ID=AK\nAWS_SECRET_ACCESS_KEY=secretsecret\n";

    #[test]
    fn pixelfed_is_public_by_default() {
        let application = load(&Pixelfed, ".env", TEXT).unwrap();
        assert_eq!(application.upload_acls[0].acl.as_deref(), Some("public-read"));
        assert_eq!(application.target().url(Some("k"), ""), "http://h:1/pix/k");
        let private = format!("{TEXT}AWS_VISIBILITY=private\n");
        let application = load(&Pixelfed, ".env", &private).unwrap();
        assert_eq!(application.upload_acls[0].acl.as_deref(), Some("private"));
        let local = TEXT.replace("true\nAWS_BUCKET", "false\nAWS_BUCKET");
        assert!(matches!(load(&Pixelfed, ".env", &local), Err(ProfileError::NotS3(_))));
    }

    #[test]
    fn disks_decide() {
        let application = load(&Laravel, ".env", TEXT).unwrap();
        assert_eq!(application.upload_acls[0].acl.as_deref(), Some("private"));
        let disks = "<?php return ['disks' => ['s3' => ['bucket' => env('AWS_BUCKET'), 'options' => \
            ['ACL' => 'bucket-owner-full-control']]]];";
        let beside = ("config/filesystems.php", disks);
        let application = load_beside(&Laravel, ".env", TEXT, &[beside]).unwrap();
        assert_eq!(application.upload_acls[0].acl.as_deref(), Some("bucket-owner-full-control"));
    }
}
