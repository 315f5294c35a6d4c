//! Many calls at once, but not too many.

use std::future::Future;

use tokio::task::JoinSet;

use super::AdviseError;

/// Works on all items, on a few of them at a time, and hears of each as it is done.
pub(super) async fn each<T, R, W>(
    at_once: usize,
    items: impl IntoIterator<Item = T>,
    work: impl Fn(T) -> W,
    mut done: impl FnMut(usize, R),
) -> Result<(), AdviseError>
where
    R: Send + 'static,
    W: Future<Output = R> + Send + 'static,
{
    let mut waiting = items.into_iter().enumerate();
    let mut running = JoinSet::new();
    loop {
        while running.len() < at_once.max(1)
            && let Some((place, item)) = waiting.next()
        {
            let work = work(item);
            running.spawn(async move { (place, work.await) });
        }
        match running.join_next().await {
            None => return Ok(()),
            Some(Ok((place, result))) => done(place, result),
            Some(Err(error)) => return Err(AdviseError::Unusable(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn all_are_done_a_few_at_a_time() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut results = vec![0; 50];
        let work = |item: usize| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                now.fetch_sub(1, Ordering::SeqCst);
                item * 2
            }
        };
        each(4, 0..50, work, |place, result| results[place] = result).await.unwrap();
        assert!(results.iter().enumerate().all(|(place, result)| *result == place * 2));
        assert!((1..=4).contains(&most.load(Ordering::SeqCst)));
    }
}
