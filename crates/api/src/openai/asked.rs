//! What a client of OpenAI's asks of a model that makes media, as a job.

use std::sync::Arc;

use fourfold_domain::{InvalidInput, Modality, Model, Parameter, ParameterKind, Priority};
use fourfold_service::jobs::{AttachedJob, JobView, Submission};
use fourfold_service::{Idempotency, ServiceError};
use serde_json::{Map, Number, Value};

use crate::AppState;
use crate::error::ApiError;
use crate::extract::{Object, User};

/// A request for a job by OpenAI's names.
pub(super) struct Asked {
    pub(super) model: Arc<Model>,
    /// What the model is told, by our names.
    pub(super) input: Map<String, Value>,
    /// OpenAI's names of fields that are called otherwise here: ours, then OpenAI's.
    names: Vec<(&'static str, &'static str)>,
}

impl Asked {
    /// Reads the model, which must make this, and takes every field that is left for its table of parameters to know or
    /// refuse.
    pub(super) fn read(
        state: &AppState,
        modality: Modality,
        mut object: Object,
        names: &'static [(&'static str, &'static str)],
    ) -> Result<Self, ApiError> {
        let name = object.required_text("model")?;
        let model = state.catalog.current().model(&name)?.clone();
        if model.modality != modality {
            let message =
                format!("model {name:?} is for {}, not for {}", model.modality.as_str(), modality.as_str());
            return Err(ApiError::invalid("model", message));
        }
        // Who it is for is told by the key and `Fourfold-User`; a vendor isn't told.
        object.text("user")?;
        let mut input = object.rest();
        input.retain(|_name, value| !value.is_null());
        for (ours, theirs) in names {
            if input.contains_key(*ours) && ours != theirs {
                let message = format!("{ours} is not known here; it is called {theirs}");
                return Err(ApiError::invalid(*ours, message));
            }
            if let Some(value) = input.remove(*theirs) {
                input.insert((*ours).to_owned(), value);
            }
        }
        Ok(Self { model, input, names: names.to_vec() })
    }

    /// The model's parameter of this name.
    pub(super) fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.model.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// Tells the model this, which the client calls otherwise.
    pub(super) fn tell(&mut self, ours: &'static str, theirs: &'static str, value: Value) {
        self.input.insert(ours.to_owned(), value);
        self.names.push((ours, theirs));
    }

    /// Leaves out what a model without that parameter does anyway.
    pub(super) fn leave_out(&mut self, name: &str, usual: impl Into<Value>) {
        if self.parameter(name).is_none() && self.input.get(name) == Some(&usual.into()) {
            self.input.remove(name);
        }
    }

    /// Takes texts for the numbers and flags that the model wants in their places: forms have only texts.
    pub(super) fn read_texts(&mut self) {
        for (name, value) in &mut self.input {
            let parameter = self.model.parameters.iter().find(|parameter| parameter.name == *name);
            if let (Some(parameter), Value::String(text)) = (parameter, &*value)
                && let Some(read) = read_text(&parameter.kind, text)
            {
                *value = read;
            }
        }
    }

    /// Makes a job of it and waits for its end.
    pub(super) async fn wait(
        mut self,
        state: &AppState,
        user: User,
        idempotency: Option<Idempotency>,
    ) -> Result<AttachedJob, ApiError> {
        // Held for as long as the job is waited for.
        let _admission = user.admission.clone();
        let submission = self.submission(user, idempotency);
        state.jobs.attached(submission, &state.spawner).await.map_err(|error| self.error(error))
    }

    /// The job that it asks for.
    pub(super) fn submission(&mut self, user: User, idempotency: Option<Idempotency>) -> Submission {
        Submission {
            subject: user.subject,
            key: user.key,
            model: self.model.name.to_string(),
            input: std::mem::take(&mut self.input),
            metadata: None,
            webhook_url: None,
            max_credits: None,
            priority: Priority::default(),
            retry_of: None,
            idempotency,
            admission: user.admission,
        }
    }

    /// An error of the service, with the field by the name that the client gave it.
    pub(super) fn error(&self, error: ServiceError) -> ApiError {
        let ServiceError::Invalid(InvalidInput { field, problem, allowed }) = error else {
            return error.into();
        };
        let ours = field.strip_prefix("input.").unwrap_or(&field);
        let theirs = self.names.iter().find(|(name, _)| *name == ours).map_or(ours, |(_, theirs)| theirs);
        InvalidInput { field: theirs.to_owned().into(), problem, allowed }.into()
    }
}

/// A job that has its result; an error that says why another has none.
pub(super) fn succeeded(view: JobView) -> Result<JobView, ApiError> {
    match view.job.state {
        fourfold_domain::JobState::Succeeded => Ok(view),
        _ => Err(ApiError::of_job(&view)),
    }
}

/// Whether a stream of events is wanted.
pub(super) fn streams(object: &mut Object) -> Result<bool, ApiError> {
    match object.take("stream") {
        None => Ok(false),
        Some(Value::Bool(wanted)) => Ok(wanted),
        Some(Value::String(text)) if ["true", "false"].contains(&text.as_str()) => Ok(text == "true"),
        Some(_) => Err(ApiError::malformed("stream", "stream must be true or false")),
    }
}

fn read_text(kind: &ParameterKind, text: &str) -> Option<Value> {
    match kind {
        ParameterKind::Integer { .. } | ParameterKind::IntegerChoice(_) => {
            text.parse::<i64>().ok().map(Value::from)
        }
        ParameterKind::Number { .. } => text.parse().ok().and_then(Number::from_f64).map(Value::Number),
        ParameterKind::Boolean => text.parse::<bool>().ok().map(Value::Bool),
        _ => None,
    }
}
