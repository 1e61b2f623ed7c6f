//! SSML: whether Alexa could read it, and the words that a listener hears.

/// The tags of Alexa's SSML. The complete list is unconfirmed (`reference/alexa-skill.md` section 3); these are the ones in general use.
const TAGS: [&str; 17] = [
    "speak",
    "alexa:name",
    "amazon:domain",
    "amazon:effect",
    "amazon:emotion",
    "audio",
    "break",
    "emphasis",
    "lang",
    "mark",
    "p",
    "phoneme",
    "prosody",
    "s",
    "say-as",
    "sub",
    "voice",
];

/// At most five audio tags in a response (`reference/alexa-skill.md` section 3).
const AUDIO_MAX: usize = 5;

/// The words of an SSML text.
///
/// # Errors
/// A rule that the text breaks, as a sentence.
pub fn plain(ssml: &str) -> Result<String, String> {
    let mut text = String::new();
    let mut open: Vec<&str> = Vec::new();
    let mut roots = 0;
    let mut audio = 0;
    let mut rest = ssml.trim();
    while !rest.is_empty() {
        if let Some(tag_on) = rest.strip_prefix('<') {
            let (tag, after) = tag_on.split_once('>').ok_or("a < is not closed: write &lt; for the character itself")?;
            rest = after;
            if let Some(name) = tag.strip_prefix('/') {
                let name = name.trim_end();
                if open.pop() != Some(name) {
                    return Err(format!("</{name}> closes a tag that is not open"));
                }
                separate(&mut text, name);
                continue;
            }
            let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
            let name = tag.split_whitespace().next().unwrap_or_default();
            if !TAGS.contains(&name) {
                return Err(format!("<{name}> is no tag of Alexa's SSML"));
            }
            attributes(tag.strip_prefix(name).unwrap_or_default()).map_err(|rule| format!("<{name}>: {rule}"))?;
            if open.is_empty() {
                roots += 1;
                if name != "speak" || roots > 1 {
                    return Err("the speech needs one <speak> around everything".to_owned());
                }
            } else if name == "speak" {
                return Err("<speak> cannot be inside <speak>".to_owned());
            }
            if name == "audio" {
                audio += 1;
                text.push_str(" [audio] ");
            }
            if !empty {
                open.push(name);
            }
            separate(&mut text, name);
        } else {
            let end = rest.find('<').unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            rest = after;
            if open.is_empty() && !run.trim().is_empty() {
                return Err("there is text outside <speak>".to_owned());
            }
            text.push_str(&unescape(run)?);
        }
    }
    if let Some(name) = open.pop() {
        return Err(format!("<{name}> is not closed"));
    }
    if roots == 0 {
        return Err("the speech needs <speak> around it".to_owned());
    }
    if audio > AUDIO_MAX {
        return Err(format!("{audio} audio tags; at most {AUDIO_MAX} are allowed"));
    }
    Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Pauses and sentences part words.
fn separate(text: &mut String, tag: &str) {
    if ["p", "s", "break"].contains(&tag) {
        text.push(' ');
    }
}

fn attributes(text: &str) -> Result<(), &'static str> {
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or("an attribute has no value")?;
        if name.trim().is_empty() || name.trim().contains(char::is_whitespace) {
            return Err("an attribute has no value");
        }
        let after = after.trim_start();
        let quote = after.chars().next().filter(|quote| "\"'".contains(*quote)).ok_or("an attribute value is not in quotes")?;
        let (value, after) = after[1..].split_once(quote).ok_or("a quote is not closed")?;
        if value.contains('<') {
            return Err("an attribute value contains a <");
        }
        unescape(value).map_err(|_| "an attribute value contains a bare &")?;
        rest = after.trim_start();
    }
    Ok(())
}

fn unescape(text: &str) -> Result<String, String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let (entity, after) = after.split_once(';').ok_or("a bare & is not allowed: write &amp;")?;
        plain.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            other => numeric(other).ok_or_else(|| format!("&{other}; is no XML entity: write &amp; for a bare &"))?,
        });
        rest = after;
    }
    plain.push_str(rest);
    if plain.chars().any(|character| character.is_control() && !character.is_whitespace()) {
        return Err("there is a control character in the speech".to_owned());
    }
    Ok(plain)
}

fn numeric(entity: &str) -> Option<char> {
    let digits = entity.strip_prefix('#')?;
    let code = digits.strip_prefix('x').map_or_else(|| digits.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok())?;
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn well_formed_speech_becomes_its_words() {
        for (ssml, words) in [
            ("<speak>Hello.</speak>", "Hello."),
            (
                "<speak>Salt &amp; Straw<break time=\"300ms\"/>It&apos;s <say-as interpret-as='cardinal'>5</say-as>.</speak>",
                "Salt & Straw It's 5.",
            ),
            ("<speak><p>One.</p><p>Two&#33;</p></speak>", "One. Two!"),
            ("<speak/>", ""),
        ] {
            assert_eq!(plain(ssml).as_deref(), Ok(words), "{ssml}");
        }
    }

    #[test]
    fn everything_that_alexa_would_refuse_is_refused() {
        for ssml in [
            "",
            "Hello",
            "<speak>Salt & Straw</speak>",
            "<speak>A<b>B</b></speak>",
            "<speak>A",
            "<speak>A</speak><speak>B</speak>",
            "<speak>a < b</speak>",
            "<speak><p>A</speak></p>",
            "<speak>A</speak>B",
            "<speak>A<break time=5/></speak>",
            "<p>A</p>",
            "<speak>&nbsp;</speak>",
            "<speak><speak>A</speak></speak>",
            "<speak>A</p></speak>",
            "<speak>\u{1}</speak>",
        ] {
            assert!(plain(ssml).is_err(), "{ssml}");
        }
        assert!(plain(&format!("<speak>{}</speak>", "<audio src='https://x/y.mp3'/>".repeat(6))).is_err());
    }
}
