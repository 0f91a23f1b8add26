use super::*;

const MS: Duration = Duration::from_millis(1);

#[tokio::test]
async fn biased_polls_from_the_top() {
    let (control_in, mut control) = mpsc::channel(2);
    let (data_in, mut data) = mpsc::channel(2);
    for _ in 0..50 {
        data_in.try_send("data").unwrap();
        control_in.try_send("stop").unwrap();
        assert_eq!(next(&mut control, &mut data).await, Some("stop"));
        assert_eq!(next(&mut control, &mut data).await, Some("data"));
    }
    drop((control_in, data_in));
    assert_eq!(next(&mut control, &mut data).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_precondition_switches_a_branch_off() {
    let (data_in, mut data) = mpsc::channel(8);
    for packet in ["a", "b", "c"] {
        data_in.try_send(packet).unwrap();
    }
    let stop = CancellationToken::new();
    let cancel = stop.clone();
    tokio::spawn(async move {
        sleep(MS).await;
        cancel.cancel();
    });
    assert_eq!(fill(&mut data, 2, &stop).await, ["a", "b"]);
    assert_eq!(data.try_recv(), Ok("c"), "the third stays in the channel");
}

// ANCHOR: losers
#[tokio::test(start_paused = true)]
async fn the_losers_of_a_select_are_dropped() {
    let (cancelled, mut dropped) = mpsc::unbounded_channel();
    tokio::select! {
        quick = upload("quick", MS, cancelled.clone()) => assert_eq!(quick.unwrap(), "quick"),
        _ = upload("slow", 2 * MS, cancelled.clone()) => unreachable!(),
    }
    assert_eq!(dropped.try_recv(), Ok("slow"));
}
// ANCHOR_END: losers

// ANCHOR: try_join
#[tokio::test(start_paused = true)]
async fn the_first_error_of_a_try_join_drops_the_others() {
    let (cancelled, mut dropped) = mpsc::unbounded_channel();
    let both = tokio::try_join!(
        upload("broken", MS, cancelled.clone()),
        upload("sibling", 2 * MS, cancelled.clone()),
    );
    assert_eq!(both.unwrap_err(), "broken failed");
    assert_eq!(dropped.try_recv(), Ok("sibling"));
}
// ANCHOR_END: try_join

// ANCHOR: join_then_try
#[tokio::test(start_paused = true)]
async fn join_then_try_lets_the_siblings_finish() {
    let (cancelled, mut dropped) = mpsc::unbounded_channel();
    let both = async_patterns::join_then_try!(
        upload("broken", MS, cancelled.clone()),
        upload("sibling", 2 * MS, cancelled.clone()),
    );
    assert_eq!(both.unwrap_err(), "broken failed");
    assert!(dropped.try_recv().is_err(), "nobody was cancelled");
}
// ANCHOR_END: join_then_try
