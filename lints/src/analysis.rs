//! Analyses that the lints query. A lint never re-implements one of them.
