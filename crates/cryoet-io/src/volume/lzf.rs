/// Unpacks what LZF packed (the filter that h5py calls `lzf`), at most `most` bytes; none where it is broken or longer.
///
/// A control byte below 32 says how many bytes stand as they are, less one; any other says how many of those unpacked before come again,
/// less two, and from how far back, less one.
pub(super) fn unpack(packed: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    let mut bytes = packed.iter();
    while let Some(&control) = bytes.next() {
        if control < 32 {
            let (run, rest) = bytes.as_slice().split_at_checked(usize::from(control) + 1)?;
            content.extend(run);
            bytes = rest.iter();
        } else {
            let mut length = usize::from(control >> 5) + 2;
            if length == 9 {
                length += usize::from(*bytes.next()?);
            }
            let back = (usize::from(control & 31) << 8) | usize::from(*bytes.next()?);
            let from = content.len().checked_sub(back + 1)?;
            // It may reach into what it makes itself.
            for at in from..from + length {
                content.push(content[at]);
            }
        }
        if content.len() > most {
            return None;
        }
    }
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::unpack;

    #[test]
    fn runs_and_repetitions() {
        assert_eq!(unpack(&[], 0), Some(vec![]));
        assert_eq!(unpack(&[2, 7, 8, 9, 32, 2], 99), Some(vec![7, 8, 9, 7, 8, 9]));
        assert_eq!(unpack(&[0, 5, 7 << 5, 11, 0], 99), Some(vec![5; 21]));
        // Cut short, from before the beginning, longer than it may be.
        for broken in [&[2, 7][..], &[0, 5, 7 << 5], &[0, 5, 7 << 5, 1], &[0, 5, 1 << 5, 1], &[1 << 5, 0]] {
            assert_eq!(unpack(broken, 99), None, "{broken:?}");
        }
        assert_eq!(unpack(&[0, 5, 7 << 5, 11, 0], 20), None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(packed in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = unpack(&packed, 4096);
        }
    }
}
