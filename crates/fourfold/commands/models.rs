//! The catalog: who serves each model, what it costs the user, what it costs the operator, and what is left.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use fourfold_domain::{Credits, Model, Price, Rate, RouteChoice};
use serde_json::{Value, json};

use super::Context;

#[derive(Args)]
pub(super) struct Models {
    /// Prints one JSON object a line.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(context: &Context, command: &Models) -> Result<ExitCode> {
    let checked = context.checked()?;
    for model in checked.catalog.models() {
        if command.json {
            println!("{}", as_json(model));
        } else {
            print(model);
        }
    }
    if !command.json {
        let off: Vec<_> = checked.providers.off().collect();
        if !off.is_empty() {
            println!("\noff, since they have no key: {}", off.join(", "));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(model: &Model) {
    println!("{:<32} {:<14} {}", model.name, model.modality.as_str(), rates(&model.price));
    for choice in model.route.choices() {
        let cost = match &choice.cost {
            Some(cost) => format!("costs {}{}", rates(cost), margin_text(&model.price, cost)),
            None => "its cost isn't known".to_owned(),
        };
        println!("    {:<60} {cost}", format!("{}/{}", choice.provider, choice.vendor_model));
    }
}

fn as_json(model: &Model) -> Value {
    let choice = |choice: &Arc<RouteChoice>| {
        json!({
            "provider": choice.provider,
            "model": choice.vendor_model,
            "rank": choice.rank,
            "weight": choice.weight,
            "cost": choice.cost,
            "margin_percent": choice.cost.as_ref().and_then(|cost| least_margin(&model.price, cost)),
        })
    };
    json!({
        "id": model.name,
        "modality": model.modality,
        "price": model.price,
        "route": model.route.choices().map(choice).collect::<Vec<_>>(),
    })
}

fn rates(price: &Price) -> String {
    let rate = |rate: &Rate| {
        let per = rate.per.unwrap_or(rate.unit.default_per());
        let per = if per == 1 { String::new() } else { format!("{per} ") };
        let when: String = rate.when.iter().map(|(name, value)| format!(" ({name} {value})")).collect();
        format!("{} per {per}{}{when}", rate.credits, rate.unit.as_str())
    };
    price.rates.iter().map(rate).collect::<Vec<_>>().join("; ")
}

fn margin_text(price: &Price, cost: &Price) -> String {
    least_margin(price, cost).map_or_else(String::new, |percent| format!(", margin {percent} %"))
}

/// What is left of the price, in hundredths of it, at the rate where that is least; nothing where no rate has a
/// cost beside it.
fn least_margin(price: &Price, cost: &Price) -> Option<i64> {
    let margin = |cost: &Rate| {
        let rate = price.rates.iter().find(|rate| rate.unit == cost.unit && rate.when == cost.when);
        let rate =
            rate.or_else(|| price.rates.iter().find(|rate| rate.unit == cost.unit && rate.when.is_empty()))?;
        let (asked, paid) = (of_a_million(rate)?, of_a_million(cost)?);
        (asked > 0).then(|| (asked - paid) * 100 / asked)
    };
    cost.rates.iter().filter_map(margin).min()
}

/// What a million pieces come to, in micro-credits.
fn of_a_million(rate: &Rate) -> Option<i64> {
    let per = rate.per.unwrap_or(rate.unit.default_per());
    rate.credits.for_count(1_000_000, per).ok().map(Credits::micros)
}

#[cfg(test)]
mod tests {
    use fourfold_domain::Unit;

    use super::*;

    fn price(credits: &str, per: Option<u64>) -> Price {
        let rate = Rate { per, ..Rate::new(Unit::Character, credits.parse().unwrap()) };
        Price::new("v1", vec![rate])
    }

    #[test]
    fn a_margin_is_what_is_left_of_the_price() {
        for (asked, paid, margin) in [
            (price("0.02", None), price("0.015", None), Some(25)),
            (price("0.02", None), price("15", Some(1_000_000)), Some(25)),
            (price("0.01", None), price("0.02", None), Some(-100)),
            (price("0", None), price("0.02", None), None),
        ] {
            assert_eq!(least_margin(&asked, &paid), margin, "{asked:?} {paid:?}");
        }
    }
}
