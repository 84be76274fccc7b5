// The widgets of fichero. Nothing is sent but the questions they show the answers of.

const DEBOUNCE_MS = 150;
const TIMEOUT_MS = 15_000;
const NEAR = "400px";
/** The limits of the API. */
const MAX_OFFSET = 10_000;
const MAX_LIMIT = 100;
const MAX_SUGGESTIONS = 20;
const MAX_REASONS = 3;
const MAX_EXCLUDED = 100;
const STORE = "fichero.searches";
const MAX_STORED = 6;

const FACETS = ["topic", "kind", "year", "lang"];
const FILTERS = [...FACETS, "author", "tag", "date_from", "date_to", "topic_not", "kind_not", "tag_not"];
/** The parts of a search in the page's address. */
const STATE = ["q", ...FACETS, "page", "literal"];

const LABELS = Object.fromEntries(`
@labels.txt@
`.trim().split("\n").map((line) => line.split(" | ")).map(([key, ...texts]) => [key, texts]));
const LANGS = LABELS.key;

function sheet(css) {
  const made = new CSSStyleSheet();
  made.replaceSync(css);
  return made;
}

const INNER = sheet(`
:host { display: block; text-align: left; overflow-wrap: anywhere;
  --muted: var(--fichero-muted, color-mix(in srgb, currentColor 82%, transparent));
  --border: var(--fichero-border, color-mix(in srgb, currentColor 22%, transparent));
  --gap: var(--fichero-gap, 1.5rem); --radius: var(--fichero-radius, .25rem); }
:host(:dir(rtl)) { text-align: right; }
:host([hidden]), section:empty { display: none; }
/* Out of the flow while empty: it leaves no gap, not even in a grid. */
:host(:not(fichero-search, [filled])) { position: absolute; }
* { box-sizing: border-box; margin: 0; padding: 0; border: 0; list-style: none; font: inherit; color: inherit; }
h2, h3, h4, h5, h6 { font-family: var(--fichero-heading-font, inherit); font-weight: 700; line-height: 1.35; }
a { color: var(--fichero-link, inherit); text-underline-offset: .2em; }
:focus-visible { outline: 2px solid var(--fichero-focus, currentColor); outline-offset: 2px; }
mark { background: var(--fichero-mark, color-mix(in srgb, currentColor 15%, transparent)); }
[lang], [part=topics], strong, span { unicode-bidi: plaintext; }
.status { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
[part=heading] { font-size: 1.25em; }
[part=newest] { font-weight: 700; }
[part=list] { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(var(--fichero-column, 15rem), 100%), 1fr)); gap: var(--gap); margin-block-start: .8em; }
[part=item] { position: relative; }
[part=image] { display: block; inline-size: 100%; aspect-ratio: 16 / 9; margin-block-end: .7em; object-fit: cover; background: var(--border); border-radius: var(--radius); }
[part=topics], [part=meta], [part=also], [part=line], [part=tooltip] { font-size: .875em; color: var(--muted); }
[part=title], [part=meta], [part=also], [part=line], [part=tooltip], [part=snippet] { margin-block-start: .35em; }
[part=meta] > span + span::before { content: " · "; }
[part=list] [part=item] { padding-block-start: .8em; border-block-start: 1px solid var(--border); }
[part=list] [part=link] { text-decoration-line: none; outline: none; }
[part=list] [part=link]::after { content: ""; position: absolute; inset: 0; }
[part=item]:hover [part=link] { text-decoration-line: underline; }
[part=link]:focus-visible::after { outline: 2px solid var(--fichero-focus, currentColor); outline-offset: 4px; }
@media (hover: hover) {
  [part=tooltip] { position: absolute; z-index: 30; inset-block-start: 100%; inset-inline: 0; margin: 0; padding: .5rem .75rem; visibility: hidden;
    background: var(--fichero-surface, var(--ground, Canvas)); color: var(--fichero-text, inherit); border: 1px solid var(--border); border-radius: var(--radius); }
  [part=item]:is(:hover, :focus-within):not(.quiet) [part=tooltip] { visibility: visible; }
}
[part=box] { position: relative; }
.room { container-type: inline-size; }
[part=results] { display: grid; gap: var(--gap); grid-template-columns: minmax(0, 1fr); margin-block-start: var(--gap); }
[aria-busy=true] { opacity: .75; }
[part=notice] { padding: .75rem 1rem; border: 1px solid var(--border); border-inline-start-width: .25rem; border-radius: var(--radius); }
[part=notice] a, [part=clear], [part=also] a { display: inline-block; min-block-size: 1.5rem; }
/* In line, so that a long title runs beside the picture. */
[part=hits] [part=link] { padding-block: .2em; }
b, strong { font-weight: 700; }
summary { min-block-size: 2rem; font-weight: 700; cursor: pointer; list-style: revert; }
[part=facet] { margin-block-start: 1rem; }
[part=facet] ul ul { margin-inline-start: 1.5rem; }
[part=choice] { display: flex; gap: .6rem; padding-block: .3rem; cursor: pointer; }
[part=choice] input { flex: none; inline-size: 1rem; block-size: 1rem; margin-block-start: .25em; accent-color: var(--fichero-accent, auto); }
[part=choice] span { flex: 1; }
[part=choice] span::first-letter { text-transform: uppercase; }
[part=found], [part=hits] { display: grid; gap: var(--gap); align-content: start; }
[part=hits] [part=item] { display: flow-root; }
[part=hits] [part=image] { float: inline-end; inline-size: max(18cqi, 5rem); aspect-ratio: 4 / 3; margin-inline-start: 1rem; }
[part=hits] [part=title] { font-size: 1.1em; }
[part=pages] { display: flex; flex-wrap: wrap; gap: .35rem; }
[part=pages] > * { padding: .5rem .9rem; }
[part=pages] a { border: 1px solid var(--border); border-radius: var(--radius); text-decoration: none; }
[part=pages] [aria-current] { border-color: currentColor; font-weight: 700; }
@container (min-width: 736px) {
  [part=results]:has(details) { grid-template-columns: 15rem minmax(0, 1fr); column-gap: calc(var(--gap) * 1.5); }
  [part=results] > :is([part=heading], [part=notice]) { grid-column: 1 / -1; }
}
`);

/** The styles of the form and its list, which are in the page's tree: an input finds ids only in its own tree. */
const OUTER = sheet(`
.fichero-form { display: flex; gap: .5rem; }
/* In the colours of the page around it. A phone zooms in on a field with letters below 16 pixels. */
.fichero-form > * { min-block-size: 2.75rem; padding: .4rem .9rem; font: inherit; color: inherit; border: 1px solid var(--fichero-border, color-mix(in srgb, currentColor 55%, transparent)); border-radius: var(--fichero-radius, .25rem); }
.fichero-form > input { flex: 1; min-inline-size: 0; font-size: max(1em, 16px); background: var(--fichero-surface, transparent); color: var(--fichero-text, inherit); }
.fichero-form > input::placeholder { color: inherit; opacity: .7; }
.fichero-form > button { background: var(--fichero-accent, color-mix(in srgb, currentColor 12%, transparent)); color: var(--fichero-on-accent, inherit); cursor: pointer; }
.fichero-form :focus-visible { outline: 2px solid var(--fichero-focus, currentColor); outline-offset: 2px; }
.fichero-list:not([hidden]) { position: absolute; z-index: 30; inset-block-start: calc(100% + .25rem); inset-inline-start: 0;
  box-sizing: border-box; inline-size: max(100%, min(24rem, 100vw - 3rem)); max-block-size: min(36rem, 70vh); overflow-y: auto; padding-block: .35rem;
  font-size: 1rem; line-height: 1.4; text-align: left; background: var(--fichero-surface, var(--fichero-ground, Canvas)); color: var(--fichero-text, inherit);
  border: 1px solid var(--fichero-border, color-mix(in srgb, currentColor 55%, transparent)); border-radius: var(--fichero-radius, .25rem); box-shadow: 0 .5rem 1.5rem #0003; }
.fichero-list .fichero-group { padding: .5rem .9rem .25rem; font-weight: 700; font-size: .8125rem; }
.fichero-list [role=option] { display: flex; flex-wrap: wrap; column-gap: 1rem; align-items: baseline; padding: .55rem .9rem; color: inherit; text-decoration: none; cursor: pointer; overflow-wrap: anywhere; }
.fichero-list .fichero-all { margin-block-start: .35rem; border-block-start: 1px solid var(--fichero-border, color-mix(in srgb, currentColor 22%, transparent)); }
.fichero-list:dir(rtl) { text-align: right; }
.fichero-list span { flex: 1 1 70%; unicode-bidi: plaintext; }
.fichero-list small { font-size: .8125rem; }
.fichero-list [role=option]:hover, .fichero-list [aria-selected=true] { background: color-mix(in srgb, currentColor 10%, transparent); }
.fichero-list [aria-selected=true] { outline: 2px solid var(--fichero-focus, currentColor); outline-offset: -2px; }
.fichero-list mark { background: none; color: inherit; font-weight: 700; }
`);

/** The colour behind an element: the page's own, whatever `color-scheme` says. */
function groundOf(element) {
  for (let node = element; node instanceof Element; node = node.parentElement ?? node.getRootNode().host) {
    const colour = getComputedStyle(node).backgroundColor;
    if (!/^(transparent|rgba)|\//.test(colour)) return colour;
  }
  return "Canvas";
}

/** Sets attributes; a function becomes a listener for the event of that name. */
function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
}

function h(name, attributes, ...children) {
  const element = document.createElement(name);
  set(element, attributes);
  element.append(...children.flat(Infinity).filter(Boolean));
  return element;
}

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

/** Turns escaped text into nodes; `<mark>` is the only element, anything else stays text. */
function marked(html) {
  return html.split(/<mark>(.*?)<\/mark>/s).map((piece, at) => {
    const text = piece.replace(/&(#?\w+);/g, (entity, name) => ENTITIES[name] ?? entity);
    return at % 2 ? h("mark", {}, text) : text;
  });
}

/** An address that is safe to link to. */
function webAddress(text) {
  try {
    const url = text ? new URL(text, document.baseURI).href : "";
    return /^https?:/.test(url) ? url : null;
  } catch {
    return null;
  }
}

/** The name of the filter in `lang=fr`; empty for a word. */
function filterOf(what) {
  const name = what.split("=", 1)[0];
  return name !== what && FILTERS.includes(name) ? name : "";
}

/** What heads an article: its title, else the beginning of its summary, else its address or id. */
function headingOf({ title, summary, url, id }) {
  return title || (summary?.length > 80 ? `${summary.slice(0, 80).trimEnd()}…` : summary) || url || id;
}

function whole(text, otherwise) {
  const number = Number.parseInt(text, 10);
  return number >= 0 ? number : otherwise;
}

function listed(text) {
  return (text ?? "").split(/\s*,\s*/).filter(Boolean);
}

const HAS_TOUCH = matchMedia("(pointer: coarse)");

/** Whether composed text is still to be converted: a reading in kana or bopomofo, or the Latin letters of Pinyin. */
// Hangul is text with every syllable. A touch keyboard composes every word of every language, so that Latin
// letters are text there, unless the reader's language is one that is converted.
function isConverted(text) {
  if (/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Han}]/u.test(text)) return true;
  return /^[a-z' ]+$/i.test(text) && (!HAS_TOUCH.matches || /^(zh|ja)\b/.test(navigator.language));
}

function baseOf(lang) {
  return lang.split("-")[0];
}

/** A language tag in the canonical form of `Intl`; undefined for an invalid one. */
function canonical(tag) {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}

/** The reader's past searches, which are stored in the browser only. */
function stored() {
  try {
    return [JSON.parse(localStorage.getItem(STORE)) ?? []].flat().filter((query) => typeof query === "string");
  } catch {
    return [];
  }
}

function store(queries) {
  try {
    localStorage.setItem(STORE, JSON.stringify([...new Set(queries)].slice(0, MAX_STORED)));
  } catch {
    // Storage is not allowed: nothing is stored.
  }
}

/** Fetches one address at a time: undefined for a request that another one, or none, replaced; null without a response; the problem of a refused request. */
function asking() {
  let last;
  return async (url) => {
    last?.abort();
    const own = (last = new AbortController());
    if (!url) return undefined;
    const timer = setTimeout(() => own.abort(), TIMEOUT_MS);
    let answer = null;
    try {
      const response = await fetch(url, { signal: own.signal, credentials: "omit" });
      if (response.ok || response.status === 400) answer = await response.json();
    } catch {
      // The server is unreachable or too slow, or the request was replaced.
    }
    clearTimeout(timer);
    return own === last ? answer : undefined;
  };
}

class Widget extends HTMLElement {
  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [INNER];
  }

  address(path, parameters) {
    const server = this.getAttribute("server");
    const url = new URL(path, server ? new URL(server, document.baseURI) : new URL("..", import.meta.url));
    url.search = new URLSearchParams(parameters);
    return url;
  }

  /** The filters that attributes fix for every search. */
  get scope() {
    return FILTERS.flatMap((name) => listed(this.getAttribute(name === "lang" ? "langs" : name)).map((value) => [name, value]));
  }

  number(attribute, otherwise, most = MAX_LIMIT) {
    return Math.min(whole(this.getAttribute(attribute), otherwise), most);
  }

  get pageLang() {
    let lang;
    for (let node = this; node && !lang; node = node.getRootNode().host) lang = node.closest("[lang]")?.lang;
    return canonical(lang) ?? "en";
  }

  /** The reader's variety of the page's language. */
  get locale() {
    const lang = this.pageLang;
    return navigator.languages.map(canonical).find((other) => other && baseOf(other) === baseOf(lang)) ?? lang;
  }

  /** The column of the labels. */
  get column() {
    return Math.max(0, LANGS.indexOf(baseOf(this.pageLang)));
  }

  /** A label in parts, with values (texts or nodes) in place of its placeholders. */
  pieces(key, values = {}) {
    const text = this.getAttribute(`label-${key}`) ?? LABELS[key]?.[this.column] ?? "";
    return text.split(/\{(\w+)\}/).map((piece, at) => (at % 2 ? values[piece] : piece));
  }

  label(key, values) {
    return this.pieces(key, values).join("");
  }

  /** A number of things, in the form of the label's language for it. */
  count(what, number) {
    const form = new Intl.PluralRules(LANGS[this.column]).select(number);
    return this.label(`${what}-${form}`, { n: this.digits(number) });
  }

  digits(value) {
    return value.toLocaleString(this.locale);
  }

  listing(values) {
    return new Intl.ListFormat(this.locale).format(values);
  }

  langName(code, lang = this.pageLang) {
    try {
      return new Intl.DisplayNames([lang], { type: "language" }).of(code);
    } catch {
      return code;
    }
  }

  /** Dispatches an event to the page; false where the page prevents the default action. */
  tell(event, detail) {
    return this.dispatchEvent(new CustomEvent(`fichero:${event}`, { bubbles: true, composed: true, cancelable: true, detail }));
  }

  heading(depth, attributes, ...children) {
    return h(`h${Math.min(this.number("level", 2) + depth, 6)}`, attributes, ...children);
  }

  /** A link to an article; only its content where there is no address. */
  articleLink({ id, url, lang, title }, detail, attributes, ...children) {
    const href = webAddress(url);
    const click = (event) => this.tell("select", { ...detail, id, url: href, lang, title }) || event.preventDefault();
    return href ? h("a", { href, hreflang: lang, click, ...attributes }, ...children) : children;
  }

  /** The day as the site wrote it. */
  time({ starts_at: starts, published_at: published }) {
    const moment = starts ?? published;
    const day = moment && new Date(moment.slice(0, 10));
    return day && h("time", { datetime: moment }, day.toLocaleDateString(this.locale, { dateStyle: "long", timeZone: "UTC" }));
  }

  /** An article in a list; `detail` is part of the event when its link is followed. */
  item(hit, { detail, fact, link, rest }) {
    const image = webAddress(hit.image);
    const meta = [
      fact,
      baseOf(hit.lang) !== baseOf(this.pageLang) && this.langName(hit.lang),
      this.time(hit),
      hit.authors.length > 0 && this.label("by", { names: this.listing(hit.authors) }),
    ].filter(Boolean);
    return h("li", { part: "item" },
      image && h("img", { part: "image", src: image, alt: "", loading: "lazy", error: (event) => (event.target.style.visibility = "hidden") }),
      hit.topics.length > 0 && h("p", { part: "topics" }, hit.topics.map((topic) => topic.label).join(" · ")),
      this.heading(1, { part: "title", lang: hit.lang },
        this.articleLink(hit, detail, { part: "link", ...link }, hit.title_html ? marked(hit.title_html) : headingOf(hit))),
      meta.length > 0 && h("p", { part: "meta" }, meta.map((fact) => h("span", {}, fact))),
      rest);
  }
}

class Block extends Widget {
  #ask = asking();
  #loading;
  #observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    this.#observer.disconnect();
    this.load();
  }, { rootMargin: NEAR });

  connectedCallback() {
    this.#observer.observe(this);
    document.addEventListener("keydown", this.#quiet);
  }

  disconnectedCallback() {
    this.#observer.disconnect();
    this.#ask();
    this.#loading = null;
    document.removeEventListener("keydown", this.#quiet);
  }

  /** The id or the address of the surrounding page. */
  get page() {
    const canonical = document.querySelector("link[rel=canonical][href]");
    return this.getAttribute("article") ?? this.getAttribute("url") ?? canonical?.href ?? location.href;
  }

  /** Shows its works, once; gives their ids. */
  load() {
    return (this.#loading ??= this.#load());
  }

  async #load() {
    const source = await this.source();
    const answer = this.isConnected ? await this.#ask(source) : undefined;
    if (answer === undefined) return [];
    const hits = answer?.hits ?? [];
    this.toggleAttribute("filled", hits.length > 0);
    const title = this.label(this.name);
    const section = h("section", { "aria-labelledby": title && "heading" },
      title && this.heading(0, { part: "heading", id: "heading" }, title),
      h("ul", { part: "list", role: "list" }, hits.map((hit, at) => this.#item(hit, at + 1))));
    section.style.setProperty("--ground", groundOf(this));
    this.shadowRoot.replaceChildren(hits.length > 0 ? section : "");
    return hits.map((hit) => hit.id);
  }

  #item(hit, position) {
    const part = this.getAttribute("reasons");
    const reasons = (part && hit.reasons) || [];
    const text = reasons.map((reason) => this.#reason(reason)).filter(Boolean).slice(0, MAX_REASONS).join(" · ");
    const id = `reasons-${position}`;
    const item = this.item(hit, {
      detail: { type: this.name, position },
      link: { "aria-describedby": text ? id : null },
      rest: text && h("p", { part, id, role: part === "tooltip" && part }, text),
    });
    for (const event of ["pointerleave", "focusout"]) item.addEventListener(event, () => item.classList.remove("quiet"));
    return item;
  }

  #reason({ type, terms, series, label, author }) {
    const what = terms ? this.listing(terms.slice(0, MAX_REASONS)) : (series ?? label ?? author);
    return this.label(`by-${type.replaceAll("_", "-")}`, { what });
  }

  /** Escape hides a tooltip although pointer and focus stay. */
  #quiet = (event) => {
    if (event.key !== "Escape") return;
    this.shadowRoot.querySelectorAll("li:is(:hover, :focus-within)").forEach((item) => item.classList.add("quiet"));
  };
}

/** The related blocks of the page. */
const RELATED = new Set();

class FicheroRelated extends Block {
  name = "related";

  connectedCallback() {
    RELATED.add(this);
    super.connectedCallback();
  }

  disconnectedCallback() {
    RELATED.delete(this);
    super.disconnectedCallback();
  }

  source() {
    const key = this.hasAttribute("article") ? "id" : "url";
    return this.address("v1/related", [[key, this.page], ["limit", this.number("limit", 6)], ...this.scope]);
  }
}

class FicheroRecent extends Block {
  name = "recent";

  /** What a related block of the page shows is not shown again: this block waits for it, so that nothing changes later. */
  async source() {
    const others = [...RELATED].filter((block) => block.address("", []).href === this.address("", []).href);
    const shown = (await Promise.all(others.map((block) => block.load()))).flat();
    const excluded = [...new Set([this.page, ...shown])].slice(0, MAX_EXCLUDED);
    return this.address("v1/recent", [...excluded.map((key) => ["exclude", key]), ["ui_lang", this.pageLang], ["limit", this.number("limit", 3)], ...this.scope]);
  }
}

let boxes = 0;

class FicheroSearch extends Widget {
  #form;
  #input;
  #list;
  #status = h("div", { role: "status", class: "status" });
  #results = h("section", { part: "results", "aria-labelledby": "heading" });
  #suggest = asking();
  #search = asking();
  #timer;
  /** The text that an input method is composing. */
  #composed = "";
  #active = null;
  #prefix;
  #state = new URLSearchParams();

  connectedCallback() {
    if (document.readyState === "loading") {
      document.addEventListener("DOMContentLoaded", () => this.isConnected && this.connectedCallback(), { once: true });
      return;
    }
    const root = this.getRootNode();
    if (!root.adoptedStyleSheets.includes(OUTER)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, OUTER];
    if (!this.#form) this.#build(root);
    addEventListener("popstate", this.#follow);
    if (this.getAttribute("shortcuts") !== "none") document.addEventListener("keydown", this.#summon);
    this.#follow();
  }

  disconnectedCallback() {
    removeEventListener("popstate", this.#follow);
    document.removeEventListener("keydown", this.#summon);
    if (this.#form) this.#close();
    this.#search();
    // Moved elsewhere in the page, it has to search again.
    if (this.#results.hasAttribute("aria-busy")) this.#state = null;
  }

  /** `/` outside of a field, and Ctrl-K or Command-K anywhere, lead into the first box that can be seen. */
  #summon = (event) => {
    if (event.defaultPrevented || event.altKey || event.shiftKey && event.key !== "/") return;
    const isCommand = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
    const [target] = event.composedPath();
    const isTyping = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
    const isSlash = event.key === "/" && !event.ctrlKey && !event.metaKey && !isTyping;
    if (!(isCommand || isSlash) || this.#input.getClientRects().length === 0) return;
    event.preventDefault();
    this.#input.focus();
    this.#input.select();
  };

  get #isInline() {
    return this.getAttribute("results") === "inline";
  }

  /** The parts of a search that the reader can choose. */
  get #names() {
    return STATE.filter((name) => !this.#isFixed(name));
  }

  #isFixed(name) {
    return this.scope.some(([fixed]) => fixed === name);
  }

  #build(root) {
    const id = `fichero-list-${++boxes}`;
    const at = [...root.querySelectorAll("fichero-search[results=inline]")].indexOf(this);
    this.#prefix = this.getAttribute("prefix") ?? `f${at > 0 ? at + 1 : ""}-`;
    this.#form = this.querySelector("form") ?? this.#makeForm();
    // A form without a style of its own gets that of the made one.
    this.#form.className ||= "fichero-form";
    this.#input = this.#form.querySelector("input[type=search], input[type=text], input:not([type])");
    this.#list = h("div", {
      id, class: "fichero-list", role: "listbox", slot: "list", hidden: true, "aria-label": this.label("suggestions"),
      // The focus stays in the input.
      mousedown: (event) => event.preventDefault(),
      click: () => this.#close(),
    });
    this.append(this.#list);
    this.shadowRoot.append(h("div", { part: "box" }, h("slot", {}), h("slot", { name: "list" }), this.#status), h("div", { class: "room" }, this.#results));
    this.#listen();
  }

  #makeForm() {
    const label = this.label("search");
    const form = h("form", { class: "fichero-form", role: "search", "aria-label": label, action: this.address("search", []) },
      h("input", { type: "search", name: "q", "aria-label": label }),
      h("button", {}, label),
      h("input", { type: "hidden", name: "ui_lang", value: this.pageLang }));
    this.append(form);
    return form;
  }

  #listen() {
    // Correctors of phones turn names and acronyms into words; a form of the page's own decides for itself.
    const keyboard = { autocapitalize: "none", autocorrect: "off", enterkeyhint: "search", inputmode: "search" };
    set(this.#input, Object.fromEntries(Object.entries(keyboard).filter(([name]) => !this.#input.hasAttribute(name))));
    set(this.#input, {
      role: "combobox", "aria-autocomplete": "list", "aria-controls": this.#list.id, "aria-expanded": "false", autocomplete: "off",
      keydown: (event) => this.#press(event),
      input: () => this.#typed(),
      click: () => this.#input.value.trim() || this.#offer(),
      compositionupdate: (event) => (this.#composed = event.data),
      compositionend: () => {
        this.#composed = "";
        this.#typed();
      },
    });
    this.#form.addEventListener("submit", (event) => this.#submit(event));
    // Fixed filters are submitted too, except those that the form itself has.
    this.#form.addEventListener("formdata", ({ formData }) => {
      const missing = this.scope.filter(([name]) => !formData.has(name));
      missing.forEach(([name, value]) => formData.append(name, value));
    });
    this.addEventListener("focusout", (event) => this.#list.contains(event.relatedTarget) || this.#close());
  }

  #typed() {
    clearTimeout(this.#timer);
    this.#suggest();
    this.#activate(null);
    if (isConverted(this.#composed)) this.#close();
    else if (this.#input.value.trim()) this.#timer = setTimeout(() => this.#offer(), DEBOUNCE_MS);
    else this.#close();
  }

  /** Shows suggestions; `step` selects the first (1) or the last (-1). */
  async #offer(step = 0) {
    const limit = this.number("suggestions", 5, MAX_SUGGESTIONS);
    if (limit === 0) return;
    const typed = this.#input.value;
    const own = this.hasAttribute("recent") && !typed.trim() ? stored() : [];
    const langs = this.scope.filter(([name]) => name === "lang");
    const answer = await this.#suggest(this.address("v1/suggest", [["q", typed], ["limit", limit], ["ui_lang", this.pageLang], ...langs]));
    if (answer === undefined) return;
    const { completions = [], articles = [] } = answer ?? {};
    this.#open({
      searches: [...own.map((text) => this.#query("recent", text, text)), own.length > 0 && h("div", { click: () => store([]) }, this.label("forget"))],
      suggestions: completions.map(({ text, text_html: html, lang }) => this.#query("completion", text, marked(html), lang)),
      articles: articles.map((article) => this.articleLink(article, { type: "article" }, {},
        h("span", { lang: article.lang }, marked(article.title_html)), " ", h("small", {}, this.label(article.kind)))),
    }, typed.trim());
    if (step) this.#move(step);
  }

  #query(type, query, content, lang) {
    const click = () => {
      if (!this.tell("select", { type, query })) return;
      this.#input.value = query;
      this.#form.requestSubmit();
    };
    return h("div", { click }, h("span", { lang }, content));
  }

  /** Shows groups of options; below them, a row for all results of what is typed. */
  #open(groups, typed) {
    this.#close();
    const filled = Object.entries(groups).map(([key, options]) => [this.label(key), options.filter((option) => option.nodeType)]);
    this.#list.replaceChildren(...filled.filter(([, options]) => options.length > 0).map(([label, options]) =>
      h("div", { role: "group", "aria-label": label }, h("div", { class: "fichero-group", "aria-hidden": "true" }, label), options)));
    const options = filled.flatMap(([, options]) => options);
    this.#status.textContent = this.count("suggestions", options.length);
    if (options.length === 0) return;
    if (typed) {
      options.push(this.#query("all", typed, this.label("all", { q: typed })));
      options.at(-1).className = "fichero-all";
      this.#list.append(options.at(-1));
    }
    options.forEach((option, at) => {
      set(option, { id: `${this.#list.id}-${at}`, role: "option", tabindex: -1, "aria-selected": "false" });
    });
    this.#list.style.setProperty("--fichero-ground", groundOf(this));
    this.#list.hidden = false;
    this.#input.setAttribute("aria-expanded", true);
    // Move the list to where the screen has room.
    this.#list.style.translate = "";
    const { left, right } = this.#list.getBoundingClientRect();
    this.#list.style.translate = `${Math.max(0, 8 - left) + Math.min(0, document.documentElement.clientWidth - 8 - right)}px`;
  }

  #close() {
    clearTimeout(this.#timer);
    this.#suggest();
    this.#activate(null);
    this.#list.hidden = true;
    this.#input.setAttribute("aria-expanded", false);
    this.#status.textContent = "";
  }

  #activate(option) {
    this.#active?.setAttribute("aria-selected", false);
    this.#active = option;
    option?.setAttribute("aria-selected", true);
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.#input.setAttribute("aria-activedescendant", option.id);
    else this.#input.removeAttribute("aria-activedescendant");
  }

  /** Moves the selection; the input itself comes between the last option and the first. */
  #move(step) {
    const places = [null, ...this.#list.querySelectorAll("[role=option]")];
    this.#activate(places.at((places.indexOf(this.#active) + step) % places.length));
  }

  #press(event) {
    // While composing, keys belong to the input method; Safari marks them with 229.
    if (event.isComposing || event.keyCode === 229) {
      // Enter ends the composition and must not submit, too; the search key of a touch keyboard does both.
      const isSearchKey = event.keyCode !== 229 && HAS_TOUCH.matches && !isConverted(this.#composed);
      if (event.key === "Enter" && !isSearchKey) event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      if (event.altKey && step < 0) this.#close();
      else if (this.#list.hidden) this.#offer(event.altKey ? 0 : step);
      else this.#move(step);
    } else if (event.key === "Enter" && this.#active) {
      this.#active.click();
    } else if (event.key === "Escape" && !this.#list.hidden) {
      this.#close();
      // This one is for the list alone: not for a dialog around it.
      event.stopImmediatePropagation();
      addEventListener("keyup", (event) => event.key === "Escape" && event.stopImmediatePropagation(), { capture: true, once: true });
    } else {
      // Home, End and similar keys move the caret: the reader is in the input again.
      if (event.key !== "Shift") this.#activate(null);
      return;
    }
    event.preventDefault();
  }

  #submit(event) {
    if (event.defaultPrevented) return;
    const q = this.#input.value.trim();
    this.#close();
    if (q && this.hasAttribute("recent")) store([q, ...stored()]);
    if (this.#isInline || !this.tell("search", { query: q, total: null })) event.preventDefault();
    // The keyboard of a touch screen would hide the results.
    if (this.#isInline) this.#go(this.#with({ q, literal: [] }), matchMedia("(pointer: coarse)").matches);
  }

  /** The page's address with a state; its parameters have the prefix. */
  #pageAddress(state) {
    const url = new URL(location.href);
    for (const name of STATE) url.searchParams.delete(this.#prefix + name);
    for (const [name, value] of state) url.searchParams.append(this.#prefix + name, value);
    url.hash = "";
    return url;
  }

  /** A state, with its parameters in a fixed order. */
  #made(valuesOf) {
    return new URLSearchParams(this.#names.flatMap((name) => [valuesOf(name)].flat().map((value) => [name, value])));
  }

  /** The current state with changes, on its first page. */
  #with(changes) {
    const changed = { page: [], ...changes };
    return this.#made((name) => changed[name] ?? this.#state.getAll(name));
  }

  /** Shows the state in the page's address. */
  #follow = () => {
    if (!this.#isInline) return;
    const query = new URLSearchParams(location.search);
    const state = this.#made((name) => query.getAll(this.#prefix + name));
    if (`${state}` === `${this.#state}`) return;
    this.#input.value = state.get("q") ?? "";
    this.#find(state);
  };

  /** Goes to a state that the reader chose; `toTop` moves the focus to the heading of the results. */
  #go(state, toTop) {
    const url = this.#pageAddress(state);
    if (url.href !== location.href) history.pushState(null, "", url);
    this.#find(state, toTop);
  }

  /** Replaces an address that has no results. */
  #correct(state, toTop) {
    history.replaceState(history.state, "", this.#pageAddress(state));
    this.#find(state, toTop);
  }

  async #find(state, toTop) {
    this.#state = state;
    // Screen readers announce the next text even if it is the same.
    this.#status.textContent = "";
    if (`${state}` === "") {
      this.#search();
      this.#show([]);
      return;
    }
    const limit = this.number("limit", 10) || 10;
    const farthest = Math.floor(MAX_OFFSET / limit) + 1;
    const page = Math.min(whole(state.get("page"), 1) || 1, farthest);
    const facets = listed(this.getAttribute("facets") ?? `${FACETS}`).filter((name) => !this.#isFixed(name));
    if (!this.#results.hasChildNodes()) this.#show([this.#title(this.label("searching"))]);
    this.#results.setAttribute("aria-busy", true);
    const answer = await this.#search(this.address("v1/search", [
      ...[...state].filter(([name]) => name !== "page"), ...this.scope,
      ["ui_lang", this.pageLang], ["limit", limit], ["offset", (page - 1) * limit],
      ...(facets.length > 0 ? facets : ["none"]).map((name) => ["facets", name]),
    ]));
    if (answer === undefined) return;
    if (!answer?.hits) {
      const bare = this.#made((name) => (name === "q" ? state.getAll(name) : []));
      if (answer && `${bare}` !== `${state}`) this.#correct(bare, toTop);
      else this.#show([this.#title(this.label("failed"))], toTop);
      return;
    }
    // A result that drops a filter fixed by the site counts as no result.
    if (answer.recovery?.dropped.some((what) => this.#isFixed(filterOf(what)))) {
      Object.assign(answer, { total: { value: 0 }, hits: [], newest: [], facets: {}, corrections: [], recovery: null });
    }
    const { query, total: { value: total }, hits, newest = [], recovery } = answer;
    const last = Math.min(Math.ceil(total / limit), farthest);
    if (hits.length === 0 && last > 0 && page > last) {
      this.#correct(this.#with({ page: last > 1 ? last : [] }), toTop);
      return;
    }
    const kind = recovery?.kind;
    // Where words were dropped and filters are set, another filter may match all words.
    const isFiltered = this.scope.length > 0 || FACETS.some((name) => state.has(name));
    const hasTrueCounts = kind !== "newest" && !(isFiltered && ["fewer_words", "any_word"].includes(kind));
    const sum = this.count("results", total);
    // Whoever goes on is told the place; the total is known.
    const place = page > 1 && hits.length > 0 && this.label("page-of", { n: this.digits(page), last: this.digits(last) });
    this.#show([
      this.#title(total === 0 && query ? this.label("none", { q: query }) : place || sum),
      place && h("p", { part: "total" }, sum),
      this.#notice(answer),
      this.#facets(hasTrueCounts ? facets : [], answer.facets),
      hits.length > 0 && h("div", { part: "found" }, this.#hits(hits, answer.offset), this.#pages(last, page)),
      newest.length > 0 && h("div", { part: "found" }, h("p", { part: "newest" }, this.label("recent")), this.#hits(newest, 0)),
    ], toTop);
    this.tell("search", { query, total, page });
  }

  #title(text) {
    return this.heading(0, { part: "heading", id: "heading", tabindex: -1 }, text);
  }

  /** Shows and announces results; the focus stays, or moves to the heading. */
  #show(children, toTop) {
    const focused = this.shadowRoot.activeElement;
    this.#results.removeAttribute("aria-busy");
    this.#results.replaceChildren(...children.filter(Boolean));
    const told = this.#results.querySelectorAll("[part=heading], [part=notice]");
    if (toTop) told[0]?.focus();
    else if (focused) (this.shadowRoot.getElementById(focused.id) ?? told[0] ?? this.#input).focus({ preventScroll: true });
    // After the focus: the status is emptied when the focus leaves the input.
    this.#status.textContent = [...told].map((element) => element.textContent).join(". ");
  }

  #link(state, toTop, attributes, text) {
    const click = (event) => {
      // The link opens in another tab or window.
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.#go(state, toTop);
    };
    return h("a", { href: this.#pageAddress(state), click, ...attributes }, text);
  }

  /** The notice that the query was changed, with a link to the search as typed. */
  #notice({ query: q, recovery, corrections, is_partial: isPartial }) {
    const lines = [];
    const add = (key, values) => lines.push(h("p", {}, this.pieces(key, values)), " ");
    const strong = (content) => h("strong", {}, content);
    const isNewest = recovery?.kind === "newest";
    if (recovery) {
      if (isNewest && q) add("check");
      else if (recovery.kind === "any_word") add("any-word");
      else if (!isNewest && recovery.to !== recovery.from) add("respelt", { to: strong(marked(recovery.to_html)) });
      // A newest-articles fallback drops all words, so none is named.
      const dropped = recovery.dropped.filter((what) => !isNewest || filterOf(what)).map((what) => this.#left(what));
      if (dropped.length > 0) add("dropped", { what: strong(this.listing(dropped)) });
    } else if (corrections.length > 0) {
      add("respelt", { to: strong(this.listing(corrections.flatMap(({ searched }) => searched))) });
    }
    const isHelped = lines.length > 0;
    if (isPartial) add("partial");
    if (lines.length === 0) return null;
    return h("div", { part: "notice" }, lines,
      q && isHelped && !isNewest && this.#link(this.#with({ literal: "true" }), true, { part: "literal" }, this.label("literal", { q })));
  }

  /** A dropped word or filter; a filter that readers cannot choose keeps its API name. */
  #left(what) {
    const name = filterOf(what);
    return FACETS.includes(name) ? this.#named(what.slice(name.length + 1), name) : what;
  }

  #named(value, filter, label) {
    if (filter === "lang") return this.langName(value);
    return label ?? (this.label(filter === "kind" ? value : "") || value.split("/").at(-1));
  }

  #facets(names, counts) {
    const chosen = FACETS.flatMap((name) => this.#state.getAll(name)).length;
    const fields = names.map((name) => this.#facet(name, counts[name] ?? [])).filter(Boolean);
    const none = this.#with(Object.fromEntries(FACETS.map((name) => [name, []])));
    const clear = chosen > 0 && this.#link(none, false, { part: "clear", id: "clear" }, this.label("clear"));
    if (fields.length === 0) return clear;
    const open = this.#results.querySelector("details")?.open ?? this.clientWidth > 735;
    return h("details", { part: "facets", open },
      h("summary", { id: "filters" }, this.label("filters"), chosen > 0 && ` (${chosen})`),
      clear,
      fields);
  }

  #facet(name, values) {
    const chosen = this.#state.getAll(name);
    if (values.length + chosen.length < 2) return null;
    const isBelow = (value, above) => value.startsWith(`${above}/`);
    // A topic replaces those above and below it; those below are shown once it is chosen.
    const change = ({ target: { value, checked } }) => {
      const others = this.#state.getAll(name).filter((other) => other !== value && !isBelow(other, value) && !isBelow(value, other));
      this.#go(this.#with({ [name]: checked ? [...others, value] : others }));
    };
    const list = (entries) => h("ul", { role: "list" }, entries.map(({ value, label, count, children = [] }) => {
      const checked = chosen.includes(value);
      return h("li", {},
        h("label", { part: "choice" },
          h("input", { type: "checkbox", id: `${name}=${value}`, value, checked, change }),
          h("span", {}, this.#named(value, name, label)), " ", this.digits(count)),
        (checked || chosen.some((other) => isBelow(other, value))) && children.length > 0 && list(children));
    }));
    return h("fieldset", { part: "facet" }, h("legend", {}, h("b", {}, this.label(name))), list(values));
  }

  #hits(hits, before) {
    return h("ol", { part: "hits", role: "list" }, hits.map((hit, at) => this.#hit(hit, before + at + 1)));
  }

  #hit(hit, position) {
    const languages = hit.translations.map((version, at) => [
      at > 0 && ", ",
      this.articleLink(version, { type: "translation", position }, { lang: version.lang }, this.langName(version.lang, version.lang)),
    ]);
    return this.item(hit, {
      detail: { type: "hit", position },
      fact: this.label(hit.kind),
      rest: [
        h("p", { part: "snippet", lang: hit.lang }, marked(hit.snippet_html)),
        languages.length > 0 && h("p", { part: "also" }, this.pieces("also", { langs: languages })),
      ],
    });
  }

  #pages(last, page) {
    const link = (number, text, attributes) => this.#link(this.#with({ page: number > 1 ? number : [] }), true, attributes, text);
    const near = [...new Set([1, page - 1, page, page + 1, last])].filter((number) => number > 0 && number <= last);
    const name = (number) => this.label("page", { n: this.digits(number) });
    return last > 1 && h("nav", { part: "pages", "aria-label": this.label("pages") },
      page > 1 && link(page - 1, this.label("previous"), { rel: "prev" }),
      near.map((number, at) => [number > (near[at - 1] ?? 0) + 1 && h("span", {}, "…"), link(number, this.digits(number), { "aria-label": name(number), "aria-current": number === page && "page" })]),
      page < last && link(page + 1, this.label("next"), { rel: "next" }));
  }
}

for (const [name, element] of Object.entries({ "fichero-search": FicheroSearch, "fichero-related": FicheroRelated, "fichero-recent": FicheroRecent })) {
  // Another copy of the script may have defined it.
  if (!customElements.get(name)) customElements.define(name, element);
}
