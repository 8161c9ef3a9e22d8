// Diagnoses a pasted text by the rules of triage, as runbook_lib.messages.diagnosis does; the best entry comes first.
(() => {
  const { expression, complete, stripBoth, words } = window.runbook.text;
  const { clean, fold } = window.runbook.cleaning;
  const { compile, find, matchAll } = window.runbook.patterns;
  const { extract, isSafe } = window.runbook.facts;
  const { shell } = window.runbook.quoting;
  const data = window.runbook.triageData;
  const PATTERNS = ["any_of", "when", "unless", "exact"];
  const statusLabel = expression([`^(?:${data.statusLabel[0]})`, data.statusLabel[1]]);
  const pair = complete(data.pair);
  const rules = data.rules.map((/** @type {any} */ rule, /** @type {number} */ order) => ({
    ...rule,
    order,
    ...Object.fromEntries(["causes", "commands", "systems", "topics"].map((name) => [name, rule[name] ?? []])),
    ...Object.fromEntries(PATTERNS.map((name) => [name, (rule[name] ?? []).map(compile)])),
  }));
  const topics = Object.entries(data.topics).map(([name, topic]) => ({ name, signs: topic.signs.map(compile) }));

  /** @param {string} folded */
  const namedTopics = (folded) =>
    new Set(
      topics
        .filter(({ signs }) => signs.some((/** @type {any} */ sign) => find(sign, folded)))
        .map(({ name }) => name),
    );

  /** @param {any} rule @param {string} folded */
  const search = (rule, folded) => {
    const hits = rule.any_of
      .map((/** @type {any} */ pattern) => ({ pattern, match: find(pattern, folded) }))
      .filter((/** @type {any} */ hit) => hit.match);
    const has = (/** @type {any} */ pattern) => find(pattern, folded) !== null;
    if (!hits.length || !rule.when.every(has) || rule.unless.some(has)) {
      return null;
    }
    return hits.reduce((/** @type {any} */ best, /** @type {any} */ hit) =>
      hit.pattern.literal > best.pattern.literal ? hit : best,
    );
  };

  /** @param {string} text */
  const isStatus = (text) =>
    rules.some(
      (/** @type {any} */ rule) =>
        rule.area === "instance" && rule.exact.some((/** @type {any} */ pattern) => matchAll(pattern, text)),
    );

  /** @param {string[]} texts @param {string} folded @param {(rule: any) => boolean} isWanted */
  const statusHits = (texts, folded, isWanted) => {
    const hits = new Map();
    for (const text of new Set(texts)) {
      for (const rule of rules.filter(isWanted)) {
        for (const pattern of rule.exact) {
          const match = matchAll(pattern, text);
          if (match) {
            const offset = folded.indexOf(text);
            const shifted = Object.entries(match.fields).map(([name, span]) => [name, span.map((/** @type {number} */ at) => at + offset)]);
            hits.set(rule.id, {
              pattern,
              match: { start: match.start + offset, end: match.end + offset, fields: Object.fromEntries(shifted) },
            });
          }
        }
      }
    }
    return hits;
  };

  /** Return rule id → its status if that is the complete text. @param {string} folded */
  const matchStatus = (folded) => {
    if ([...folded].length > data.maxStatus) {
      return new Map();
    }
    let bare = stripBoth(folded, " \n'\"");
    const label = statusLabel.exec(bare);
    bare = stripBoth(bare.slice(label ? label[0].length : 0), " \n'\".,");
    const inner = bare.startsWith("(") && bare.endsWith(")") ? bare.slice(1, -1) : bare;
    const parts = pair.exec(inner)?.groups ?? { status: "", activity: "" };
    const all = statusHits([bare, inner], folded, () => true);
    if (all.size) {
      return all;
    }
    if (!isStatus(parts.status)) {
      return new Map();
    }
    const isInstance = (/** @type {any} */ rule) => rule.area === "instance";
    const byActivity = statusHits([parts.activity], folded, isInstance);
    return byActivity.size ? byActivity : statusHits([parts.status], folded, isInstance);
  };

  /** @param {string} folded */
  const hitsOf = (folded) => {
    const statuses = matchStatus(folded);
    const named = namedTopics(folded);
    return rules.flatMap((/** @type {any} */ rule) => {
      const hit = statuses.get(rule.id) ?? search(rule, folded);
      if (!hit) {
        return [];
      }
      const literal = rule.when.reduce(
        (/** @type {number} */ sum, /** @type {any} */ beside) => sum + beside.literal,
        hit.pattern.literal,
      );
      const hasEvidence =
        !rule.topics.length || !rule.generic || rule.topics.some((/** @type {string} */ name) => named.has(name));
      return [{ rule, match: hit.match, literal, hasEvidence, kind: hasEvidence ? rule.kind : "sign" }];
    });
  };

  /** @param {string} command @param {Record<string, string>} values */
  const fill = (command, values) =>
    command.replace(/\{([a-z_]+)\}/g, (_, name) => (name in values ? shell(values[name]) : name.toUpperCase()));

  /** @param {any} hit @param {string} cleaned @param {any} facts */
  const entryOf = (hit, cleaned, facts) => {
    const { rule, match } = hit;
    const spans = /** @type {[string, [number, number]][]} */ (Object.entries(match.fields));
    const fields = Object.fromEntries(spans.map(([name, span]) => [name, cleaned.slice(...span)]));
    const safe = Object.fromEntries(
      Object.entries({ ...facts.values, ...fields }).filter(([name, value]) => isSafe(name, value)),
    );
    const matched = words(cleaned.slice(match.start, match.end)).join(" ");
    const phrases = rule.topics.map((/** @type {string} */ name) => data.topics[name].phrase).join(" or ");
    const characters = [...matched];
    return {
      id: rule.id,
      kind: hit.kind,
      severity: hit.hasEvidence ? rule.severity : "none",
      area: rule.area,
      meaning: hit.hasEvidence ? rule.meaning : `If this message is about ${phrases}: ${rule.meaning}`,
      causes: rule.causes,
      next_step: hit.hasEvidence ? rule.next_step : data.findTheOrigin,
      commands: hit.hasEvidence ? rule.commands.map((/** @type {string} */ command) => fill(command, safe)) : [],
      page: rule.page,
      systems: rule.systems,
      matched: characters.length <= data.maxMatched ? matched : `${characters.slice(0, data.maxMatched).join("")}…`,
      line: cleaned.slice(0, match.start).split("\n").length,
      fields,
      specificity: hit.literal,
    };
  };

  /**
   * Return what a text means, and the message for support; the object of `runbook triage --json`.
   * @param {string} text
   */
  const diagnose = (text) => {
    const cleaned = clean(text);
    const folded = fold(cleaned);
    const facts = extract(cleaned, folded);
    const hits = hitsOf(folded);
    hits.sort(
      (/** @type {any} */ one, /** @type {any} */ other) =>
        data.kinds.indexOf(one.kind) - data.kinds.indexOf(other.kind) ||
        Number(other.hasEvidence) - Number(one.hasEvidence) ||
        other.literal - one.literal ||
        one.rule.order - other.rule.order,
    );
    const entries = hits.map((/** @type {any} */ hit) => entryOf(hit, cleaned, facts));
    const message = window.runbook.supportRequest.compose(cleaned, facts, entries);
    return { entries, escalation: message.text, missing: message.missing };
  };

  Object.assign(window.runbook, { diagnose });
})();
