//! Work that takes long, done on all cores, with a bar on a terminal.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::cli::io::Io;

/// How often the bar is drawn.
const EVERY: Duration = Duration::from_millis(100);

/// Width of the bar.
const WIDTH: usize = 30;

/// `job` of each item, in the order of the items. `what` is what is done, for the bar.
pub fn map<T: Sync, R: Send>(items: &[T], what: &str, io: &Io, job: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let workers = thread::available_parallelism().map_or(1, usize::from).min(items.len());
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        let mut results = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return results };
            results.push((at, job(item)));
            done.fetch_add(1, Ordering::Relaxed);
        }
    };
    let mut results: Vec<(usize, R)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        if io.has_bar() {
            let start = Instant::now();
            while workers.iter().any(|worker| !worker.is_finished()) {
                io.say(&bar(what, done.load(Ordering::Relaxed), items.len(), start.elapsed()));
                thread::sleep(EVERY);
            }
            io.say("\r\x1b[K");
        }
        let join = |worker: thread::ScopedJoinHandle<'_, Vec<(usize, R)>>| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().flat_map(join).collect()
    });
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

/// The bar: `hashing [######------] 12/24, 3 s left`.
fn bar(what: &str, done: usize, all: usize, elapsed: Duration) -> String {
    let filled = WIDTH * done / all.max(1);
    let left = match u32::try_from(done) {
        Ok(done) if done > 0 => {
            let left = u32::try_from(all).unwrap_or(u32::MAX).saturating_sub(done);
            format!(", {} s left", (elapsed / done).saturating_mul(left).as_secs())
        }
        _ => String::new(),
    };
    format!("\r{what} [{}{}] {done}/{all}{left}\x1b[K", "#".repeat(filled), "-".repeat(WIDTH - filled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..1000).collect();
        let doubled = map(&items, "doubling", &Io::new(true), |item| item * 2);
        assert_eq!(doubled, items.iter().map(|item| item * 2).collect::<Vec<_>>());
        assert!(map(&[] as &[u8], "nothing", &Io::new(true), |item| *item).is_empty());
    }

    #[test]
    fn the_bar_tells_how_much_is_left() {
        let drawn = bar("hashing", 15, 30, Duration::from_secs(3));
        assert_eq!(drawn, format!("\rhashing [{}{}] 15/30, 3 s left\x1b[K", "#".repeat(15), "-".repeat(15)));
    }
}
