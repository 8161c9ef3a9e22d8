// Checks the text of a parameter by its JSON Schema, in the words of the library.
(() => {
  const { repr } = window.runbook.quoting;
  const BLANKS = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]"; // Python's
  const EDGES = new RegExp(`^${BLANKS}+|${BLANKS}+$`, "gu");
  const DIGITS = /^[0-9]{1,10}$/;
  const TIME = new RegExp(
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?" +
      "( ?(?<zone>Z|UTC|GMT)| ?(?<hours>[+-][0-9]{2}):?([0-5][0-9])?)?$",
  );
  const UUID = /^(urn:uuid:)?\{?[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\}?$/i;
  const SECRET =
    "must be a reference to a secret (env:NAME, file:/path/to/file, or prompt), never the secret itself; " +
    "it is not shown here. If it was a real secret, treat it as disclosed";

  /**
   * The schema of one parameter, or of a procedure.
   * @typedef {{
   *   "x-kind": string, "x-form"?: string, "x-zone"?: string, "x-where"?: string, "x-shown"?: boolean, description: string, default?: unknown,
   *   examples?: unknown[], enum?: string[], maxLength?: number, maximum?: number, pattern?: string,
   *   items?: {maximum: number},
   * }} Schema
   */

  /** @param {string} text */
  const strip = (text) => text.replace(EDGES, "");

  /** @param {string} text */
  const shown = (text) => {
    const characters = [...repr(text)];
    return characters.length <= 40 ? characters.join("") : `${characters.slice(0, 37).join("")}…`;
  };

  /**
   * @param {string} text
   * @param {number} maximum
   */
  const numberProblem = (text, maximum) => {
    if (!DIGITS.test(text)) {
      return `must be a whole number, not the text ${shown(text)}`;
    }
    const number = Number(text);
    return number < 1 || number > maximum ? `must be from 1 to ${maximum}, not ${number}` : "";
  };

  /**
   * @param {string} text
   * @param {number} maximum
   */
  const numbersProblem = (text, maximum) => {
    const parts = text.split(",").map(strip);
    const problem = parts.map((part) => numberProblem(part, maximum)).find(Boolean);
    if (problem) {
      return problem;
    }
    const numbers = parts.map(Number);
    const twice = [...new Set(numbers)].filter((number) => numbers.filter((other) => other === number).length > 1);
    return twice.length ? `names ${twice.join(" and ")} more than once` : "";
  };

  /** Return the offset of a zone, such as -07:00, at a time of UTC in milliseconds. @param {string} timeZone @param {number} at */
  const offsetAt = (timeZone, at) => {
    const parts = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" }).formatToParts(at);
    return (parts.find(({ type }) => type === "timeZoneName")?.value ?? "").slice(3) || "+00:00";
  };

  /** Return the end of a sentence with a time in a zone; empty if there is no such time. @param {string} text @param {string} zone */
  const offer = (text, zone) => {
    const time = text.replace(" ", "T");
    const instant = Date.parse(`${time}Z`);
    if (Number.isNaN(instant) || !new Date(instant).toISOString().startsWith(time.slice(0, 16))) {
      return "";
    }
    const first = Date.parse(`${time}${offsetAt(zone, instant)}`);
    const shown = new Date(instant).toISOString().slice(0, new Date(instant).getUTCSeconds() ? 19 : 16);
    return `: in ${zone}, it is ${shown}${offsetAt(zone, first)}`;
  };

  /** Return the date and time of an hour in a zone. @param {RegExpExecArray} match @param {string} timeZone */
  const dayOf = ([, day, hour, minute], timeZone) => {
    const days = { yesterday: -1, tomorrow: 1 }[day] ?? 0;
    const date = new Intl.DateTimeFormat("en-CA", { timeZone }).format(Date.now() + days * 86_400_000);
    return `${date}T${hour.padStart(2, "0")}:${minute}`;
  };

  /**
   * @param {string} text
   * @param {Schema} schema
   */
  const timestampProblem = (text, schema) => {
    const zone = schema["x-zone"] ?? "UTC";
    const match = TIME.exec(text);
    const hour = /^(?:(yesterday|today|tomorrow) )?([0-9]{1,2}):([0-9]{2})$/.exec(text);
    if (hour) {
      return `needs its date and its offset from UTC${offer(dayOf(hour, zone), zone)}`;
    }
    if (!match) {
      return `must be a date and time such as 2026-01-15T18:00-07:00, not ${repr([...text].slice(0, 40).join(""))}`;
    }
    if (!match.groups?.zone && !match.groups?.hours) {
      return `needs its offset from UTC${offer(text, zone)}`;
    }
    return new RegExp(schema.pattern ?? "", "u").test(text) ? "" : `is not an existing date and time: ${text}`;
  };

  /**
   * @param {string} text
   * @param {Schema} schema
   */
  const textProblem = (text, schema) => {
    const isParagraphs = schema["x-form"] === "paragraphs";
    if (schema["x-form"] === "uuid" && UUID.test(strip(text))) {
      return "";
    }
    if (isParagraphs) {
      text = text.replaceAll("\r\n", "\n").replace(/^\n+|\n+$/g, "");
    }
    const kept = isParagraphs ? " \n" : " ";
    const characters = [...text];
    if (schema.maxLength && characters.length > schema.maxLength) {
      return `has ${characters.length} characters; the column holds ${schema.maxLength}`;
    }
    if (text !== strip(text)) {
      return `begins or ends with a blank: ${shown(text)}`;
    }
    const odd = characters.find((character) => !kept.includes(character) && /[\p{C}\p{Z}]/u.test(character));
    if (odd) {
      const code = (odd.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
      return `holds the character U+${code}, which can't be printed (a line break, for instance)`;
    }
    return "";
  };

  /**
   * Return what is wrong with a text that is not empty, as a predicate about the parameter; empty if nothing is.
   * @param {Schema} schema
   * @param {string} text
   * @returns {string}
   */
  const problem = (schema, text) => {
    switch (schema["x-kind"]) {
      case "number":
        return numberProblem(text, schema.maximum ?? 0);
      case "numbers":
        return numbersProblem(text, schema.items?.maximum ?? 0);
      case "timestamp":
        return timestampProblem(text, schema);
      case "secret":
        return new RegExp(schema.pattern ?? "", "u").test(text) ? "" : SECRET;
      case "flag":
        return /^(true|false|yes|no)$/i.test(text) ? "" : `must be True or False, not the text ${shown(text)}`;
      case "choice":
        return schema.enum?.includes(text) ? "" : `must be ${schema.enum?.join(" or ")}, not ${shown(text)}`;
      default:
        return textProblem(text, schema);
    }
  };

  Object.assign(window.runbook, { parameters: { problem } });
})();
