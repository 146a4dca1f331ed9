//! `/user/balance`: what the account has left.

use crate::http::{BaseHttpClient, ClientError};
use crate::vendor::wire_type;

wire_type! {
    /// What the account has left.
    pub struct Balance {
        must {
            /// Whether it is enough for a call.
            is_available: bool,
            /// What is left in each currency.
            balance_infos: Vec<BalanceInfo>,
        }
        may {}
    }
}

wire_type! {
    /// What is left in a currency.
    pub struct BalanceInfo {
        must {
            /// `CNY` or `USD`.
            currency: String,
            /// All of it, as a decimal number.
            total_balance: String,
        }
        may {
            /// What was given, and is spent first, as a decimal number.
            granted_balance: String,
            /// What was paid in, as a decimal number.
            topped_up_balance: String,
        }
    }
}

pub(super) async fn balance(http: &BaseHttpClient) -> Result<Balance, ClientError> {
    http.get("user/balance").operation("balance").send().await?.json()
}
