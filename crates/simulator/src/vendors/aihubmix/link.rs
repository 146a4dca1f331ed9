//! Links to what a task made.

use serde_json::{Value, json};

use crate::call::Call;
use crate::media::Media;
use crate::world::Task;

/// The link to what this task made: the same at each look, from the first one on.
pub(super) fn of_task(call: &Call<'_>, task: &mut Task, make: fn(&Task) -> Media) -> String {
    if let Some(link) = task.details["link"].as_str() {
        return link.to_owned();
    }
    let link = call.link(make(task));
    task.details["link"] = json!(link);
    call.world.tasks.lock().change(task.clone());
    link
}

/// For details that become another task's.
pub(super) fn forget(details: &mut Value) {
    if let Value::Object(details) = details {
        details.remove("link");
    }
}
