/// Jenkins' lookup3 (`hashlittle` with 0 to begin with), the checksum of HDF5's metadata.
pub(super) fn lookup3(bytes: &[u8]) -> u32 {
    let first = 0xdead_beef_u32.wrapping_add(bytes.len() as u32);
    let mut state = [first; 3];
    let mut left = bytes;
    while left.len() > 12 {
        let (block, rest) = left.split_at(12);
        add(&mut state, block);
        mix(&mut state);
        left = rest;
    }
    if left.is_empty() {
        return state[2];
    }
    let mut last = [0; 12];
    last[..left.len()].copy_from_slice(left);
    add(&mut state, &last);
    finish(&mut state);
    state[2]
}

fn add(state: &mut [u32; 3], block: &[u8]) {
    for (word, bytes) in state.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = word.wrapping_add(u32::from_le_bytes(*bytes));
    }
}

fn mix(state: &mut [u32; 3]) {
    let [mut a, mut b, mut c] = *state;
    for turns in [[4, 6, 8], [16, 19, 4]] {
        a = a.wrapping_sub(c) ^ c.rotate_left(turns[0]);
        c = c.wrapping_add(b);
        b = b.wrapping_sub(a) ^ a.rotate_left(turns[1]);
        a = a.wrapping_add(c);
        c = c.wrapping_sub(b) ^ b.rotate_left(turns[2]);
        b = b.wrapping_add(a);
    }
    *state = [a, b, c];
}

fn finish(state: &mut [u32; 3]) {
    let [mut a, mut b, mut c] = *state;
    let step = |of: u32, by: u32, turn: u32| (of ^ by).wrapping_sub(by.rotate_left(turn));
    c = step(c, b, 14);
    a = step(a, c, 11);
    b = step(b, a, 25);
    c = step(c, b, 16);
    a = step(a, c, 4);
    b = step(b, a, 14);
    c = step(c, b, 24);
    *state = [a, b, c];
}

#[cfg(test)]
mod tests {
    #[test]
    fn as_its_author_gives_it() {
        // The self-test of lookup3.c.
        assert_eq!(super::lookup3(b""), 0xdead_beef);
        assert_eq!(super::lookup3(b"Four score and seven years ago"), 0x1777_0551);
    }
}
