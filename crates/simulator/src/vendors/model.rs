//! Models that a vendor has.

/// A model by its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Model {
    pub(crate) id: &'static str,
    pub(crate) kind: ModelKind,
    /// When it came, in seconds since 1970.
    pub(crate) created: u64,
    /// The day of its end, where one is announced.
    pub(crate) shutdown_date: Option<&'static str>,
}

/// What a model is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ModelKind {
    Chat,
    /// Chat that thinks first.
    Reasoning,
    Embedding,
    Image,
    Speech,
    Transcription,
    Video,
}

impl ModelKind {
    /// Whether it answers chats.
    pub(crate) fn chats(self) -> bool {
        matches!(self, Self::Chat | Self::Reasoning)
    }
}
