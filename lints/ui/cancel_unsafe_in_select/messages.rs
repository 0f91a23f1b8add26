//! Which messages are lost with the future that was to send them.
#![allow(dead_code, unused_must_use)]

use std::{collections::VecDeque, mem};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpStream,
    select,
    sync::mpsc,
    time::Interval,
};

enum Event {
    Line { number: u64, text: String },
    Tick,
}

struct Pump {
    events: mpsc::Sender<Event>,
    texts: mpsc::Sender<String>,
    pending: VecDeque<String>,
    current: Option<String>,
    ticks: Interval,
}

fn parse(text: String) -> Event {
    Event::Line { number: 0, text }
}

impl Pump {
    async fn lines(&mut self, stream: TcpStream) {
        let mut lines = BufReader::new(stream).lines();
        let mut number = 0;
        while let Ok(Some(text)) = lines.next_line().await {
            number += 1;
            select! {
                _ = self.events.send(Event::Line { number, text }) => {}
                _ = self.ticks.tick() => {}
            }
        }
    }

    async fn parsed(&mut self, mut texts: mpsc::Receiver<String>) -> Option<()> {
        loop {
            let event = parse(texts.recv().await?);
            select! {
                _ = self.events.send(event) => {}
                _ = self.ticks.tick() => {}
            }
        }
    }

    async fn taken(&mut self) {
        loop {
            let Some(text) = self.current.take() else { return };
            select! {
                _ = self.texts.send(text) => {}
                _ = self.ticks.tick() => {}
            }
        }
    }

    async fn popped_in_place(&mut self) {
        while !self.pending.is_empty() {
            select! {
                _ = self.texts.send(self.pending.pop_front().unwrap()) => {}
                _ = self.ticks.tick() => {}
            }
        }
    }

    async fn replaced(&mut self, mut text: String) {
        loop {
            let whole = mem::take(&mut text);
            select! {
                _ = self.texts.send(whole) => {}
                _ = self.ticks.tick() => text.push('x'),
            }
        }
    }

    async fn constants(&mut self) {
        loop {
            select! {
                _ = self.events.send(Event::Tick) => {}
                _ = self.ticks.tick() => {}
            }
        }
    }

    async fn copies(&mut self) {
        while let Some(text) = self.pending.front() {
            select! {
                _ = self.texts.send(text.clone()) => drop(self.pending.pop_front()),
                _ = self.ticks.tick() => {}
            }
        }
    }

    async fn computed(&mut self, count: u64) {
        loop {
            select! {
                _ = self.texts.send(count.to_string()) => {}
                _ = self.ticks.tick() => {}
            }
        }
    }

    async fn kept_for_the_next_pass(&mut self) {
        loop {
            let Some(text) = self.current.clone() else { return };
            select! {
                _ = self.texts.send(text) => self.current = None,
                _ = self.ticks.tick() => {}
            }
        }
    }

    async fn pinned(&mut self, mut texts: mpsc::Receiver<String>) {
        while let Some(text) = texts.recv().await {
            let mut sending = std::pin::pin!(self.texts.send(text));
            loop {
                select! {
                    _ = &mut sending => break,
                    _ = self.ticks.tick() => {}
                }
            }
        }
    }

    async fn a_permit(&mut self, mut texts: mpsc::Receiver<String>) {
        while let Some(text) = texts.recv().await {
            loop {
                select! {
                    permit = self.texts.reserve() => {
                        permit.unwrap().send(text);
                        break;
                    }
                    _ = self.ticks.tick() => {}
                }
            }
        }
    }
}

fn main() {}
