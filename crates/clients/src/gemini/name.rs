//! Names as the vendor writes them, in paths and in bodies.

use crate::http::segment;

/// The path of a model, whose name may have `models/` in front.
pub(super) fn model_path(model: &str) -> String {
    format!("models/{}", segment(bare(model)))
}

/// The name of a model with `models/` in front, for bodies.
pub(super) fn full_model_name(model: &str) -> String {
    format!("models/{}", bare(model))
}

/// The path of what has a name of several segments, such as `models/veo/operations/1`.
pub(super) fn path(name: &str) -> String {
    name.split('/').map(|part| segment(part).to_string()).collect::<Vec<_>>().join("/")
}

fn bare(model: &str) -> &str {
    model.strip_prefix("models/").unwrap_or(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_has_one_path_with_and_without_its_prefix() {
        for name in ["gemini-3.8-flash", "models/gemini-3.8-flash"] {
            assert_eq!(model_path(name), "models/gemini-3.8-flash");
            assert_eq!(full_model_name(name), "models/gemini-3.8-flash");
        }
        assert_eq!(model_path("../files"), "models/..%2Ffiles");
    }

    #[test]
    fn no_part_of_a_name_leads_elsewhere() {
        assert_eq!(path("models/a:b/operations/c?d"), "models/a%3Ab/operations/c%3Fd");
        assert_eq!(path("../x"), "%252E%252E/x");
    }
}
