//! Lists, in pages that begin after an item or end before one.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::Refusal;

/// The page of these that was asked for.
pub(super) fn of(call: &Call<'_>, mut items: Vec<Value>, what: &str) -> Result<Answer, Refusal> {
    let limit = limit(call)?;
    let place = |name: &'static str, items: &[Value]| match call.query.get(name) {
        None => Ok(None),
        Some(id) => items
            .iter()
            .position(|item| item["id"] == id.as_str())
            .map(Some)
            .ok_or_else(|| Refusal::not_allowed(name, id, format!("the id of a {what}"))),
    };
    if let Some(before) = place("before_id", &items)? {
        items.truncate(before);
        let earlier = items.len().saturating_sub(limit);
        return Ok(page(&items[earlier..], earlier > 0));
    }
    if let Some(after) = place("after_id", &items)? {
        items.drain(..=after);
    }
    let shown = items.len().min(limit);
    Ok(page(&items[..shown], shown < items.len()))
}

fn page(items: &[Value], has_more: bool) -> Answer {
    Answer::json(&json!({
        "data": items,
        "has_more": has_more,
        "first_id": items.first().map(|item| &item["id"]),
        "last_id": items.last().map(|item| &item["id"]),
    }))
}

fn limit(call: &Call<'_>) -> Result<usize, Refusal> {
    let Some(text) = call.query.get("limit") else { return Ok(20) };
    let limit = text.parse().ok().filter(|limit| (1..=1000).contains(limit));
    limit.ok_or_else(|| Refusal::not_allowed("limit", text, "an integer between 1 and 1000"))
}
