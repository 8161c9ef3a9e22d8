// Compiles a message with placeholders to an expression, and searches for it, as runbook_lib.messages.patterns does.
(() => {
  const { BLANKS, words } = window.runbook.text;
  const KINDS = {
    word: `[^${BLANKS}"'()\\[\\]]{1,200}`,
    number: "[0-9]{1,12}",
    id: "[0-9a-z\\-]{1,64}",
    text: "[^\\n\\\\]{0,200}?",
    dash: "[ \\-]{0,5}",
  };
  const PLACEHOLDER = /\{([^{}]*)\}/;
  const WORD = /[\p{L}\p{N}_]/u;

  /** @typedef {{start: number, end: number, fields: Record<string, [number, number]>}} Match */

  /** @param {string} text */
  const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

  /** @param {string} text */
  const source = (text) => {
    let groups = 0;
    const atomic = (/** @type {string} */ inner) => {
      groups += 1;
      return `(?=(?<_${groups}>${inner}))\\k<_${groups}>`;
    };
    const literal = (/** @type {string} */ piece) =>
      piece
        .split(/ +/)
        .map(escaped)
        .reduce((before, after) => before + atomic("[ \\n]{1,80}") + after);
    const pieces = text.toLowerCase().split(PLACEHOLDER);
    let made = literal(pieces[0]);
    for (let index = 1; index < pieces.length; index += 2) {
      const inside = pieces[index].split("=");
      const kind = /** @type {keyof typeof KINDS} */ (inside.at(-1));
      const after = pieces[index + 1];
      const isOpen = kind === "text" && after !== "";
      const last = kind === "text" ? "[^\\n\\\\]{1,200}" : KINDS[kind];
      const part = isOpen ? KINDS.text : atomic(last);
      const named = inside.length > 1 ? `(?<${inside[0]}>${part})` : part;
      made += kind === "text" ? atomic(named + literal(after)) : named + literal(after);
    }
    return made;
  };

  /** Its expressions are compiled when they are first needed, because most patterns never are. */
  class Pattern {
    /** @param {string} text */
    constructor(text) {
      const literals = text
        .toLowerCase()
        .split(PLACEHOLDER)
        .filter((_, index) => index % 2 === 0)
        .flatMap(words);
      this.text = text;
      this.literal = literals.reduce((sum, word) => sum + [...word].length, 0);
      /** @type {RegExp | undefined} */
      this.searching = undefined;
      /** @type {RegExp | undefined} */
      this.completing = undefined;
      this.anchor = literals.reduce((best, word) => ([...word].length > [...best].length ? word : best));
    }

    get search() {
      this.searching ??= new RegExp(source(this.text), "dgu");
      return this.searching;
    }

    get complete() {
      this.completing ??= new RegExp(`^(?:${source(this.text)})$`, "du");
      return this.completing;
    }
  }

  /** @param {string} text */
  const compile = (text) => new Pattern(text);

  /** @param {string} text @param {number} at */
  const isWordAt = (text, at) => {
    const low = at > 0 && /[\udc00-\udfff]/.test(text[at]);
    return WORD.test(String.fromCodePoint(text.codePointAt(low ? at - 1 : at) ?? 0));
  };

  /** @param {RegExpExecArray | RegExpMatchArray} hit @returns {Match} */
  const matchOf = (hit) => {
    const groups = Object.entries(/** @type {any} */ (hit).indices.groups ?? {});
    const fields = Object.fromEntries(groups.filter(([name]) => !name.startsWith("_")));
    return { start: hit.index ?? 0, end: (hit.index ?? 0) + hit[0].length, fields: /** @type {any} */ (fields) };
  };

  /**
   * Return the first match that begins and ends at a word boundary.
   * @param {Pattern} pattern
   * @param {string} folded
   * @returns {Match | null}
   */
  const find = (pattern, folded) => {
    if (!folded.includes(pattern.anchor)) {
      return null;
    }
    for (const hit of folded.matchAll(pattern.search)) {
      const match = matchOf(hit);
      const starts = match.start === 0 || !(isWordAt(folded, match.start) && isWordAt(folded, match.start - 1));
      const end = match.end;
      if (starts && (end >= folded.length || !(isWordAt(folded, end - 1) && isWordAt(folded, end)))) {
        return match;
      }
    }
    return null;
  };

  /**
   * Return the match if the pattern covers the complete text.
   * @param {Pattern} pattern
   * @param {string} folded
   * @returns {Match | null}
   */
  const matchAll = (pattern, folded) => {
    const hit = folded.includes(pattern.anchor) ? pattern.complete.exec(folded) : null;
    return hit && matchOf(hit);
  };

  Object.assign(window.runbook, { patterns: { compile, find, matchAll } });
})();
