//! Cuts a text into tokens, about where a real tokenizer would: a short word with the space before it is one.

/// Letters of a word that is one token; of longer ones each token has [`LETTERS_CUT`].
const LETTERS_MAX: usize = 8;
const LETTERS_CUT: usize = 6;

/// The tokens of a text, which make it up again. None is empty.
pub(super) fn tokens(mut rest: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let (token, after) = rest.split_at(first_token_bytes(rest)?);
        rest = after;
        Some(token)
    })
}

/// How many tokens a text has.
pub(super) fn count(text: &str) -> u64 {
    tokens(text).count() as u64
}

/// What a token is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Space,
    Digit,
    Latin,
    OtherAlphabet,
    /// Stands alone: a sign, a picture, an ideograph.
    Single,
}

impl Kind {
    fn of(character: char) -> Self {
        const FIRST_IDEOGRAPH: char = '\u{2e80}';
        match character {
            _ if character.is_whitespace() => Self::Space,
            '0'..='9' => Self::Digit,
            _ if character.is_ascii_alphabetic() => Self::Latin,
            _ if character.is_alphabetic() && character < FIRST_IDEOGRAPH => Self::OtherAlphabet,
            _ => Self::Single,
        }
    }

    /// How many of a run of so many characters are one token.
    fn taken_of(self, run: usize) -> usize {
        match self {
            Self::Latin if run <= LETTERS_MAX => run,
            Self::Latin => LETTERS_CUT,
            Self::Digit | Self::OtherAlphabet => run.min(3),
            Self::Space => run,
            Self::Single => 1,
        }
    }
}

fn first_token_bytes(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    // A space belongs to the word behind it.
    let word = text.strip_prefix(' ').filter(|word| word.starts_with(char::is_alphanumeric));
    let (space, body, first) = match word.and_then(|word| Some((word, word.chars().next()?))) {
        Some((word, first)) => (1, word, first),
        None => (0, text, first),
    };
    let kind = Kind::of(first);
    let run = || body.chars().take_while(|character| Kind::of(*character) == kind);
    // Of whitespace the last space is left to the word that follows.
    let count = match kind {
        Kind::Space => spaces(body),
        _ => kind.taken_of(run().take(LETTERS_MAX + 1).count()),
    };
    Some(space + run().take(count).map(char::len_utf8).sum::<usize>())
}

fn spaces(text: &str) -> usize {
    let run = text.chars().take_while(|character| character.is_whitespace()).count();
    let before_word = text.chars().nth(run).is_some_and(char::is_alphanumeric);
    let ends_with_space = text.chars().nth(run - 1) == Some(' ');
    if run > 1 && before_word && ends_with_space { run - 1 } else { run }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(tokens(text).collect::<Vec<_>>(), expected);
        assert_eq!(tokens(text).collect::<String>(), text);
        assert_eq!(count(text), expected.len() as u64);
    }

    #[test]
    fn tokens_are_words_and_what_stands_between_them() {
        check("", &[]);
        check("A red fox.", &["A", " red", " fox", "."]);
        check("don't  stop\n\nnow", &["don", "'", "t", " ", " stop", "\n\n", "now"]);
        check("incomprehensible foxes", &["incomp", "rehens", "ible", " foxes"]);
        check("in 2026!?", &["in", " 202", "6", "!", "?"]);
        check("狐狸 лисица \u{1f98a}", &["狐", "狸", " лис", "ица", " ", "\u{1f98a}"]);
        check("a ", &["a", " "]);
    }

    #[test]
    fn english_has_about_four_tokens_to_three_words() {
        let text = "A gateway accepts work before it knows the price, so every job holds credits for its highest \
                    possible price, and settles for what was really used when the vendor has answered.";
        let words = text.split_whitespace().count() as f64;
        let rate = count(text) as f64 / words;
        assert!((1.05..1.45).contains(&rate), "{rate}");
    }
}
