//! The account.

use serde_json::json;

use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::Refusal;

/// `GET /user/balance`: always the same, as text, an entry for each currency.
pub(super) fn balance(_call: &Call<'_>) -> Result<Answer, Refusal> {
    let in_currency = |currency: &str, total: &str, granted: &str, topped_up: &str| {
        json!({
            "currency": currency,
            "total_balance": total,
            "granted_balance": granted,
            "topped_up_balance": topped_up,
        })
    };
    Ok(Answer::json(&json!({
        "is_available": true,
        "balance_infos": [
            in_currency("CNY", "110.00", "10.00", "100.00"),
            in_currency("USD", "5.50", "0.50", "5.00"),
        ],
    })))
}
