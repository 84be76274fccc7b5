//! A site of any size, made of the articles of a real one.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use fichero::sources::{self, Listing, ReadingRules, Record};
use serde_json::{Value, json};

use super::made::{Random, push_altered, sentences};

/// One sentence of so many comes from another article.
const FOREIGN_SENTENCE_EVERY: u64 = 3;
const KINDS: [&str; 8] = ["article", "article", "article", "blog", "blog", "press-release", "event", "publication"];

/// The articles that the site is made of, as JSON.
pub(crate) fn real_articles() -> Vec<Value> {
    if let Some(site) = super::shared("data/sites/debian.jsonl") {
        return fs::read_to_string(site).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    }
    println!("the site is made of the project's own corpus instead");
    let Listing { files, problems, .. } = sources::list(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"));
    assert!(problems.is_empty(), "{problems:?}");
    let profile = sources::profile_of(&files);
    let mut articles = Vec::new();
    for file in files {
        let mut take = |_, record| {
            if let Record::Article(article, _) = record {
                articles.push(serde_json::to_value(article)?);
            }
            Ok::<(), serde_json::Error>(())
        };
        sources::read_file(&file.path, file.stem(), file.format, &profile, &ReadingRules::default(), &mut take)
            .unwrap()
            .unwrap();
    }
    articles
}

/// Writes so many articles: the real ones over and over, each time other ones.
pub(crate) fn write_site(file: &Path, real: &[Value], size: usize, random: &mut Random) {
    let mut by_lang: HashMap<&str, Vec<&str>> = HashMap::new();
    for article in real {
        let sentences = sentences(article["body"].as_str().unwrap());
        by_lang.entry(article["lang"].as_str().unwrap()).or_default().extend(sentences);
    }
    let mut out = BufWriter::new(File::create(file).unwrap());
    for number in 0..size {
        let (copy, place) = (number / real.len(), number % real.len());
        writeln!(out, "{}", varied(&real[place], copy, &by_lang, random)).unwrap();
    }
    out.flush().unwrap();
}

/// A copy of an article that is another one.
fn varied(article: &Value, copy: usize, by_lang: &HashMap<&str, Vec<&str>>, random: &mut Random) -> Value {
    let text = |name: &str| article[name].as_str().unwrap_or_default();
    let (mut title, mut body) = (String::new(), String::new());
    push_altered(&mut title, text("title"), random);
    for paragraph in text("body").split("\n\n") {
        for sentence in paragraph.split_inclusive(['.', '\n']) {
            let foreign = by_lang[text("lang")].as_slice();
            let is_foreign = !foreign.is_empty() && random.below(FOREIGN_SENTENCE_EVERY) == 0;
            let sentence = if is_foreign { *random.pick(foreign) } else { sentence.trim() };
            push_altered(&mut body, sentence, random);
        }
        body.push_str("\n\n");
    }
    // The smaller a number, the more of it there is.
    let mut skewed = |of: u64| {
        let most = random.below(of) + 1;
        random.below(most)
    };
    let topic = article["topics"][0].as_str().unwrap_or("general");
    let topic = format!("{topic}/part {}/section {}", skewed(8), skewed(6));
    let tags: Vec<String> = (0..1 + skewed(3)).map(|_| format!("tag {}", skewed(200))).collect();
    let authors: Vec<String> = (0..1 + skewed(2)).map(|_| format!("Author {}", skewed(300))).collect();
    let date = format!("{}-{:02}-{:02}", 2025 - skewed(25), 1 + skewed(12), 1 + skewed(28));
    json!({
        "id": format!("{copy}/{}", text("id")),
        "work": format!("{copy}/{}", text("work")),
        "url": format!("https://made.example/{copy}/{}", text("id").replace(':', "/")),
        "lang": article["lang"],
        "kind": random.pick(&KINDS),
        "title": title.trim(),
        "body": body.trim(),
        "published_at": date,
        "topics": [topic],
        "tags": tags,
        "authors": authors,
    })
}
