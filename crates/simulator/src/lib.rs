//! The vendors' HTTP APIs, played back honestly, with faults on demand.
