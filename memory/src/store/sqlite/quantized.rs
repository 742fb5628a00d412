//! Vectors in a byte a number, with what that costs in precision: enough to tell what can be among the nearest, at a
//! quarter of the reading and in instructions that every processor has.

/// A vector of length one as whole numbers, nearly.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct QuantizedVector {
    /// What a step of `numbers` is worth.
    pub(super) scale: f32,
    /// How far what `numbers` say is from the vector.
    pub(super) error: f32,
    /// From -127 to 127.
    pub(super) numbers: Vec<i8>,
}

/// More than the arithmetic itself can be off, in vectors of any length that is kept.
const ARITHMETIC: f32 = 1e-4;

impl QuantizedVector {
    /// The code of a vector's direction; the vector has one and is finite.
    pub(super) fn of(vector: &[f32]) -> Self {
        let length = length(vector);
        let largest = vector.iter().fold(0.0_f64, |largest, number| largest.max(f64::from(number.abs()))) / length;
        let scale = narrow(largest / 127.0);
        let mut error = 0.0;
        let numbers = vector.iter().map(|number| {
            let number = f64::from(*number) / length;
            #[expect(clippy::cast_possible_truncation, reason = "it is between -127 and 127")]
            let step = (number / f64::from(scale)).round() as i8;
            error += (number - f64::from(step) * f64::from(scale)).powi(2);
            step
        });
        let numbers = numbers.collect();
        Self { scale, error: narrow(error.sqrt()), numbers }
    }

    /// The cosine of two vectors as their codes have it, and how far the true one can be from that.
    pub(super) fn cosine(&self, scale: f32, error: f32, numbers: &[u8]) -> (f32, f32) {
        let product: i32 =
            self.numbers.iter().zip(numbers).map(|(a, b)| i32::from(*a) * i32::from(b.cast_signed())).sum();
        #[expect(clippy::cast_precision_loss, reason = "what is lost is far below the arithmetic's own part")]
        let cosine = product as f32 * self.scale * scale;
        (cosine, self.error + (1.0 + self.error) * error + ARITHMETIC)
    }

    /// Its numbers as they are kept.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.numbers.iter().map(|number| number.cast_unsigned()).collect()
    }
}

/// A vector as it is kept.
pub(super) fn bytes_of(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|number| number.to_ne_bytes()).collect()
}

/// The cosine of a vector and one that is kept.
pub(super) fn cosine(vector: &[f32], kept: &[u8]) -> f64 {
    let kept: Vec<f32> = kept.as_chunks().0.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect();
    let product: f64 = vector.iter().zip(&kept).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
    product / (length(vector) * length(&kept))
}

#[expect(clippy::cast_possible_truncation, reason = "what is lost is far below the arithmetic's own part")]
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
        prop::collection::vec(-1.0_f32..1.0, 24).prop_filter("it has a direction", |vector| length(vector) > 0.01)
    }

    proptest! {
        #[test]
        fn the_true_cosine_is_as_near_as_is_promised(a in direction(), b in direction(), stretched in 0_usize..24) {
            let mut b = b;
            b[stretched] *= 100.0;
            let (query, kept) = (QuantizedVector::of(&a), QuantizedVector::of(&b));
            let (coarse, slack) = query.cosine(kept.scale, kept.error, &kept.bytes());
            let exact = cosine(&a, &bytes_of(&b));
            prop_assert!((f64::from(coarse) - exact).abs() <= f64::from(slack), "{coarse} ± {slack}, but {exact}");
            prop_assert!(slack < 0.1, "{slack} would narrow nothing down");
        }
    }

    #[test]
    fn a_single_number_is_coded_without_loss() {
        let code = QuantizedVector::of(&[0.0, -3.0, 0.0]);
        assert_eq!(code.numbers, [0, -127, 0]);
        assert!(code.error < 1e-6, "{}", code.error);
    }
}
