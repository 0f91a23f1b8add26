//! Chapter "The model": an `async fn` and the state machine that it stands for.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::model::Doorbell;

// ANCHOR: async_fn
pub async fn receive(door: Doorbell, parcel: Doorbell, name: &'static str) -> usize {
    door.await;
    let greeting = format!("hello {name}");
    parcel.await;
    greeting.len()
}
// ANCHOR_END: async_fn

// ANCHOR: by_hand
pub enum Receive {
    /// Made, never polled: the arguments.
    Unresumed(Doorbell, Doorbell, &'static str),
    /// Suspended at `door.await`.
    AtDoor(Doorbell, Doorbell, &'static str),
    /// Suspended at `parcel.await`: `name` is gone, `greeting` has come.
    AtParcel(Doorbell, String),
    Returned,
}

impl Future for Receive {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<usize> {
        loop {
            *self = match &mut *self {
                Receive::Unresumed(door, parcel, name) => {
                    Receive::AtDoor(door.clone(), parcel.clone(), name)
                }
                Receive::AtDoor(door, parcel, name) => {
                    ready!(Pin::new(door).poll(context));
                    Receive::AtParcel(parcel.clone(), format!("hello {name}"))
                }
                Receive::AtParcel(parcel, greeting) => {
                    ready!(Pin::new(parcel).poll(context));
                    let length = greeting.len();
                    *self = Receive::Returned;
                    return Poll::Ready(length);
                }
                Receive::Returned => panic!("`async fn` resumed after completion"),
            };
        }
    }
}
// ANCHOR_END: by_hand

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    /// Rings one bell after the other and notes what each poll said.
    fn polls(
        make: impl FnOnce(Doorbell, Doorbell) -> Pin<Box<dyn Future<Output = usize>>>,
    ) -> Vec<Poll<usize>> {
        let (door, parcel) = (Doorbell::default(), Doorbell::default());
        let mut future = make(door.clone(), parcel.clone());
        let mut context = Context::from_waker(Waker::noop());
        let mut polls = vec![future.as_mut().poll(&mut context)];
        for bell in [door, parcel] {
            bell.ring();
            polls.push(future.as_mut().poll(&mut context));
        }
        polls
    }

    #[test]
    fn both_do_the_same() {
        let compiled = polls(|door, parcel| Box::pin(receive(door, parcel, "Ada")));
        let by_hand = polls(|door, parcel| Box::pin(Receive::Unresumed(door, parcel, "Ada")));
        assert_eq!(compiled, by_hand);
        assert_eq!(compiled, [Poll::Pending, Poll::Pending, Poll::Ready(9)]);
    }

    #[test]
    #[should_panic(expected = "`async fn` resumed after completion")]
    fn a_finished_state_machine_has_no_state_to_go_on_from() {
        let mut done = Box::pin(async {});
        let mut context = Context::from_waker(Waker::noop());
        assert!(done.as_mut().poll(&mut context).is_ready());
        let _ = done.as_mut().poll(&mut context);
    }
}
