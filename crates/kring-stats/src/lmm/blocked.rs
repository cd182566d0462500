//! stub
use super::families::Omega;
use crate::random::Factor;
#[derive(Debug, Clone)]
pub(super) struct Blocked {}
#[derive(Debug, Clone)]
pub(super) struct BlockedWork {}
impl Blocked {
    pub fn work(&self) -> BlockedWork { BlockedWork {} }
    pub fn evaluate(&self, _l: &[f64], _w: &mut BlockedWork, _o: &mut [f64]) -> Option<f64> { None }
    pub fn slopes(&self, _f: &[Factor], _l: &[f64], _o: &Omega<'_>, _w: &mut BlockedWork, _g: &mut [f64], _s: &mut [Vec<f64>], _h: &mut [f64]) {}
}
