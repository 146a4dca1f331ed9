//! Answers in pieces, a token each.

use fourfold_domain::{AnswerPiece, ChatAnswer, ChatResult, StreamChunk};

use super::super::tokens::tokens;

/// The pieces that make up the answers, one answer after another; last what they used.
pub(in super::super) fn chunks(result: ChatResult) -> Vec<StreamChunk> {
    let mut chunks = Vec::new();
    for (index, answer) in (0..).zip(&result.answers) {
        chunks.extend(pieces(answer).into_iter().map(|piece| StreamChunk::Answer { index, piece }));
    }
    chunks.push(StreamChunk::Vendor(result.vendor));
    chunks.push(StreamChunk::Usage(result.usage));
    chunks
}

fn pieces(answer: &ChatAnswer) -> Vec<AnswerPiece> {
    let each =
        |text, piece: fn(String) -> AnswerPiece| tokens(text).map(move |token| piece(token.to_owned()));
    let mut pieces: Vec<_> =
        each(answer.reasoning.as_deref().unwrap_or_default(), AnswerPiece::Reasoning).collect();
    pieces.extend(each(&answer.text, AnswerPiece::Text));
    for (index, call) in (0..).zip(&answer.tool_calls) {
        let (id, name) = (Some(call.id.clone()), Some(call.name.clone()));
        pieces.push(AnswerPiece::ToolCall { index, id, name, arguments: String::new() });
        pieces.extend(tokens(&call.arguments).map(|token| AnswerPiece::ToolCall {
            index,
            id: None,
            name: None,
            arguments: token.to_owned(),
        }));
    }
    pieces.push(AnswerPiece::Finish(answer.finish_reason.clone()));
    pieces
}
