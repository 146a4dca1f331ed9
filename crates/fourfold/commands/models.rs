//! The catalog.

use std::process::ExitCode;

use anyhow::Result;

use super::Context;

pub(super) fn run(context: &Context) -> Result<ExitCode> {
    for model in context.checked()?.catalog.models() {
        let route: Vec<_> = model
            .route
            .choices()
            .map(|choice| format!("{}/{}", choice.provider, choice.vendor_model))
            .collect();
        let rates: Vec<_> = model
            .price
            .rates
            .iter()
            .map(|rate| {
                let per = rate.per.unwrap_or(rate.unit.default_per());
                let per = if per == 1 { String::new() } else { format!("{per} ") };
                let when: String =
                    rate.when.iter().map(|(name, value)| format!(" ({name} {value})")).collect();
                format!("{} per {per}{}{when}", rate.credits, rate.unit.as_str())
            })
            .collect();
        println!(
            "{:<24} {:<14} {:<32} {}",
            model.name,
            model.modality.as_str(),
            route.join(", "),
            rates.join("; ")
        );
    }
    Ok(ExitCode::SUCCESS)
}
