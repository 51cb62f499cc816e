//! How far from home a pass permits, in classes.

/// How far from home a pass permits, as a class: a distance in metres, or a place, would tell where somebody lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Zone {
    /// As far as one likes.
    Anywhere,
    /// Up to a kilometre: on foot.
    Nearby,
    /// Up to ten kilometres: within a town.
    Town,
}

impl Zone {
    /// All classes, in the order of their numbers.
    pub const ALL: [Zone; 3] = [Zone::Anywhere, Zone::Nearby, Zone::Town];

    /// The class of a limit in metres; without one, and with one beyond ten kilometres, there is nothing an officer could check.
    pub const fn of_radius(radius_m: Option<u32>) -> Self {
        match radius_m {
            Some(..=1_000) => Zone::Nearby,
            Some(..=10_000) => Zone::Town,
            _ => Zone::Anywhere,
        }
    }

    /// The class of this number (`zone as u8`), if there is one.
    pub fn from_number(number: u8) -> Option<Zone> {
        Zone::ALL.get(usize::from(number)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back_and_limits_have_their_class() {
        for zone in Zone::ALL {
            assert_eq!(Zone::from_number(zone as u8), Some(zone));
        }
        assert_eq!(Zone::from_number(3), None);
        let classes = [None, Some(100), Some(1_000), Some(1_001), Some(10_000), Some(20_000)].map(Zone::of_radius);
        assert_eq!(classes, [Zone::Anywhere, Zone::Nearby, Zone::Nearby, Zone::Town, Zone::Town, Zone::Anywhere]);
    }
}
