//! What of a prompt is written on what is drawn from it.

/// The most characters that are kept.
const CAPTION_CHARS: usize = 84;

/// The beginning of a prompt, in one line.
pub(super) fn caption_of(prompt: &str) -> String {
    let mut line = String::new();
    for word in prompt.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        // A character has at most four bytes; what comes later isn't seen.
        if line.len() > CAPTION_CHARS * 4 {
            break;
        }
    }
    match line.char_indices().nth(CAPTION_CHARS) {
        Some((end, _)) => format!("{}...", line[..end].trim_end()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caption_is_one_short_line() {
        assert_eq!(caption_of("a\n red\tfox "), "a red fox");
        assert_eq!(caption_of(&"x".repeat(CAPTION_CHARS)), "x".repeat(CAPTION_CHARS));
        assert_eq!(
            caption_of(&"ä ".repeat(4000)),
            "ä ".repeat(CAPTION_CHARS / 2).trim_end().to_owned() + "..."
        );
    }
}
