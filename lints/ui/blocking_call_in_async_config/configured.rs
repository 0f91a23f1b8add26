//! What `assume_blocking` and `assume_non_blocking` say.
#![allow(dead_code, unused)]

use std::path::Path;

pub struct Connection;

impl Connection {
    pub fn query(&self) -> u32 {
        1
    }

    pub fn cached(&self) -> Vec<u8> {
        std::fs::read("cache").unwrap_or_default()
    }
}

fn helper(connection: &Connection) -> u32 {
    connection.query()
}

async fn reported(connection: Connection) {
    connection.query();
    helper(&connection);
    Path::new("a").exists();
}

async fn silent(connection: Connection) {
    connection.cached();
    std::thread::sleep(std::time::Duration::from_millis(1));
}

fn main() {}
