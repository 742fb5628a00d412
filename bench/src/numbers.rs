//! Percentiles, rates, and how they are printed.

use anyhow::Context;
use std::time::Duration;

/// The value that the share `part` (0 to 1) of the sample does not exceed.
pub(crate) fn percentile(sample: &mut [Duration], part: f64) -> Duration {
    sample.sort_unstable();
    let last = sample.len().saturating_sub(1);
    sample.get((last as f64 * part).round() as usize).copied().unwrap_or_default()
}

/// How many a second.
pub(crate) fn rate(count: usize, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64().max(f64::EPSILON)
}

/// Milliseconds with two decimals.
pub(crate) fn ms(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1e3)
}

/// The resident memory of a process (by its id, or "self"), in MiB.
pub(crate) fn resident(process: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024)
}

/// The processor time that this process has used so far, to a hundredth of a second.
pub(crate) fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name, which is in parentheses, the twelfth and the thirteenth: in user mode and in the kernel's.
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok());
    Duration::from_millis(10 * ticks.sum::<u64>())
}

/// A line of results.
pub(crate) fn line(name: &str, value: &str) {
    println!("{name:<58} {value:>16}");
}

/// The headline of a measurement.
pub(crate) fn headline(text: &str) {
    println!("\n{text}");
}
