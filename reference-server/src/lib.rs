//! Issues and verifies passes over HTTP.
