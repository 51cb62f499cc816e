//! Plays demand against a server, open loop, and measures.
