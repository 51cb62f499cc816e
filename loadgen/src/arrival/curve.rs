//! A rate over time: straight lines, their integral, and its inverse.

/// A rate over time in arrivals per second, made of straight lines; times in seconds from the start.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RateCurve {
    lines: Vec<Line>,
    /// How the curve goes on after its last line.
    after: After,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum After {
    /// At this rate.
    Kept(f64),
    /// From its start again.
    Repeated,
}

/// A stretch in which the rate changes in a straight line.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Line {
    start_s: f64,
    length_s: f64,
    from_per_s: f64,
    to_per_s: f64,
    /// Arrivals expected before it.
    before: f64,
}

impl Line {
    fn slope(&self) -> f64 {
        (self.to_per_s - self.from_per_s) / self.length_s
    }

    /// Arrivals expected in its first `x_s` seconds.
    fn count(&self, x_s: f64) -> f64 {
        x_s * (self.from_per_s + 0.5 * self.slope() * x_s)
    }

    fn total(&self) -> f64 {
        self.count(self.length_s)
    }

    /// When so many are expected, in seconds from its start: the root of the quadratic in the form that does not cancel.
    fn reaches(&self, count: f64) -> f64 {
        let slope = self.slope();
        let x_s = match slope == 0.0 {
            true => count / self.from_per_s,
            false => {
                let root = (self.from_per_s * self.from_per_s + 2.0 * slope * count).max(0.0).sqrt();
                2.0 * count / (self.from_per_s + root)
            }
        };
        // Nothing is expected at a rate of 0, and 0 / 0 is no time.
        if x_s.is_finite() { x_s.min(self.length_s) } else { 0.0 }
    }
}

impl RateCurve {
    /// Always the same rate.
    pub(super) fn flat(rate_per_s: f64) -> Self {
        RateCurve { lines: Vec::new(), after: After::Kept(rate_per_s) }
    }

    /// Through these points of time and rate, in order; two at one time make a jump. After the last its rate is kept.
    pub(super) fn through(points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let points: Vec<(f64, f64)> = points.into_iter().collect();
        let mut lines: Vec<Line> = Vec::new();
        for pair in points.windows(2) {
            let [(start_s, from_per_s), (end_s, to_per_s)] = [pair[0], pair[1]];
            if end_s > start_s {
                let before = lines.last().map_or(0.0, |line| line.before + line.total());
                lines.push(Line { start_s, length_s: end_s - start_s, from_per_s, to_per_s, before });
            }
        }
        RateCurve { lines, after: After::Kept(points.last().map_or(0.0, |point| point.1)) }
    }

    /// The same curve again and again.
    pub(super) fn repeated(self) -> Self {
        RateCurve { after: After::Repeated, ..self }
    }

    fn length_s(&self) -> f64 {
        self.lines.last().map_or(0.0, |line| line.start_s + line.length_s)
    }

    /// Arrivals expected over its lines.
    fn total(&self) -> f64 {
        self.lines.last().map_or(0.0, |line| line.before + line.total())
    }

    fn line_at(&self, at_s: f64) -> Option<&Line> {
        let next = self.lines.partition_point(|line| line.start_s <= at_s);
        next.checked_sub(1).map(|index| &self.lines[index])
    }

    pub(super) fn rate_at(&self, at_s: f64) -> f64 {
        let length_s = self.length_s();
        match self.after {
            After::Kept(rate_per_s) if at_s >= length_s => rate_per_s,
            After::Kept(_) => self.rate_within(at_s),
            After::Repeated => self.rate_within(at_s % length_s),
        }
    }

    fn rate_within(&self, at_s: f64) -> f64 {
        self.line_at(at_s).map_or(0.0, |line| line.from_per_s + line.slope() * (at_s - line.start_s))
    }

    pub(super) fn count_by(&self, at_s: f64) -> f64 {
        let (length_s, total) = (self.length_s(), self.total());
        match self.after {
            After::Kept(rate_per_s) if at_s >= length_s => total + rate_per_s * (at_s - length_s),
            After::Kept(_) => self.count_within(at_s),
            After::Repeated => (at_s / length_s).floor() * total + self.count_within(at_s % length_s),
        }
    }

    fn count_within(&self, at_s: f64) -> f64 {
        self.line_at(at_s).map_or(0.0, |line| line.before + line.count(at_s - line.start_s))
    }

    /// When so many are expected; never, when the rate stays at 0.
    pub(super) fn reaches(&self, count: f64) -> Option<f64> {
        let (length_s, total) = (self.length_s(), self.total());
        match self.after {
            After::Kept(rate_per_s) if count >= total => {
                (rate_per_s > 0.0).then(|| length_s + (count - total) / rate_per_s)
            }
            After::Kept(_) => Some(self.reaches_within(count)),
            After::Repeated => {
                let periods = (count / total).floor();
                Some(periods * length_s + self.reaches_within((count - periods * total).clamp(0.0, total)))
            }
        }
    }

    fn reaches_within(&self, count: f64) -> f64 {
        // The last line that begins with no more: lines without arrivals are passed over.
        let next = self.lines.partition_point(|line| line.before <= count);
        let line = next.checked_sub(1).map(|index| &self.lines[index]);
        line.map_or(0.0, |line| line.start_s + line.reaches(count - line.before))
    }

    /// The highest rate at any time.
    pub(super) fn peak(&self) -> f64 {
        let after = match self.after {
            After::Kept(rate_per_s) => rate_per_s,
            After::Repeated => 0.0,
        };
        self.lines.iter().flat_map(|line| [line.from_per_s, line.to_per_s]).fold(after, f64::max)
    }
}
