use super::{ReadParticlesError, read::Place};

/// A file's bytes, read field by field from the front.
pub(super) struct Cursor<'a> {
    place: Place<'a>,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(place: Place<'a>, bytes: &'a [u8]) -> Self {
        Self { place, bytes, at: 0 }
    }

    /// The byte that is read next.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub(super) fn take(&mut self, field: &str, length: usize) -> Result<&'a [u8], ReadParticlesError> {
        let taken = self.at.checked_add(length).and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| {
            let message = format!("truncated: {field} takes {length} bytes, {} are left", self.bytes.len() - self.at);
            self.place.binary(self.at, message)
        })?;
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, field: &str) -> Result<[u8; N], ReadParticlesError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(field, N)?);
        Ok(array)
    }

    pub(super) fn big_u32(&mut self, field: &str) -> Result<u32, ReadParticlesError> {
        Ok(u32::from_be_bytes(self.array(field)?))
    }

    pub(super) fn big_f32(&mut self, field: &str) -> Result<f32, ReadParticlesError> {
        Ok(f32::from_be_bytes(self.array(field)?))
    }
}
