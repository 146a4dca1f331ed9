//! The account.

use serde_json::json;

use crate::support::{get, simulator};

#[tokio::test]
async fn the_balance_is_text_for_each_currency() {
    let simulator = simulator();
    for path in ["/deepseek/user/balance", "/deepseek/v1/user/balance"] {
        let balance = get(&simulator, path).await.json();
        assert_eq!(balance["is_available"], true);
        let expected = json!({"currency": "CNY", "total_balance": "110.00", "granted_balance": "10.00",
            "topped_up_balance": "100.00"});
        assert_eq!(balance["balance_infos"][0], expected);
        assert_eq!(balance["balance_infos"][1]["currency"], "USD");
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}
