//! What vendors tell of the operator's account.

use std::sync::Arc;

use fourfold_domain::Provider;
use fourfold_providers::ProviderFactory;
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use serde_json::json;

fn made(key: &str, base_url: &str) -> Arc<dyn Provider> {
    let settings = json!({"api_key": "sk-1", "base_url": base_url});
    ProviderFactory::with_builtin().create(key, serde_json::from_value(settings).unwrap()).unwrap()
}

#[tokio::test]
async fn a_vendor_that_tells_its_balance_is_asked_for_it() {
    let simulator = Simulator::start(SimulatorSettings::default());
    for (key, vendor, unit) in [
        ("stability", Vendor::Stability, "credits of Stability"),
        ("runway", Vendor::Runway, "credits of Runway"),
        ("deepseek", Vendor::DeepSeek, "USD"),
    ] {
        let provider = made(key, &simulator.base_url(vendor));
        let balances = provider.account().unwrap().balance().await.unwrap();
        let balance = balances.iter().find(|balance| balance.unit.starts_with(unit));
        let amount: f64 = balance.unwrap_or_else(|| panic!("{key}: {balances:?}")).amount.parse().unwrap();
        assert!(amount > 0.0, "{key}: {balances:?}");
    }
}

#[tokio::test]
async fn a_vendor_that_tells_none_has_no_account_to_ask() {
    for key in ["openai", "anthropic", "gemini"] {
        assert!(made(key, "http://127.0.0.1:1").account().is_none(), "{key}");
    }
}
