//! The organization: its credits, what it may do, and what it used.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::rules::{Fits, may};
use super::{account, prices, rules, version};
use crate::answer::Answer;
use crate::call::{Call, Fields};
use crate::refusal::Refusal;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The vendor's largest customers may spend $100 000 a month.
const MONTHLY_CREDITS_MAX: u64 = 10_000_000;

/// `GET /v1/organization`.
pub(super) fn get(call: &Call<'_>) -> Result<Answer, Refusal> {
    version::check(call)?;
    let limits = account::limits(call);
    let own = call.world.settings.extra_models.iter().cloned();
    let models = prices::models().map(str::to_owned).chain(own);
    let may = json!({
        "maxConcurrentGenerations": limits.generations_at_once,
        "maxDailyGenerations": limits.generations_daily,
    });
    let may: Map<_, _> = models.map(|model| (model, may.clone())).collect();
    let (mut spent, mut generations) = (0, BTreeMap::<String, u64>::new());
    for task in call.world.tasks.lock().ever(call.vendor, call.credential) {
        spent += account::charged(task, call.now());
        if account::is_of_today(task, call.now()) {
            *generations.entry(model(&task.details)).or_default() += 1;
        }
    }
    let did = |(model, generations): (String, u64)| (model, json!({"dailyGenerations": generations}));
    Ok(Answer::json(&json!({
        "creditBalance": limits.credits.saturating_sub(spent),
        "tier": {"maxMonthlyCreditSpend": MONTHLY_CREDITS_MAX, "models": may},
        "usage": {"models": generations.into_iter().map(did).collect::<Map<_, _>>()},
    })))
}

/// `POST /v1/organization/usage`: credits by day and model, from one day up to another without it.
pub(super) fn usage(call: &Call<'_>) -> Result<Answer, Refusal> {
    version::check(call)?;
    let fields = if call.body.is_empty() { Fields::Json(Map::new()) } else { call.json_fields()? };
    rules::check(call, &fields, &[may("startDate", ANY_TEXT), may("beforeDate", ANY_TEXT)])?;
    let start = date(&fields, "startDate")?.unwrap_or_else(|| midnight(call.now()) - 30 * DAY);
    let before = date(&fields, "beforeDate")?.unwrap_or(start + 30 * DAY);
    if before < start || before > start + 90 * DAY {
        let allowed = "a day up to 90 days after startDate";
        return Err(Refusal::not_allowed("beforeDate", day(before), allowed));
    }
    let mut days = BTreeMap::<String, BTreeMap<String, u64>>::new();
    let mut models = BTreeMap::<String, u64>::new();
    for task in call.world.tasks.lock().ever(call.vendor, call.credential) {
        if (start..before).contains(&task.accepted_at) {
            let credits = account::charged(task, call.now());
            let used = days.entry(day(task.accepted_at)).or_default();
            for used in [used, &mut models] {
                *used.entry(model(&task.details)).or_default() += credits;
            }
        }
    }
    let results = days.into_iter().map(|(day, used)| {
        let used = used.into_iter().map(|(model, amount)| json!({"model": model, "amount": amount}));
        json!({"date": day, "usedCredits": used.collect::<Value>()})
    });
    Ok(Answer::json(&json!({
        "models": models.into_keys().collect::<Vec<_>>(),
        "results": results.collect::<Value>(),
    })))
}

const ANY_TEXT: Fits = Fits::Text(usize::MAX);

/// The beginning of the day that this field names, such as `2026-11-21`.
fn date(fields: &Fields, field: &str) -> Result<Option<SystemTime>, Refusal> {
    let Some(text) = fields.text(field)? else { return Ok(None) };
    let read = humantime::parse_rfc3339(&format!("{text}T00:00:00Z"));
    read.map(Some).map_err(|_| Refusal::not_allowed(field, text, "a day such as 2026-11-21"))
}

/// The day of a time, such as `2026-11-21`.
fn day(at: SystemTime) -> String {
    humantime::format_rfc3339_seconds(at).to_string().chars().take(10).collect()
}

fn midnight(at: SystemTime) -> SystemTime {
    let seconds = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    UNIX_EPOCH + Duration::from_secs(seconds - seconds % DAY.as_secs())
}

fn model(details: &Value) -> String {
    details["model"].as_str().unwrap_or_default().to_owned()
}
