//! The table of parameters. A route reads what stands here and is documented from it; there is
//! no other list.

use utoipa::openapi::schema::Schema;

use super::cursor::CursorText;
use super::types::{Choice, Counts, Flag, Form, JsonForm, KindName, Language, Text, Time, TopicPath, Whole, Year};
use crate::engine::suggest::MAX_SUGGESTIONS;
use crate::engine::{MAX_LIMIT, MAX_OFFSET, Sort};

/// How many hits a page of results has.
pub(crate) const HITS_A_PAGE: usize = 10;

/// A parameter, in a query string or in a JSON body.
pub(crate) struct Parameter<F> {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it does, for whoever uses the API.
    pub(crate) about: &'static str,
    /// What its values are.
    pub(crate) form: F,
    /// Whether it can have several values; any of them is meant.
    pub(crate) is_repeatable: bool,
    /// A value of it, for the documentation.
    pub(crate) example: Option<&'static str>,
}

impl<F> Parameter<F> {
    /// A parameter with at most one value.
    const fn once(name: &'static str, form: F, about: &'static str) -> Parameter<F> {
        Parameter { name, about, form, is_repeatable: false, example: None }
    }

    /// A parameter with any number of values.
    const fn repeatable(name: &'static str, form: F, about: &'static str) -> Parameter<F> {
        Parameter { name, about, form, is_repeatable: true, example: None }
    }

    /// The parameter with a value for the documentation.
    const fn example(mut self, value: &'static str) -> Parameter<F> {
        self.example = Some(value);
        self
    }
}

/// A parameter of whatever form.
pub(crate) trait Described: Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// What it does.
    fn about(&self) -> &'static str;
    /// Whether it can have several values.
    fn is_repeatable(&self) -> bool;
    /// A value of it, where one says more than its form does.
    fn example(&self) -> Option<&'static str>;
    /// One value as JSON Schema.
    fn schema(&self) -> Schema;
    /// What a value should be.
    fn expected(&self) -> String;
    /// What a value is in a JSON body.
    fn json(&self) -> JsonForm;
}

impl<F: Form> Described for Parameter<F> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn is_repeatable(&self) -> bool {
        self.is_repeatable
    }

    fn example(&self) -> Option<&'static str> {
        self.example
    }

    fn schema(&self) -> Schema {
        self.form.schema()
    }

    fn expected(&self) -> String {
        self.form.expected()
    }

    fn json(&self) -> JsonForm {
        self.form.json()
    }
}

/// Parameters that go together.
pub(crate) type Group = &'static [&'static dyn Described];

/// The parameters of a route.
pub(crate) trait Takes {
    /// All that it takes; another one is an error.
    const GROUPS: &'static [Group];

    /// The parameters, one by one.
    fn all() -> impl Iterator<Item = &'static dyn Described> {
        Self::GROUPS.iter().flat_map(|group| group.iter().copied())
    }
}

/// Nothing.
pub(crate) struct Nothing;

impl Takes for Nothing {
    const GROUPS: &'static [Group] = &[];
}

/// What a push takes.
pub(crate) struct Pushing;

impl Takes for Pushing {
    const GROUPS: &'static [Group] = &[&[&STRICT]];
}

/// What a search takes.
pub(crate) struct Searching;

impl Takes for Searching {
    const GROUPS: &'static [Group] = &[
        &[&Q],
        UNDER,
        IN_LANG,
        FILTERS,
        &[&UI_LANG, &SORT, &OFFSET, &LIMIT, &CURSOR, &GROUP, &FACETS, &SNIPPET_CHARS, &HIGHLIGHT, &EXPLAIN, &LITERAL],
    ];
}

/// What suggestions take.
pub(crate) struct Suggesting;

impl Takes for Suggesting {
    const GROUPS: &'static [Group] = &[&[&TYPED, &LANG, &UI_LANG, &SUGGEST_LIMIT]];
}

/// What the topic tree takes: it is whole, so that no topic filters it.
pub(crate) struct Topics;

impl Takes for Topics {
    const GROUPS: &'static [Group] = &[IN_LANG, FILTERS, &[&UI_LANG]];
}

/// What a feed takes.
pub(crate) struct Feeding;

impl Takes for Feeding {
    const GROUPS: &'static [Group] = &[&[&Q], UNDER, IN_LANG, FILTERS, &[&UI_LANG, &FEED_SORT, &LIMIT, &SNIPPET_CHARS]];
}

/// What the list of the newest works takes.
pub(crate) struct Recent;

impl Takes for Recent {
    const GROUPS: &'static [Group] = &[UNDER, IN_LANG, FILTERS, &[&UI_LANG, &RECENT_LIMIT, &EXCLUDE]];
}

/// What the page of results takes.
pub(crate) struct Reading;

impl Takes for Reading {
    const GROUPS: &'static [Group] = &[&[&Q], UNDER, IN_LANG, FILTERS, &[&UI_LANG, &SORT, &PAGE, &LITERAL]];
}

/// What a page takes that only speaks the reader's language.
pub(crate) struct Speaking;

impl Takes for Speaking {
    const GROUPS: &'static [Group] = &[&[&UI_LANG]];
}

/// What the block of related articles takes.
pub(crate) struct Including;

impl Takes for Including {
    const GROUPS: &'static [Group] =
        &[KEY, &[&RELATED_LIMIT, &RELATED_LANG], UNDER, FILTERS, &[&BLOCK_LANG, &REASONS, &LEVEL]];
}

/// What names an article.
pub(crate) struct Naming;

impl Takes for Naming {
    const GROUPS: &'static [Group] = &[KEY];
}

/// What names a pushed article.
pub(crate) struct NamingPushed;

impl Takes for NamingPushed {
    const GROUPS: &'static [Group] = &[&[&PUSHED_ID]];
}

/// What the push of a named article takes.
pub(crate) struct PushingNamed;

impl Takes for PushingNamed {
    const GROUPS: &'static [Group] = &[&[&PUSHED_ID, &STRICT]];
}

/// What the related articles of a named article take.
pub(crate) struct Relating;

impl Takes for Relating {
    const GROUPS: &'static [Group] = &[&[&RELATED_LIMIT, &RELATED_LANG], UNDER, FILTERS];
}

/// What related articles take where the article must be named too.
pub(crate) struct NamingAndRelating;

impl Takes for NamingAndRelating {
    const GROUPS: &'static [Group] = &[KEY, &[&RELATED_LIMIT, &RELATED_LANG], UNDER, FILTERS];
}

const KEY: Group = &[&ID, &URL];
const UNDER: Group = &[&TOPIC];
const IN_LANG: Group = &[&LANG];
const FILTERS: Group = &[&KIND, &TAG, &AUTHOR, &YEAR, &DATE_FROM, &DATE_TO, &KIND_NOT, &TOPIC_NOT, &TAG_NOT];

pub(crate) static Q: Parameter<Text> = Parameter::once(
    "q",
    Text,
    "What is searched for, as a person types it: words in any of their forms, \"phrases\", -exclusions, title:fields, begin*. Any text is good. Without it everything is listed, newest first.",
).example("movilidad virtual");
pub(crate) static LANG: Parameter<Language> = Parameter::repeatable(
    "lang",
    Language,
    "Only pages in this language (BCP 47); `pt` takes `pt-BR` too. Several: any of them.",
)
.example("es");
/// [`LANG`], where it says besides what comes first.
pub(crate) static RELATED_LANG: Parameter<Language> = Parameter::repeatable(
    "lang",
    Language,
    "Only works in this language (BCP 47); `pt` takes `pt-BR` too. Several: any of them. `any`: works in all languages, by their nearness alone. Without it, works in the article's language come first, and others only where nothing else is left.",
)
.example("any");
pub(crate) static KIND: Parameter<KindName> =
    Parameter::repeatable("kind", KindName, "Only pages of this kind. Several: any of them.").example("blog");
pub(crate) static TOPIC: Parameter<TopicPath> = Parameter::repeatable(
    "topic",
    TopicPath,
    "Only pages under this topic or one below it: a path such as `programs/research`. Several: any of them.",
)
.example("programs/research");
pub(crate) static TAG: Parameter<Text> = Parameter::repeatable(
    "tag",
    Text,
    "Only pages with this keyword; case and accents do not matter. Several: any of them.",
);
pub(crate) static AUTHOR: Parameter<Text> = Parameter::repeatable(
    "author",
    Text,
    "Only pages by this person, the whole name; case and accents do not matter. Several: any of them.",
);
pub(crate) static YEAR: Parameter<Year> = Parameter::repeatable(
    "year",
    Year,
    "Only pages published in this year, in the site's time zone. Several: any of them.",
);
pub(crate) static KIND_NOT: Parameter<KindName> =
    Parameter::repeatable("kind_not", KindName, "No pages of this kind. Several: of none of them.");
pub(crate) static TOPIC_NOT: Parameter<TopicPath> = Parameter::repeatable(
    "topic_not",
    TopicPath,
    "No pages under this topic or one below it. Several: under none of them.",
);
pub(crate) static TAG_NOT: Parameter<Text> =
    Parameter::repeatable("tag_not", Text, "No pages with this keyword. Several: with none of them.");
pub(crate) static DATE_FROM: Parameter<Time> = Parameter::once(
    "date_from",
    Time,
    "Only pages published on this day or at this time, or later. A day is one in the site's time zone.",
)
.example("2020-01-01");
pub(crate) static DATE_TO: Parameter<Time> = Parameter::once(
    "date_to",
    Time,
    "Only pages published on this day or before; at this second or before, where it is a time.",
)
.example("2021-12-31");
pub(crate) static UI_LANG: Parameter<Language> = Parameter::once(
    "ui_lang",
    Language,
    "The reader's language (BCP 47): the version of a page that is shown where it has one. It filters nothing. Without it, `Accept-Language` decides.",
).example("es");
pub(crate) static SORT: Parameter<Choice<Sort>> = Parameter::once(
    "sort",
    Choice {
        default: ("relevance", Sort::Relevance),
        others: &[("-date", Sort::Newest), ("date", Sort::Oldest), ("starts_at", Sort::Events)],
    },
    "The order of hits: best match, newest or oldest first. `starts_at`: events that are not over yet, the earliest first, then those that are over, the latest first, then pages that do not begin at a time.",
);
pub(crate) static FEED_SORT: Parameter<Choice<Sort>> = Parameter::once(
    "sort",
    Choice {
        default: ("-date", Sort::Newest),
        others: &[("date", Sort::Oldest), ("relevance", Sort::Relevance), ("starts_at", Sort::Events)],
    },
    "The order of entries: newest, oldest or best match first; `starts_at` as in a search.",
);
pub(crate) static OFFSET: Parameter<Whole> =
    Parameter::once("offset", Whole { default: 0, min: 0, max: MAX_OFFSET }, "How many hits to pass over.");
pub(crate) static LIMIT: Parameter<Whole> =
    Parameter::once("limit", Whole { default: 10, min: 0, max: MAX_LIMIT }, "How many hits to answer at most.");
pub(crate) static PAGE: Parameter<Whole> = Parameter::once(
    "page",
    Whole { default: 1, min: 1, max: MAX_OFFSET / HITS_A_PAGE + 1 },
    "Which page of the hits, ten a page.",
);
/// The language of a block, which is the site's and not the reader's.
pub(crate) static BLOCK_LANG: Parameter<Language> = Parameter::once(
    "ui_lang",
    Language,
    "The language of the block's own words (BCP 47); without it, that of the article.",
)
.example("es");
pub(crate) static REASONS: Parameter<Choice<bool>> = Parameter::once(
    "reasons",
    Choice { default: ("none", false), others: &[("line", true)] },
    "Whether each work says in a line why it is there.",
);
pub(crate) static LEVEL: Parameter<Whole> = Parameter::once(
    "level",
    Whole { default: 2, min: 2, max: 6 },
    "The level of the block's heading; titles stand one level below.",
);
pub(crate) static CURSOR: Parameter<CursorText> = Parameter::once(
    "cursor",
    CursorText,
    "Where to go on: `next_cursor` of an answer to the same search, in place of `offset`. By date it is exact whatever has changed since; by relevance the list stays that of the first page for five minutes, and after that goes on from the same place, with a note.",
);
pub(crate) static GROUP: Parameter<Flag> = Parameter::once(
    "group",
    Flag { default: true },
    "Whether the language versions of a page are one hit (the version that suits the reader, the others as its translations), or each is a hit of its own.",
);
pub(crate) static FACETS: Parameter<Counts> = Parameter::repeatable(
    "facets",
    Counts,
    "What to count the whole answer by: `lang`, `kind`, `topic`, `tag`, `author`, `year`, or `all`, or `none`. Each count ignores the facet's own filter. Without it: `lang`, `kind`, `topic` and `year`.",
);
pub(crate) static SNIPPET_CHARS: Parameter<Whole> = Parameter::once(
    "snippet_chars",
    Whole { default: 200, min: 20, max: 1_000 },
    "The longest snippet, in characters. The snippets of a page have at most 25,000 together: on a long page each is shorter.",
);
pub(crate) static HIGHLIGHT: Parameter<Flag> = Parameter::once(
    "highlight",
    Flag { default: true },
    "Whether `title_html` and `snippet_html` have the query's words in `<mark>`.",
);
pub(crate) static EXPLAIN: Parameter<Flag> =
    Parameter::once("explain", Flag { default: false }, "Whether each hit says why it stands where it stands.");
pub(crate) static LITERAL: Parameter<Flag> = Parameter::once(
    "literal",
    Flag { default: false },
    "Whether to answer what was typed and nothing else: no word is corrected, and a search that finds nothing has no hits. Without it, `recovery` says what was done to find something.",
);
pub(crate) static STRICT: Parameter<Flag> = Parameter::once(
    "strict",
    Flag { default: false },
    "Whether an article with any flaw is refused: a field that no article has, a value that cannot be understood, a doubt.",
);
pub(crate) static ID: Parameter<Text> =
    Parameter::once("id", Text, "The article's id. Either this or `url`.").example("es/recognition-refugees");
/// [`ID`], where no address can stand for it.
pub(crate) static PUSHED_ID: Parameter<Text> = Parameter::once("id", Text, "The article's id.").example("becas-2027");
pub(crate) static URL: Parameter<Text> =
    Parameter::once(
        "url",
        Text,
        "The article's address in any spelling: scheme, `www.`, the case of the host, a slash or `index.html` at the end, the fragment, percent-encoding and parameters that only track (`utm_source`, `fbclid`) do not matter; other parameters count. Either this or `id`.",
    )
    .example("https://www.ires.example/es/recognition-refugees");
pub(crate) static RELATED_LIMIT: Parameter<Whole> =
    Parameter::once("limit", Whole { default: 6, min: 0, max: MAX_LIMIT }, "How many related works to answer at most.");
pub(crate) static RECENT_LIMIT: Parameter<Whole> =
    Parameter::once("limit", Whole { default: 3, min: 0, max: MAX_LIMIT }, "How many works to answer at most.");
pub(crate) static TYPED: Parameter<Text> =
    Parameter::once("q", Text, "What was typed so far. A space at its end says that the last word is whole.")
        .example("educacion su");
pub(crate) static SUGGEST_LIMIT: Parameter<Whole> = Parameter::once(
    "limit",
    Whole { default: 6, min: 0, max: MAX_SUGGESTIONS },
    "How many completions to answer at most, and how many works.",
);
pub(crate) static EXCLUDE: Parameter<Text> = Parameter::repeatable(
    "exclude",
    Text,
    "Not the work of this article, in none of its languages: the id or the address, in any spelling, of the page that shows the list, and of the works that the page shows elsewhere, such as related ones. One that is not there leaves nothing out. Several: none of them.",
)
.example("https://www.ires.example/es/recognition-refugees");
