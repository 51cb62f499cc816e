//! The passes that count against quotas.

use passes::{Purpose, Window};

/// The passes of the residents of a cell that may still count against a quota, by resident.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    rows: Vec<Row>,
}

/// A pass; 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    from_s: i64,
    length_s: u32,
    resident: u16,
    purpose: Purpose,
}

impl Row {
    fn window(&self) -> Window {
        Window { from_s: self.from_s, until_s: self.from_s + i64::from(self.length_s) }
    }
}

impl Ledger {
    /// The passes of `resident`, with their purposes.
    pub(crate) fn of(&self, resident: u16) -> impl Iterator<Item = (Purpose, Window)> + Clone + '_ {
        let first = self.rows.partition_point(|row| row.resident < resident);
        let own = self.rows[first..].iter().take_while(move |row| row.resident == resident);
        own.map(|row| (row.purpose, row.window()))
    }

    /// Notes a pass of `resident`.
    pub(crate) fn add(&mut self, resident: u16, purpose: Purpose, window: Window) {
        let at = self.rows.partition_point(|row| row.resident <= resident);
        let length_s = u32::try_from(window.length_s()).unwrap_or(u32::MAX);
        self.rows.insert(at, Row { from_s: window.from_s, length_s, resident, purpose });
    }

    /// Takes back the pass of `resident` for `purpose` that was to start at `start_s`: it no longer counts. One that was asked for late
    /// starts later than it was to, so it is the first from then on.
    pub(crate) fn remove(&mut self, resident: u16, purpose: Purpose, start_s: i64) {
        let is_it =
            |(_, row): &(usize, &Row)| (row.resident, row.purpose) == (resident, purpose) && row.from_s >= start_s;
        if let Some((at, _)) = self.rows.iter().enumerate().filter(is_it).min_by_key(|(_, row)| row.from_s) {
            self.rows.remove(at);
        }
    }

    /// Forgets the passes that started before `before_s`.
    pub(crate) fn forget(&mut self, before_s: i64) {
        self.rows.retain(|row| row.from_s >= before_s);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_resident_has_a_page() {
        let window = |from_s| Window { from_s, until_s: from_s + 60 };
        let mut ledger = Ledger::default();
        ledger.add(5, Purpose::Groceries, window(100));
        ledger.add(3, Purpose::Pet, window(10));
        ledger.add(5, Purpose::Pet, window(200));
        let of = |ledger: &Ledger, resident| ledger.of(resident).map(|(_, window)| window.from_s).collect::<Vec<_>>();
        assert_eq!((of(&ledger, 3), of(&ledger, 4), of(&ledger, 5)), (vec![10], vec![], vec![100, 200]));
        ledger.remove(5, Purpose::Groceries, 101);
        assert_eq!(of(&ledger, 5), [100, 200], "that one started before");
        ledger.remove(5, Purpose::Groceries, 90);
        ledger.remove(5, Purpose::Groceries, 90);
        assert_eq!(of(&ledger, 5), [200]);
        ledger.add(5, Purpose::Pet, window(300));
        ledger.remove(5, Purpose::Pet, 200);
        assert_eq!(of(&ledger, 5), [300], "not the latest, but the one that was to start then");
        ledger.forget(11);
        assert_eq!((of(&ledger, 3), of(&ledger, 5)), (vec![], vec![300]));
    }
}
