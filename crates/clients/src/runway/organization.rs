//! `/v1/organization…`: what the account may do, and what it did.

use std::collections::BTreeMap;

use crate::http::{BaseHttpClient, ClientError};
use crate::vendor::wire_type;

wire_type! {
    /// The account behind the key.
    #[serde(rename_all = "camelCase")]
    pub struct Organization {
        must {
            /// The credits that are left, of which 100 are a dollar.
            credit_balance: i64,
        }
        may {
            /// What it may do.
            tier: Tier,
            /// What it did in the last 24 hours.
            usage: OrganizationUsage,
        }
    }
}

wire_type! {
    /// What an account may do.
    #[serde(rename_all = "camelCase")]
    pub struct Tier {
        may {
            /// How many credits it may buy in a month.
            max_monthly_credit_spend: u64,
            /// What it may do with each model, by its name.
            models: BTreeMap<String, ModelLimits>,
        }
    }
}

wire_type! {
    /// What an account may do with a model. What isn't there has no limit.
    #[serde(rename_all = "camelCase")]
    pub struct ModelLimits {
        may {
            /// How many tasks run at once; the others are throttled.
            max_concurrent_generations: u64,
            /// How many tasks it may create in any 24 hours.
            max_daily_generations: u64,
        }
    }
}

wire_type! {
    /// What an account did.
    pub struct OrganizationUsage {
        may {
            /// What it did with each model, by its name.
            models: BTreeMap<String, ModelUsage>,
        }
    }
}

wire_type! {
    /// What an account did with a model.
    #[serde(rename_all = "camelCase")]
    pub struct ModelUsage {
        may {
            /// How many tasks it created in the last 24 hours.
            daily_generations: u64,
        }
    }
}

wire_type! {
    /// Which days: at most 90, by UTC.
    #[serde(rename_all = "camelCase")]
    pub struct UsageRequest {
        may {
            /// The first day, such as `2026-11-21`. Default 30 days ago.
            start_date: String,
            /// The day before which it ends. Default 30 days after the first.
            before_date: String,
        }
    }
}

wire_type! {
    /// The credits that were used.
    pub struct Usage {
        must {
            /// By day.
            results: Vec<DayUsage>,
        }
        may {
            /// The models that were used.
            models: Vec<String>,
        }
    }
}

wire_type! {
    /// The credits that were used in a day.
    #[serde(rename_all = "camelCase")]
    pub struct DayUsage {
        must {
            /// The day, by UTC, such as `2026-11-21`.
            date: String,
            /// By model.
            used_credits: Vec<CreditsByModel>,
        }
        may {}
    }
}

wire_type! {
    /// The credits that were used by a model.
    pub struct CreditsByModel {
        must {
            /// The model's name.
            model: String,
            /// How many; less than none where more was given back than used.
            amount: i64,
        }
        may {}
    }
}

pub(super) async fn get(http: &BaseHttpClient) -> Result<Organization, ClientError> {
    http.get("v1/organization").operation("organization").send().await?.json()
}

pub(super) async fn usage(http: &BaseHttpClient, request: &UsageRequest) -> Result<Usage, ClientError> {
    http.post("v1/organization/usage").operation("usage").json(request).send().await?.json()
}
