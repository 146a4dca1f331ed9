//! How results are kept and read.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use fourfold_domain::serde_duration;
use serde::{Deserialize, Serialize};

/// How results are kept and read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ArtifactSettings {
    /// How long a link to a result works.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub url_ttl: Duration,
    /// With less room than this left in the store, no work is taken any more (503). Of S3 nobody knows.
    pub free_bytes_min: u64,
    /// The folder that results are kept in, where no S3 is set; `artifacts` in the data folder by default.
    pub folder: Option<PathBuf>,
    /// With S3, answers a request for a result by sending the caller to S3, with a link of its own that expires with
    /// ours. Whoever reads results must then reach S3 under `artifacts.s3.endpoint`. A folder ignores it.
    pub redirect: bool,
    /// How long results are kept after their jobs have ended, where their model says nothing else. Left out or 0, for
    /// ever.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub retention: Option<Retention>,
    /// Keeps results in S3 as soon as `bucket` is set.
    pub s3: S3Settings,
}

/// How long results are kept; 0 is for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Retention(#[serde(with = "serde_duration")] pub Duration);

/// A bucket of S3, or of what speaks its language.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct S3Settings {
    /// The bucket, which must be there.
    pub bucket: Option<String>,
    /// Its region.
    pub region: String,
    /// Where it is, such as `https://minio.example:9000`; Amazon's own place by default.
    pub endpoint: Option<String>,
    /// A PEM file with the certificate authorities that are trusted for an endpoint with `https://`, in place of the
    /// machine's.
    pub ca_file: Option<PathBuf>,
    /// Whether the bucket is named in the path and not in the host, as most others than Amazon want it.
    pub path_style: bool,
    /// The key's id.
    pub access_key_id: Option<String>,
    /// The key's secret.
    pub secret_access_key: Option<String>,
}

impl Default for ArtifactSettings {
    fn default() -> Self {
        Self {
            url_ttl: Duration::from_secs(24 * 60 * 60),
            free_bytes_min: 64 * 1024 * 1024,
            folder: None,
            redirect: false,
            retention: None,
            s3: S3Settings::default(),
        }
    }
}

impl Default for S3Settings {
    fn default() -> Self {
        Self {
            bucket: None,
            region: "us-east-1".to_owned(),
            endpoint: None,
            ca_file: None,
            path_style: false,
            access_key_id: None,
            secret_access_key: None,
        }
    }
}

impl fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Settings")
            .field("bucket", &self.bucket)
            .field("region", &self.region)
            .field("endpoint", &self.endpoint)
            .field("ca_file", &self.ca_file)
            .field("path_style", &self.path_style)
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &self.secret_access_key.as_ref().map(|_secret| "…"))
            .finish()
    }
}

impl ArtifactSettings {
    /// The first setting that can't be, with what is allowed.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let S3Settings { bucket, region, endpoint, ca_file, path_style: _, access_key_id, secret_access_key } =
            &self.s3;
        let key = [
            ("artifacts.s3.access_key_id", access_key_id),
            ("artifacts.s3.secret_access_key", secret_access_key),
        ];
        if bucket.is_none() {
            let set = [("artifacts.s3.endpoint", endpoint)].into_iter().chain(key);
            let set = set.map(|(name, set)| (name, set.is_some()));
            let set = set.chain([("artifacts.s3.ca_file", ca_file.is_some())]).find(|(_, set)| *set);
            return match set {
                Some((name, _)) => Err(("artifacts.s3.bucket", format!("must be set where {name} is"))),
                None => Ok(()),
            };
        }
        if self.folder.is_some() {
            return Err(("artifacts.folder", "must not be set where artifacts.s3.bucket is".to_owned()));
        }
        let is_empty = |text: &Option<String>| text.as_ref().is_none_or(|text| text.is_empty());
        for (name, value) in [("artifacts.s3.bucket", bucket)].into_iter().chain(key) {
            if is_empty(value) {
                return Err((name, "must be set for S3".to_owned()));
            }
        }
        if region.is_empty() {
            return Err(("artifacts.s3.region", "must not be empty".to_owned()));
        }
        let is_address = |text: &String| text.starts_with("http://") || text.starts_with("https://");
        if !endpoint.as_ref().is_none_or(is_address) {
            return Err(("artifacts.s3.endpoint", "must begin with http:// or https://".to_owned()));
        }
        if ca_file.is_some() && endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://")) {
            return Err((
                "artifacts.s3.ca_file",
                "needs an address in artifacts.s3.endpoint that begins with https://".to_owned(),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_named_and_the_secret_is_not_shown() {
        let text = |text: &str| Some(text.to_owned());
        let s3 = S3Settings {
            bucket: text("results"),
            access_key_id: text("AK"),
            secret_access_key: text("hunter2"),
            ..S3Settings::default()
        };
        let right = ArtifactSettings { s3: s3.clone(), ..ArtifactSettings::default() };
        assert_eq!(right.check(), Ok(()));
        assert_eq!(ArtifactSettings::default().check(), Ok(()));
        assert!(!format!("{right:?}").contains("hunter2"));
        for (wrong, name) in [
            (S3Settings { bucket: None, ..s3.clone() }, "artifacts.s3.bucket"),
            (S3Settings { bucket: text(""), ..s3.clone() }, "artifacts.s3.bucket"),
            (S3Settings { access_key_id: None, ..s3.clone() }, "artifacts.s3.access_key_id"),
            (S3Settings { secret_access_key: None, ..s3.clone() }, "artifacts.s3.secret_access_key"),
            (S3Settings { region: String::new(), ..s3.clone() }, "artifacts.s3.region"),
            (S3Settings { endpoint: text("minio:9000"), ..s3.clone() }, "artifacts.s3.endpoint"),
            (
                S3Settings { bucket: None, ca_file: Some("ca.pem".into()), ..S3Settings::default() },
                "artifacts.s3.bucket",
            ),
            (
                S3Settings { endpoint: text("http://minio"), ca_file: Some("ca.pem".into()), ..s3 },
                "artifacts.s3.ca_file",
            ),
        ] {
            let wrong = ArtifactSettings { s3: wrong, ..ArtifactSettings::default() };
            assert_eq!(wrong.check().map_err(|(name, _)| name), Err(name), "{wrong:?}");
        }
        let both = ArtifactSettings { folder: Some("results".into()), ..right };
        assert_eq!(both.check().map_err(|(name, _)| name), Err("artifacts.folder"));
    }
}
