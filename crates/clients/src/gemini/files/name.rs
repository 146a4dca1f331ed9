//! Names of files, as people and answers have them.

use url::Url;

use crate::http::segment;

/// Where to find a file.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// At the vendor, by this path below the base URL.
    Path(String),
    /// Somewhere else, by its whole URL.
    Elsewhere(String),
}

impl Place {
    /// By an id, a name as in `files/abc`, or a URI as in `https://…/v1beta/files/abc:download?alt=media`.
    ///
    /// The vendor's own clients read the id out of such a URI too and ask their own base URL, which a proxy needs.
    pub(super) fn of(file: &str) -> Self {
        if !file.starts_with("https://") && !file.starts_with("http://") {
            return Self::Path(path(file.strip_prefix("files/").unwrap_or(file)));
        }
        match file_id_of_uri(file) {
            Some(id) => Self::Path(path(&id)),
            None => Self::Elsewhere(file.to_owned()),
        }
    }
}

fn path(id: &str) -> String {
    format!("files/{}", segment(id))
}

/// The id of the file that a URI of the vendor's names, as in `…/v1beta/files/{id}`, with or without a `:download` behind
/// it; none where the URI leads elsewhere.
pub fn file_id_of_uri(uri: &str) -> Option<String> {
    let uri = Url::parse(uri).ok()?;
    let mut segments = uri.path_segments()?.rev();
    let last = segments.next()?;
    let id = last.strip_suffix(":download").unwrap_or(last);
    let is_id = !id.is_empty()
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let is_file =
        segments.next() == Some("files") && matches!(segments.next(), Some("v1" | "v1alpha" | "v1beta"));
    (is_id && is_file).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_file_is_found_however_it_is_named() {
        for name in [
            "abc-1",
            "files/abc-1",
            "https://generativelanguage.googleapis.com/v1beta/files/abc-1",
            "https://generativelanguage.googleapis.com/v1beta/files/abc-1:download?alt=media",
            "https://127.0.0.1:4010/gemini/v1/files/abc-1:download",
        ] {
            assert_eq!(Place::of(name), Place::Path("files/abc-1".to_owned()), "{name}");
        }
        assert_eq!(Place::of("files/a/../b"), Place::Path("files/a%2F..%2Fb".to_owned()));
    }

    #[test]
    fn other_links_are_left_as_they_are() {
        for link in [
            "https://store.test/files/abc.mp4",
            "https://store.test/v1beta/files/abc.mp4",
            "https://store.test/v1beta/films/abc",
            "http://store.test/",
        ] {
            assert_eq!(Place::of(link), Place::Elsewhere(link.to_owned()));
        }
    }
}
