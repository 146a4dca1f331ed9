//! Answers in words. A token is a word with the space behind it.

/// A prompt that holds this is what a vendor's content filter catches.
pub const FILTERED: &str = "[filtered]";

/// What a model answers to this prompt.
pub(crate) fn reply(prompt: &str) -> String {
    format!("This is a simulated answer to: {}", prompt.trim())
}

/// What a model thinks before it answers this prompt.
pub(crate) fn thought(prompt: &str) -> String {
    format!("This is a simulated thought about: {}", prompt.trim())
}

/// Whether a vendor's filter catches this text: it holds [`FILTERED`].
pub(crate) fn is_filtered(text: &str) -> bool {
    text.contains(FILTERED)
}

/// The tokens of a text, which make it up again.
pub(crate) fn tokens(text: &str) -> Vec<&str> {
    text.split_inclusive(char::is_whitespace).collect()
}

pub(crate) fn count_tokens(text: &str) -> u64 {
    tokens(text).len().try_into().unwrap_or(u64::MAX)
}

/// The text without the tokens past this many; and whether there were any.
pub(crate) fn truncated(text: String, tokens_max: Option<i64>) -> (String, bool) {
    let tokens_max = tokens_max.and_then(|max| usize::try_from(max).ok()).unwrap_or(usize::MAX);
    if tokens(&text).len() <= tokens_max {
        return (text, false);
    }
    (tokens(&text)[..tokens_max].concat().trim_end().to_owned(), true)
}

/// The text up to the first of these, and which it was.
pub(crate) fn stopped(text: String, stops: &[String]) -> (String, Option<String>) {
    let found = stops
        .iter()
        .filter(|stop| !stop.is_empty())
        .filter_map(|stop| Some((text.find(stop.as_str())?, stop)));
    match found.min_by_key(|(at, _)| *at) {
        Some((at, stop)) => (text[..at].to_owned(), Some(stop.clone())),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_ends_at_the_first_stop() {
        let stopped = |stops: [&str; 2]| stopped("one two".into(), &stops.map(str::to_owned));
        assert_eq!(stopped(["two", "e"]), ("on".into(), Some("e".into())));
        assert_eq!(stopped(["three", ""]), ("one two".into(), None));
    }

    #[test]
    fn tokens_make_up_the_text() {
        let text = "Two  words\n";
        assert_eq!(tokens(text), ["Two ", " ", "words\n"]);
        assert_eq!(tokens(text).concat(), text);
        assert_eq!(count_tokens(""), 0);
    }

    #[test]
    fn a_long_text_is_cut_at_a_token() {
        assert_eq!(truncated("one two three".into(), Some(2)), ("one two".into(), true));
        assert_eq!(truncated("one two".into(), Some(2)), ("one two".into(), false));
        assert_eq!(truncated("one two".into(), None), ("one two".into(), false));
    }
}
