//! What was used, summed up.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequestParts, Query, State};
use fourfold_service::Timestamp;
use fourfold_service::usage::{
    AccountName, UsageFilter, UsageGroups, UsageKey, UsageOutcome, UsageQuery, UsageTotals,
};
use http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::description::KeyErrors;
use crate::error::ApiError;
use crate::extract::{Page, PageQuery, Paged, User, UserHeader};
use crate::{AppState, rfc3339};

/// How far back is looked where nothing else is said.
const LOOKED_BACK: Duration = Duration::from_secs(30 * 24 * 60 * 60);

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// What was used by the calls and jobs that ended in a span of time, those that have something in common in one sum.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsageBody {
    /// The day on which they ended, in UTC; there where they are grouped by it, as the other names are.
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    /// The id of the key that they were asked for with; null where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Option<String>>,
    /// The caller's name of the account; null where that was forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    realm: Option<String>,
    /// Who was asked last; null where nobody was.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<Option<String>>,
    /// How many calls and jobs there are.
    count: u64,
    /// How many of them ended how: succeeded, cached, failed, refused, broken, cancelled or expired.
    outcomes: BTreeMap<&'static str, u64>,
    /// How many times vendors were asked for them.
    attempts: u64,
    /// Tokens in, cached ones included.
    input_tokens: u64,
    cached_input_tokens: u64,
    output_tokens: u64,
    images: u64,
    video_seconds: u64,
    /// Characters that were spoken.
    characters: u64,
    audio_seconds: u64,
    /// What was charged.
    credits: String,
    /// How many of them say what was used by our estimate, since the vendor didn't tell.
    estimated: u64,
    /// How long one took on average.
    mean_duration_ms: u64,
    /// How long the first part of an answer took on average; null where none came in parts.
    mean_first_part_ms: Option<u64>,
}

/// A span of time, and groups, as they are written.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsageSpanQuery {
    /// What ended at this moment or later, RFC 3339 or a date; 30 days before `to` where it is left out.
    #[param(example = "2027-01-01")]
    from: Option<String>,
    /// What ended before this moment, likewise; now where it is left out.
    #[param(example = "2027-01-31T12:00:00Z")]
    to: Option<String>,
    /// What is told apart, with commas: day (in UTC), model, key; for admins account, realm and provider too. By day
    /// where it is left out; empty sums all up in one.
    #[param(
        example = "day,model",
        pattern = "^((day|model|key|account|realm|provider)(,(day|model|key|account|realm|provider))*)?$"
    )]
    group_by: Option<String>,
}

/// A span of time, and groups.
pub(crate) struct UsageSpan {
    from: Timestamp,
    to: Timestamp,
    groups: UsageGroups,
}

/// Sums up what the account used, in the order of the groups.
///
/// The log has a row for each call and job once it has ended, a second or so later. A crash may lose the last of them;
/// the entries of the account are the truth about its credits.
#[utoipa::path(get, path = "/api/v1/usage", tag = "usage", operation_id = "show_usage",
    params(UserHeader, UsageSpanQuery, PageQuery),
    responses((status = 200, body = Paged<UsageBody>, description = "the sums"), KeyErrors))]
pub(crate) async fn show(
    State(state): State<AppState>,
    user: User,
    span: UsageSpan,
    page: Page<UsageKey>,
) -> Result<Json<Paged<UsageBody>>, ApiError> {
    let groups = span.groups;
    if groups.account || groups.realm || groups.provider {
        return Err(wrong_group(OWN_GROUPS));
    }
    let query = span.query(UsageFilter::default(), &page);
    let sums = state.usage.of(&user.subject, query).await?;
    Ok(Json(page.of(sums, |sum| sum.key.to_string(), |sum| UsageBody::new(&sum, groups, None))))
}

const OWN_GROUPS: &str = "day, model and key";
const ALL_GROUPS: &str = "day, model and key, for admins account, realm and provider too";

fn wrong_group(known: &str) -> ApiError {
    ApiError::invalid("group_by", format!("group_by must be made of {known}, with commas"))
}

impl FromRequestParts<AppState> for UsageSpan {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Query(written) = Query::<UsageSpanQuery>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::malformed("query", "the query can't be read"))?;
        let to = written.to.map(|text| moment("to", &text)).transpose()?;
        let to = to.unwrap_or_else(|| state.usage.now());
        let from = written.from.map(|text| moment("from", &text)).transpose()?;
        let from = from.unwrap_or_else(|| to.before(LOOKED_BACK));
        if from > to {
            return Err(ApiError::invalid("from", "from must not be after to"));
        }
        let groups = written.group_by.as_deref().unwrap_or("day");
        Ok(Self { from, to, groups: read_groups(groups)? })
    }
}

/// A moment, or the first of a day.
fn moment(name: &'static str, text: &str) -> Result<Timestamp, ApiError> {
    let read = rfc3339::read(text).or_else(|| rfc3339::read(&format!("{text}T00:00:00Z")));
    read.ok_or_else(|| {
        let allowed = "must be RFC 3339, such as 2027-01-31T00:00:00Z, or a date such as 2027-01-31";
        ApiError::malformed(name, format!("{name} {allowed}"))
    })
}

fn read_groups(text: &str) -> Result<UsageGroups, ApiError> {
    let mut groups = UsageGroups::default();
    for name in text.split(',').filter(|_| !text.is_empty()) {
        let group = match name {
            "day" => &mut groups.day,
            "model" => &mut groups.model,
            "key" => &mut groups.key,
            "account" => &mut groups.account,
            "realm" => &mut groups.realm,
            "provider" => &mut groups.provider,
            _ => return Err(wrong_group(ALL_GROUPS)),
        };
        *group = true;
    }
    Ok(groups)
}

impl UsageSpan {
    pub(crate) fn groups(&self) -> UsageGroups {
        self.groups
    }

    /// What is asked of the log.
    pub(crate) fn query(self, filter: UsageFilter, page: &Page<UsageKey>) -> UsageQuery {
        let Self { from, to, groups } = self;
        UsageQuery { from, to, filter, groups, after: page.after.clone(), limit: page.limit_and_one() }
    }
}

impl UsageBody {
    /// With the names that it was grouped by.
    pub(crate) fn new(sum: &UsageTotals, groups: UsageGroups, account: AccountName) -> Self {
        let UsageTotals { key, amounts, .. } = sum;
        let ended = UsageOutcome::EACH.iter().zip(sum.outcomes).filter(|(_, count)| *count > 0);
        Self {
            day: key.day.map(day),
            model: key.model.as_ref().map(ToString::to_string),
            key: groups.key.then(|| key.key.map(|key| key.to_string())),
            account: groups.account.then(|| account.map(|subject| subject.external_id.to_string())),
            realm: key.realm.as_ref().map(ToString::to_string),
            provider: groups.provider.then(|| key.provider.as_ref().map(ToString::to_string)),
            count: sum.count(),
            outcomes: ended.map(|(outcome, count)| (outcome.as_str(), count)).collect(),
            attempts: sum.attempts,
            input_tokens: amounts.input_tokens,
            cached_input_tokens: amounts.cached_input_tokens,
            output_tokens: amounts.output_tokens,
            images: amounts.images,
            video_seconds: amounts.video_seconds,
            characters: amounts.characters,
            audio_seconds: amounts.audio_seconds,
            credits: sum.charged.to_string(),
            estimated: sum.estimated,
            mean_duration_ms: millis(sum.duration),
            mean_first_part_ms: sum.first_part.map(millis),
        }
    }
}

/// `2027-01-31`.
fn day(since_1970: i64) -> String {
    let mut moment = rfc3339::write(Timestamp::from_millis(since_1970.saturating_mul(DAY_MILLIS)));
    moment.truncate("2027-01-31".len());
    moment
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
