//! The HTTP surface: routes, wire shapes, errors and OpenAPI.
