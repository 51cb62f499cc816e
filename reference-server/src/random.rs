//! Random bits for the names of passes.

use std::sync::{Mutex, PoisonError};

/// Fetched at once. Asking the system for so many takes little longer than asking for one.
const FETCHED: usize = 256;

/// The system's random bits, fetched for many passes at once: one call of the system for each would be one in three that a request makes.
#[derive(Debug, Default)]
pub(crate) struct Stock(Mutex<Vec<[u8; 12]>>);

impl Stock {
    /// 96 bits that nobody else gets.
    ///
    /// # Errors
    /// When the system has none.
    pub(crate) fn take(&self) -> Result<[u8; 12], getrandom::Error> {
        let mut stock = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bits) = stock.pop() {
            return Ok(bits);
        }
        let mut fetched = [[0; 12]; FETCHED];
        getrandom::fill(fetched.as_flattened_mut())?;
        let [one, others @ ..] = fetched;
        stock.extend(others);
        Ok(one)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nobody_gets_what_another_got() {
        let stock = Stock::default();
        let taken: HashSet<_> = (0..3 * FETCHED).map(|_| stock.take().unwrap()).collect();
        assert_eq!(taken.len(), 3 * FETCHED);
        assert!(!taken.contains(&[0; 12]));
    }
}
