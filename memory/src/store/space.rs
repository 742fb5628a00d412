//! The embedding space of a store's vectors. Vectors of different embedders are not comparable even when they have
//! equal length, so the space's name is part of the collection's or table's name.

use super::StoreError;

/// The largest vector dimension that every store supports.
const MAX_DIMENSION: usize = 8192;

/// The embedder whose vectors a store holds, and their dimension.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmbeddingSpace {
    /// The embedder's name: lower-case letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// How many numbers a vector has, from 1 to the largest dimension that every store supports.
    pub dimension: usize,
}

impl EmbeddingSpace {
    /// Fails when the name or the dimension cannot be part of a collection's name.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let is_valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
        if self.name.is_empty() || self.name.len() > 128 || !self.name.chars().all(is_valid) {
            return Err(StoreError::Unusable(format!(
                "embedder name {:?} must have 1 to 128 lower-case letters, digits, '.', '_' or '-'",
                self.name
            )));
        }
        if !(1..=MAX_DIMENSION).contains(&self.dimension) {
            return Err(StoreError::Unusable(format!(
                "vectors must have 1 to {MAX_DIMENSION} numbers, not {}",
                self.dimension
            )));
        }
        Ok(())
    }

    /// Checks a vector: an error when its dimension is wrong or a number is not finite, `None` for the zero vector,
    /// which has no direction to compare.
    pub(crate) fn accept<'a>(&self, vector: Option<&'a [f32]>) -> Result<Option<&'a [f32]>, StoreError> {
        let Some(vector) = vector else { return Ok(None) };
        if vector.len() != self.dimension {
            return Err(StoreError::Refused(format!(
                "vector has {} numbers, but embedder {} has {}",
                vector.len(),
                self.name,
                self.dimension
            )));
        }
        if !vector.iter().all(|number| number.is_finite()) {
            return Err(StoreError::Refused("vector contains a number that is not finite".to_owned()));
        }
        Ok(Some(vector).filter(|vector| vector.iter().any(|number| *number != 0.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(name: &str, dimension: usize) -> EmbeddingSpace {
        EmbeddingSpace { name: name.to_owned(), dimension }
    }

    #[test]
    fn check_rejects_invalid_names_and_dimensions() {
        assert!(space("gemini-embedding-2.0", 768).check().is_ok());
        for bad in [space("", 3), space("A", 3), space("a\"b", 3), space("a/b", 3), space("a", 0), space("a", 9000)] {
            assert!(matches!(bad.check(), Err(StoreError::Unusable(_))), "{bad:?}");
        }
    }

    #[test]
    fn accept_refuses_vectors_that_do_not_fit() {
        let space = space("a", 2);
        assert_eq!(space.accept(Some(&[0.6, 0.8])).unwrap(), Some([0.6, 0.8].as_slice()));
        assert_eq!(space.accept(Some(&[0.0, 0.0])).unwrap(), None);
        assert_eq!(space.accept(None).unwrap(), None);
        assert!(matches!(space.accept(Some(&[1.0])), Err(StoreError::Refused(_))));
        assert!(matches!(space.accept(Some(&[f32::NAN, 1.0])), Err(StoreError::Refused(_))));
    }
}
