//! How likely it is that a typed word is a misspelling of another.

/// The shortest word that is corrected, in characters.
pub const MIN_CHARS: usize = 4;
/// The length from which a word may have two errors, in characters.
const MIN_CHARS_TWO: usize = 8;
/// The longest word that is corrected, in characters: longer ones are addresses and codes.
const MAX_CHARS: usize = 40;

/// The maximum edit distance of corrections of a folded word; 0 for words that are never corrected:
/// short words, numbers, codes, and scripts without spaces between words.
pub fn max_edits(word: &str) -> u8 {
    let chars = word.chars().count();
    if !word.chars().all(|c| c.is_alphabetic() && c < '\u{e00}') {
        return 0;
    }
    match chars {
        MIN_CHARS_TWO..=MAX_CHARS => 2,
        MIN_CHARS..MIN_CHARS_TWO => 1,
        _ => 0,
    }
}

/// Whether two folded words are equal, or one is a prefix of the other, as inflected forms are.
pub fn begin_alike(one: &str, other: &str) -> bool {
    /// The minimum common prefix of two forms of a word, in bytes.
    const MIN_BEGINNING: usize = 4;
    let begins = one.starts_with(other) || other.starts_with(one);
    one == other || (begins && one.len().min(other.len()) >= MIN_BEGINNING)
}

/// The likelihood of each kind of typing error relative to the most frequent ones: roughly how
/// often people make it.
const TRANSPOSED: f32 = 1.0;
const DOUBLING: f32 = 1.0;
const SOUNDS_ALIKE: f32 = 1.0;
const NEIGHBOUR_KEY: f32 = 0.8;
const LEFT_OUT: f32 = 0.8;
const PUT_IN: f32 = 0.7;
const OTHER_LETTER: f32 = 0.5;
/// The factor for an error in the first letter, which people notice.
const FIRST_LETTER: f32 = 0.4;

/// How likely `typed` is a misspelling of `meant`, both folded: the product over the errors of the
/// most likely alignment (restricted Damerau-Levenshtein); 1 for equal words.
pub fn likelihood(typed: &str, meant: &str) -> f32 {
    let meant: Vec<char> = meant.chars().collect();
    let put_in = |letter: char, before: Option<char>| if before == Some(letter) { DOUBLING } else { PUT_IN };
    let left_out = |letter: char, before: Option<char>| {
        if before == Some(letter) || letter == 'h' { DOUBLING } else { LEFT_OUT }
    };
    // The likeliest ways to each beginning of what was meant: from the letters typed so far, from one
    // less, and from two less.
    let (mut ways, mut one_less, mut two_less) = (Vec::with_capacity(meant.len() + 1), vec![1.0f32], Vec::new());
    let (mut way, mut before_b) = (1.0, None);
    for b in &meant {
        let first = if before_b.is_none() { FIRST_LETTER } else { 1.0 };
        way = way * first * left_out(*b, before_b);
        one_less.push(way);
        before_b = Some(*b);
    }
    let mut before_a = None;
    for a in typed.chars() {
        let Some((to_nothing, to_letters)) = one_less.split_first() else { break };
        let mut diagonal = *to_nothing;
        let first = if before_a.is_none() { FIRST_LETTER } else { 1.0 };
        let mut way = diagonal * first * put_in(a, before_a);
        ways.push(way);
        let (mut turned, mut two_less_ways, mut before_b) = (None, two_less.iter(), None);
        for (b, above) in meant.iter().zip(to_letters) {
            let first = if before_a.is_none() && before_b.is_none() { FIRST_LETTER } else { 1.0 };
            let mut likeliest = diagonal * if a == *b { 1.0 } else { first * substitution(a, *b) };
            if let Some(turned) = turned
                && a != *b
                && (before_a, before_b) == (Some(*b), Some(a))
            {
                likeliest = likeliest.max(turned * TRANSPOSED);
            }
            likeliest = likeliest.max(above * first * put_in(a, before_a));
            likeliest = likeliest.max(way * first * left_out(*b, before_b));
            ways.push(likeliest);
            (way, diagonal, turned, before_b) = (likeliest, *above, two_less_ways.next(), Some(*b));
        }
        before_a = Some(a);
        two_less.clear();
        std::mem::swap(&mut two_less, &mut one_less);
        std::mem::swap(&mut one_less, &mut ways);
    }
    one_less.last().copied().unwrap_or(0.0)
}

/// What standing together with the other words of a query counts for, against the likelihood of a
/// slip. The likeliest word is most often the right one with it: experiment `planning.context`.
pub const CONTEXT: f32 = 0.3;
/// Smoothing: articles added to the co-occurrences of every two words, because few articles say
/// little.
const TOGETHER_SMOOTHING: f32 = 0.5;

/// The logarithm of how much more often than by chance two words occur in one article: `both` of
/// `all` articles contain both, `one` and `other` contain one of them.
pub fn togetherness(both: u64, one: u64, other: u64, all: u64) -> f32 {
    let by_chance = one as f32 * other as f32 / all.max(1) as f32;
    ((both as f32 + TOGETHER_SMOOTHING) / (by_chance + TOGETHER_SMOOTHING)).ln()
}

/// How sure it is that a word which no article holds is another one misspelt, and not a word of its
/// own: the logarithm of the odds. `expected` is the square root of how many articles hold the
/// other one.
///
/// A logistic regression over the misspelt queries of squad-en, -es and -pt and corpus/eval and the
/// unknown words of those spelt right, its numbers rounded.
pub fn sureness(typed: &str, meant: &str, expected: f32) -> f32 {
    let further_edits = edits(typed, meant).saturating_sub(1) as f32;
    let chars = typed.chars().count().min(12) as f32;
    1.9 + 10.6 * likelihood(typed, meant).ln() - 4.8 * further_edits + 0.84 * expected.ln() - 0.11 * chars
}

/// Whether two words may be inflected forms of one word: they differ in their last letters only.
pub fn may_be_inflected(one: &str, other: &str) -> bool {
    let common = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    common + 1 >= one.chars().count().min(other.chars().count())
}

/// The contribution to [`sureness`] of a candidate's lead over the next one; `None` if there is no
/// other.
pub fn lead(before: Option<f32>) -> f32 {
    0.27 * before.unwrap_or(f32::INFINITY).min(6.0)
}

/// Letters that sound alike in Spanish, Portuguese, French or English.
const SOUND_GROUPS: [&str; 6] = ["bv", "scz", "gj", "iy", "kcq", "mn"];
/// The rows of a keyboard: neighbours are side by side, or one above the other.
const KEY_ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

fn substitution(typed: char, meant: char) -> f32 {
    if SOUND_GROUPS.iter().any(|group| group.contains(typed) && group.contains(meant)) {
        return SOUNDS_ALIKE;
    }
    if neighbour_keys(typed).any(|key| key == meant) { NEIGHBOUR_KEY } else { OTHER_LETTER }
}

/// The letters on the keys around that of a letter; none for a letter without a key of its own.
pub fn neighbour_keys(letter: char) -> impl Iterator<Item = char> {
    let place = KEY_ROWS.iter().enumerate().find_map(|(row, keys)| Some((row, keys.find(letter)?)));
    let keys = KEY_ROWS.iter().enumerate().flat_map(|(row, keys)| keys.char_indices().map(move |key| (row, key)));
    keys.filter_map(move |(row, (key, other))| {
        let (own_row, own_key) = place?;
        (other != letter && row.abs_diff(own_row) <= 1 && key.abs_diff(own_key) <= 1).then_some(other)
    })
}

/// The edit distance of two words, with a transposition of neighbours as one edit (restricted
/// Damerau-Levenshtein).
pub fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    // The edits to each beginning of `other`: from the letters of `one` so far, from one less, and from
    // two less.
    let mut one_less: Vec<usize> = (0..=other.len()).collect();
    let (mut least, mut two_less) = (Vec::with_capacity(one_less.len()), Vec::with_capacity(one_less.len()));
    let mut before_a = None;
    for a in one.chars() {
        let Some((to_nothing, to_letters)) = one_less.split_first() else { break };
        let mut diagonal = *to_nothing;
        let mut edits = diagonal + 1;
        least.push(edits);
        let (mut turned, mut two_less_edits, mut before_b) = (None, two_less.iter(), None);
        for (b, above) in other.iter().zip(to_letters) {
            edits = (above + 1).min(edits + 1).min(diagonal + usize::from(a != *b));
            if let Some(turned) = turned
                && (before_a, before_b) == (Some(*b), Some(a))
            {
                edits = edits.min(turned + 1);
            }
            least.push(edits);
            (diagonal, turned, before_b) = (*above, two_less_edits.next(), Some(*b));
        }
        before_a = Some(a);
        two_less.clear();
        std::mem::swap(&mut two_less, &mut one_less);
        std::mem::swap(&mut one_less, &mut least);
    }
    one_less.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likely_typing_errors_score_higher_than_unlikely_ones() {
        let likelier = |typed: &str, meant: &str, other: &str| {
            assert!(likelihood(typed, meant) > likelihood(typed, other), "{typed}: {meant} or {other}");
        };
        likelier("calidda", "calidad", "calidas");
        likelier("vecas", "becas", "pecas");
        likelier("movilidadd", "movilidad", "movilidades");
        likelier("educasion", "educacion", "educahion");
        assert_eq!(likelihood("educacion", "educacion"), 1.0);
    }

    #[test]
    fn codes_numbers_and_short_words_are_not_corrected() {
        for (word, edits) in [("ods", 0), ("iesalc", 1), ("covid19", 0), ("2018", 0), ("movilidad", 2), ("高等教育", 0)]
        {
            assert_eq!(max_edits(word), edits, "{word}");
        }
    }

    #[test]
    fn a_transposition_is_one_edit() {
        assert_eq!(
            (edits("calidda", "calidad"), edits("abcd", "badc"), edits("", "ab"), edits("ca", "abc")),
            (1, 2, 2, 3)
        );
    }
}
