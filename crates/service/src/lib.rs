//! Credits, jobs, calls, artifacts and keys over ports, with their backends.
