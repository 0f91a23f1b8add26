//! What happens when there is too much of something.

use std::io::ErrorKind;
use std::time::Duration;

use io_loop::Config;
use io_loop::config::UdpConfig;
use tokio::time::sleep;

use crate::upstream::ECHO;
use crate::world::{World, echo, target, within};

#[tokio::test(start_paused = true)]
async fn too_many_flows_are_refused_until_one_ends() {
    let world = World::with(Config {
        max_flows: 3,
        ..Config::default()
    });
    let mut flows = Vec::new();
    for _ in 0..3 {
        flows.push(world.connect(ECHO).await);
    }
    let error = within(world.apps.connect(target(ECHO))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(world.metrics.refused.get(), 1);
    // One that has ended makes room, even in TIME-WAIT.
    echo(flows.pop().unwrap(), 100).await;
    sleep(Duration::from_millis(100)).await;
    echo(world.connect(ECHO).await, 100).await;
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn datagrams_go_and_come_back() {
    let world = World::new();
    for to in [target(ECHO), "[2001:db8::1]:7".parse().unwrap()] {
        // A socket has one version of IP, as the packet that it sends.
        if to.is_ipv6() {
            continue;
        }
        let mut socket = world.apps.bind().await.unwrap();
        for payload in [&b""[..], b"hello", &[7; 1400]] {
            socket.send_to(payload, to).await.unwrap();
            assert_eq!(
                within(socket.recv_from()).await.unwrap(),
                (to, payload.to_vec())
            );
        }
    }
    let metrics = world.end().await.metrics;
    assert_eq!(metrics.associations, 1);
    assert_eq!((metrics.datagrams_up, metrics.datagrams_down), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn an_idle_association_ends_and_is_opened_again() {
    let world = World::new();
    let mut socket = world.apps.bind().await.unwrap();
    for round in 1..=3 {
        socket.send_to(b"x", target(ECHO)).await.unwrap();
        within(socket.recv_from()).await.unwrap();
        assert_eq!(world.metrics.associations.get(), round);
        sleep(UdpConfig::default().idle + Duration::from_secs(1)).await;
    }
    let summary = world.end().await;
    assert_eq!(summary.sessions.totals().finished, 3, "{summary}");
}

#[tokio::test(start_paused = true)]
async fn the_association_unused_for_longest_makes_room() {
    let world = World::with(Config {
        udp: UdpConfig {
            max_associations: 2,
            ..UdpConfig::default()
        },
        ..Config::default()
    });
    let mut sockets = Vec::new();
    for _ in 0..3 {
        sockets.push(world.apps.bind().await.unwrap());
    }
    // 0 is used again after 1, so 1 is the oldest when 2 comes.
    for index in [0, 1, 0, 2, 0] {
        let socket = &mut sockets[index];
        socket.send_to(b"x", target(ECHO)).await.unwrap();
        within(socket.recv_from()).await.unwrap();
    }
    assert_eq!(world.metrics.associations.get(), 3);
    assert_eq!(world.metrics.associations_evicted.get(), 1);
    sockets[1].send_to(b"x", target(ECHO)).await.unwrap();
    within(sockets[1].recv_from()).await.unwrap();
    assert_eq!(world.metrics.associations.get(), 4);
    let summary = world.end().await;
    let totals = summary.sessions.totals();
    assert_eq!(totals.children(), 4, "{summary}");
    assert!(summary.sessions.is_clean(), "{summary}");
}
