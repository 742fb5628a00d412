//! The worker runtime, rule by rule, on a bus in memory and under a clock that only moves when nothing
//! else does: no test waits for real time or depends on it. `local` alone runs in real time, on the local bus.

mod bus_faults;
mod commits;
mod dead_letters;
mod dependency;
mod drain;
mod flow;
mod lag;
mod local;
mod order;
mod rebalance;
mod retry;
mod traces;
mod world;
