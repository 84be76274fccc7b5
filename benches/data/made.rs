//! Articles that are made of real ones.

/// One word of so many is changed into one that no real article has.
const NEW_WORD_EVERY: u64 = 40;
const SYLLABLES: [&str; 14] = ["ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "xo"];

/// Adds a sentence, some of its words changed into new ones.
pub(crate) fn push_altered(text: &mut String, sentence: &str, random: &mut Random) {
    for word in sentence.split(' ') {
        text.push_str(word);
        if random.below(NEW_WORD_EVERY) == 0 && word.chars().all(char::is_alphabetic) {
            for _ in 0..3 {
                text.push_str(SYLLABLES[random.below(SYLLABLES.len() as u64) as usize]);
            }
        }
        text.push(' ');
    }
}

/// The sentences of a text that say something.
pub(crate) fn sentences(body: &str) -> Vec<&str> {
    body.split_inclusive(['.', '\n']).map(str::trim).filter(|sentence| sentence.len() > 20).collect()
}

/// xorshift64* (Vigna 2016): the same numbers on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number from 0 up to, and without, a bound.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 33) % bound
    }

    /// One of several.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }
}
