//! The Python bindings of kring: a bridge that converts types, frees the interpreter in long calls
//! and maps errors. What it offers is told in Python's own documentation of each name.

#![allow(
    clippy::doc_link_with_quotes,
    reason = "most documentation here is Python's, with lists of texts"
)]

mod arrow;
mod circles;
mod cohort;
mod columns;
mod dataset;
mod errors;
mod folder;
mod frame;
mod hints;
mod html;
mod input;
mod job;
mod lm;
mod method;
mod mixed;
mod pickle;
mod programme;
mod published;
mod repeated;
mod replication;
mod result;
mod roles;
mod simulation;
mod tables;
mod values;
mod verify;

use kring::report::{Ink, Style};

/// How text is set for the representation of an object.
fn plain_style() -> Style {
    Style {
        ink: Ink::Plain,
        width: 100,
    }
}

/// The part of kring that is compiled.
#[pyo3::pymodule]
mod _kring {
    #[pymodule_export]
    use super::circles::{Circles, circles, simulate_circles};
    #[pymodule_export]
    use super::cohort::{Cohort, Description, Flow, Violation};
    #[pymodule_export]
    use super::dataset::{Dataset, read};
    #[pymodule_export]
    use super::frame::{Frame, Tabular};
    #[pymodule_export]
    use super::job::{MethodJob, SimulationJob};
    #[pymodule_export]
    use super::lm::{LmFit, lm};
    #[pymodule_export]
    use super::method::{Answer, advise, compare, methods, test};
    #[pymodule_export]
    use super::mixed::{glmm, lmm};
    #[pymodule_export]
    use super::programme::{attrition, baseline, instrument, inventory, process};
    #[pymodule_export]
    use super::published::{
        Published, check_difference, check_figures, check_interval, check_interval_p_value,
        check_p_value, check_product, check_share, check_shares, check_spread, check_sum,
        check_weighted_mean, debit, grim, grim_many, grimmer, possible_n, possible_sums, published,
        read_figures,
    };
    #[pymodule_export]
    use super::repeated::{gee, mmrm};
    #[pymodule_export]
    use super::replication::{Figure, Replication, check, replicate, studies};
    #[pymodule_export]
    use super::result::Tables;
    #[pymodule_export]
    use super::simulation::{Performance, Power, Simulated, designs, performance, power, simulate};

    #[pymodule_export]
    use super::verify::{Verification, verify};

    /// The version of kring.
    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "the name by convention in Python")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
