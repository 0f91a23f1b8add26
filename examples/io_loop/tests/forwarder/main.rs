//! The whole loop between a memory device and upstreams in the same process, in virtual time.

#![expect(
    unreachable_pub,
    reason = "nothing of a test can be reached; `pub` says here what a module offers"
)]

mod bridge;
mod dns;
mod endings;
mod faults;
mod limits;
mod link;
mod packets;
mod random;
mod upstream;
mod world;
