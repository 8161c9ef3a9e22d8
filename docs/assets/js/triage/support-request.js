// Composes the message for support, as runbook_lib.messages.support_request does; missing lines are marked.
(() => {
  const { expression, strip } = window.runbook.text;
  const data = window.runbook.triageData.support;
  const label = expression(data.label);
  const TRACEBACK = "traceback (most recent call last)";

  /** @param {string} text */
  const bounded = (text) => {
    const characters = [...text];
    return characters.length <= data.maxExcerpt
      ? text
      : `${characters.slice(0, data.maxExcerpt).join("")}… (truncated)`;
  };

  /** @param {string} cleaned */
  const tracebackOf = (cleaned) => {
    const position = cleaned.toLowerCase().indexOf(TRACEBACK);
    if (position < 0) {
      return "";
    }
    const first = cleaned.lastIndexOf("\n", position - 1) + 1;
    const lines = [...cleaned.slice(position === 0 ? 0 : first)].slice(0, 2 * data.maxExcerpt).join("").split("\n");
    const kept = lines.slice(0, 1);
    for (const line of lines.slice(1, data.maxLines)) {
      kept.push(line);
      if (!/^[ \t]/.test(line)) {
        break;
      }
    }
    return bounded(strip(kept.join("\n")).replace(label, ""));
  };

  /** @param {string} cleaned @param {number} number */
  const lineOf = (cleaned, number) => bounded(strip(cleaned.split("\n")[number - 1]));

  /** @param {string} cleaned @param {any} facts @param {any[]} entries @param {string} area */
  const valuesOf = (cleaned, facts, entries, area) => {
    const values = { ...facts.values };
    if (facts.times.length) {
      values.time = `${facts.times.join(" to ")} (as in the text; without an offset: the site's local time)`;
    }
    const traceback = tracebackOf(cleaned);
    const failures = entries.filter((entry) => entry.kind === "cause" || entry.kind === "symptom");
    if (traceback || failures.length) {
      values[area === "imaging" ? "traceback" : "excerpt"] = traceback || lineOf(cleaned, failures[0].line);
    } else if (strip(cleaned) && !entries.length) {
      values.excerpt = bounded(strip(cleaned));
    }
    if (area === "instance" && !values.fault && failures.length && failures[0].systems[0] === "nova") {
      values.fault = values.excerpt ?? failures[0].matched;
      delete values.excerpt;
    }
    if (!values.image && values.image_id) {
      values.image = values.image_id;
    }
    return values;
  };

  /**
   * Return the message for the area of the best entry, and the fields that it lacks.
   * @param {string} cleaned
   * @param {any} facts
   * @param {any[]} entries
   * @returns {{text: string, missing: string[]}}
   */
  const compose = (cleaned, facts, entries) => {
    const lowered = cleaned.toLowerCase();
    const isImaging = data.imaging.some((/** @type {string} */ sign) => lowered.includes(sign));
    const area = entries.length ? entries[0].area : isImaging ? "imaging" : "instance";
    const values = valuesOf(cleaned, facts, entries, area);
    const list = /** @type {[string, string, string][]} */ (data.lists[area]);
    const listed = new Set(list.map(([field]) => field));
    const lines = [];
    const missing = [];
    for (const [field, name, hint] of list) {
      if (field === "notes") {
        const extras = Object.entries(data.extras).filter(([extra]) => extra in values && !listed.has(extra));
        lines.push(...extras.map(([extra, title]) => `${title}: ${values[extra]}`));
      }
      if (field in values) {
        const remark = facts.unlabeled.has(field) ? " (the only id in the text: check that it is the instance)" : "";
        lines.push(`${name}: ${values[field]}${remark}`);
      } else {
        missing.push(field);
        lines.push(`${name}: (MISSING: ${hint})`);
      }
    }
    lines.push(...entries.slice(0, 3).map((entry) => `- runbook triage: ${entry.id}: ${entry.meaning}`));
    return { text: lines.join("\n"), missing };
  };

  Object.assign(window.runbook, { supportRequest: { compose } });
})();
