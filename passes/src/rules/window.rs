//! A stretch of time.

/// A stretch of time, such as when a pass holds: from `from_s` until just before `until_s`, both in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first second.
    pub from_s: i64,
    /// The first second after it.
    pub until_s: i64,
}

impl Window {
    /// Whether `at_s` lies within.
    pub const fn contains(&self, at_s: i64) -> bool {
        self.from_s <= at_s && at_s < self.until_s
    }

    /// How long it is, in seconds.
    pub const fn length_s(&self) -> i64 {
        self.until_s - self.from_s
    }
}
