// Searches the site's own index: it forgives misspellings, endings and British spelling, and ignores function words.
(() => {
  const QUALITY = { same: 1, begins: 0.6, similar: 0.5 };

  /** Return the term of a word, as runbook_lib.pages.search_index does. @param {string} word */
  const term = (word) => {
    const american = word
      .replace(/is(?=e|ing|ation)/g, "iz")
      .replace(/our(?=$|s|ed|ing|al)/g, "or")
      .replace(/(?<=t)re$/, "er");
    const shorter = american.replace(/(?:ations?|ions?|ings?|ed|ers?|es|s|e)$/, "");
    const kept = shorter.length >= 3 ? shorter : american;
    return kept.length > 4 && kept.at(-1) === kept.at(-2) ? kept.slice(0, -1) : kept;
  };

  /** @param {string} text @returns {string[]} */
  const words = (text) =>
    text
      .toLowerCase()
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .replace(/\b(?:can['\u2019 ]?t|can not|unable to)\b/g, "cannot")
      .replace(/\blog(?:s|ged|ging)? ?in\b/g, "login")
      .match(/[a-z0-9]+(?:_[a-z0-9]+)*/g) ?? [];

  /**
   * Return how many letters differ; two letters in the wrong order count once.
   * @param {string} one @param {string} other
   */
  const distance = (one, other) => {
    /** @type {number[]} */
    let before = [];
    let row = Array.from({ length: other.length + 1 }, (_, index) => index);
    for (let i = 1; i <= one.length; i += 1) {
      const next = [i];
      for (let j = 1; j <= other.length; j += 1) {
        const change = one[i - 1] === other[j - 1] ? 0 : 1;
        next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + change);
        if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
          next[j] = Math.min(next[j], before[j - 2] + 1);
        }
      }
      [before, row] = [row, next];
    }
    return row[other.length];
  };

  /** Return index term → how well it matches. @param {string} wanted @param {string[]} all */
  const matches = (wanted, all) => {
    /** @type {Map<string, number>} */
    const found = new Map();
    if (window.runbook.searchData.terms[wanted]) {
      found.set(wanted, QUALITY.same);
    }
    if (wanted.length >= 3) {
      for (const known of all) {
        if (known !== wanted && known.startsWith(wanted)) {
          found.set(known, QUALITY.begins * (wanted.length / known.length));
        }
      }
    }
    const most = wanted.length >= 8 ? 2 : wanted.length >= 4 ? 1 : 0;
    if (!found.has(wanted) && most) {
      for (const known of all) {
        const isNear = Math.abs(known.length - wanted.length) <= most && known.slice(0, 2).includes(wanted[0]);
        const differs = isNear ? distance(wanted, known) : most + 1;
        if (differs <= most) {
          found.set(known, Math.max(found.get(known) ?? 0, QUALITY.similar / differs));
        }
      }
    }
    return found;
  };

  /** Return what a page gains from a phrase that the query has, or that has the query. @param {string[]} phrases @param {string[]} wanted */
  const bonus = (phrases, wanted) => {
    const gains = phrases.map((phrase) => {
      const words = phrase.split(" ");
      const shared = words.filter((word) => wanted.includes(word)).length;
      const isSame = shared === words.length && shared === wanted.length;
      const isPart = shared > 1 && (shared === words.length || shared === wanted.length);
      return isSame ? 14 * shared : isPart ? 8 * shared : 0;
    });
    return Math.max(0, ...gains);
  };

  /**
   * Return the pages for a query, best first.
   * @param {string} query
   * @returns {{path: string, title: string, purpose: string, score: number}[]}
   */
  const search = (query) => {
    const { pages, terms, functionWords } = window.runbook.searchData;
    const all = Object.keys(terms);
    const skipped = new Set(functionWords);
    const typed = words(query);
    const telling = typed.filter((word) => !skipped.has(word));
    const wanted = [...new Set((telling.length ? telling : typed).flatMap((word) => {
      const parts = word.includes("_") && !terms[term(word)] ? word.split("_") : [word];
      return parts.map(term);
    }))];
    const scores = new Float64Array(pages.length);
    const counts = new Uint16Array(pages.length);
    for (const word of wanted) {
      const best = new Map();
      for (const [known, quality] of matches(word, all)) {
        const places = terms[known];
        const rarity = Math.log(1 + (2 * pages.length) / places.length);
        for (let index = 0; index < places.length; index += 2) {
          const score = quality * rarity * places[index + 1];
          best.set(places[index], Math.max(best.get(places[index]) ?? 0, score));
        }
      }
      for (const [page, score] of best) {
        scores[page] += score;
        counts[page] += 1;
      }
    }
    return pages
      .map((/** @type {[string, string, string, string[]]} */ [path, title, purpose, phrases], /** @type {number} */ index) => ({
        path,
        title,
        purpose,
        score: scores[index] * (counts[index] / wanted.length) ** 1.5 + bonus(phrases, wanted),
      }))
      .filter((/** @type {any} */ page) => page.score > 0)
      .sort((/** @type {any} */ one, /** @type {any} */ other) => other.score - one.score);
  };

  Object.assign(window.runbook, { search, term });
})();
