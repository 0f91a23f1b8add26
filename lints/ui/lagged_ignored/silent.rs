//! Loops that look at the error, or pass it on.
#![allow(dead_code)]

use std::time::Duration;

use tokio::sync::{
    broadcast::{self, error::RecvError},
    mpsc, watch,
};

fn work(_order: u32) {}

fn resynchronise() {}

async fn named(mut orders: broadcast::Receiver<u32>) {
    loop {
        match orders.recv().await {
            Ok(order) => work(order),
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => break,
        }
    }
}

async fn wildcard_after_lagged(mut orders: broadcast::Receiver<u32>) {
    loop {
        match orders.recv().await {
            Ok(order) => work(order),
            Err(RecvError::Lagged(missed)) => eprintln!("missed {missed}"),
            Err(_) => break,
        }
    }
}

async fn wildcard_after_closed(mut orders: broadcast::Receiver<u32>) {
    loop {
        match orders.recv().await {
            Ok(order) => work(order),
            Err(RecvError::Closed) => break,
            Err(_) => continue,
        }
    }
}

async fn logged(mut orders: broadcast::Receiver<u32>) {
    loop {
        match orders.recv().await {
            Ok(order) => work(order),
            Err(error) => {
                eprintln!("{error}");
                break;
            }
        }
    }
}

async fn matched_later(mut orders: broadcast::Receiver<u32>) {
    loop {
        let result = orders.recv().await;
        if let Err(RecvError::Lagged(missed)) = result {
            eprintln!("missed {missed}");
        }
        if let Ok(order) = result {
            work(order);
        }
        if result == Err(RecvError::Closed) {
            break;
        }
    }
}

async fn question_mark(mut orders: broadcast::Receiver<u32>) -> Result<(), RecvError> {
    loop {
        work(orders.recv().await?);
    }
}

async fn other_error(mut orders: broadcast::Receiver<u32>) -> Result<(), String> {
    loop {
        work(orders.recv().await.map_err(|error| error.to_string())?);
    }
}

async fn an_error_of_its_own(mut orders: broadcast::Receiver<u32>) -> Result<(), String> {
    loop {
        match orders.recv().await {
            Ok(order) => work(order),
            Err(_) => return Err("the orders broke off".to_owned()),
        }
    }
}

async fn fails_after_the_loop(mut orders: broadcast::Receiver<u32>) -> Result<u32, String> {
    while let Ok(order) = orders.recv().await {
        if order > 10 {
            return Ok(order);
        }
    }
    Err("the orders broke off".to_owned())
}

async fn panics(mut orders: broadcast::Receiver<u32>) {
    loop {
        work(orders.recv().await.expect("the shop is open and we are fast"));
    }
}

async fn helper(mut orders: broadcast::Receiver<u32>) {
    fn is_over(result: Result<u32, RecvError>) -> bool {
        matches!(result, Err(RecvError::Closed))
    }
    while !is_over(orders.recv().await) {}
}

async fn helper_of_the_error(mut orders: broadcast::Receiver<u32>) {
    fn is_over(error: &RecvError) -> bool {
        matches!(error, RecvError::Closed)
    }
    loop {
        match orders.recv().await {
            Ok(order) => work(order),
            Err(error) if is_over(&error) => break,
            Err(_) => {}
        }
    }
}

async fn makes_up_for_it(mut orders: broadcast::Receiver<u32>) {
    loop {
        match orders.recv().await {
            Ok(order) => work(order),
            Err(_) => resynchronise(),
        }
    }
}

async fn subscribes_anew(sender: broadcast::Sender<u32>) {
    loop {
        let mut orders = sender.subscribe();
        resynchronise();
        while let Ok(order) = orders.recv().await {
            work(order);
        }
    }
}

async fn resubscribes(mut orders: broadcast::Receiver<u32>) {
    loop {
        while let Ok(order) = orders.recv().await {
            work(order);
        }
        orders = orders.resubscribe();
        resynchronise();
    }
}

async fn shutdown_value_ignored(mut stop: broadcast::Receiver<u32>) {
    while let Ok(_) = stop.recv().await {
        resynchronise();
    }
}

async fn shutdown_unit(mut stop: broadcast::Receiver<()>) {
    while let Ok(()) = stop.recv().await {
        resynchronise();
    }
}

#[derive(Clone)]
struct Refresh;

async fn marker_type(mut refresh: broadcast::Receiver<Refresh>) {
    while let Ok(Refresh) = refresh.recv().await {
        resynchronise();
    }
}

async fn only_asked_whether(mut orders: broadcast::Receiver<u32>) {
    while orders.recv().await.is_ok() {
        resynchronise();
    }
}

async fn single_receive(mut orders: broadcast::Receiver<u32>) -> Option<u32> {
    orders.recv().await.ok()
}

async fn single_receive_of_each(receivers: Vec<broadcast::Receiver<u32>>) {
    for mut receiver in receivers {
        if let Ok(order) = receiver.recv().await {
            work(order);
        }
    }
}

async fn loop_that_ends_in_its_first_round(mut orders: broadcast::Receiver<u32>) {
    loop {
        if let Ok(order) = orders.recv().await {
            work(order);
        }
        break;
    }
}

async fn first_that_comes(mut answers: broadcast::Receiver<u32>) -> u32 {
    loop {
        if let Ok(answer) = answers.recv().await {
            return answer;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn other_channels(mut queue: mpsc::Receiver<u32>, mut state: watch::Receiver<u32>) {
    while let Some(job) = queue.recv().await {
        work(job);
    }
    while let Ok(job) = queue.try_recv() {
        work(job);
    }
    while let Ok(()) = state.changed().await {
        work(*state.borrow());
    }
}

fn std_channel(queue: std::sync::mpsc::Receiver<u32>) {
    while let Ok(job) = queue.recv() {
        work(job);
    }
}

async fn thrown_away(mut orders: broadcast::Receiver<u32>) {
    loop {
        let _ = orders.recv().await;
        orders.recv().await.ok();
        resynchronise();
    }
}

enum Event {
    Order(u32),
    Broken,
}

async fn an_event_of_its_own(mut orders: broadcast::Receiver<u32>, events: mpsc::Sender<Event>) {
    loop {
        let event = match orders.recv().await {
            Ok(order) => Event::Order(order),
            Err(_) => Event::Broken,
        };
        if events.send(event).await.is_err() {
            break;
        }
    }
}

#[allow(lagged_ignored)]
async fn allowed_at_the_function(mut orders: broadcast::Receiver<u32>) {
    while let Ok(order) = orders.recv().await {
        work(order);
    }
}

async fn allowed_at_the_loop(mut orders: broadcast::Receiver<u32>) {
    #[allow(lagged_ignored)]
    while let Ok(order) = orders.recv().await {
        work(order);
    }
}

mod allowed_in_the_module {
    #![allow(lagged_ignored)]

    async fn listen(mut orders: super::broadcast::Receiver<u32>) {
        while let Ok(order) = orders.recv().await {
            super::work(order);
        }
    }
}

fn main() {}
