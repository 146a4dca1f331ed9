//! Lists in pages: `pageSize` and `pageToken`.

use crate::call::Call;
use crate::refusal::Refusal;

/// The part of a list that a request asks for, and the token of the next part where there is one.
pub(super) fn page<T>(
    call: &Call<'_>,
    mut all: Vec<T>,
    size_default: usize,
) -> Result<(Vec<T>, Option<String>), Refusal> {
    let size = match number(call, "pageSize", "page_size")? {
        None | Some(0) => size_default,
        Some(size) => size,
    };
    let start = number(call, "pageToken", "page_token")?.unwrap_or(0);
    if start > all.len() {
        return Err(Refusal::not_allowed("page_token", start, "a token of an answer"));
    }
    let mut page = all.split_off(start);
    let has_more = page.len() > size;
    page.truncate(size);
    Ok((page, has_more.then(|| (start + size).to_string())))
}

fn number(call: &Call<'_>, name: &str, snake_name: &str) -> Result<Option<usize>, Refusal> {
    let given = call.query.get(name).or(call.query.get(snake_name)).filter(|text| !text.is_empty());
    let Some(text) = given else { return Ok(None) };
    let number = text.parse().ok().map(Some);
    number.ok_or_else(|| Refusal::not_allowed(snake_name, text, "a number from 0"))
}
