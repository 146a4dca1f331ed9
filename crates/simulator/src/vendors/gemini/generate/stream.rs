//! A generated answer in chunks: each has what is new and what all of it costs so far, the last of a candidate
//! says how it ended. Nothing marks the end of the stream.

use bytes::Bytes;
use serde_json::Value;

use super::super::tokens::Tokens;
use super::super::turn::Part;
use super::answer::{Generated, data, part};
use crate::content::tokens;
use crate::events;

/// The chunks as events.
pub(super) fn events(generated: &Generated) -> Vec<Bytes> {
    chunks(generated).iter().map(events::data).collect()
}

/// The chunks as one array, begun with the first and ended after the last.
pub(super) fn array(generated: &Generated) -> Vec<Bytes> {
    let chunks = chunks(generated);
    let chunk = |(index, chunk): (usize, &Value)| {
        let start = if index == 0 { "[" } else { ",\r\n" };
        Bytes::from(format!("{start}{chunk}"))
    };
    chunks.iter().enumerate().map(chunk).chain([Bytes::from_static(b"\n]\n")]).collect()
}

fn chunks(generated: &Generated) -> Vec<Value> {
    let (mut counted, mut thought_tokens) = (Tokens::default(), 0);
    let mut chunks = Vec::new();
    for (index, candidate) in generated.candidates.iter().enumerate() {
        thought_tokens += candidate.thought_tokens;
        let pieces: Vec<Piece> = candidate.parts.iter().flat_map(pieces).collect();
        let (last, others) = match pieces.split_last() {
            Some((last, others)) => (Some(last), others),
            None => (None, &pieces[..]),
        };
        for piece in others {
            counted.extend(&piece.tokens);
            let written = candidate.written(index, vec![piece.part.clone()], false);
            chunks.push(generated.written(vec![written], &counted, thought_tokens));
        }
        last.iter().for_each(|piece| counted.extend(&piece.tokens));
        let parts = last.map(|piece| piece.part.clone()).into_iter().collect();
        let written = candidate.written(index, parts, true);
        chunks.push(generated.written(vec![written], &counted, thought_tokens));
    }
    if chunks.is_empty() {
        // A prompt that was blocked.
        chunks.push(generated.whole());
    }
    chunks
}

/// What one chunk adds.
struct Piece {
    part: Value,
    tokens: Tokens,
}

/// Texts come word by word and sound in pieces; pictures and calls of functions come whole.
fn pieces(whole: &Part) -> Vec<Piece> {
    /// Of sound; a multiple of a sample's two bytes.
    const PIECE_BYTES: usize = 8192;
    let piece = |said: &Part| {
        let mut tokens = Tokens::default();
        said.count(&mut tokens);
        Piece { part: part(said), tokens }
    };
    match whole {
        Part::Thought(text) => {
            tokens(text).into_iter().map(|token| piece(&Part::Thought(token.into()))).collect()
        }
        Part::Text(text) => tokens(text).into_iter().map(|token| piece(&Part::Text(token.into()))).collect(),
        Part::Media { media, modality: "AUDIO", .. } => {
            let mut all = piece(whole).tokens;
            let sound = media.bytes.chunks(PIECE_BYTES);
            sound
                .map(|bytes| Piece { part: data(media.media_type, bytes), tokens: std::mem::take(&mut all) })
                .collect()
        }
        Part::Media { .. } | Part::Call { .. } => vec![piece(whole)],
    }
}
