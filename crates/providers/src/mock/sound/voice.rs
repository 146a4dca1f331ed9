//! The voices, which have the names of OpenAI's, so that its clients find theirs.

/// Who speaks.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in super::super) struct Voice {
    pub(in super::super) name: &'static str,
    /// The tone that it speaks around, in hertz.
    pub(super) pitch: f32,
    /// How much of the tone an octave higher is in it, 0 to 1.
    pub(super) brightness: f32,
}

/// All voices; the first is the default.
pub(in super::super) const VOICES: [Voice; 6] = [
    Voice { name: "alloy", pitch: 196.0, brightness: 0.3 },
    Voice { name: "echo", pitch: 147.0, brightness: 0.2 },
    Voice { name: "fable", pitch: 220.0, brightness: 0.5 },
    Voice { name: "onyx", pitch: 110.0, brightness: 0.4 },
    Voice { name: "nova", pitch: 262.0, brightness: 0.3 },
    Voice { name: "shimmer", pitch: 294.0, brightness: 0.6 },
];

impl Voice {
    /// The voice of this name.
    pub(in super::super) fn named(name: &str) -> Option<Self> {
        VOICES.into_iter().find(|voice| voice.name == name)
    }
}
