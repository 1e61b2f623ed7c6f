//! Words: how an utterance, a sample and a catalogue value are brought to the same form, and numbers as they are spoken.

const UNITS: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// The words of a text: lower case, without punctuation other than apostrophes inside a word.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let plain: String = text
        .to_lowercase()
        .chars()
        .filter(|&character| character != '.')
        .map(|character| match character {
            '\u{2019}' | '\'' => '\'',
            letter if letter.is_alphanumeric() => letter,
            _ => ' ',
        })
        .collect();
    plain.split_whitespace().map(|word| word.trim_matches('\'').to_owned()).filter(|word| !word.is_empty()).collect()
}

/// The number that all of these words together say, in digits or in English words up to 999.
#[must_use]
pub fn number(words: &[String]) -> Option<u32> {
    match words {
        [] => None,
        // With a zero in front they are digits that are said one by one, and no number.
        [digits] if digits.len() > 1 && digits.starts_with('0') => None,
        [digits] if digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok(),
        [first, hundred, rest @ ..] if hundred == "hundred" => {
            let hundreds = if first == "a" { 1 } else { unit(first).filter(|count| (1..10).contains(count))? };
            let rest = rest.strip_prefix(&["and".to_owned()][..]).unwrap_or(rest);
            let rest = if rest.is_empty() { 0 } else { number(rest).filter(|rest| (1..100).contains(rest))? };
            Some(hundreds * 100 + rest)
        }
        [word] => unit(word).or_else(|| tens(word)),
        [first, second] => {
            let second = unit(second).filter(|unit| (1..10).contains(unit))?;
            Some(tens(first)? + second)
        }
        _ => None,
    }
}

/// Four digits said one by one, in pairs of digits, or as one group.
#[must_use]
pub fn four_digits(words: &[String]) -> Option<String> {
    let mut digits = String::new();
    for word in words {
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            digits.push_str(word);
        } else if word == "oh" {
            digits.push('0');
        } else {
            let digit = unit(word).filter(|digit| *digit < 10)?;
            digits.push_str(&digit.to_string());
        }
    }
    (digits.len() == 4).then_some(digits)
}

fn unit(word: &str) -> Option<u32> {
    UNITS.iter().position(|unit| *unit == word).and_then(|at| u32::try_from(at).ok())
}

fn tens(word: &str) -> Option<u32> {
    TENS.iter().position(|tens| *tens == word).and_then(|at| u32::try_from(at).ok()).map(|at| (at + 2) * 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_case_and_punctuation_but_keep_apostrophes() {
        assert_eq!(words("What’s in my cart, please?"), ["what's", "in", "my", "cart", "please"]);
        assert_eq!(words("twenty-four 'Sunset' roses"), ["twenty", "four", "sunset", "roses"]);
        assert_eq!(words("  ?! "), [""; 0]);
    }

    #[test]
    fn numbers_are_read_as_digits_and_as_words() {
        for (text, value) in [
            ("0", 0),
            ("2", 2),
            ("twelve", 12),
            ("twenty", 20),
            ("ninety-nine", 99),
            ("a hundred", 100),
            ("two hundred and five", 205),
            ("250", 250),
        ] {
            assert_eq!(number(&words(text)), Some(value), "{text}");
        }
        for text in ["", "a", "0192", "00", "roses", "twenty ten", "five two", "1234567890", "two roses", "hundred", "one hundred hundred"]
        {
            assert_eq!(number(&words(text)), None, "{text}");
        }
        for value in 1..=99_u32 {
            let spoken = if value < 20 {
                UNITS[usize::try_from(value).unwrap()].to_owned()
            } else {
                let tens = TENS[usize::try_from(value / 10 - 2).unwrap()];
                if value % 10 == 0 { tens.to_owned() } else { format!("{tens} {}", UNITS[usize::try_from(value % 10).unwrap()]) }
            };
            assert_eq!(number(&words(&spoken)), Some(value), "{spoken}");
        }
    }

    #[test]
    fn four_digits_are_exactly_four() {
        assert_eq!(four_digits(&words("one two oh four")).as_deref(), Some("1204"));
        assert_eq!(four_digits(&words("1234")).as_deref(), Some("1234"));
        assert_eq!(four_digits(&words("0192")).as_deref(), Some("0192"));
        assert_eq!(four_digits(&words("one two three")), None);
        assert_eq!(four_digits(&words("one two three four five")), None);
    }
}
