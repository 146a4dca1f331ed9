//! Requests that go up as forms. v2beta reads nothing else, even where no file goes along.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::http::{ClientError, Multipart};
use crate::vendor::{File, form};

/// A request that goes up as a form.
pub(super) trait Form: Sync {
    /// Its fields, in the order in which the type has them, behind those that it doesn't know.
    fn form(&self) -> Result<Multipart, ClientError>;
}

/// What a field of a form can hold.
pub(super) trait Field {
    fn add_to(&self, form: Multipart, name: &str) -> Result<Multipart, ClientError>;
}

impl Field for File {
    fn add_to(&self, form: Multipart, name: &str) -> Result<Multipart, ClientError> {
        Ok(form::with_file(form, name, self))
    }
}

impl<T: Serialize> Field for T {
    fn add_to(&self, form: Multipart, name: &str) -> Result<Multipart, ClientError> {
        form::with_fields(form, &BTreeMap::from([(name, self)]))
    }
}

/// A request that goes up as a form. It is written down as a `wire_type`, and a file is a field as any other.
macro_rules! form_type {
    (
        $(#[doc = $doc:literal])*
        pub struct $name:ident {
            must {$($(#[doc = $must_doc:literal])* $must:ident: $must_type:ty,)+}
            may {$($(#[doc = $may_doc:literal])* $may:ident: $may_type:ty,)*}
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, PartialEq)]
        pub struct $name {
            $($(#[doc = $must_doc])* pub $must: $must_type,)+
            $($(#[doc = $may_doc])* pub $may: Option<$may_type>,)*
            /// Fields that this type doesn't know.
            pub extra: serde_json::Map<String, serde_json::Value>,
        }

        impl $name {
            /// With what must be there, and nothing else.
            pub fn new($($must: impl Into<$must_type>),+) -> Self {
                Self { $($must: $must.into(),)+ $($may: None,)* extra: serde_json::Map::new() }
            }
        }

        $crate::vendor::wire_type!(@methods $name {$($(#[doc = $may_doc])* $may: $may_type,)*});

        impl $crate::stability::form::Form for $name {
            fn form(&self) -> Result<$crate::http::Multipart, $crate::http::ClientError> {
                use $crate::stability::form::Field;
                let form = $crate::vendor::form::of(&self.extra)?;
                $(let form = self.$must.add_to(form, stringify!($must))?;)+
                $(let form = match &self.$may {
                    Some($may) => $may.add_to(form, stringify!($may))?,
                    None => form,
                };)*
                Ok(form)
            }
        }
    };
}

pub(super) use form_type;
