//! Vectors quantised to int8, with a bound of their error. The bound suffices to exclude what cannot be among the nearest
//! vectors. Quantised vectors take a quarter of the reads, and their product needs no special CPU instructions.

/// The direction of a vector in int8 steps.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct QuantizedVector {
    /// The length of one step of `numbers`.
    pub(super) scale: f32,
    /// The Euclidean distance between `scale * numbers` and the normalised vector.
    pub(super) error: f32,
    /// Steps from -127 to 127.
    pub(super) numbers: Vec<i8>,
}

/// An upper bound of the rounding errors of the f32 arithmetic, for vectors of every supported dimension.
const ROUNDING: f32 = 1e-4;

impl QuantizedVector {
    /// Quantises a vector's direction. The vector must be finite and not zero.
    pub(super) fn of(vector: &[f32]) -> Self {
        let length = length(vector);
        let largest = vector.iter().fold(0.0_f64, |largest, number| largest.max(f64::from(number.abs()))) / length;
        let scale = narrow(largest / 127.0);
        let mut error = 0.0;
        let numbers = vector.iter().map(|number| {
            let number = f64::from(*number) / length;
            #[expect(clippy::cast_possible_truncation, reason = "the quotient is between -127 and 127")]
            let step = (number / f64::from(scale)).round() as i8;
            error += (number - f64::from(step) * f64::from(scale)).powi(2);
            step
        });
        let numbers = numbers.collect();
        Self { scale, error: narrow(error.sqrt()), numbers }
    }

    /// The approximate cosine with another quantised vector, and the maximum distance of the exact cosine from it.
    pub(super) fn cosine(&self, scale: f32, error: f32, numbers: &[u8]) -> (f32, f32) {
        let product: i32 =
            self.numbers.iter().zip(numbers).map(|(a, b)| i32::from(*a) * i32::from(b.cast_signed())).sum();
        #[expect(clippy::cast_precision_loss, reason = "ROUNDING covers the loss")]
        let cosine = product as f32 * self.scale * scale;
        (cosine, self.error + (1.0 + self.error) * error + ROUNDING)
    }

    /// `numbers` as stored in the `code` column.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.numbers.iter().map(|number| number.cast_unsigned()).collect()
    }
}

/// A vector as stored in the `embedding` column.
pub(super) fn bytes_of(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|number| number.to_ne_bytes()).collect()
}

/// The exact cosine of a vector and a stored one.
pub(super) fn cosine(vector: &[f32], stored: &[u8]) -> f64 {
    let stored: Vec<f32> = stored.as_chunks().0.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect();
    let product: f64 = vector.iter().zip(&stored).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
    product / (length(vector) * length(&stored))
}

#[expect(clippy::cast_possible_truncation, reason = "ROUNDING covers the loss")]
fn narrow(number: f64) -> f32 {
    number as f32
}

fn length(vector: &[f32]) -> f64 {
    vector.iter().map(|number| f64::from(*number).powi(2)).sum::<f64>().sqrt().max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn direction() -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec(-1.0_f32..1.0, 24).prop_filter("not the zero vector", |vector| length(vector) > 0.01)
    }

    proptest! {
        #[test]
        fn the_exact_cosine_is_within_the_error_bound(a in direction(), b in direction(), outlier in 0_usize..24) {
            let mut b = b;
            b[outlier] *= 100.0;
            let (query, stored) = (QuantizedVector::of(&a), QuantizedVector::of(&b));
            let (approximate, slack) = query.cosine(stored.scale, stored.error, &stored.bytes());
            let exact = cosine(&a, &bytes_of(&b));
            prop_assert!(
                (f64::from(approximate) - exact).abs() <= f64::from(slack),
                "{approximate} ± {slack}, but {exact}"
            );
            prop_assert!(slack < 0.1, "a slack of {slack} excludes nothing");
        }
    }

    #[test]
    fn a_vector_along_one_axis_is_quantised_without_loss() {
        let code = QuantizedVector::of(&[0.0, -3.0, 0.0]);
        assert_eq!(code.numbers, [0, -127, 0]);
        assert!(code.error < 1e-6, "{}", code.error);
    }
}
