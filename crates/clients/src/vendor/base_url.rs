//! Base URLs, which people give with and without a version.

/// The base URL without this version at its end, for vendors whose paths have it.
pub(crate) fn without_version<'u>(base_url: &'u str, version: &str) -> &'u str {
    let trimmed = base_url.trim_end_matches('/');
    trimmed.strip_suffix(version).and_then(|rest| rest.strip_suffix('/')).unwrap_or(trimmed)
}

#[cfg(test)]
mod tests {
    use super::without_version;

    #[test]
    fn a_version_at_the_end_is_taken_off() {
        for (given, expected) in [
            ("https://vendor.test", "https://vendor.test"),
            ("https://vendor.test/", "https://vendor.test"),
            ("https://vendor.test/v1/", "https://vendor.test"),
            ("https://vendor.test/a/v1", "https://vendor.test/a"),
            ("https://vendor.test/v1beta", "https://vendor.test/v1beta"),
            ("https://vendor.test/rev1", "https://vendor.test/rev1"),
        ] {
            assert_eq!(without_version(given, "v1"), expected);
        }
    }
}
