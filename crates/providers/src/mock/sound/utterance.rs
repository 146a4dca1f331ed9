//! When each word of a text is said.

/// How long things take at speed 1. People say five to seven syllables a second.
const SYLLABLE_MS: u64 = 140;
const AFTER_WORD_MS: u64 = 60;
const AFTER_CLAUSE_MS: u64 = 180;
const AFTER_SENTENCE_MS: u64 = 360;

/// A text that is said, at speed 1.
pub(in super::super) struct Utterance<'a> {
    /// Its words in their order.
    pub(in super::super) words: Vec<Word<'a>>,
    /// How long it takes; never 0.
    pub(in super::super) ms: u64,
}

/// A word that is said.
pub(in super::super) struct Word<'a> {
    /// It, with the signs that stand beside it.
    pub(in super::super) text: &'a str,
    pub(in super::super) start_ms: u64,
    pub(in super::super) end_ms: u64,
    /// The sound of each of its syllables, a letter.
    pub(in super::super) syllables: Vec<char>,
}

impl<'a> Utterance<'a> {
    /// Of a text.
    pub(in super::super) fn of(text: &'a str) -> Self {
        let mut words = Vec::new();
        let mut ms = 0;
        for text in text.split_whitespace() {
            let syllables = syllables(text);
            let (start_ms, end_ms) = (ms, ms + syllables.len() as u64 * SYLLABLE_MS);
            words.push(Word { text, start_ms, end_ms, syllables });
            ms = end_ms + pause_ms(text);
        }
        Self { words, ms: ms.max(AFTER_WORD_MS) }
    }
}

impl Word<'_> {
    /// Whether a sentence ends with it.
    pub(in super::super) fn ends_sentence(&self) -> bool {
        pause_ms(self.text) == AFTER_SENTENCE_MS
    }
}

fn pause_ms(word: &str) -> u64 {
    let is_closing = |character: char| matches!(character, '"' | '\'' | ')' | ']' | '”' | '’' | '»');
    match word.trim_end_matches(is_closing).chars().next_back() {
        Some('.' | '!' | '?' | '…' | '。' | '！' | '？') => AFTER_SENTENCE_MS,
        Some(',' | ';' | ':' | '–' | '—' | '，' | '、') => AFTER_CLAUSE_MS,
        _ => AFTER_WORD_MS,
    }
}

/// Of Latin letters each group of vowels, of other alphabets every second letter, of signs that are words by
/// themselves each one; and one at least where anything is to be said.
fn syllables(word: &str) -> Vec<char> {
    const FIRST_IDEOGRAPH: char = '\u{2e80}';
    let mut syllables = Vec::new();
    let (mut after_vowel, mut letters) = (false, 0);
    for character in word.chars().filter(|character| character.is_alphanumeric()) {
        let is_vowel = "aeiouyAEIOUY".contains(character);
        let sounds = match character {
            _ if is_vowel => !after_vowel,
            _ if character.is_ascii_alphabetic() => false,
            '0'..='9' | FIRST_IDEOGRAPH.. => true,
            _ => {
                letters += 1;
                letters % 2 == 1
            }
        };
        if sounds {
            syllables.push(character.to_ascii_lowercase());
        }
        after_vowel = is_vowel;
    }
    if syllables.is_empty() {
        syllables.extend(word.chars().find(|character| character.is_alphanumeric()));
    }
    syllables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_about_as_many_syllables_as_people_say() {
        for (word, expected) in [
            ("fox", "o"),
            ("syllable,", "yae"),
            ("beautiful", "eiu"),
            ("hmm", "h"),
            ("42", "42"),
            ("狐狸", "狐狸"),
            ("лиса", "лс"),
            ("—", ""),
        ] {
            assert_eq!(String::from_iter(syllables(word)), expected, "{word}");
        }
    }

    #[test]
    fn pauses_are_longer_where_a_thought_ends() {
        let utterance = Utterance::of("So, \"no.\" Fox!");
        let times: Vec<_> = utterance.words.iter().map(|word| (word.start_ms, word.end_ms)).collect();
        assert_eq!(times, [(0, 140), (320, 460), (820, 960)]);
        assert_eq!(utterance.ms, 1320);
        let ends: Vec<_> = utterance.words.iter().map(Word::ends_sentence).collect();
        assert_eq!(ends, [false, true, true]);
    }

    #[test]
    fn saying_nothing_takes_a_moment() {
        assert_eq!(Utterance::of("  ").ms, AFTER_WORD_MS);
        assert_eq!(Utterance::of("...").ms, AFTER_SENTENCE_MS);
    }
}
