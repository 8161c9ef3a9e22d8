// Cleans a pasted text and masks likely secrets, as runbook_lib.messages.cleaning and runbook_lib.text.mask do.
(() => {
  const { expression, stripEnd } = window.runbook.text;
  const { cleaning, mask: masks } = window.runbook.triageData;
  const rules = masks.rules.map((/** @type {[string, string]} */ rule) => expression(rule, "g"));
  const pattern = Object.fromEntries(
    ["escapes", "lineEnd", "otherBreak", "invisible", "entity", "mailQuote", "quotedQuote"].map((name) => [
      name,
      expression(cleaning[name], "g"),
    ]),
  );

  /** @param {any[]} match the arguments of a replacement */
  const replacement = (...match) => {
    const groups = match.at(-1);
    const kept = groups.kept ?? "";
    let secret = groups.secret || groups.inner || "";
    let rest = "";
    if (groups.bare) {
      secret = stripEnd(groups.bare, masks.trailing);
      rest = groups.bare.slice(secret.length);
    }
    if (secret === "" || secret === masks.mark) {
      return match[0];
    }
    const kind = secret.startsWith(masks.emulated) && !kept.endsWith(masks.emulated) ? masks.emulated : "";
    return `${kept}${groups.open ?? ""}${kind}${masks.mark}${rest}`;
  };

  /**
   * Return a text with every likely secret replaced.
   * @param {string} text
   * @returns {string}
   */
  const mask = (text) => rules.reduce((/** @type {string} */ done, /** @type {RegExp} */ rule) => done.replace(rule, replacement), text);

  /**
   * Return a text that is safe to display, in the form that the rules expect.
   * @param {string} text
   * @returns {string}
   */
  const clean = (text) => {
    const plain = text
      .replace(pattern.escapes, "")
      .replace(pattern.entity, (entity) => cleaning.entities[entity.slice(1, -1)]);
    const lines = plain.replace(pattern.lineEnd, "\n").replace(pattern.otherBreak, " ").replace(pattern.mailQuote, "");
    return mask(lines.replace(pattern.invisible, "").replace(pattern.quotedQuote, ""));
  };

  /**
   * Return a text for the search: lower case, plain quotes and dashes, all characters at the same positions.
   * @param {string} text
   * @returns {string}
   */
  const fold = (text) =>
    [...text]
      .map((character) => cleaning.typography[character] ?? character)
      .join("")
      .toLowerCase();

  Object.assign(window.runbook, { cleaning: { clean, fold, mask } });
})();
