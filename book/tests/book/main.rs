//! The book holds together: chapters, includes, links, the form of the traps' pages, coverage.
//!
//! What its code does is tested where the code is: in `book/code` and in `examples/traps`.

mod coverage;
mod includes;
mod links;
mod pages;
mod pictures;
mod traps;
