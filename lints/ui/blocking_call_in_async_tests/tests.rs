//! Tests may block: nothing else runs on their runtime.
#![allow(dead_code, unused)]

use std::{fs, io, thread, time::Duration};

async fn handler() {
    thread::sleep(Duration::from_secs(1));
}

async fn only_a_test_calls_this() -> io::Result<String> {
    deeper().await;
    fs::read_to_string("fixture")
}

async fn deeper() {
    thread::sleep(Duration::from_secs(1));
}

pub async fn offered_to_others() {
    thread::sleep(Duration::from_secs(1));
}

#[tokio::test]
async fn a_test() {
    let expected = fs::read_to_string("expected").unwrap();
    thread::sleep(Duration::from_millis(10));
    tokio::spawn(async { thread::sleep(Duration::from_millis(10)) }).await.unwrap();
    assert_eq!(only_a_test_calls_this().await.unwrap(), expected);
    offered_to_others().await;
}

#[test]
fn a_test_with_a_runtime() {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        thread::sleep(Duration::from_millis(10));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Server;

    impl Server {
        async fn start() {
            fs::write("port", "1").unwrap();
        }
    }

    #[tokio::test]
    async fn with_a_helper() {
        Server::start().await;
        fs::read("port").unwrap();
    }
}

#[cfg(any(test, feature = "testing"))]
async fn a_helper_for_tests() {
    thread::sleep(Duration::from_secs(1));
}
