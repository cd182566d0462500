//! The facade: checks of published figures, descriptions, and studies that go wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should stop"
)]

mod advise;
mod checks;
mod checks_of_spread;
mod circles;
mod comparisons;
mod declared_checks;
mod descriptions;
mod fits;
mod groups;
mod means;
mod mediation;
mod methods;
mod mixed;
mod mixed_besides;
mod over_time;
mod power_search;
mod programme;
mod repeated;
mod simulations;
mod studies;
