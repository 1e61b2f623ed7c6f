//! What Alexa remembers of linked accounts on this machine: `voicetill link` keeps it, `voicetill dialog` sends it.

use std::io::{self, ErrorKind};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::adapters::link::key::LinkKey;
use crate::adapters::link::token::{self, Linked};
use crate::domain::ids::BuyerId;
use crate::domain::time::Time;

/// Beside the store.
const FILE: &str = "alexa.json";

/// A token, and whether the skill has been told of it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Held {
    access_token: String,
    told: bool,
}

/// Keeps a token instead of the same buyer's last one.
pub(in crate::cli) fn keep(dir: &Path, token: &str) -> io::Result<()> {
    let buyer = |token: &str| token.split('.').next().map(str::to_owned);
    let mut all = read(dir)?;
    all.retain(|held| buyer(&held.access_token) != buyer(token));
    all.push(Held { access_token: token.to_owned(), told: false });
    write(dir, &all)
}

/// Who is linked, and whether that is news. Alexa renews tokens before they expire, so their age is not looked at.
pub(in crate::cli) fn linked(dir: &Path, key: &LinkKey, buyer: &BuyerId) -> io::Result<Option<(Linked, bool)>> {
    let mut all = read(dir)?;
    let theirs = |held: &mut Held| token::read(key, &held.access_token, Time::from_unix(0)).ok().filter(|linked| linked.buyer == *buyer);
    let Some((held, linked)) = all.iter_mut().find_map(|held| theirs(held).map(|linked| (held, linked))) else { return Ok(None) };
    let news = !std::mem::replace(&mut held.told, true);
    if news {
        write(dir, &all)?;
    }
    Ok(Some((linked, news)))
}

/// Forgets everybody.
pub(in crate::cli) fn clear(dir: &Path) -> io::Result<()> {
    match std::fs::remove_file(dir.join(FILE)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn read(dir: &Path) -> io::Result<Vec<Held>> {
    match std::fs::read(dir.join(FILE)) {
        Ok(text) => Ok(serde_json::from_slice(&text)?),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn write(dir: &Path, all: &[Held]) -> io::Result<()> {
    std::fs::write(dir.join(FILE), serde_json::to_vec_pretty(all)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alexa_remembers_the_newest_token_of_each_buyer_and_tells_of_it_once() {
        let dir = tempfile::tempdir().unwrap();
        let key = LinkKey::new(&"a".repeat(32), None).unwrap();
        let buyer = |text| BuyerId::parse(text).unwrap();
        let (ada, ben) = (buyer("0123456789ABCDEF"), buyer("0123456789ABCDEG"));
        let issue = |buyer: &BuyerId, generation| token::issue(&key, &Linked { buyer: buyer.clone(), generation }, Time::from_unix(1));
        assert_eq!(linked(dir.path(), &key, &ada).unwrap(), None);
        for (who, generation) in [(&ada, 1), (&ben, 1), (&ada, 2)] {
            keep(dir.path(), &issue(who, generation)).unwrap();
        }
        let told = |buyer| linked(dir.path(), &key, buyer).unwrap().map(|(linked, news)| (linked.generation, news));
        assert_eq!((told(&ada), told(&ada), told(&ben)), (Some((2, true)), Some((2, false)), Some((1, true))));
        let other = LinkKey::new(&"b".repeat(32), None).unwrap();
        assert_eq!(linked(dir.path(), &other, &ada).unwrap(), None);
        clear(dir.path()).unwrap();
        clear(dir.path()).unwrap();
        assert_eq!(told(&ada), None);
    }
}
