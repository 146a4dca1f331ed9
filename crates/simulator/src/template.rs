//! Paths with holes: `/v1/videos/{id}/content`, `/v1/models/{model}:generateContent`, `/v1/*`.

/// What the holes were filled with.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// What this hole was filled with, percent-decoded.
    ///
    /// # Panics
    ///
    /// Where the template has no such hole: a route asks for its own ones only.
    pub(crate) fn get(&self, name: &str) -> &str {
        match self.0.iter().find(|(hole, _)| hole == name) {
            Some((_, value)) => value,
            None => panic!("the route's path has no `{{{name}}}`"),
        }
    }
}

/// Lays the template over a path. A hole takes one whole segment, or all of it before the hole's suffix; `*`
/// at the end takes what is left, even nothing.
pub(crate) fn fill(template: &str, path: &str) -> Option<Params> {
    let mut params = Vec::new();
    let (mut holes, mut segments) = (template.split('/'), path.split('/'));
    loop {
        match (holes.next(), segments.next()) {
            (Some("*"), _) | (None, None) => return Some(Params(params)),
            (Some(hole), Some(segment)) => match hole.strip_prefix('{').and_then(|hole| hole.split_once('}'))
            {
                Some((name, suffix)) => {
                    let value = segment.strip_suffix(suffix).filter(|value| !value.is_empty())?;
                    params.push((name.to_owned(), percent_decoded(value)));
                }
                None if hole == segment => {}
                None => return None,
            },
            _ => return None,
        }
    }
}

/// How much of a template is hole. Of two that fit, the one with less is meant.
pub(crate) fn holes(template: &str) -> usize {
    template.bytes().filter(|byte| *byte == b'{' || *byte == b'*').count()
}

fn percent_decoded(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let escaped =
            after.get(..2).filter(|_| *byte == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(escaped) => {
                decoded.push(escaped);
                rest = &after[2..];
            }
            None => {
                decoded.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(template: &str, path: &str, expected: Option<&[(&str, &str)]>) {
        let expected = expected.map(|pairs| {
            Params(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        });
        assert_eq!(fill(template, path), expected, "{template} over {path}");
    }

    #[test]
    fn a_hole_takes_one_segment() {
        check("/v1/videos/{id}", "/v1/videos/a%3D%zz", Some(&[("id", "a=%zz")]));
        check("/v1/videos/{id}", "/v1/videos/", None);
        check("/v1/videos/{id}", "/v1/videos/a/b", None);
        check("/v1/videos/{id}", "/v1/videos", None);
    }

    #[test]
    fn a_hole_stops_before_its_suffix() {
        check("/models/{model}:predict", "/models/m-1:predict", Some(&[("model", "m-1")]));
        check("/models/{model}:predict", "/models/m-1:other", None);
        check("/models/{model}:predict", "/models/:predict", None);
    }

    #[test]
    fn a_star_takes_the_rest() {
        check("/v1/*", "/v1/a/b", Some(&[]));
        check("/v1/*", "/v1/", Some(&[]));
        check("/v1/*", "/v2/a", None);
        check("*", "/any", Some(&[]));
    }
}
