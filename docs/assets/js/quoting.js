// Quotes a value for a POSIX shell, as Python's shlex.quote does, and for Python.
(() => {
  const SAFE = /^[\w@%+=:,./-]+$/;

  /**
   * Return a value as one word of a POSIX shell.
   * @param {string} value
   * @returns {string}
   */
  const shell = (value) => (SAFE.test(value) ? value : `'${value.replaceAll("'", `'"'"'`)}'`);

  /**
   * Return a value as a string literal of Python.
   * @param {string} value
   * @returns {string}
   */
  const python = (value) => JSON.stringify(value);

  /**
   * Return a value as Python's repr() prints it.
   * @param {string} value
   * @returns {string}
   */
  const repr = (value) => {
    const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
    const names = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", [quote]: `\\${quote}` };
    const body = [...value].map((character) => {
      const code = character.codePointAt(0) ?? 0;
      if (names[character]) {
        return names[character];
      }
      if (character === " " || !/[\p{C}\p{Z}]/u.test(character)) {
        return character;
      }
      const digits = code.toString(16);
      const [letter, width] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
      return `\\${letter}${digits.padStart(width, "0")}`;
    });
    return `${quote}${body.join("")}${quote}`;
  };

  window.runbook = Object.assign(window.runbook ?? {}, { quoting: { shell, python, repr } });
})();
