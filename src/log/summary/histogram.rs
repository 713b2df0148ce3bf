//! Counts over time in a bounded number of steps, however long the time is.

use std::collections::BTreeMap;

use crate::log::event::Micros;

const STEPS: usize = 4096;

/// Counts per step of time; steps widen as the time grows.
#[derive(Debug)]
pub struct Histogram {
    width: Micros,
    steps: BTreeMap<i64, u64>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { width: 1_000_000, steps: BTreeMap::new() }
    }
}

impl Histogram {
    /// Counts one.
    pub fn add(&mut self, time: Option<Micros>) {
        let Some(time) = time else { return };
        *self.steps.entry(time.div_euclid(self.width)).or_default() += 1;
        while self.steps.len() > STEPS {
            self.width *= 2;
            let old = std::mem::take(&mut self.steps);
            for (step, count) in old {
                *self.steps.entry(step.div_euclid(2)).or_default() += count;
            }
        }
    }

    /// The counts between the first and the last, in at most `columns` parts of one length: where the first begins, how long one
    /// is, and the counts. `None` where nothing was counted.
    #[must_use]
    pub fn columns(&self, columns: usize) -> Option<(Micros, Micros, Vec<u64>)> {
        let (first, last) = (*self.steps.first_key_value()?.0, *self.steps.last_key_value()?.0);
        let span = last - first + 1;
        let columns = i64::try_from(columns).unwrap_or(i64::MAX).max(1);
        let per = (span + columns - 1) / columns;
        let mut counts = vec![0; usize::try_from((span + per - 1) / per).ok()?];
        for (step, count) in &self.steps {
            if let Some(slot) = usize::try_from((step - first) / per).ok().and_then(|at| counts.get_mut(at)) {
                *slot += count;
            }
        }
        Some((first * self.width, per * self.width, counts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_count_is_lost_when_steps_widen() {
        let mut histogram = Histogram::default();
        for second in 0..100_000 {
            histogram.add(Some(second * 7_000_000));
        }
        assert!(histogram.steps.len() <= STEPS);
        let (start, width, counts) = histogram.columns(60).unwrap();
        assert!(start <= 0 && counts.len() <= 60 && width * 60 >= 99_999 * 7_000_000);
        assert_eq!(counts.iter().sum::<u64>(), 100_000);
    }
}
