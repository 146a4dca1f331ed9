//! What the settings' types don't tell by themselves, for the generated documentation.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

/// Settings that are there for all targets and for one: the defaults are those of all.
pub(super) struct OfTarget<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for OfTarget<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}OfTarget", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for property in properties.into_iter().flatten().filter_map(|(_, property)| property.as_object_mut())
        {
            property.remove("default");
            if let Some(Value::String(description)) = property.get_mut("description") {
                description.push_str(" What isn't set is as for all targets.");
            }
        }
        schema
    }
}
