//! Long computations: a bar on a terminal, and Ctrl-C that keeps what was done.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use kring::power::{Stop, Watch};
use signal_hook::consts::SIGINT;

use crate::output::Fault;

/// Shows how far it is on standard error, where that is a terminal, and stops at Ctrl-C.
pub struct Watching {
    bar: Option<ProgressBar>,
    stopped: Arc<AtomicBool>,
}

impl Watching {
    /// Begins. A second Ctrl-C ends the command at once.
    pub fn begin() -> Result<Self, Fault> {
        let stopped = Arc::new(AtomicBool::new(false));
        let flag = || Arc::clone(&stopped);
        signal_hook::flag::register_conditional_shutdown(SIGINT, 130, flag())
            .and_then(|_| signal_hook::flag::register(SIGINT, flag()))
            .map_err(|error| Fault::Write(format!("Ctrl-C cannot be caught: {error}")))?;
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            let template = "{wide_bar} {human_pos} of {human_len} replicates, {eta} left (Ctrl-C keeps what is done)";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar
        });
        Ok(Self { bar, stopped })
    }
}

impl Watch for Watching {
    fn progress(&mut self, done: u64, of: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(of);
            bar.set_position(done);
        }
    }

    fn stop(&mut self) -> Stop {
        if self.stopped.load(Ordering::Relaxed) {
            Stop::Now
        } else {
            Stop::No
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
