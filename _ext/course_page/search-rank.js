// Which sections of the book answer a query, best first: by phrase, title and frequency.
//
// Frequency is MiniSearch's (BM25), over the stems of words. To it comes whether the query stands as
// a phrase in a section's title, among the terms that the section defines, or in its text. It is
// searched as it was typed, and in the book's own words. All weights were chosen by what then stands
// first for the queries of tests/test_search.py.
const bookSearch = (() => {
  // Words that carry no subject.
  const SILENT = new Set(
    `a an and are as at be become becomes but by can come comes did do does for from how i if in into
    is it its may me must my of on or out s should so that the their then there these they this to
    was we what when where which who why will with you your`.split(/\s+/),
  );
  const WORD = /[\p{L}\p{N}\p{M}]+/gu;
  const FIELDS = { title: 3, terms: 2, page: 0.5, text: 1, code: 0.2 };
  const KINDS = {
    section: 1,
    part: 0.85,
    glossary: 0.8,
    misconception: 0.75,
    assignment: 0.7,
    claim: 0.6,
    teaching: 0.5,
    reference: 0.5,
  };
  const SYNONYM = 0.95;
  const FLOOR = 0.1; // of the best hit's value

  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const words = (text) => (plain(text).match(WORD) ?? []).filter((word) => !SILENT.has(word));
  const stemmer = new Stemmer();
  const stems = new Map(); // by word
  const stem = (word) => {
    if (!stems.has(word)) stems.set(word, stemmer.stemWord(word));
    return stems.get(word);
  };
  const phrase = (text) => words(text).map(stem);
  const line = (phrase) => ` ${phrase.join(" ")} `;

  const { sections, synonyms } = SEARCH_INDEX;
  const stemmed = sections.map((section, id) => {
    const fields = Object.keys(FIELDS).map((name) => [name, phrase(section[name]).join(" ")]);
    return { id, ...Object.fromEntries(fields) };
  });
  const index = new MiniSearch({
    fields: Object.keys(FIELDS),
    tokenize: (text) => text.split(" "),
    processTerm: (term) => term,
    searchOptions: { boost: FIELDS, tokenize: (text) => [text] },
  });
  index.addAll(stemmed);
  const lines = stemmed.map(({ title, text }, id) => ({
    title: ` ${title} `,
    terms: sections[id].terms.split(" · ").map((term) => line(phrase(term))),
    text: ` ${text} `,
  }));
  const vocabulary = [...stems.keys()];
  const known = new Set(stems.values());
  const renamings = Object.entries(synonyms).flatMap(([own, others]) =>
    others.map((other) => ({ own, from: line(phrase(other)), to: line(phrase(own)) })),
  );

  // For each word of a phrase the stems that it may stand for. The last word may be half typed.
  const meanings = (phrase, typed) =>
    phrase.map((term, i) => {
      if (known.has(term) || i < phrase.length - 1 || typed === undefined) return [term];
      const completed = vocabulary.filter((word) => word.startsWith(typed)).map(stem);
      return completed.length ? [...new Set(completed)] : [term];
    });

  // What a query is searched as, [{ groups, weight, own }]: as it was typed, and with each name that
  // the book has another for replaced by that one, `own`.
  const readings = (query) => {
    const typed = phrase(query);
    const found = [{ groups: meanings(typed, words(query).at(-1)), weight: 1 }];
    const as = line(typed);
    for (const { own, from, to } of renamings)
      if (as.includes(from))
        found.push({
          groups: meanings(as.replace(from, to).trim().split(" ")),
          weight: SYNONYM,
          own,
        });
    return found;
  };

  // The sections that have one of the stems of every group, as [{ id, value, phrases, terms }].
  // phrases: what was looked for as a whole; terms: the stems that were found.
  const ranked = ({ groups, weight }, combineWith = "AND") => {
    const queries = groups.map((group) => ({ combineWith: "OR", queries: group }));
    const found = index.search({ combineWith, queries });
    // The last word may have several meanings; those before have one.
    const before = groups.slice(0, -1).map(([term]) => term);
    const phrases = (groups.at(-1) ?? []).map((last) => [...before, last]);
    const asked = phrases.map(line);
    return found.map(({ id, score, terms }) => {
      const place = lines[id];
      const value =
        score / found[0].score +
        Math.max(...asked.map((phrase) => inTitle(phrase, place.title))) +
        0.6 * asked.some((phrase) => place.terms.includes(phrase)) +
        0.3 * asked.some((phrase) => place.text.includes(phrase));
      return { id, value: value * weight * KINDS[sections[id].kind], phrases, terms };
    });
  };

  // More for a title that begins with the phrase, and the more of it the phrase fills.
  const inTitle = (phrase, title) =>
    title.includes(phrase) ? 1 + phrase.length / title.length + 0.4 * title.startsWith(phrase) : 0;

  // The best of several rankings, without what has hardly to do with the query.
  const merged = (rankings) => {
    const best = new Map();
    for (const hit of rankings.flat()) {
      const other = best.get(hit.id);
      const [first, second] = other && other.value > hit.value ? [other, hit] : [hit, other];
      best.set(hit.id, {
        ...first,
        phrases: [...first.phrases, ...(second?.phrases ?? [])],
        terms: [...new Set([...first.terms, ...(second?.terms ?? [])])],
      });
    }
    const sorted = [...best.values()].sort((a, b) => b.value - a.value);
    return sorted.filter(({ value }) => value > FLOOR * sorted[0].value);
  };

  // { hits, how, own }. Each hit has all words of the query, or (how: "own") what the book calls it,
  // named in `own`, or ("close") words that are spelled like them, or only "some" of the words. There
  // are no hits if "none" has any, and if all words are "silent".
  const find = (query) => {
    const all = readings(query);
    const [{ groups }] = all;
    if (!groups.length) return { hits: [], how: "silent" };
    const rankings = all.map((reading) => ranked(reading));
    const own = new Set(all.filter((_, i) => i && rankings[i].length).map((reading) => reading.own));
    if (rankings[0].length || own.size)
      return { hits: merged(rankings), how: rankings[0].length ? "all" : "own", own: [...own] };
    const like = groups.map((group) => (known.has(group[0]) ? group : close(group)));
    const hits = ranked({ groups: like, weight: 1 });
    if (hits.length) return { hits: merged([hits]), how: "close" };
    const some = ranked({ groups: like.filter((group) => group.length), weight: 1 }, "OR");
    return { hits: merged([some]), how: some.length ? "some" : "none" };
  };
  const close = ([term]) => [
    ...new Set(index.search(term, { fuzzy: 0.25 }).flatMap((hit) => hit.terms)),
  ];

  // Where a text says what a hit was found for, as [start, end]: the phrases, or else single words.
  const places = (text, { phrases, terms }) => {
    const said = [...text.matchAll(WORD)]
      .map(({ 0: word, index }) => [plain(word), index, index + word.length])
      .filter(([word]) => !SILENT.has(word));
    const among = (sequences) =>
      said.flatMap(([, start], i) => {
        const match = sequences.find((stems) =>
          stems.every((term, k) => said[i + k] && stem(said[i + k][0]) === term),
        );
        return match ? [[start, said[i + match.length - 1][2]]] : [];
      });
    const found = among(phrases);
    return found.length ? found : among(terms.map((term) => [term]));
  };

  return { find, places, sections };
})();
