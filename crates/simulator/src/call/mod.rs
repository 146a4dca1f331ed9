//! What a handler sees of a request, and what it may do.

mod fields;
mod form;

use std::collections::BTreeMap;
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

pub(crate) use fields::Fields;
pub(crate) use form::{FilePart, Form};

use crate::Vendor;
use crate::content;
use crate::fault::TaskFault;
use crate::media::Media;
use crate::refusal::Refusal;
use crate::template::Params;
use crate::vendors::ModelKind;
use crate::world::{Link, Links, Outcome, Task, Upload, Uploads, World, unix_seconds};

/// A request that found its route, with a right key unless the route is open.
pub(crate) struct Call<'a> {
    pub(crate) world: &'a World,
    pub(crate) vendor: Vendor,
    /// The key that it came with; empty where an open route was called without one.
    pub(crate) credential: &'a str,
    /// Where the client found the simulator, such as `http://127.0.0.1:4010`.
    pub(crate) origin: &'a str,
    pub(crate) params: Params,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: &'a HeaderMap,
    /// The body, where it says that it is a form; or why it is none.
    pub(crate) form: Option<Result<Form, String>>,
    pub(crate) body: &'a Bytes,
    /// What goes wrong with the task that it makes.
    pub(crate) task_fault: Option<&'a TaskFault>,
}

impl Call<'_> {
    pub(crate) fn now(&self) -> SystemTime {
        self.world.time.now()
    }

    /// Whole seconds since 1970.
    pub(crate) fn now_seconds(&self) -> u64 {
        unix_seconds(self.now())
    }

    /// A new id: this text and so many hexadecimal digits.
    pub(crate) fn new_id(&self, prefix: &str, digits: usize) -> String {
        format!("{prefix}{}", content::hex(self.world.next_id(), digits))
    }

    /// The fields of a body in JSON or as a form.
    pub(crate) fn fields(&self) -> Result<Fields, Refusal> {
        if self.form.is_some() { self.form_fields() } else { self.json_fields() }
    }

    /// The fields of a body in JSON.
    pub(crate) fn json_fields(&self) -> Result<Fields, Refusal> {
        match serde_json::from_slice(self.body) {
            Ok(Value::Object(fields)) => Ok(Fields::Json(fields)),
            Ok(_) => Err(Refusal::Unreadable("the body must be a JSON object".into())),
            Err(error) => Err(Refusal::Unreadable(format!("the body is not JSON: {error}"))),
        }
    }

    /// The fields of a body that must be `multipart/form-data`.
    pub(crate) fn form_fields(&self) -> Result<Fields, Refusal> {
        match &self.form {
            Some(Ok(form)) => Ok(Fields::Form(form.clone())),
            Some(Err(problem)) => Err(Refusal::Unreadable(problem.clone())),
            None => Err(Refusal::Unreadable("the body must be multipart/form-data".into())),
        }
    }

    /// What this model is for, if the vendor has it and it fits; none for one of the settings' own models.
    pub(crate) fn model(
        &self,
        name: &str,
        fits: fn(ModelKind) -> bool,
    ) -> Result<Option<ModelKind>, Refusal> {
        if self.world.settings.extra_models.iter().any(|extra| extra == name) {
            return Ok(None);
        }
        let model = self.vendor.row().models.iter().find(|model| model.id == name && fits(model.kind));
        model.map(|model| Some(model.kind)).ok_or_else(|| Refusal::UnknownModel(name.to_owned()))
    }

    /// Accepts work that takes a while. The fault that the request asked for comes true later.
    pub(crate) fn add_task(&self, id: String, details: Value) -> Task {
        let task = self.new_task(id, details);
        self.world.tasks.lock().add(task.clone());
        task
    }

    /// The same without accepting it yet, for vendors that look at the key's other tasks first.
    pub(crate) fn new_task(&self, id: String, details: Value) -> Task {
        Task {
            id,
            vendor: self.vendor,
            credential: self.credential.to_owned(),
            details,
            accepted_at: self.now(),
            queued: Default::default(),
            running: Default::default(),
            kept: Default::default(),
            outcome: Outcome::of(self.task_fault),
        }
        .timed(&self.world.timings())
    }

    /// A task that this key made before.
    pub(crate) fn task(&self, what: &'static str, id: &str) -> Result<Task, Refusal> {
        let task = self.world.tasks.lock().get(self.vendor, id, self.credential, self.now());
        task.ok_or_else(|| Refusal::NotFound { what, id: id.to_owned() })
    }

    /// A link that leads to these bytes for a while, with no key.
    pub(crate) fn link(&self, media: Media) -> String {
        self.link_to(&self.keep(media, self.now() + self.world.timings().links_work))
    }

    /// Keeps these bytes until then. Returns the name to find them by.
    pub(crate) fn keep(&self, media: Media, until: SystemTime) -> String {
        let name = format!("{}.{}", self.new_id("", 32), media.extension);
        let link = Link {
            media_type: media.media_type,
            bytes: media.bytes,
            expires_at: until,
            redirects: self.world.timings().link_redirects,
        };
        self.world.links.lock().add(name.clone(), link);
        name
    }

    /// The link to what is kept under this name.
    pub(crate) fn link_to(&self, name: &str) -> String {
        format!("{}{}{name}", self.origin, Links::PATH)
    }

    /// A URL that takes a file for a while, with no key.
    pub(crate) fn upload_url(&self, name: &str, upload: Upload) -> String {
        self.world.uploads.lock().add(name.to_owned(), upload);
        format!("{}{}{name}", self.origin, Uploads::PATH)
    }
}
