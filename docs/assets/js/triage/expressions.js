// Small helpers of triage: compiled expressions, and blanks as Python sees them.
(() => {
  const BLANKS = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
  const EDGES = new RegExp(`^[${BLANKS}]+|[${BLANKS}]+$`, "gu");
  const RUN = new RegExp(`[${BLANKS}]+`, "u");

  /**
   * Compile a translated expression.
   * @param {[string, string]} translated source and flags
   * @param {string} more further flags
   */
  const expression = ([source, flags], more = "") => new RegExp(source, flags + more);

  /** @param {[string, string]} translated */
  const complete = ([source, flags]) => new RegExp(`^(?:${source})$`, flags);

  /** @param {string} text */
  const strip = (text) => text.replace(EDGES, "");

  /** @param {string} text */
  const words = (text) => text.split(RUN).filter(Boolean);

  /**
   * Return a text without these characters at its end, or at both ends.
   * @param {string} text
   * @param {string} characters
   */
  const stripEnd = (text, characters) => {
    let end = text.length;
    while (end > 0 && characters.includes(text[end - 1])) {
      end -= 1;
    }
    return text.slice(0, end);
  };

  /**
   * @param {string} text
   * @param {string} characters
   */
  const stripBoth = (text, characters) => {
    let start = 0;
    while (start < text.length && characters.includes(text[start])) {
      start += 1;
    }
    return stripEnd(text.slice(start), characters);
  };

  Object.assign(window.runbook, { text: { BLANKS, expression, complete, strip, words, stripEnd, stripBoth } });
})();
