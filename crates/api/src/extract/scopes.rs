//! Which scope each route takes.

use fourfold_service::keys::Scope;

/// The scopes of the routes, by what their paths begin with.
const SCOPES: [(&str, Scope); 18] = [
    ("/v1/chat", Scope::Chat),
    ("/v1/responses", Scope::Chat),
    ("/v1/messages", Scope::Chat),
    ("/v1/embeddings", Scope::Embeddings),
    ("/v1/images", Scope::Images),
    ("/v1/audio", Scope::Audio),
    ("/v1/videos", Scope::Videos),
    ("/v1/models", Scope::Models),
    ("/api/v1/jobs", Scope::Jobs),
    ("/api/v1/quotes", Scope::Jobs),
    ("/api/v1/files", Scope::Files),
    ("/api/v1/models", Scope::Models),
    ("/api/v1/credits", Scope::Credits),
    ("/api/v1/usage", Scope::Usage),
    ("/api/v1/webhooks", Scope::Webhooks),
    ("/api/v1/admin", Scope::Admin),
    ("/api/chat", Scope::Chat),
    ("/forward", Scope::Forward),
];

/// The scope of a route; of a path that isn't in the table there is none, and no key that is limited opens it.
pub(super) fn scope_of(path: &str) -> Option<Scope> {
    let is_below = |beginning: &str| {
        path.strip_prefix(beginning).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    SCOPES.iter().find(|(beginning, _scope)| is_below(beginning)).map(|(_beginning, scope)| *scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_in_the_scope_that_its_path_begins_with() {
        assert_eq!(scope_of("/v1/chat/completions"), Some(Scope::Chat));
        assert_eq!(scope_of("/v1/models"), Some(Scope::Models));
        assert_eq!(scope_of("/api/v1/jobs/1/artifacts/0"), Some(Scope::Jobs));
        for none in ["/", "/v1", "/v1/modelsx", "/api/v1/jobsite", "/health/live"] {
            assert_eq!(scope_of(none), None, "{none}");
        }
    }

    /// Else a key that is limited couldn't be given the route.
    #[test]
    fn every_route_that_takes_a_key_has_a_scope() {
        let document = crate::openapi();
        for path in document.paths.paths.keys() {
            let is_open = ["/files/", "/health/", "/metrics"].iter().any(|open| path.starts_with(open));
            assert_eq!(scope_of(path).is_some(), !is_open, "{path}");
        }
    }
}
