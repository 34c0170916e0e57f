use std::sync::mpsc::sync_channel;
use std::thread::{Builder, scope};

/// Works on what is read for each item, in their order; a thread of its own reads for the next item meanwhile. Ends at the first error.
pub(super) fn for_each_read_ahead<I: Sync, T: Send, E>(
    items: &[I],
    read: impl Fn(&I) -> T + Sync,
    mut work: impl FnMut(&I, T) -> Result<(), E>,
) -> Result<(), E> {
    scope(|scope| {
        // Of no capacity: beside what is worked on, one is in memory and no more.
        let (sender, receiver) = sync_channel(0);
        let read = &read;
        let ahead = move || {
            for item in items {
                if sender.send(read(item)).is_err() {
                    return;
                }
            }
        };
        // Where no thread can be had, everything is read when its turn comes.
        let _ = Builder::new().name("tiles".into()).spawn_scoped(scope, ahead);
        items.iter().try_for_each(|item| work(item, receiver.recv().unwrap_or_else(|_| read(item))))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn items_come_in_order_one_ahead() {
        let started = AtomicUsize::new(0);
        let read = |item: &usize| {
            started.fetch_add(1, Ordering::SeqCst);
            10 * item
        };
        let mut seen = Vec::new();
        let done: Result<(), ()> = for_each_read_ahead(&[3, 1, 2], read, |item, value| {
            seen.push((*item, value));
            // The next one is read while this one is worked on; the one after it is not.
            let (wanted, patience) = ((seen.len() + 1).min(3), Instant::now());
            while started.load(Ordering::SeqCst) < wanted && patience.elapsed() < Duration::from_secs(20) {
                std::thread::yield_now();
            }
            assert_eq!(started.load(Ordering::SeqCst), wanted);
            Ok(())
        });
        assert_eq!((done, seen), (Ok(()), vec![(3, 30), (1, 10), (2, 20)]));
    }

    #[test]
    fn the_first_error_ends_it() {
        let read = AtomicUsize::new(0);
        let items: Vec<usize> = (0..100).collect();
        let done = for_each_read_ahead(
            &items,
            |item| {
                read.fetch_add(1, Ordering::SeqCst);
                *item
            },
            |_, value| if value == 4 { Err(value) } else { Ok(()) },
        );
        assert_eq!(done, Err(4));
        assert!(read.load(Ordering::SeqCst) <= 6);
        assert_eq!(for_each_read_ahead(&[], |_: &u8| 0, |_, _| Err(())), Ok(()));
    }
}
