// Extracts facts from a text, as runbook_lib.messages.facts does. Labels and formats decide; nothing is guessed.
(() => {
  const { expression, complete, strip, stripEnd } = window.runbook.text;
  const data = window.runbook.triageData;
  /** @type {[string, RegExp[]][]} */
  const patterns = Object.entries(data.facts).map(([field, given]) => [
    field,
    /** @type {[string, string][]} */ (given).map((pattern) => expression(pattern, "dg")),
  ]);
  const safe = Object.fromEntries(
    Object.entries(data.safe).map(([field, pattern]) => [field, complete(/** @type {[string, string]} */ (pattern))]),
  );
  const serverTable = expression(data.serverTable, "d");
  const otherId = expression(data.otherId, "dg");
  const anyUuid = expression(data.anyUuid, "dg");
  const timestamp = expression(data.timestamp, "g");

  /** @typedef {{values: Record<string, string>, unlabeled: Set<string>, times: string[]}} Facts */

  /** @param {string} value */
  const isAddress = (value) => {
    const parts = value.split(".");
    const isNumber = (/** @type {string} */ part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256;
    if (parts.length !== 4 || !parts.every(isNumber)) {
      return false;
    }
    const first = Number(parts[0]);
    return !(first === 127 || value === "0.0.0.0" || (first >= 224 && first < 240));
  };

  /** @param {any} match @param {string} text @returns {string} */
  const named = (match, text) => text.slice(...match.indices.groups.v);

  /** @param {string} field @param {RegExp[]} given @param {string} text @param {string} folded */
  const valueOf = (field, given, text, folded) => {
    for (const pattern of given) {
      for (const match of folded.matchAll(pattern)) {
        let value = stripEnd(strip(named(match, text)), ".,;");
        value = value.includes("(") ? value : stripEnd(value, ")");
        if (value && (field !== "ip_address" || isAddress(value))) {
          return value;
        }
      }
    }
    return "";
  };

  /**
   * Return the facts of a cleaned text.
   * @param {string} text
   * @param {string} folded
   * @returns {Facts}
   */
  const extract = (text, folded) => {
    /** @type {Record<string, string>} */
    const values = {};
    for (const [field, given] of patterns) {
      const value = valueOf(field, given, text, folded);
      if (value) {
        values[field] = value;
      }
    }
    if (!values.instance_id && folded.includes("| flavor")) {
      const row = serverTable.exec(folded);
      if (row) {
        values.instance_id = named(row, text);
      }
    }
    const unlabeled = new Set();
    if (!values.instance_id) {
      const others = new Set([...folded.matchAll(otherId)].map((match) => named(match, text)));
      const known = new Set(Object.values(values));
      const all = [...folded.matchAll(anyUuid)].map((match) => text.slice(match.index, match.index + match[0].length));
      const candidates = [...new Set(all)].filter((id) => !known.has(id) && !others.has(id));
      if (candidates.length === 1) {
        [values.instance_id] = candidates;
        unlabeled.add("instance_id");
      }
    }
    const times = [...folded.matchAll(timestamp)].map((match) => text.slice(match.index, match.index + match[0].length));
    return { values, unlabeled, times: [...new Set([...times.slice(0, 1), ...times.slice(-1)])] };
  };

  /** @param {string} field @param {string} value @returns {boolean} */
  const isSafe = (field, value) => field in safe && safe[field].test(value);

  Object.assign(window.runbook, { facts: { extract, isSafe } });
})();
