//! Element-wise steps of the model. They run on the calling thread, where candle would use its own threads, and in a
//! form that compilers turn into vector instructions.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};

/// Adds `other`, or adds it to every row if it is a single row.
pub(super) fn sum(rows: &Tensor, other: &Tensor) -> Result<Tensor> {
    rows.apply_op2_no_bwd(other, &Elementwise(|a, b| a + b))
}

/// The activation GELU of [`sum`]: GELU(x) = x·Φ(x), where Φ is the standard normal distribution function.
pub(super) fn gelu_of_sum(rows: &Tensor, other: &Tensor) -> Result<Tensor> {
    rows.apply_op2_no_bwd(other, &Elementwise(|a, b| gelu(a + b)))
}

/// Combines two numbers into one.
struct Elementwise<F>(F);

impl<F: Fn(f32, f32) -> f32> CustomOp2 for Elementwise<F> {
    fn name(&self) -> &'static str {
        "elementwise"
    }

    fn cpu_fwd(
        &self,
        rows: &CpuStorage,
        rows_layout: &Layout,
        other: &CpuStorage,
        other_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, other) = (numbers(rows, rows_layout)?, numbers(other, other_layout)?);
        if other.is_empty() || !rows.len().is_multiple_of(other.len()) {
            bail!("{} numbers do not divide into rows of {}", rows.len(), other.len());
        }
        let mut combined = Vec::with_capacity(rows.len());
        for row in rows.chunks_exact(other.len()) {
            combined.extend(row.iter().zip(other).map(|(a, b)| (self.0)(*a, *b)));
        }
        Ok((CpuStorage::F32(combined), rows_layout.shape().clone()))
    }
}

fn numbers<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(numbers), Some((from, to))) => Ok(numbers.get(from..to).unwrap_or_default()),
        _ => bail!("element-wise steps need contiguous 32-bit floats"),
    }
}

fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + error_function(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// Abramowitz and Stegun, 7.1.26: the error is below 1.5e-7.
fn error_function(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let polynomial = t * (0.254_829_6 + t * (-0.284_496_75 + t * (1.421_413_8 + t * (-1.453_152_1 + t * 1.061_405_4))));
    let share = 1.0 - polynomial * exponential(-x * x);
    share.copysign(x)
}

/// `e` to a power of at most zero: a power of two, built from its bits, times a polynomial.
fn exponential(power: f32) -> f32 {
    /// Adding and subtracting it rounds to a whole number.
    const ROUND: f32 = 12_582_912.0;
    let power = power.max(-87.0);
    let rounded = power * std::f32::consts::LOG2_E + ROUND;
    let whole = rounded - ROUND;
    // ln 2 in two parts keeps the difference exact.
    let rest = power - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let polynomial = 1.0
        + rest
            * (1.0
                + rest
                    * (0.5
                        + rest
                            * (1.666_666_6e-1 + rest * (4.166_579_6e-2 + rest * (8.333_452e-3 + rest * 1.398_2e-3)))));
    let bits = rounded.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23;
    polynomial * f32::from_bits(bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn a_single_row_is_added_to_every_row() {
        let rows = Tensor::new(&[[1.0_f32, 2.0], [3.0, 4.0]], &Device::Cpu).unwrap();
        let row = Tensor::new(&[10.0_f32, 20.0], &Device::Cpu).unwrap();
        assert_eq!(sum(&rows, &row).unwrap().to_vec2::<f32>().unwrap(), [[11.0, 22.0], [13.0, 24.0]]);
        assert_eq!(sum(&rows, &rows).unwrap().to_vec2::<f32>().unwrap(), [[2.0, 4.0], [6.0, 8.0]]);
        assert!(sum(&row, &rows).is_err());
    }

    #[test]
    fn the_activation_equals_candle_s_within_2e_6() {
        let input: Vec<f32> =
            (-12_000..=12_000).map(|n| n as f32 / 1_000.0).chain([0.0, -0.0, 1e-20, 100.0, -100.0]).collect();
        let input = Tensor::new(input, &Device::Cpu).unwrap();
        let nothing = Tensor::zeros(1, candle_core::DType::F32, &Device::Cpu).unwrap();
        let exact: Vec<f32> = input.gelu_erf().unwrap().to_vec1().unwrap();
        let ours: Vec<f32> = gelu_of_sum(&input, &nothing).unwrap().to_vec1().unwrap();
        let inputs: Vec<f32> = input.to_vec1().unwrap();
        for ((x, exact), ours) in inputs.iter().zip(exact).zip(ours) {
            assert!((exact - ours).abs() < 2e-6, "gelu({x}) is {exact}, not {ours}");
        }
    }
}
