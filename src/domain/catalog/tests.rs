use super::*;

fn words(one: &str, many: &str, synonyms: &[&str]) -> Words {
    let synonyms = synonyms.iter().map(ToString::to_string).collect();
    Words { one: one.into(), many: many.into(), description: format!("A {one}."), synonyms }
}

fn locale(text: &str) -> Locale {
    Locale::parse(text).unwrap()
}

fn listed(sku: &str, one: &str, many: &str, synonyms: &[&str]) -> Listed {
    let words = vec![(locale("en-US"), words(one, many, synonyms)), (locale("de-DE"), words(&format!("{one} auf Deutsch"), many, &[]))];
    Listed { sku: Sku::parse(sku).unwrap(), price: Money::new(2_499, Currency::Usd), words }
}

fn list() -> Vec<Listed> {
    vec![
        listed("roses", "bouquet of roses", "bouquets of roses", &["roses"]),
        listed("white-roses", "bouquet of white roses", "bouquets of white roses", &[]),
        listed("tulips", "bunch of tulips", "bunches of tulips", &["tulips"]),
        listed("vase", "glass vase", "glass vases", &[]),
    ]
}

fn told(found: Found) -> String {
    let skus = |products: Vec<Product>| products.iter().map(|product| product.sku.to_string()).collect::<Vec<_>>().join(" ");
    match found {
        Found::One(product) => format!("one {}", product.sku),
        Found::Several(products) => format!("several {}", skus(products)),
        Found::Nearest(products) => format!("nearest {}", skus(products)),
    }
}

fn spoken(text: &str, resolved: &[&str]) -> Spoken {
    Spoken { text: text.into(), resolved: resolved.iter().map(ToString::to_string).collect() }
}

#[test]
fn a_spoken_name_finds_its_product() {
    let catalog = Catalog::new(&list()).unwrap();
    let found = |text: &str, resolved: &[&str]| told(catalog.find(&locale("en-US"), &spoken(text, resolved)));
    assert_eq!(found("whatever", &["tulips"]), "one tulips");
    assert_eq!(found("Roses", &[]), "one roses");
    assert_eq!(found(" glass-VASE ", &[]), "one vase");
    assert_eq!(found("white", &[]), "one white-roses");
    assert_eq!(found("roses white", &[]), "one white-roses");
    assert_eq!(found("bouquet", &[]), "several roses white-roses");
    assert_eq!(found("x", &["roses", "white-roses"]), "several roses white-roses");
    assert_eq!(found("too lips", &[]), "nearest tulips roses");
    assert_eq!(found("", &["gone"]), "nearest roses tulips");
    // A language of its own, and one that the catalogue does not have.
    let vase = |language: &str| told(catalog.find(&locale(language), &spoken("glass vase auf deutsch", &[])));
    assert_eq!((vase("de-DE").as_str(), vase("ja-JP").as_str()), ("one vase", "nearest vase roses"));
}

#[test]
fn a_product_is_as_it_was_listed() {
    let (catalog, list) = (Catalog::new(&list()).unwrap(), list());
    assert_eq!(catalog.count(), list.len());
    for (product, listed) in catalog.products().zip(&list) {
        assert_eq!((&product.sku, product.price), (&listed.sku, listed.price));
        for (locale, words) in &listed.words {
            let synonyms: Vec<_> = product.synonyms(locale).collect();
            assert_eq!((product.one(locale), product.many(locale)), (words.one.as_str(), words.many.as_str()));
            assert_eq!(
                (product.description(locale), synonyms),
                (words.description.as_str(), words.synonyms.iter().map(String::as_str).collect())
            );
        }
        assert_eq!(catalog.get(listed.sku.as_str()).as_ref(), Some(&product));
    }
    assert_eq!(catalog.get("rose"), None);
    let dear = Listed { price: Money::new(i64::from(u32::MAX) * 3 + 7, Currency::Jpy), ..list[0].clone() };
    assert_eq!(Catalog::new(std::slice::from_ref(&dear)).unwrap().get("roses").map(|product| product.price), Some(dear.price));
}

#[test]
fn products_that_cannot_all_be_spoken_of_make_no_catalogue() {
    assert_eq!(Catalog::new(&[]), None);
    let mut list = list();
    list[1].words.pop();
    assert_eq!(Catalog::new(&list), None);
    list.truncate(1);
    list[0].words.clear();
    assert_eq!(Catalog::new(&list), None);
}

/// Ten thousand products are found as if each name was looked at.
#[test]
fn a_large_catalogue_finds_what_a_look_at_every_name_finds() {
    let kinds = ["red rose", "white rose", "tulip", "glass vase", "card"];
    let list: Vec<_> = (0..2_000)
        .map(|at| listed(&format!("p{at}"), &format!("{} {at}", kinds[at % 5]), &format!("{}s {at}", kinds[at % 5]), &[]))
        .collect();
    let catalog = Catalog::new(&list).unwrap();
    let (here, mut rng) = (locale("en-US"), fastrand::Rng::with_seed(7));
    for _ in 0..300 {
        let at = rng.usize(0..list.len());
        let said = match rng.u8(0..4) {
            0 => format!("{} {at}", kinds[at % 5]),
            1 => format!("{at} {}", kinds[at % 5]),
            2 => format!("rose {at}"),
            _ => format!("{at}"),
        };
        let holds = |listed: &&Listed| {
            let own = &listed.words[0].1;
            [&own.one, &own.many].into_iter().any(|name| said.split(' ').all(|word| normal(name).split(' ').any(|part| part == word)))
        };
        let expected: Vec<_> = list.iter().filter(holds).take(3).map(|listed| listed.sku.to_string()).collect();
        let found = told(catalog.find(&here, &spoken(&said, &[])));
        match expected.as_slice() {
            [] => assert!(found.starts_with("nearest "), "{said}: {found}"),
            [one] => assert_eq!(found, format!("one {one}"), "{said}"),
            several => assert_eq!(found, format!("several {}", several.join(" ")), "{said}"),
        }
    }
}

#[test]
fn bytes_that_are_no_catalogue_are_refused_or_read_as_missing() {
    let catalog = Catalog::new(&list()).unwrap();
    let bytes: &'static [u8] = catalog.bytes().to_vec().leak();
    assert_eq!(Catalog::from_bytes(bytes).as_ref(), Some(&catalog));
    assert_eq!(Catalog::from_bytes(b""), None);
    assert_eq!(Catalog::from_bytes(&bytes[1..]), None);
    assert_eq!(Catalog::from_bytes(&bytes[..bytes.len() - 1]), None);
    // Whatever a byte is changed to, nothing panics.
    for at in 8..bytes.len() {
        let mut bent = bytes.to_vec();
        bent[at] ^= 0xFF;
        let Some(bent) = Catalog::from_bytes(bent.leak()) else { continue };
        let _ = bent.products().take(10).count();
        let _ = bent.find(&locale("en-US"), &spoken("white", &["vase"]));
    }
}
